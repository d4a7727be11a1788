from __future__ import annotations

import types
from typing import Any

import plain_loop
import pytest
import torch
from control_plane_double import Json
from safetensors.torch import load_file
from scene import ML_SPEC, Scene, config

VARIANTS = {
    "momentum and short last batch": config(),
    "one batch per epoch": config(batch_size=500),
    "dropout, Adam and a schedule per batch": config(
        epochs=3,
        optimizer={"name": "AdamW", "args": {"lr": 0.01}},
        lr_scheduler={"name": "CosineAnnealingLR", "args": {"T_max": 15}},
        user_knobs={"dropout": 0.4},
    ),
    "accumulated gradients, clipped, a schedule per epoch": config(
        batch_size=4,
        gradient_accumulation_steps=5,
        max_grad_norm=0.3,
        lr_scheduler={"name": "StepLR", "args": {"step_size": 1}, "interval": "epoch"},
        user_knobs={"dropout": 0.2},
        named_metrics={"f1": {"name": "F1Score", "args": {"task": "multiclass", "num_classes": 2}}},
    ),
}


def ml_spec() -> Any:
    module = types.ModuleType("plain")
    exec(ML_SPEC, module.__dict__)
    return module.MLSpec()


def as_results(rows: list[Json]) -> list[dict[str, float]]:
    return [
        {
            "train_loss": row["trainLoss"],
            **{metric["name"]: metric["value"] for metric in row["metrics"]},
        }
        for row in rows
    ]


def test_weights_and_metrics_equal_those_of_a_plain_loop_bit_for_bit(scene: Scene) -> None:
    control_plane = scene.run_fit(*VARIANTS.values())

    for run_id, (variant, cfg) in enumerate(VARIANTS.items(), 1):
        weights, results = plain_loop.train(
            ml_spec(), cfg, scene.train_rows, scene.validation_rows, scene.fit["seed"]
        )
        trained = load_file(scene.checkpoint(control_plane, run_id) / "model.safetensors")
        assert as_results(control_plane.epochs[run_id]) == results, variant
        assert trained.keys() == weights.keys()
        for name, weight in weights.items():
            assert torch.equal(trained[name], weight), f"{variant}: {name}"


@pytest.mark.parametrize("num_chunks", [1, 7, 1000])
def test_the_number_of_chunks_changes_nothing(scene: Scene, num_chunks: int) -> None:
    cfg = VARIANTS["dropout, Adam and a schedule per batch"]
    scene.fit["numChunks"] = num_chunks
    control_plane = scene.run_fit(cfg)

    weights, results = plain_loop.train(
        ml_spec(), cfg, scene.train_rows, scene.validation_rows, scene.fit["seed"]
    )
    assert as_results(control_plane.epochs[1]) == results
    trained = load_file(scene.checkpoint(control_plane) / "model.safetensors")
    assert all(torch.equal(trained[name], weight) for name, weight in weights.items())


def test_random_numbers_drawn_in_validation_do_not_change_training(scene: Scene) -> None:
    cfg = config(user_knobs={"dropout": 0.3})
    quiet = scene.run_fit(cfg)
    expected = load_file(scene.checkpoint(quiet) / "model.safetensors")
    scene.write_code(
        ML_SPEC.replace(
            "logits = model", "mode == 'validation' and torch.rand(3)\n        logits = model"
        )
    )
    noisy = scene.run_fit(cfg)

    trained = load_file(scene.checkpoint(noisy) / "model.safetensors")
    assert all(torch.equal(trained[name], weight) for name, weight in expected.items())
