"""Runs whose states lie aside while others train: the same runs, only more of them by turns."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from control_plane_double import ControlPlaneDouble, Json
from engine_process import exit_code, start
from fanfold_engine.data.dataset import Dataset, PartitionData
from fanfold_engine.data.rows import Rows as TableRows
from fanfold_engine.ending import DONE
from fanfold_engine.memory import Rooms
from fanfold_engine.mlspec import load_ml_spec
from fanfold_engine.swapping.shuttle import Shuttle
from fanfold_engine.swapping.state import State
from fanfold_engine.training import Training
from scene import ML_SPEC, Scene, config
from test_interleaved import CONFIGS, SLOWLY, assert_same, one_after_the_other, statuses
from test_time_use import use_of

RUN_BYTES = 800
"""What a run of the scene's model is thought to take: four times 50 numbers."""
FIVE = [*CONFIGS, config(epochs=2, user_knobs={"dropout": 0.1}), config(epochs=1, batch_size=3)]
OUT_OF_MEMORY = (
    "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79 GiB"
)


def singly(scene: Scene, configs: list[Json], **memory: int) -> Any:
    """What the runs come to one after the other; from then on they take turns in so much memory."""
    expected = one_after_the_other(scene, configs)
    scene.memory = memory
    return expected


def swapped(control_plane: ControlPlaneDouble) -> list[float]:
    """What each run lost to swapping."""
    return [use_of(control_plane, run_id)["swappingSeconds"] for run_id in control_plane.runs]


@pytest.mark.parametrize("host_bytes", [0, 2 * RUN_BYTES, 2**30], ids=["disk", "both", "host"])
@pytest.mark.parametrize("room_for", [1, 2, 3, 4])
def test_runs_that_lie_aside_between_their_turns_end_as_if_alone(
    scene: Scene, room_for: int, host_bytes: int
) -> None:
    single = singly(scene, FIVE, device_bytes=room_for * RUN_BYTES, host_bytes=host_bytes)
    control_plane = scene.run_fit(*FIVE)

    assert statuses(control_plane) == ["completed"] * 5
    assert_same(scene, control_plane, single)
    assert min(swapped(control_plane)) > 0


def test_nothing_is_swapped_while_the_device_has_room(scene: Scene) -> None:
    singly(scene, FIVE, device_bytes=5 * RUN_BYTES)
    assert swapped(scene.run_fit(*FIVE)) == [0] * 5


def test_auto_swaps_runs_instead_of_fusing_them(scene: Scene) -> None:
    rates = [config(optimizer={"name": "SGD", "args": {"lr": rate}}) for rate in (0.1, 0.2, 0.3)]
    single = singly(scene, rates, device_bytes=2 * RUN_BYTES)
    scene.fit["executor"] = "auto"
    control_plane = scene.run_fit(*rates)

    assert_same(scene, control_plane, single)
    assert min(swapped(control_plane)) > 0
    assert not any("fused" in line for line in control_plane.logged())


ODD = """
class Odd(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(3, 3)
        self.second = torch.nn.Linear(3, 3)
        self.second.weight = self.first.weight
        self.norm = torch.nn.BatchNorm1d(3)
        self.memory = torch.nn.GRU(3, 3, batch_first=True)
        self.last = torch.nn.Linear(3, 2)
        self.alias = self.last.bias.data
        self.register_buffer("scale", SCALE)
        self.slices = torch.nn.Parameter(torch.ones(2, 6)[:, ::2])

    def forward(self, x):
        x = self.norm(self.second(self.first(x))) * self.scale
        x = self.memory(x[:, None])[0][:, 0]
        return self.last(x) + self.alias + x @ self.slices.T
"""


def test_shared_tied_and_viewed_tensors_stay_what_they_are(scene: Scene) -> None:
    model = "return torch.nn.Sequential(Odd())\n        return torch.nn.Sequential("
    source = ML_SPEC.replace("return torch.nn.Sequential(", model)
    head, body = source.split("class MLSpec")
    scene.write_code(f"{head}\nSCALE = torch.tensor(0.5)\n{ODD}\n\nclass MLSpec{body}")
    single = singly(scene, FIVE, device_bytes=1)
    control_plane = scene.run_fit(*FIVE)

    assert statuses(control_plane) == ["completed"] * 5
    assert_same(scene, control_plane, single)
    assert min(swapped(control_plane)) > 0


def test_runs_that_lie_aside_are_stopped_and_go_on(scene: Scene) -> None:
    single = singly(scene, CONFIGS, device_bytes=RUN_BYTES)
    scene.write_code(SLOWLY)

    def look(request: Json) -> None:
        if any(report["runId"] == 1 and "progress" in report for report in request["runs"]):
            control_plane.stop |= {2, 3}

    with scene.control_plane(*CONFIGS) as control_plane:
        control_plane.on_request = look
        assert scene.worker(control_plane).work() == 0
        assert statuses(control_plane) == ["completed", "stopped", "stopped"]
        control_plane.on_request = lambda _: None
        control_plane.stop.clear()
        for run_id in (2, 3):
            control_plane.runs[run_id]["status"] = "ongoing"
        control_plane.next_attempt()
        assert scene.worker(control_plane).work() == 0

    assert_same(scene, control_plane, single)


def test_runs_killed_while_they_lie_aside_go_on_as_if_nothing_had_happened(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    single = singly(scene, CONFIGS)
    monkeypatch.setenv("FANFOLD_DEVICE_BYTES", str(RUN_BYTES))
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


def out_of_memory(scene: Scene, *, times: int, at: str) -> None:
    """Run 2's code, known by its batch size, runs out of memory so often at this place."""
    raising = (
        f"if cfg['train']['batch_size'] == 5 and len(RAISED) < {times} and {at}:\n"
        f"            RAISED.append(1)\n"
        f"            raise torch.OutOfMemoryError({OUT_OF_MEMORY!r})\n        "
    )
    source = ML_SPEC.replace("logits = model", f"STEPS.append(1)\n        {raising}logits = model")
    scene.write_code(
        source.replace("import torchmetrics", "import torchmetrics\nRAISED, STEPS = [], []")
    )


@pytest.mark.parametrize("executor", ["single", "interleaved", "auto"])
@pytest.mark.parametrize("interval", [0, 3600], ids=["checkpoints", "none"])
def test_a_run_short_of_memory_waits_for_the_others_to_make_room(
    scene: Scene, executor: str, interval: int
) -> None:
    single = singly(scene, CONFIGS, device_bytes=4 * RUN_BYTES)
    scene.fit |= {"executor": executor, "checkpointIntervalSeconds": interval}
    out_of_memory(scene, times=1, at="len(STEPS) > 45")
    control_plane = scene.run_fit(*CONFIGS)

    assert statuses(control_plane) == ["completed"] * 3
    assert_same(scene, control_plane, single)
    told = [line["message"] for line in control_plane.logs]
    assert sum("run 2 ran out of GPU memory" in line for line in told) == 1


def test_a_run_short_of_memory_from_the_start_is_tried_again(scene: Scene) -> None:
    single = singly(scene, CONFIGS, device_bytes=4 * RUN_BYTES)
    source = ML_SPEC.replace(
        "knobs = cfg",
        f"""if cfg['train']['batch_size'] == 5 and not RAISED:
            RAISED.append(1)
            raise torch.OutOfMemoryError({OUT_OF_MEMORY!r})
        knobs = cfg""",
    )
    scene.write_code(source.replace("import torchmetrics", "import torchmetrics\nRAISED = []"))
    control_plane = scene.run_fit(*CONFIGS)

    assert_same(scene, control_plane, single)
    # The others went aside for it, and came back.
    assert swapped(control_plane)[0] > 0


def test_a_run_short_of_memory_with_the_device_to_itself_fails(scene: Scene) -> None:
    single = singly(scene, CONFIGS)
    del single.epochs[2], single.weights[2]
    out_of_memory(scene, times=99, at="mode == 'train'")
    control_plane = scene.run_fit(*CONFIGS)

    assert statuses(control_plane) == ["completed", "failed", "completed"]
    message = control_plane.runs[2]["error"]["message"]
    assert "try a smaller batch_size" in message
    assert "fsdp_layer_cls" in message


@pytest.fixture
def training(tmp_path: Path) -> Training:
    import hashlib

    import pyarrow as pa
    from scene import example_rows

    path = tmp_path / "trial.py"
    path.write_text(ML_SPEC)
    ml_spec = load_ml_spec(path, hashlib.sha256(path.read_bytes()).hexdigest())
    rows = PartitionData(TableRows(pa.Table.from_pylist(example_rows(20, 1))), None)
    told = config(optimizer={"name": "Adam", "args": {}})
    cpu = torch.device("cpu")
    data = Dataset(rows, None, str(tmp_path))
    return Training(ml_spec, told, data, seed=1, num_chunks=2, device=cpu)


def test_a_state_goes_aside_whole_and_leaves_nothing_on_the_device(
    training: Training, tmp_path: Path
) -> None:
    training.train_chunk()
    folder = tmp_path / "aside"
    state = State(training, Shuttle(torch.device("cpu"), Rooms(0, 500, 10_000), folder))
    tensors = [*training.model.parameters()]
    tensors += [each[name] for each in training.optimizer.state.values() for name in each]
    before = [(tensor, tensor.clone(), tensor.data_ptr()) for tensor in tensors]

    state.begin_to_leave()
    assert (state.is_present, state.takes_room) == (False, True)
    assert [tensor.data_ptr() for tensor in tensors] == [place for _, _, place in before]
    state.settle()
    assert state.takes_room is False
    state.begin_to_come()
    state.settle()
    for tensor, values, place in before:
        assert tensor.data_ptr() != place
        assert torch.equal(tensor, values)
    # Files have no name from the start.
    assert list(folder.iterdir()) == []
    training.train_chunk()
