"""A line through points: quick to train, and able to misbehave in every way a knob asks for."""

import os
import sys
import time

import torch
from torch.nn import functional


class MLSpec:
    def initialize_run(self, misc_path, cfg, mode):
        knobs = cfg.get("user_knobs", {})
        if knobs.get("raise_at_start"):
            raise ValueError("this run never starts")

    def row_prep(self, row, object_dir, cfg, mode):
        return torch.tensor([row["x0"], row["x1"], row["x2"]]), torch.tensor([row["y"]])

    def create_model(self, cfg):
        return torch.nn.Sequential(
            torch.nn.Linear(3, 8), torch.nn.Dropout(0.1), torch.nn.ReLU(), torch.nn.Linear(8, 1)
        )

    def compute_forward(self, model, batch, cfg, mode):
        knobs = cfg.get("user_knobs", {})
        if mode == "train":
            misbehave(knobs)
        inputs, targets = batch
        predictions = model(inputs)
        loss = functional.mse_loss(predictions, targets)
        return {"loss": loss, "predictions": predictions, "targets": targets}


def misbehave(knobs):
    if "pause_s" in knobs:
        time.sleep(knobs["pause_s"])
    if knobs.get("raise"):
        raise ValueError("the loss went its own way")
    if knobs.get("hang"):
        time.sleep(3600)
    if knobs.get("exit"):
        os._exit(3)
    if knobs.get("sys_exit"):
        sys.exit("enough")
    if "print_bytes" in knobs:
        for _ in range(knobs.pop("print_bytes") // 64):
            print("x" * 63)
