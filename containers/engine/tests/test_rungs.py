"""Runs that are dealt until an epoch, and go on from there later or never."""

from __future__ import annotations

import signal

import torch
from control_plane_double import ControlPlaneDouble, Json
from engine_process import exit_code, start
from fanfold_engine.ending import DONE
from safetensors.torch import load_file
from scene import Scene, config

CONFIG = config(epochs=4, user_knobs={"dropout": 0.3}, optimizer={"name": "Adam", "args": {}})


def until(run: Json, epoch: int | None) -> Json:
    """The run as it is dealt, from its newest checkpoint if it has one."""
    dealt = {"runId": run["runId"], "config": run["config"], "completedEpochs": 0}
    if checkpoint := run.get("checkpoint"):
        dealt |= {"checkpoint": checkpoint, "completedEpochs": checkpoint["epoch"]}
    return dealt if epoch is None else dealt | {"untilEpoch": epoch}


def stand_at(control_plane: ControlPlaneDouble, epoch: int) -> list[int]:
    """Runs whose checkpoint at the epoch was told of."""
    return [
        run_id
        for run_id, run in control_plane.runs.items()
        if run.get("checkpoint", {}).get("epoch") == epoch
    ]


def assert_same_weights(scene: Scene, one: ControlPlaneDouble, other: ControlPlaneDouble) -> None:
    first, second = (
        load_file(scene.checkpoint(each) / "model.safetensors") for each in (one, other)
    )
    assert all(torch.equal(tensor, second[name]) for name, tensor in first.items())


class Halving:
    """Deals every run until a rung, and one of them further when all have come as far."""

    def __init__(self, control_plane: ControlPlaneDouble, rungs: list[int]) -> None:
        self._control_plane = control_plane
        self._rungs = rungs
        self._live = [run["runId"] for run in control_plane.waiting]
        control_plane.waiting = [until(run, rungs[0]) for run in control_plane.waiting]
        control_plane.more_to_come = True
        control_plane.on_request = self._look

    def _look(self, _: Json) -> None:
        """Looks before the request is taken in, so a rung is decided at the sync that follows."""
        plane = self._control_plane
        if self._rungs and stand_at(plane, self._rungs[0]) == self._live:
            self._live = self._live[:1]
            self._rungs = self._rungs[1:]
            plane.waiting = [until(plane.runs[1], self._rungs[0] if self._rungs else None)]
            plane.more_to_come = bool(self._rungs)


def test_a_run_goes_on_from_its_rung_as_if_it_had_never_waited(scene: Scene) -> None:
    undisturbed = scene.run_fit(CONFIG)
    with scene.control_plane(CONFIG, CONFIG, CONFIG) as control_plane:
        Halving(control_plane, [1, 3])
        assert scene.worker(control_plane).work() == DONE

    assert [run["completedEpochs"] for run in control_plane.runs.values()] == [4, 1, 1]
    statuses = [run["status"] for run in control_plane.runs.values()]
    assert statuses == ["completed", "ongoing", "ongoing"]
    assert stand_at(control_plane, 1) == [2, 3]
    assert control_plane.epochs[1] == undisturbed.epochs[1]
    assert control_plane.epochs[2] == undisturbed.epochs[1][:1]
    assert_same_weights(scene, control_plane, undisturbed)


def test_a_run_at_its_rung_holds_nobody_up(scene: Scene) -> None:
    scene.download()
    with scene.control_plane(CONFIG, config()) as control_plane:
        control_plane.waiting[0] |= {"untilEpoch": 2}
        assert scene.worker(control_plane).work() == DONE

    assert [run["status"] for run in control_plane.runs.values()] == ["ongoing", "completed"]
    assert stand_at(control_plane, 2) == [1, 2]


def test_a_worker_without_work_asks_on_until_it_is_let_go(scene: Scene) -> None:
    scene.download()
    asked: list[int] = []
    with scene.control_plane(CONFIG) as control_plane:
        control_plane.waiting[0] |= {"untilEpoch": 1}
        control_plane.more_to_come = True

        def look(_: Json) -> None:
            if stand_at(control_plane, 1):
                asked.append(1)
                control_plane.more_to_come = len(asked) < 3

        control_plane.on_request = look
        assert scene.worker(control_plane).work() == DONE

    assert len(asked) >= 3
    assert control_plane.runs[1]["status"] == "ongoing"


def test_exit_ends_the_wait_at_a_rung(scene: Scene) -> None:
    scene.download()
    with scene.control_plane(CONFIG) as control_plane:
        control_plane.waiting[0] |= {"untilEpoch": 1}
        control_plane.more_to_come = True

        def look(_: Json) -> None:
            control_plane.exit = bool(stand_at(control_plane, 1))

        control_plane.on_request = look
        assert scene.worker(control_plane).work() == DONE

    assert control_plane.runs[1]["completedEpochs"] == 1


def test_a_run_dealt_where_it_is_to_wait_is_only_told_of_again(scene: Scene) -> None:
    scene.download()
    with scene.control_plane(CONFIG) as control_plane:
        control_plane.waiting[0] |= {"untilEpoch": 1}
        assert scene.worker(control_plane).work() == DONE
    with scene.control_plane() as later:
        later.waiting = [until(control_plane.runs[1], 1)]
        assert scene.worker(later).work() == DONE

    assert stand_at(later, 1) == [1]
    assert later.epochs[1] == []


def test_a_worker_killed_while_its_runs_wait_loses_nothing(scene: Scene) -> None:
    undisturbed = scene.run_fit(CONFIG)
    with scene.control_plane(CONFIG, CONFIG) as control_plane:
        control_plane.waiting = [until(run, 1) for run in control_plane.waiting]
        control_plane.more_to_come = True
        process = start(control_plane, scene.store)
        control_plane.wait_for(lambda: stand_at(control_plane, 1) == [1, 2])
        process.kill()
        assert exit_code(process) == -signal.SIGKILL
        control_plane.runs[2]["status"] = "stopped"
        control_plane.next_attempt()
        control_plane.more_to_come = False
        assert exit_code(start(control_plane, scene.store, attempt=2)) == DONE

    assert [run["completedEpochs"] for run in control_plane.runs.values()] == [4, 1]
    assert control_plane.epochs[1] == undisturbed.epochs[1]
    assert_same_weights(scene, control_plane, undisturbed)
