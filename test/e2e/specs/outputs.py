"""Two outputs of three inputs, able to misbehave once it is trained."""

import os
import time

import torch
import torchmetrics
from torch.nn import functional


class MLSpec:
    def row_prep(self, row, object_dir, cfg, mode):
        inputs = torch.tensor([row["x0"], row["x1"], row["x2"]])
        if mode == "predict":
            return {"inputs": inputs}
        return {"inputs": inputs, "targets": torch.tensor([row["y"], -row["y"]])}

    def create_model(self, cfg):
        width = cfg.get("user_knobs", {}).get("width", 8)
        return torch.nn.Sequential(
            torch.nn.Linear(3, width),
            torch.nn.Dropout(0.2),
            torch.nn.ReLU(),
            torch.nn.Linear(width, 2),
        )

    def compute_forward(self, model, batch, cfg, mode):
        if mode in ("test", "predict"):
            misbehave(cfg.get("user_knobs", {}))
        if mode == "train":
            time.sleep(cfg.get("user_knobs", {}).get("train_pause_s", 0))
        predictions = model(batch["inputs"])
        if mode == "predict":
            return {"predictions": predictions}
        loss = functional.mse_loss(predictions, batch["targets"])
        return {"loss": loss, "predictions": predictions, "targets": batch["targets"]}

    def metrics(self, cfg, mode):
        return {"mae": torchmetrics.MeanAbsoluteError()}


def misbehave(knobs):
    time.sleep(knobs.get("pause_s", 0))
    if knobs.get("raise"):
        raise ValueError(f"the outputs went their own way: {knobs['raise']}")
    if knobs.get("exit"):
        os._exit(3)
