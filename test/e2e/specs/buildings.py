"""Heating and cooling of buildings: two outputs, with missing values in inputs and targets."""

import json
from pathlib import Path

import torch
from torch import nn

INPUTS = ("area", "height", "glazing")
TARGETS = ("heating", "cooling")


class MLSpec:
    def initialize_run(self, misc_path, cfg, mode):
        self.scales = json.loads((Path(misc_path) / "scales.json").read_text())

    def row_prep(self, row, object_dir, cfg, mode):
        example = dict(zip(("inputs", "known"), self.scaled(row, INPUTS), strict=True))
        if mode != "predict":
            example["targets"], example["measured"] = self.scaled(row, TARGETS)
        return example

    def scaled(self, row, names):
        """Values about 0, zero where missing; and which ones are there."""
        known = [row[name] is not None for name in names]
        values = [
            (row[name] - self.scales[name]["mean"]) / self.scales[name]["deviation"] if there else 0
            for name, there in zip(names, known, strict=True)
        ]
        return torch.tensor(values, dtype=torch.float32), torch.tensor(known)

    def create_model(self, cfg):
        knobs = cfg["user_knobs"]
        return nn.Sequential(
            nn.Linear(2 * len(INPUTS), knobs["width"]),
            nn.Tanh(),
            nn.Dropout(knobs["dropout"]),
            nn.Linear(knobs["width"], len(TARGETS)),
        )

    def compute_forward(self, model, batch, cfg, mode):
        inputs = torch.cat([batch["inputs"], batch["known"].float()], dim=1)
        predictions = model(inputs)  # (batch, targets), scaled
        if mode == "predict":
            return {"predictions": self.in_kwh(predictions)}
        measured, targets = batch["measured"], batch["targets"]
        errors = (predictions - targets).square() * measured
        return {
            "loss": errors.sum() / measured.sum().clamp(min=1),
            "predictions": self.in_kwh(predictions),
            "targets": self.in_kwh(targets),
        }

    def in_kwh(self, scaled):
        scales = [self.scales[name] for name in TARGETS]
        deviations = scaled.new_tensor([scale["deviation"] for scale in scales])
        means = scaled.new_tensor([scale["mean"] for scale in scales])
        return scaled * deviations + means
