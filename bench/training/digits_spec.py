"""What every side of the bench trains: small networks that read 8 by 8 pixel scans of digits."""

import torch
from torch import nn
from torch.nn import functional
from torchmetrics.classification import MulticlassAccuracy

CLASSES = 10
SIDE = 8  # pixels


class MLSpec:
    def row_prep(self, row, object_dir, cfg, mode):
        return torch.tensor(row["pixels"]), row["label"]

    def create_model(self, cfg):
        knobs = cfg["user_knobs"]
        return {"mlp": mlp, "cnn": cnn}[knobs["architecture"]](knobs["width"])

    def compute_forward(self, model, batch, cfg, mode):
        pixels, labels = batch  # (batch, 64), (batch,)
        logits = model(pixels)  # (batch, classes)
        loss = functional.cross_entropy(logits, labels)
        return {"loss": loss, "predictions": logits, "targets": labels}

    def metrics(self, cfg, mode):
        return {"accuracy": MulticlassAccuracy(num_classes=CLASSES, average="micro")}


def mlp(width: int) -> nn.Module:
    return nn.Sequential(nn.Linear(SIDE**2, width), nn.ReLU(), nn.Linear(width, CLASSES))


def cnn(width: int) -> nn.Module:
    return nn.Sequential(
        nn.Unflatten(1, (1, SIDE, SIDE)),
        nn.Conv2d(1, width, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.Conv2d(width, 2 * width, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(2 * width * (SIDE // 2) ** 2, CLASSES),
    )
