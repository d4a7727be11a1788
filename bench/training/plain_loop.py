"""The loop one writes by hand, with the engine's seed and order, so that both end alike."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from digits_spec import MLSpec
from torch.utils.data import default_collate

SEED = 42

Rows = list[dict[str, Any]]


class PlainLoop:
    """One config's model, ready to train."""

    def __init__(self, config: dict[str, Any]) -> None:
        torch.manual_seed(SEED)
        self.config, self.spec = config, MLSpec()
        self.model = self.spec.create_model(config)
        optimizer = config["train"]["optimizer"]
        make_optimizer = getattr(torch.optim, optimizer["name"])
        self.optimizer = make_optimizer(self.model.parameters(), **optimizer["args"])

    def train(self, rows: Rows, validation_rows: Rows) -> Iterator[dict[str, float]]:
        """Train; yields the validation metrics of every epoch."""
        for epoch in range(1, self.config["train"]["epochs"] + 1):
            generator = torch.Generator().manual_seed(SEED * 1_000_003 + epoch)
            order = torch.randperm(len(rows), generator=generator).tolist()
            self.model.train()
            for batch in self.batches(rows, order, "train"):
                self.optimizer.zero_grad()
                answer = self.spec.compute_forward(self.model, batch, self.config, "train")
                answer["loss"].backward()
                self.optimizer.step()
            yield self.validate(validation_rows)

    @torch.no_grad()
    def validate(self, rows: Rows) -> dict[str, float]:
        metrics = self.spec.metrics(self.config, "validation")
        self.model.eval()
        loss_sum = 0.0
        for batch in self.batches(rows, range(len(rows)), "validation"):
            answer = self.spec.compute_forward(self.model, batch, self.config, "validation")
            loss_sum += answer["loss"].item() * len(answer["targets"])
            for metric in metrics.values():
                metric.update(answer["predictions"], answer["targets"])
        values = {f"val_{name}": float(metric.compute()) for name, metric in metrics.items()}
        return {"val_loss": loss_sum / len(rows), **values}

    def batches(self, rows: Rows, order: Sequence[int], mode: str) -> Iterator[Any]:
        size = self.config["train"]["batch_size"]
        for start in range(0, len(order), size):
            chosen = [rows[position] for position in order[start : start + size]]
            examples = [self.spec.row_prep(row, None, self.config, mode) for row in chosen]
            yield default_collate(examples)
