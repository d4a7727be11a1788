"""What Fanfold trains in this example: two small networks that read handwritten digits."""

import torch
from torch import nn
from torch.nn import functional
from torchmetrics.classification import MulticlassAccuracy

CLASSES = 10
SIDE = 8  # pixels


class MLSpec:
    """What a fit needs to know about examples, models, loss and metrics."""

    def row_prep(self, row, object_dir, cfg, mode):
        """One row of the table becomes one example: 64 grey values and a class."""
        pixels = torch.tensor(row["pixels"], dtype=torch.float32)
        return pixels, int(row["label"])

    def create_model(self, cfg):
        knobs = cfg["user_knobs"]
        build = {"mlp": mlp, "cnn": cnn}[knobs["architecture"]]
        return build(knobs["width"])

    def compute_forward(self, model, batch, cfg, mode):
        pixels, labels = batch  # (batch, 64), (batch,)
        logits = model(pixels)  # (batch, classes)
        loss = functional.cross_entropy(logits, labels)
        return {"loss": loss, "predictions": logits.argmax(dim=1), "targets": labels}

    def metrics(self, cfg, mode):
        return {"accuracy": MulticlassAccuracy(num_classes=CLASSES, average="micro")}


def mlp(width: int) -> nn.Module:
    return nn.Sequential(
        nn.Linear(SIDE * SIDE, 4 * width),
        nn.ReLU(),
        nn.Linear(4 * width, CLASSES),
    )


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
