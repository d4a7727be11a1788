"""The data: short film reviews that are made up here, always the same ones.

They are made so that words alone do not tell what is meant: praise is negated ("never funny"),
faults are denied ("far from dull"), and in a mixed review the last word counts ("dull at first, but
the ending is superb"). A few have the wrong label, as in life.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pandas as pd

SEED = 7
SIZES = {"train": 1200, "validation": 200, "test": 200}
WRONG_LABELS = 0.03

GOOD, BAD, THINGS = map(
    str.split,
    (
        "superb moving funny clever gripping lovely fresh charming honest bold elegant warm",
        "dull clumsy tired predictable noisy shallow flat forced endless confusing cold lazy",
        "plot acting music ending dialogue pacing cast script opening lead villain score",
    ),
)
VERY = ["", "", "really ", "quite ", "simply ", "truly "]
NOT = ["not ", "never ", "far from ", "hardly ", "anything but "]
OPENINGS = [
    "Saw it on a rainy Sunday.",
    "My sister picked this one.",
    "We watched it with friends.",
    "It ran for two hours.",
    "I had read the book before.",
    "The cinema was half empty.",
    "",
    "",
]
TURNS = [", but ", ". Still, ", "; in the end, though, ", ", and yet "]

NEW_REVIEWS = [
    "The acting is superb and the ending is truly moving.",
    "The plot is not funny, and the dialogue is forced.",
    "The pacing is far from dull. The cast is charming.",
    "The opening is clever, but the villain is never gripping.",
    "The music is cold and noisy, and yet the script is honest.",
    "I had read the book before. The film is anything but lazy.",
]


@dataclass(frozen=True)
class Reviews:
    """What was written.

    Attributes:
        texts: Folder with a text file for each review.
        misc: Folder with `vocabulary.txt`, the words of the training reviews, one a line.
        partitions: By name, a table with `id`, `text` (the file's path in `texts`) and `label`
            (1 is praise); `predict` has no labels.
    """

    texts: Path
    misc: Path
    partitions: dict[str, pd.DataFrame]


def write_reviews(folder: str | Path) -> Reviews:
    """Write all reviews under a folder; the same files whenever it is called."""
    random = Random(SEED)
    reviews = Reviews(Path(folder) / "texts", Path(folder) / "misc", {})
    for name, size in SIZES.items():
        drawn = [review(random) for _ in range(size)]
        texts, labels = [text for text, _ in drawn], [label for _, label in drawn]
        reviews.partitions[name] = write_partition(reviews.texts, name, texts).assign(label=labels)
        if name == "train":
            write_vocabulary(reviews.misc, texts)
    reviews.partitions["predict"] = write_partition(reviews.texts, "predict", NEW_REVIEWS)
    return reviews


def review(random: Random) -> tuple[str, int]:
    """One review and its label."""
    is_good = random.random() < 0.5
    sentences = [random.choice(OPENINGS), body(random, is_good=is_good)]
    is_wrong = random.random() < WRONG_LABELS
    return " ".join(filter(None, sentences)), int(is_good != is_wrong)


def body(random: Random, *, is_good: bool) -> str:
    """Of one mind, or turning round half-way."""
    last = opinion(random, is_good=is_good)
    if random.random() < 0.35:
        first = opinion(random, is_good=not is_good)
        return f"{capitalized(first)}{random.choice(TURNS)}{last}."
    if random.random() < 0.5:
        return f"{capitalized(last)}."
    return f"{capitalized(opinion(random, is_good=is_good))}. {capitalized(last)}."


def opinion(random: Random, *, is_good: bool) -> str:
    """What somebody thinks of one thing about the film."""
    is_negated = random.random() < 0.4
    word = random.choice(GOOD if is_good != is_negated else BAD)
    before = random.choice(NOT if is_negated else VERY)
    return f"the {random.choice(THINGS)} is {before}{word}"


def capitalized(text: str) -> str:
    return text[0].upper() + text[1:]


def write_partition(folder: Path, name: str, texts: list[str]) -> pd.DataFrame:
    """A file for each text; the table names them."""
    (folder / name).mkdir(parents=True, exist_ok=True)
    paths = [f"{name}/{number:04}.txt" for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        (folder / path).write_text(text)
    return pd.DataFrame({"id": range(len(texts)), "text": paths})


def write_vocabulary(folder: Path, texts: list[str]) -> None:
    """The spec, which travels alone, splits texts in the same way."""
    folder.mkdir(parents=True, exist_ok=True)
    words = sorted({word for text in texts for word in re.findall(r"\w+|[.,;]", text.lower())})
    (folder / "vocabulary.txt").write_text("\n".join(words) + "\n")
