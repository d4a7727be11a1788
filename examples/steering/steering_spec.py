"""What Fanfold trains in this example: a small network that learns a surface."""

import time

import torch
from torch import nn
from torch.nn import functional


class MLSpec:
    """What a fit needs to know about examples, models and loss."""

    def row_prep(self, row, object_dir, cfg, mode):
        return torch.tensor([row["x0"], row["x1"]]), torch.tensor([row["y"]])

    def create_model(self, cfg):
        width = cfg["user_knobs"]["width"]
        return nn.Sequential(nn.Linear(2, width), nn.Tanh(), nn.Linear(width, 1))

    def compute_forward(self, model, batch, cfg, mode):
        if mode == "train":
            time.sleep(cfg["user_knobs"]["seconds_per_batch"])  # stands for a bigger network
        points, heights = batch  # (batch, 2), (batch, 1)
        predictions = model(points)  # (batch, 1)
        loss = functional.mse_loss(predictions, heights)
        return {"loss": loss, "predictions": predictions, "targets": heights}
