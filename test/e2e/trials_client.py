"""Two tasks unlike the examples, written from the guides alone: `trials_client.py SPECS TASK`.

The current directory is where pictures, scales and predictions go.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from fanfold import DataHandle, Experiment, GridSearch, List

SIDE = 8


def buildings(specs):
    draw = np.random.default_rng(1)
    table = pd.DataFrame(draw.normal([50, 3, 0.3], [9, 1, 0.1], (120, 3)))
    table.columns = ["area", "height", "glazing"]
    table["heating"] = 2 * table.area + 5 * table.height
    table["cooling"] = table.area - 40 * table.glazing
    scales = {
        name: {"mean": float(column.mean()), "deviation": float(column.std())}
        for name, column in table.items()
    }
    Path("misc").mkdir()
    Path("misc/scales.json").write_text(json.dumps(scales))
    train = table[:80].mask(draw.random((80, 5)) < 0.1)
    parts = {"train": train, "validation": table[80:100], "test": table[100:110]}
    parts["predict"] = table[110:].drop(columns=["heating", "cooling"])
    for part in parts.values():
        part.insert(0, "id", part.index)

    exp = Experiment(specs / "buildings.py", "buildings")
    dh = DataHandle.from_pandas(**parts, misc="misc")
    dh.download()
    configs = GridSearch(
        {
            "train": {
                "epochs": 2,
                "batch_size": 8,
                "optimizer": {"name": "Adam", "args": {"lr": List([0.01, 0.05])}},
                "lr_scheduler": {
                    "name": "StepLR",
                    "args": {"step_size": 1, "gamma": 0.5},
                    "interval": "epoch",
                },
            },
            "user_knobs": {"width": 16, "dropout": 0.0},
            "named_metrics": {
                "mae": {"name": "MeanAbsoluteError", "args": {"num_outputs": 2}},
                "r2": {"name": "R2Score"},
            },
        }
    )
    exp.run_fit(dh, configs)
    results = exp.get_results().set_index(["run_id", "epoch"])
    assert list(results) == ["train_loss", "val_loss", "val_mae_0", "val_mae_1", "val_r2"]
    assert results.notna().all(axis=None)
    assert results.val_loss[2, 2] < results.val_loss[2, 1] < 1
    exp.run_test(dh, run_id=2)
    exp.run_predict(dh, run_id=2)
    predictions = pd.read_csv("predictions_run2.csv")
    assert list(predictions.id) == list(range(110, 120))
    assert (predictions.prediction_0 - table.heating[110:].to_numpy()).abs().mean() < 20
    exp.end()


def pictures(name, count, draw):
    rows = []
    for number in range(count):
        mask = np.zeros((SIDE, SIDE), dtype="uint8")
        row, column = draw.integers(0, SIDE - 3, size=2)
        mask[row : row + 3, column : column + 4] = 1
        picture = (0.7 * mask + 0.3 * draw.random(mask.shape)).astype("float32")
        for kind, values in {"pictures": picture, "masks": mask}.items():
            file = Path("objects") / kind / f"{name}-{number}.npy"
            file.parent.mkdir(parents=True, exist_ok=True)
            np.save(file, values)
        rows.append((number, f"pictures/{name}-{number}.npy", f"masks/{name}-{number}.npy"))
    return pd.DataFrame(rows, columns=["id", "picture", "mask"])


def blobs(specs):
    draw = np.random.default_rng(2)
    sizes = {"train": 64, "validation": 16, "test": 16, "predict": 5}
    parts = {name: pictures(name, size, draw) for name, size in sizes.items()}
    parts["predict"] = parts["predict"].drop(columns=["mask"])

    exp = Experiment(specs / "blobs.py", "blobs")
    dh = DataHandle.from_pandas(**parts, objects="objects", download_columns=["picture", "mask"])
    dh.download()
    config = {
        "train": {
            "epochs": 2,
            "batch_size": 4,
            "gradient_accumulation_steps": 2,
            "max_grad_norm": 5.0,
            "precision": "bf16",
            "optimizer": {"name": "AdamW", "args": {"lr": 0.05}},
        },
        "user_knobs": {"channels": 4},
    }
    exp.run_fit(dh, config)
    results = exp.get_results()
    assert list(results)[2:] == ["train_loss", "val_loss", "val_overlap"]
    assert results.val_overlap.iloc[-1] > 0.6, results
    exp.run_test(dh, run_id=1)
    exp.run_predict(dh, run_id=1)
    predictions = pd.read_csv("predictions_run1.csv").set_index("id")
    assert predictions.shape == (5, SIDE * SIDE)
    assert set(predictions.to_numpy().flat) == {0, 1}
    exp.end()


if __name__ == "__main__":
    {"buildings": buildings, "blobs": blobs}[sys.argv[2]](Path(sys.argv[1]))
    print("everything is as it should be")
