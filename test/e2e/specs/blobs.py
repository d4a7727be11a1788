"""Which pixels of a noisy picture belong to the blob: segmentation, a file for each picture."""

import random
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torchmetrics.classification import BinaryJaccardIndex


class MLSpec:
    def row_prep(self, row, object_dir, cfg, mode):
        picture = load(object_dir, row["picture"])
        if mode == "predict":
            return (picture,)
        mask = load(object_dir, row["mask"])
        if mode == "train" and random.random() < 0.5:
            picture, mask = picture.flip(-1), mask.flip(-1)
        return picture, mask

    def create_model(self, cfg):
        channels = cfg["user_knobs"]["channels"]
        return nn.Sequential(
            nn.Conv2d(1, channels, kernel_size=3, padding=1),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, 1, kernel_size=3, padding=1),
        )

    def compute_forward(self, model, batch, cfg, mode):
        logits = model(batch[0])  # (batch, 1, side, side)
        predictions = logits.sigmoid().flatten(1)  # (batch, pixels)
        if mode == "predict":
            return {"predictions": (predictions > 0.5).int()}
        loss = functional.binary_cross_entropy_with_logits(logits, batch[1])
        return {"loss": loss, "predictions": predictions, "targets": batch[1].flatten(1).int()}

    def metrics(self, cfg, mode):
        return {"overlap": BinaryJaccardIndex()}


def load(folder, path):
    """One channel of pixels between 0 and 1."""
    return torch.from_numpy(np.load(Path(folder) / path)).float()[None]
