"""Tests and predicts by hand with a model file, and compares with what the service answered.

Usage: plain_inference.py MODEL_SAFETENSORS CONFIG_JSON TEST_CSV METRICS_JSON PREDICT_CSV
    PREDICTIONS_CSV
"""

import importlib.util
import json
import sys
from pathlib import Path

import pandas as pd
import torch
import torchmetrics
from safetensors.torch import load_file
from torch.utils.data import default_collate

BATCH_SIZE = 5


def load_spec():
    path = Path(__file__).parent / "specs" / "outputs.py"
    module = importlib.util.module_from_spec(
        importlib.util.spec_from_file_location("outputs", path)
    )
    module.__spec__.loader.exec_module(module)
    return module.MLSpec()


def answers(spec, model, cfg, rows, mode):
    with torch.no_grad():
        for start in range(0, len(rows), BATCH_SIZE):
            some = rows[start : start + BATCH_SIZE]
            batch = default_collate([spec.row_prep(row, None, cfg, mode) for row in some])
            yield spec.compute_forward(model, batch, cfg, mode), len(some)


def main(model_file, config, test_csv, metrics, predict_csv, predictions_csv):
    torch.set_num_threads(1)
    spec, cfg = load_spec(), json.loads(config)
    model = spec.create_model(cfg)
    model.load_state_dict(load_file(model_file))
    model.eval()

    rows = pd.read_csv(test_csv).to_dict("records")
    mae, total = torchmetrics.MeanAbsoluteError(), 0.0
    for answer, count in answers(spec, model, cfg, rows, "test"):
        total += answer["loss"].item() * count
        mae.update(answer["predictions"], answer["targets"])
    wanted = {"test_loss": total / len(rows), "test_mae": float(mae.compute())}
    assert list(json.loads(metrics).items()) == list(wanted.items()), (metrics, wanted)

    rows = pd.read_csv(predict_csv).to_dict("records")
    outputs = [answer["predictions"] for answer, _ in answers(spec, model, cfg, rows, "predict")]
    told = pd.read_csv(predictions_csv)
    assert list(told.columns) == ["id", "prediction_0", "prediction_1"], told.columns
    assert list(told.id) == [row["id"] for row in rows]
    written = torch.tensor(told[["prediction_0", "prediction_1"]].to_numpy()).float()
    assert torch.equal(written, torch.cat(outputs)), written - torch.cat(outputs)


if __name__ == "__main__":
    main(*sys.argv[1:])
