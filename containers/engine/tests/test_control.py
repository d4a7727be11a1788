"""Orders and faults of the control plane, against a worker in this process."""

from __future__ import annotations

import pytest
import torch
from control_plane_double import ControlPlaneDouble, Json
from safetensors.torch import load_file
from scene import BUCKET, PREFIX, Scene, config

CONFIG = config(epochs=4, user_knobs={"dropout": 0.3}, optimizer={"name": "Adam", "args": {}})


def statuses(control_plane: ControlPlaneDouble) -> list[str]:
    return [run["status"] for run in control_plane.runs.values()]


def assert_same_weights(scene: Scene, one: ControlPlaneDouble, other: ControlPlaneDouble) -> None:
    first, second = (
        load_file(scene.checkpoint(each) / "model.safetensors") for each in (one, other)
    )
    assert all(torch.equal(tensor, second[name]) for name, tensor in first.items())


def slow(scene: Scene) -> None:
    """Let an epoch take long enough for syncs to come between its chunks."""
    source = scene.store.path(BUCKET, scene.code["key"]).read_text()
    scene.write_code(
        source.replace("logits = model", "__import__('time').sleep(0.02)\n        logits = model")
    )


def when_chunk_is_told(run_id: int, order: object) -> object:
    def look(request: Json) -> None:
        if any(report["runId"] == run_id and "progress" in report for report in request["runs"]):
            order()  # pyright: ignore[reportCallIssue]

    return look


def test_a_stopped_run_goes_on_later_as_if_it_had_never_stopped(scene: Scene) -> None:
    undisturbed = scene.run_fit(CONFIG)
    slow(scene)
    with scene.control_plane(CONFIG, config()) as control_plane:
        control_plane.on_request = when_chunk_is_told(1, lambda: control_plane.stop.add(1))
        assert scene.worker(control_plane).work() == 0
        assert statuses(control_plane) == ["stopped", "completed"]
        stopped = control_plane.runs[1]
        assert stopped["completedEpochs"] < 4

        control_plane.on_request = lambda _: None
        control_plane.stop.clear()
        stopped["status"] = "ongoing"
        control_plane.next_attempt()
        assert scene.worker(control_plane).work() == 0

    assert statuses(control_plane) == ["completed", "completed"]
    assert control_plane.epochs[1] == undisturbed.epochs[1]
    assert_same_weights(scene, control_plane, undisturbed)


def test_a_run_stopped_before_its_turn_is_told_stopped_untrained(scene: Scene) -> None:
    scene.download()
    with scene.control_plane(config(), config()) as control_plane:
        control_plane.stop.add(2)
        control_plane.on_request = lambda request: None
        assert scene.worker(control_plane).work() == 0

    # It was dealt in the same answer, so the order to stop is older than the dealing.
    assert statuses(control_plane) == ["completed", "stopped"]
    assert 2 not in control_plane.epochs or control_plane.epochs[2] == []


def test_a_run_stopped_and_resumed_before_its_turn_is_trained_once(scene: Scene) -> None:
    scene.download()
    slow(scene)
    with scene.control_plane(config(epochs=20), config()) as control_plane:

        def resume() -> None:
            waiting = {"runId": 2, "config": config(), "completedEpochs": 0}
            control_plane.waiting = [waiting]
            control_plane.on_request = lambda _: None

        control_plane.on_request = when_chunk_is_told(1, resume)
        assert scene.worker(control_plane).work() == 0

    assert statuses(control_plane) == ["completed", "completed"]
    told = [
        row["epoch"]
        for report in control_plane.reports
        if report["runId"] == 2
        for row in report["epochs"]
    ]
    assert told == [1, 2]


def test_a_dropped_run_is_let_go_of_without_a_checkpoint(scene: Scene) -> None:
    scene.download()
    slow(scene)
    with scene.control_plane(config(epochs=1000), config()) as control_plane:
        control_plane.on_request = when_chunk_is_told(1, lambda: control_plane.drop.add(1))
        assert scene.worker(control_plane).work() == 0

    assert statuses(control_plane) == ["ongoing", "completed"]
    assert not scene.store.path(BUCKET, f"{PREFIX}runs/1").exists()


def test_exit_stops_every_run_with_a_checkpoint(scene: Scene) -> None:
    scene.download()
    slow(scene)
    with scene.control_plane(config(epochs=1000), config()) as control_plane:

        def leave() -> None:
            control_plane.exit = True

        control_plane.on_request = when_chunk_is_told(1, leave)
        assert scene.worker(control_plane).work() == 0

    assert statuses(control_plane) == ["stopped", "stopped"]
    assert scene.checkpoint(control_plane, 1).is_dir()


def test_lost_answers_and_faults_change_nothing(scene: Scene) -> None:
    scene.download()
    with scene.control_plane(config(), config(), config()) as control_plane:
        control_plane.faults = [None, 503, 200, None, 429, None]
        assert scene.worker(control_plane).work() == 0

    assert statuses(control_plane) == ["completed"] * 3
    sequences = [request["sequence"] for request in control_plane.requests]
    assert sequences[:3] == [1, 1, 1]
    for run_id in (1, 2, 3):
        told = [
            row["epoch"]
            for report in control_plane.reports
            if report["runId"] == run_id
            for row in report["epochs"]
        ]
        assert told == [1, 2]


@pytest.mark.parametrize("epoch_checkpoints", [False, True])
def test_older_checkpoints_are_removed_unless_each_epoch_is_kept(
    scene: Scene, epoch_checkpoints: bool
) -> None:
    scene.fit["checkpointIntervalSeconds"] = 0
    scene.epoch_checkpoints = epoch_checkpoints
    slow(scene)
    control_plane = scene.run_fit(config(epochs=3))

    kept = sorted(
        path.name
        for path in scene.checkpoint(control_plane).parent.iterdir()
        if any(path.iterdir())
    )
    told = [
        checkpoint["epoch"]
        for report in control_plane.reports
        for checkpoint in report["epochCheckpoints"]
    ]
    assert told == ([1, 2, 3] if epoch_checkpoints else [])
    last = "epoch-0003.worker-1.lease-1"
    assert kept == (
        ["epoch-0001.worker-1.lease-1", "epoch-0002.worker-1.lease-1", last]
        if epoch_checkpoints
        else [last]
    )


def test_two_workers_at_one_run_write_checkpoints_of_their_own(scene: Scene) -> None:
    """One may have been taken for lost, and go on uploading."""
    scene.download()
    prefixes = set()
    for worker in (1, 2):
        with scene.control_plane(config()) as control_plane:
            control_plane.assignment["worker"] = worker
            assert scene.worker(control_plane).work() == 0
        prefixes.add(control_plane.runs[1]["checkpoint"]["prefix"])

    assert len(prefixes) == 2


def test_two_hundred_small_runs_share_one_worker_and_few_syncs(scene: Scene) -> None:
    scene.train_rows = scene.train_rows[:8]
    scene.validation_rows = scene.validation_rows[:4]
    control_plane = scene.run_fit(*[config(epochs=1) for _ in range(200)])

    assert statuses(control_plane) == ["completed"] * 200
    assert all(len(request["runs"]) <= 50 for request in control_plane.requests)
    assert len(control_plane.requests) < 100


def test_a_run_that_was_completed_unheard_is_only_told_again(scene: Scene) -> None:
    control_plane = scene.run_fit(config())
    completed = control_plane.runs[1]
    with scene.control_plane() as later:
        later.waiting = [
            {
                "runId": 1,
                "config": config(),
                "completedEpochs": 2,
                "checkpoint": completed["checkpoint"],
            }
        ]
        assert scene.worker(later).work() == 0

    assert statuses(later) == ["completed"]
    assert later.epochs[1] == []
