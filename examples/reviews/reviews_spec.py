"""What Fanfold trains in this example: two ways of reading a short review."""

import re
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence

PADDING, UNKNOWN = 0, 1


class MLSpec:
    """What a fit needs to know about reviews, their batches, the models and the loss."""

    def initialize_run(self, misc_path, cfg, mode):
        """Read the vocabulary before the first review: the numbers of the words, from 2."""
        words = (Path(misc_path) / "vocabulary.txt").read_text().split()
        self.numbers = {word: number for number, word in enumerate(words, start=UNKNOWN + 1)}
        print(f"{mode}: a vocabulary of {len(words)} words")

    def row_prep(self, row, object_dir, cfg, mode):
        """One row becomes one example: the numbers of the words in its file, and its label."""
        text = (Path(object_dir) / row["text"]).read_text()
        numbers = [self.numbers.get(word, UNKNOWN) for word in words_of(text)]
        return torch.tensor(numbers), row.get("label")

    def collate(self, examples, cfg, mode):
        """Pad to the longest review of the batch. In predict there are no labels."""
        words, labels = zip(*examples, strict=True)
        batch = {
            "words": pad_sequence(words, batch_first=True, padding_value=PADDING),
            "lengths": torch.tensor([len(each) for each in words]),
        }
        if mode != "predict":
            batch["labels"] = torch.tensor(labels)
        return batch

    def create_model(self, cfg):
        knobs = cfg["user_knobs"]
        model = {"bag": Bag, "gru": Gru}[knobs["model"]]
        return model(len(self.numbers) + UNKNOWN + 1, knobs["width"])

    def compute_forward(self, model, batch, cfg, mode):
        logits = model(batch["words"], batch["lengths"])  # (batch,)
        answer = {"predictions": logits.sigmoid()}
        if mode != "predict":
            answer["targets"] = batch["labels"]
            answer["loss"] = functional.binary_cross_entropy_with_logits(
                logits, batch["labels"].float()
            )
        return answer


class Bag(nn.Module):
    """Sees which words there are, not in which order: the mean of their vectors."""

    def __init__(self, words: int, width: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, width, padding_idx=PADDING)
        self.head = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1))

    def forward(self, words: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        vectors = self.embedding(words)  # (batch, longest, width), zero where padded
        return self.head(vectors.sum(dim=1) / lengths[:, None])[:, 0]


class Gru(nn.Module):
    """Reads word after word; what it knows after the last one decides."""

    def __init__(self, words: int, width: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, width, padding_idx=PADDING)
        self.gru = nn.GRU(width, width, batch_first=True)
        self.head = nn.Linear(width, 1)

    def forward(self, words: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        packed = pack_padded_sequence(
            self.embedding(words), lengths.cpu(), batch_first=True, enforce_sorted=False
        )
        _, last = self.gru(packed)  # (1, batch, width)
        return self.head(last[0])[:, 0]


def words_of(text: str) -> list[str]:
    """A review's words, in small letters, and its commas and stops."""
    return re.findall(r"\w+|[.,;]", text.lower())
