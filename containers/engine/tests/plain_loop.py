"""The hand-written loop that a run's weights and metrics must equal."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch
import torchmetrics
from torch.utils.data import default_collate


def train(spec: Any, cfg: dict[str, Any], rows: list, validation_rows: list, seed: int) -> Any:
    """Returns the final weights and one dict of metrics per epoch."""
    knobs = cfg["train"]
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    model = spec.create_model(cfg)
    optimizer = getattr(torch.optim, knobs["optimizer"]["name"])(
        model.parameters(), **knobs["optimizer"]["args"]
    )
    scheduler = interval = None
    if told := knobs.get("lr_scheduler"):
        scheduler = getattr(torch.optim.lr_scheduler, told["name"])(optimizer, **told["args"])
        interval = told.get("interval", "batch")
    size, accumulation = knobs["batch_size"], knobs.get("gradient_accumulation_steps", 1)
    results = []
    for epoch in range(1, knobs["epochs"] + 1):
        model.train()
        generator = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
        order = torch.randperm(len(rows), generator=generator).tolist()
        batches = [order[i : i + size] for i in range(0, len(order), size)]
        loss_sum = 0.0
        for group in [batches[i : i + accumulation] for i in range(0, len(batches), accumulation)]:
            for batch in group:
                examples = [spec.row_prep(rows[i], None, cfg, "train") for i in batch]
                loss = spec.compute_forward(model, default_collate(examples), cfg, "train")["loss"]
                (loss / len(group)).backward()
                loss_sum += loss.item() * len(batch)
            if "max_grad_norm" in knobs:
                torch.nn.utils.clip_grad_norm_(model.parameters(), knobs["max_grad_norm"])
            optimizer.step()
            optimizer.zero_grad()
            if scheduler and interval == "batch":
                scheduler.step()
        if scheduler and interval == "epoch":
            scheduler.step()
        validated = validate(spec, cfg, model, validation_rows)
        results.append({"train_loss": loss_sum / len(rows), **validated})
    return model.state_dict(), results


def validate(spec: Any, cfg: dict[str, Any], model: Any, rows: list) -> dict[str, float]:
    size = cfg["train"]["batch_size"]
    metrics = {f"val_{label}": metric for label, metric in spec.metrics(cfg, "validation").items()}
    for label, told in cfg.get("named_metrics", {}).items():
        metrics[f"val_{label}"] = getattr(torchmetrics, told["name"])(**told["args"])
    model.eval()
    loss_sum = 0.0
    with torch.no_grad():
        for start in range(0, len(rows), size):
            batch = rows[start : start + size]
            examples = [spec.row_prep(row, None, cfg, "validation") for row in batch]
            answer = spec.compute_forward(model, default_collate(examples), cfg, "validation")
            loss_sum += answer["loss"].item() * len(batch)
            for metric in metrics.values():
                metric.update(answer["predictions"], answer["targets"])
    values = {label: float(metric.compute()) for label, metric in metrics.items()}
    return {"val_loss": loss_sum / len(rows), **values}
