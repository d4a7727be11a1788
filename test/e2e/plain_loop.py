"""Trains configs by hand and compares weights and metrics with what their runs left.

Usage: plain_loop.py SPEC TRAIN_CSV VALIDATION_CSV SEED TRIALS_JSON

The trials are a list of ``config``, ``model`` (the path of the run's weights) and ``results``.
"""

import importlib.util
import json
import random
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from safetensors.torch import load_file
from torch.utils.data import default_collate


def load_spec(path):
    module = importlib.util.module_from_spec(importlib.util.spec_from_file_location("spec", path))
    module.__spec__.loader.exec_module(module)
    return module.MLSpec()


def batches(spec, rows, order, cfg, mode):
    size = cfg["train"]["batch_size"]
    for start in range(0, len(order), size):
        examples = [spec.row_prep(rows[i], None, cfg, mode) for i in order[start : start + size]]
        yield default_collate(examples), len(examples)


def train(spec, cfg, rows, validation_rows, seed):
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    model = spec.create_model(cfg)
    told = cfg["train"]["optimizer"]
    optimizer = getattr(torch.optim, told["name"])(model.parameters(), **told["args"])
    results = []
    for epoch in range(1, cfg["train"]["epochs"] + 1):
        generator = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
        order = torch.randperm(len(rows), generator=generator).tolist()
        model.train()
        loss_sum = 0.0
        for batch, count in batches(spec, rows, order, cfg, "train"):
            optimizer.zero_grad()
            loss = spec.compute_forward(model, batch, cfg, "train")["loss"]
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * count
        model.eval()
        validation_sum = 0.0
        with torch.no_grad():
            everything = range(len(validation_rows))
            for batch, count in batches(spec, validation_rows, everything, cfg, "validation"):
                loss = spec.compute_forward(model, batch, cfg, "validation")["loss"]
                validation_sum += loss.item() * count
        results.append((epoch, loss_sum / len(rows), validation_sum / len(validation_rows)))
    return model.state_dict(), results


def main(spec, train_csv, validation_csv, seed, trials):
    torch.set_num_threads(1)
    rows, validation_rows = (
        pd.read_csv(path).astype({"x0": "float64"}).to_dict("records")
        for path in (train_csv, validation_csv)
    )
    for trial in json.loads(Path(trials).read_text()):
        weights, wanted = train(load_spec(spec), trial["config"], rows, validation_rows, int(seed))
        trained = load_file(trial["model"])
        assert trained.keys() == weights.keys(), (trained.keys(), weights.keys())
        for name, tensor in weights.items():
            assert torch.equal(tensor, trained[name]), f"{trial['model']}: {name} differs"
        told = [(r["epoch"], r["trainLoss"], r["metrics"]["val_loss"]) for r in trial["results"]]
        assert told == wanted, (told, wanted)


if __name__ == "__main__":
    main(*sys.argv[1:])
