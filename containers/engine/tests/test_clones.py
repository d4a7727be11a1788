"""Runs that start from the weights of another one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from control_plane_double import ControlPlaneDouble, Json
from fanfold_engine.checkpoint_files import read
from fanfold_engine.schedule import DataStart, EpochSchedule, permutation
from fanfold_engine.training import TrainingState
from safetensors.torch import load_file
from scene import BUCKET, Scene, config
from test_control import slow

PARENT = config(epochs=40, optimizer={"name": "Adam", "args": {"lr": 0.01}})
CLONE = config(epochs=2, batch_size=16, optimizer={"name": "SGD", "args": {"lr": 0.05}})


@pytest.fixture
def parted(scene: Scene) -> ControlPlaneDouble:
    """A fit whose run 1 was asked for a checkpoint in mid-epoch, and then stopped."""
    scene.download()
    slow(scene)
    with scene.control_plane(PARENT) as control_plane:

        def look(request: Json) -> None:
            for report in request["runs"]:
                if report.get("progress", {}).get("chunk") == 2:
                    control_plane.branch.add(1)
                if "branch" in report:
                    control_plane.stop.add(1)

        control_plane.on_request = look
        assert scene.worker(control_plane).work() == 0
        control_plane.on_request = lambda _: None
    return control_plane


def branch_of(control_plane: ControlPlaneDouble) -> str:
    return next(
        report["branch"]["prefix"] for report in control_plane.reports if "branch" in report
    )


def state_at(scene: Scene, prefix: str) -> TrainingState:
    return read(scene.store.path(BUCKET, prefix))


def warm_clone(scene: Scene, prefix: str, leaf: Json, **start: Any) -> ControlPlaneDouble:
    """Train a clone in a worker of its own."""
    warm_start = {"prefix": prefix, "onSameData": True, **start}
    with scene.control_plane(leaf) as control_plane:
        control_plane.waiting[0] |= {"runId": 2, "warmStart": warm_start}
        assert scene.worker(control_plane).work() == 0
    return control_plane


def test_a_checkpoint_for_clones_is_published_once_and_kept(
    scene: Scene, parted: ControlPlaneDouble
) -> None:
    prefixes = {report["branch"]["prefix"] for report in parted.reports if "branch" in report}
    assert len(prefixes) == 1
    branch = state_at(scene, prefixes.pop())
    assert branch.place.chunk > 0
    newest = parted.runs[1]["checkpoint"]["prefix"]
    assert state_at(scene, newest).place.epoch >= branch.place.epoch


def test_a_checkpoint_that_a_parent_goes_on_from_is_kept_for_its_clones(
    scene: Scene, parted: ControlPlaneDouble
) -> None:
    prefix = parted.runs[1]["checkpoint"]["prefix"]
    for keep in (True, False):
        with scene.control_plane(PARENT) as control_plane:
            checkpoint = parted.runs[1]["checkpoint"]
            control_plane.waiting[0] |= {"checkpoint": checkpoint, "keepCheckpoint": keep}
            control_plane.assignment["lease"] = 7 + keep
            assert scene.worker(control_plane).work() == 0
            assert control_plane.runs[1]["status"] == "completed"
        assert scene.store.path(BUCKET, f"{prefix}manifest.json").exists() == keep


def test_a_warm_clone_trains_from_the_parents_weights_and_next_row(
    scene: Scene, parted: ControlPlaneDouble
) -> None:
    prefix = branch_of(parted)
    parent = state_at(scene, prefix)
    clone = warm_clone(scene, prefix, CLONE)

    model = torch.nn.Sequential(
        torch.nn.Linear(3, 8), torch.nn.ReLU(), torch.nn.Dropout(0.0), torch.nn.Linear(8, 2)
    )
    model.load_state_dict(parent.model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    rows = scene.train_rows
    x = torch.tensor([[row["a"], row["b"], row["c"]] for row in rows])
    y = torch.tensor([row["y"] for row in rows])
    for epoch in (1, 2):
        order = permutation(len(rows), 42, parent.place.epoch + epoch).tolist()
        order = order[parent.place.examples :] + order[: parent.place.examples]
        assert sorted(order) == list(range(len(rows)))
        for first in range(0, len(rows), 16):
            batch = order[first : first + 16]
            torch.nn.functional.cross_entropy(model(x[batch]), y[batch]).backward()
            optimizer.step()
            optimizer.zero_grad()

    trained = load_file(scene.checkpoint(clone, 2) / "model.safetensors")
    assert [row["epoch"] for row in clone.epochs[2]] == [1, 2]
    assert all(torch.equal(trained[name], value) for name, value in model.state_dict().items())


def test_a_warm_clone_goes_on_from_its_own_checkpoint(
    scene: Scene, parted: ControlPlaneDouble
) -> None:
    prefix = branch_of(parted)
    long = config(epochs=20, batch_size=16)
    undisturbed = warm_clone(scene, prefix, long)
    warm_start = {"prefix": prefix, "onSameData": True}
    with scene.control_plane(long) as control_plane:
        control_plane.waiting[0] |= {"runId": 2, "warmStart": warm_start}

        def look(request: Json) -> None:
            if any("progress" in report for report in request["runs"]):
                control_plane.stop.add(2)

        control_plane.on_request = look
        assert scene.worker(control_plane).work() == 0
        assert control_plane.runs[2]["status"] == "stopped"
        control_plane.on_request = lambda _: None
        control_plane.stop.clear()
        control_plane.runs[2]["status"] = "ongoing"
        control_plane.next_attempt()
        assert scene.worker(control_plane).work() == 0

    assert control_plane.epochs[2] == undisturbed.epochs[2]
    one, other = (scene.checkpoint(each, 2) for each in (control_plane, undisturbed))
    assert same_weights(one, other)


def test_on_other_data_a_warm_clone_begins_with_their_first_row(
    scene: Scene, parted: ControlPlaneDouble
) -> None:
    clone = warm_clone(scene, branch_of(parted), CLONE, onSameData=False)
    prefix = clone.runs[2]["checkpoint"]["prefix"]
    assert state_at(scene, prefix).data_start == DataStart()


def test_a_clone_whose_parameters_differ_is_refused_with_the_first_that_do(
    scene: Scene, parted: ControlPlaneDouble
) -> None:
    source = scene.store.path(BUCKET, scene.code["key"]).read_text()
    scene.write_code(source.replace("Linear(8, 2)", "Linear(8, 3)"))
    clone = warm_clone(scene, branch_of(parted), CLONE)
    assert clone.runs[2]["status"] == "failed"
    message = clone.runs[2]["error"]["message"]
    assert "3.weight is (3, 8) here and (2, 8) in the parent; 3.bias is (3,) here" in message
    assert "clone it cold" in message


def test_every_epoch_of_a_clone_sees_every_row_once_whatever_its_parents_batches() -> None:
    start = DataStart(3, 20).after(2, 45, 50)
    assert start == DataStart(5, 15)
    schedule = EpochSchedule(50, 7, 2, 42, 1, 4, start)
    seen = [
        row
        for chunk in range(schedule.chunks)
        for step in schedule.steps_of(chunk)
        for batch in step
        for row in batch
    ]
    order = permutation(50, 42, 6).tolist()
    assert seen == order[15:] + order[:15]


def same_weights(one: Path, other: Path) -> bool:
    first, second = (load_file(each / "model.safetensors") for each in (one, other))
    return all(torch.equal(tensor, second[name]) for name, tensor in first.items())
