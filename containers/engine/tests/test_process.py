from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path

import torch
from control_plane_double import ControlPlaneDouble, Json
from engine_process import context, exit_code, start
from fanfold_engine import ending
from fanfold_engine.ending import DONE, FAULT, INTERRUPTED, RESTART, leave
from metadata_double import MetadataDouble
from safetensors.torch import load_file
from scene import BUCKET, ML_SPEC, PREFIX, Scene, config

CONFIG = config(epochs=3, user_knobs={"dropout": 0.3}, optimizer={"name": "Adam", "args": {}})


def weights(scene: Scene, control_plane: ControlPlaneDouble, run_id: int = 1) -> dict:
    return load_file(scene.checkpoint(control_plane, run_id) / "model.safetensors")


def assert_equal(some: dict, others: dict) -> None:
    assert some.keys() == others.keys()
    for name, tensor in some.items():
        assert torch.equal(tensor, others[name]), name


def slowly(source: str) -> str:
    """The code with a batch taking a while."""
    return source.replace(
        "logits = model", "__import__('time').sleep(0.03)\n        logits = model"
    )


def kill_at(process: BaseProcess, epoch: int, chunk: int) -> Callable[[Json], None]:
    """Kills a worker when it told of a checkpoint at this place or later."""

    def look(request: Json) -> None:
        for told in (report["checkpoint"] for report in request["runs"] if "checkpoint" in report):
            if (told["epoch"], told["chunk"]) >= (epoch, chunk):
                process.kill()

    return look


def test_a_worker_killed_twice_ends_with_the_weights_of_one_left_alone(scene: Scene) -> None:
    undisturbed = scene.run_fit(CONFIG)
    scene.fit["checkpointIntervalSeconds"] = 0
    scene.write_code(slowly(ML_SPEC))
    with scene.control_plane(CONFIG) as control_plane:
        for attempt, place in [(1, (0, 1)), (2, (1, 2))]:
            process = start(control_plane, scene.store, attempt)
            control_plane.on_request = kill_at(process, *place)
            assert exit_code(process) == -signal.SIGKILL
            assert len(list(scene.folder.glob("fanfold-*"))) == attempt
            assert control_plane.runs[1]["status"] == "ongoing"
            control_plane.on_request = lambda _: None
            control_plane.next_attempt()
        assert exit_code(start(control_plane, scene.store, attempt=3)) == DONE

    assert control_plane.runs[1]["status"] == "completed"
    assert scene.checkpoint(control_plane).name == "epoch-0003.worker-1.lease-3"
    assert control_plane.epochs[1] == undisturbed.epochs[1]
    assert_equal(weights(scene, control_plane), weights(scene, undisturbed))


def test_sigterm_checkpoints_the_chunk_in_training_and_leaves_with_143(scene: Scene) -> None:
    undisturbed = scene.run_fit(CONFIG)
    scene.write_code(slowly(ML_SPEC))
    with scene.control_plane(CONFIG, CONFIG) as control_plane:
        process = start(control_plane, scene.store)
        control_plane.wait_for(lambda: "progress" in control_plane.runs.get(1, {}))
        process.terminate()
        assert exit_code(process) == INTERRUPTED
        assert [run["status"] for run in control_plane.runs.values()] == ["ongoing", "new"]
        assert "checkpoint" in control_plane.runs[1]
        assert control_plane.requests[-1]["interrupted"]
        control_plane.next_attempt()
        assert exit_code(start(control_plane, scene.store, attempt=2)) == DONE

    assert [run["status"] for run in control_plane.runs.values()] == ["completed", "completed"]
    assert_equal(weights(scene, control_plane), weights(scene, undisturbed))
    assert list(scene.folder.glob("fanfold-*")) == []


def test_a_spot_notice_does_as_much_and_is_told(scene: Scene) -> None:
    long = config(epochs=60)
    undisturbed, quick = scene.run_fit(long), scene.code
    scene.write_code(slowly(ML_SPEC))
    with scene.control_plane(long, CONFIG) as control_plane, MetadataDouble() as metadata:
        asks = {"FANFOLD_METADATA_URL": metadata.url}
        process = start(control_plane, scene.store, environment=asks)
        control_plane.wait_for(lambda: "progress" in control_plane.runs.get(1, {}))
        assert not any("interrupted" in request for request in control_plane.requests)
        metadata.is_taken_away = True
        assert exit_code(process) == INTERRUPTED
        assert control_plane.requests[-1]["interrupted"]
        assert "checkpoint" in control_plane.runs[1]
        control_plane.next_attempt()
        control_plane.assignment["mlSpec"] = quick
        assert exit_code(start(control_plane, scene.store, attempt=2)) == DONE

    assert [run["status"] for run in control_plane.runs.values()] == ["completed", "completed"]
    assert_equal(weights(scene, control_plane), weights(scene, undisturbed))


def test_code_that_ends_the_process_is_counted_against_its_run(scene: Scene) -> None:
    scene.write_code(ML_SPEC.replace("knobs = cfg", "import os; os._exit(0)\n        knobs = cfg"))
    scene.download()
    with scene.control_plane(config(), config()) as control_plane:
        assert exit_code(start(control_plane, scene.store)) == DONE

    assert [run["status"] for run in control_plane.runs.values()] == ["ongoing", "new"]


def test_a_hung_run_fails_with_its_stack_and_the_worker_starts_anew(scene: Scene) -> None:
    scene.fit["chunkTimeoutSeconds"] = 1
    scene.write_code(
        ML_SPEC.replace("features =", "cfg.get('hang') and stall()\n        features =")
        + """

def stall():
    import time
    time.sleep(1000)
"""
    )
    scene.download()
    with scene.control_plane(config(), config() | {"hang": True}, config()) as control_plane:
        assert exit_code(start(control_plane, scene.store)) == RESTART
        failed = control_plane.runs[2]
        assert failed["status"] == "failed"
        assert "chunk 1 of 4 of epoch 1 took longer than 1 s" in failed["error"]["message"]
        assert "in stall" in failed["error"]["traceback"]
        assert "fanfold_engine" not in failed["error"]["traceback"]
        assert control_plane.runs[1]["status"] == "completed"


def leave_twice(scratch: Path) -> None:
    """The first has files to remove when the second comes."""

    def remove(*_: object, **__: object) -> None:
        if removals.acquire(blocking=False):
            other = threading.Thread(target=leave, args=(FAULT, scratch))
            other.start()
            other.join(1)

    removals = threading.Semaphore(1)
    ending.shutil.rmtree = remove
    leave(DONE, scratch)


def test_a_process_ends_with_the_code_of_whoever_ended_it_first(scene: Scene) -> None:
    process = context.Process(target=leave_twice, args=(scene.folder,))
    process.start()
    assert exit_code(process) == DONE


def test_a_fenced_worker_lets_go_at_once_and_uploads_nothing(scene: Scene) -> None:
    scene.write_code(slowly(ML_SPEC))
    scene.download()
    with scene.control_plane(config(epochs=1000)) as control_plane:

        def fence(request: Json) -> None:
            if request["sequence"] == 3:
                control_plane.faults = [409]

        control_plane.on_request = fence
        assert exit_code(start(control_plane, scene.store)) == DONE

    assert control_plane.runs[1]["status"] == "ongoing"
    assert not scene.store.path(BUCKET, f"{PREFIX}runs").exists()
