"""Learns the brightness of pictures, and refuses any picture or file that is not its row's own."""

from pathlib import Path

import torch
from torch.nn import functional


class MLSpec:
    def initialize_run(self, misc_path, cfg, mode):
        self.scale = float((Path(misc_path) / "units/scale.txt").read_text())

    def row_prep(self, row, object_dir, cfg, mode):
        told_in, number = (Path(object_dir) / row["picture"]).read_text().split()
        if told_in != mode or float(number) * self.scale != row["brightness"]:
            raise ValueError(f"the picture of {mode} row {row['id']} is another one")
        if not isinstance(row["mask"], str) or Path(object_dir, row["mask"]).exists():
            raise ValueError("a column that was not named is no text, or brought its file")
        return torch.tensor([float(number)]), torch.tensor([row["brightness"]])

    def create_model(self, cfg):
        return torch.nn.Linear(1, 1)

    def compute_forward(self, model, batch, cfg, mode):
        numbers, targets = batch
        predictions = model(numbers)
        loss = functional.mse_loss(predictions, targets)
        return {"loss": loss, "predictions": predictions, "targets": targets}
