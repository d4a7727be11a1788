"""Runs that take turns on one device: the same runs, only earlier to compare."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
import torch
from control_plane_double import ControlPlaneDouble, Json
from engine_process import exit_code, start
from fanfold_engine.ending import DONE, INTERRUPTED, RESTART
from fanfold_engine.memory import Rooms
from safetensors.torch import load_file
from scene import BUCKET, ML_SPEC, PREFIX, Scene, config

CONFIGS = [
    config(epochs=3, user_knobs={"dropout": 0.3}, optimizer={"name": "Adam", "args": {}}),
    config(epochs=2, batch_size=5),
    config(
        epochs=3,
        optimizer={"name": "AdamW", "args": {"lr": 0.02}},
        lr_scheduler={"name": "CosineAnnealingLR", "args": {"T_max": 15}},
        user_knobs={"dropout": 0.5},
    ),
]
SLOWLY = ML_SPEC.replace("logits = model", "__import__('time').sleep(0.03)\n        logits = model")


def statuses(control_plane: ControlPlaneDouble) -> list[str]:
    return [run["status"] for run in control_plane.runs.values()]


@dataclass(frozen=True)
class Trained:
    """What became of runs, read before others write the same checkpoints."""

    epochs: dict[int, list[Json]]
    weights: dict[int, dict[str, torch.Tensor]]


def trained(scene: Scene, control_plane: ControlPlaneDouble) -> Trained:
    weights = {
        run_id: load_file(scene.checkpoint(control_plane, run_id) / "model.safetensors")
        for run_id, run in control_plane.runs.items()
        if run["status"] == "completed"
    }
    return Trained({run_id: control_plane.epochs[run_id] for run_id in weights}, weights)


def assert_same(scene: Scene, control_plane: ControlPlaneDouble, expected: Trained) -> None:
    """Weights and metrics of all completed runs are equal bit for bit."""
    now = trained(scene, control_plane)
    assert now.epochs == expected.epochs
    for run_id, weights in expected.weights.items():
        assert now.weights[run_id].keys() == weights.keys()
        for name, tensor in weights.items():
            assert torch.equal(now.weights[run_id][name], tensor), f"run {run_id}: {name}"


def one_after_the_other(scene: Scene, configs: Sequence[Json] = CONFIGS) -> Trained:
    control_plane = scene.run_fit(*configs)
    expected = trained(scene, control_plane)
    shutil.rmtree(scene.store.path(BUCKET, f"{PREFIX}runs"))
    scene.fit["executor"] = "interleaved"
    return expected


def places(control_plane: ControlPlaneDouble) -> list[tuple[int, int]]:
    """The chunks that were told of: run and epoch."""
    return [
        (report["runId"], report["progress"]["epoch"])
        for report in control_plane.reports
        if "progress" in report
    ]


def test_interleaved_runs_end_with_the_weights_of_runs_one_after_the_other(scene: Scene) -> None:
    single = one_after_the_other(scene)
    interleaved = scene.run_fit(*CONFIGS)

    assert statuses(interleaved) == ["completed"] * 3
    assert_same(scene, interleaved, single)


def test_every_run_has_its_first_metric_before_any_begins_its_second_epoch(scene: Scene) -> None:
    scene.fit["executor"] = "interleaved"
    scene.write_code(SLOWLY)
    control_plane = scene.run_fit(*CONFIGS)

    told = places(control_plane)
    assert [epoch for _, epoch in told] == sorted(epoch for _, epoch in told)
    assert {run_id for run_id, epoch in told if epoch == 1} == {1, 2, 3}


def test_runs_killed_in_turn_go_on_as_if_nothing_had_happened(scene: Scene) -> None:
    single = one_after_the_other(scene)
    scene.fit["checkpointIntervalSeconds"] = 0
    scene.write_code(SLOWLY)
    with scene.control_plane(*CONFIGS) as control_plane:
        process = start(control_plane, scene.store)
        control_plane.wait_for(
            lambda: all("checkpoint" in control_plane.runs.get(run_id, {}) for run_id in (1, 2, 3))
        )
        process.kill()
        assert exit_code(process) == -signal.SIGKILL
        control_plane.next_attempt()
        assert exit_code(start(control_plane, scene.store, attempt=2)) == DONE

    assert_same(scene, control_plane, single)


def test_sigterm_checkpoints_every_run_in_hand(scene: Scene) -> None:
    single = one_after_the_other(scene)
    scene.write_code(SLOWLY)
    with scene.control_plane(*CONFIGS) as control_plane:
        process = start(control_plane, scene.store)
        control_plane.wait_for(
            lambda: all("progress" in control_plane.runs.get(run_id, {}) for run_id in (1, 2, 3))
        )
        process.terminate()
        assert exit_code(process) == INTERRUPTED
        assert statuses(control_plane) == ["ongoing"] * 3
        for run_id in (1, 2, 3):
            told = control_plane.runs[run_id]
            checkpoint, progress = told["checkpoint"], told["progress"]
            done = progress["epoch"] - 1, progress["chunk"]
            at_end = progress["chunk"] == progress["chunks"]
            expected = (progress["epoch"], 0) if at_end else done
            assert (checkpoint["epoch"], checkpoint["chunk"]) == expected
        control_plane.next_attempt()
        assert exit_code(start(control_plane, scene.store, attempt=2)) == DONE

    assert_same(scene, control_plane, single)


def test_a_run_that_waits_for_its_turn_stops_and_another_is_dropped(scene: Scene) -> None:
    single = one_after_the_other(scene)
    scene.write_code(SLOWLY)

    def look(request: Json) -> None:
        if any(report["runId"] == 1 and "progress" in report for report in request["runs"]):
            control_plane.stop.add(2)
            control_plane.drop.add(3)

    with scene.control_plane(*CONFIGS) as control_plane:
        control_plane.on_request = look
        assert scene.worker(control_plane).work() == 0
        assert statuses(control_plane) == ["completed", "stopped", "ongoing"]
        assert not scene.store.path(BUCKET, f"{PREFIX}runs/3").exists()

        control_plane.on_request = lambda _: None
        control_plane.stop.clear()
        control_plane.drop.clear()
        control_plane.runs[2]["status"] = "ongoing"
        control_plane.next_attempt()
        assert scene.worker(control_plane).work() == 0

    assert_same(scene, control_plane, single)


def test_a_failing_run_leaves_those_beside_it_alone(scene: Scene) -> None:
    single = one_after_the_other(scene)
    fails = "if cfg.get('bad') and mode == 'validation':\n            raise ValueError('no luck')"
    scene.write_code(ML_SPEC.replace("logits = model", f"{fails}\n        logits = model"))
    control_plane = scene.run_fit(*CONFIGS, config() | {"bad": True})

    assert statuses(control_plane) == ["completed"] * 3 + ["failed"]
    assert "no luck" in control_plane.runs[4]["error"]["traceback"]
    assert_same(scene, control_plane, single)


def test_a_hung_run_fails_and_those_beside_it_go_on_in_a_new_process(scene: Scene) -> None:
    single = one_after_the_other(scene)
    scene.fit["chunkTimeoutSeconds"] = 1
    hangs = "cfg.get('hang') and __import__('time').sleep(1000)"
    scene.write_code(ML_SPEC.replace("logits = model", f"{hangs}\n        logits = model"))
    with scene.control_plane(*CONFIGS, config() | {"hang": True}) as control_plane:
        assert exit_code(start(control_plane, scene.store)) == RESTART
        assert statuses(control_plane) == ["ongoing"] * 3 + ["failed"]
        assert "taken for hung" in control_plane.runs[4]["error"]["message"]
        scene.fit["chunkTimeoutSeconds"] = 60
        control_plane.next_attempt()
        assert exit_code(start(control_plane, scene.store, attempt=2)) == DONE

    assert_same(scene, control_plane, single)


def test_runs_beyond_the_memory_wait_until_others_are_done(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    single = one_after_the_other(scene)
    monkeypatch.setattr("fanfold_engine.fit.rooms_of", lambda *_: Rooms(2_000, 0, 0))
    control_plane = scene.run_fit(*CONFIGS)

    assert statuses(control_plane) == ["completed"] * 3
    assert_same(scene, control_plane, single)


def test_a_worker_holds_more_small_runs_than_are_dealt_ahead(scene: Scene) -> None:
    scene.fit["executor"] = "interleaved"
    scene.train_rows = scene.train_rows[:8]
    control_plane = scene.run_fit(*[config(epochs=1) for _ in range(100)])

    assert statuses(control_plane) == ["completed"] * 100


@pytest.mark.parametrize("executor", ["interleaved", "auto"])
def test_runs_can_be_compared_by_the_training_loss_of_the_chunks_so_far(
    scene: Scene, executor: str
) -> None:
    scene.fit["executor"] = executor
    scene.write_code(SLOWLY)
    rates = [config(epochs=1, optimizer={"name": "SGD", "args": {"lr": rate}}) for rate in (1, 2)]
    control_plane = scene.run_fit(*rates)

    for run_id in (1, 2):
        told = [
            r["progress"] for r in control_plane.reports if r["runId"] == run_id and "progress" in r
        ]
        assert told[-1]["trainLoss"] == control_plane.epochs[run_id][0]["trainLoss"]
    assert control_plane.epochs[1][0]["trainLoss"] != control_plane.epochs[2][0]["trainLoss"]


def test_told_seconds_are_those_of_the_run_alone(scene: Scene) -> None:
    scene.fit["executor"] = "interleaved"
    sleeps = "__import__('time').sleep(cfg.get('pause', 0))"
    scene.write_code(ML_SPEC.replace("logits = model", f"{sleeps}\n        logits = model"))
    slow, quick = config(epochs=1) | {"pause": 0.05}, config(epochs=1)
    control_plane = scene.run_fit(slow, quick)

    told = {
        run_id: sum(r["runtimeSeconds"] for r in control_plane.reports if r["runId"] == run_id)
        for run_id in (1, 2)
    }
    assert told[1] > 0.5 > told[2]


def test_a_run_that_was_lost_again_and_again_is_trained_alone_until_it_got_further(
    scene: Scene,
) -> None:
    single = one_after_the_other(scene)
    scene.write_code(SLOWLY)
    with scene.control_plane(*CONFIGS) as control_plane:
        control_plane.waiting[1] |= {"alone": True}
        assert scene.worker(control_plane).work() == DONE

    chunks = [
        (report["runId"], "checkpoint" in report)
        for report in control_plane.reports
        if "progress" in report or "checkpoint" in report
    ]
    first_of_others = next(place for place, (run_id, _) in enumerate(chunks) if run_id != 2)
    assert (2, True) in chunks[:first_of_others]
    assert_same(scene, control_plane, single)
