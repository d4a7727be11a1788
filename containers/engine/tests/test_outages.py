"""Storage that errs and clocks that are wrong cost time, never results."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import torch
from control_plane_double import Json
from engine_process import exit_code, start
from fanfold_engine.control_plane import ControlPlane
from fanfold_engine.ending import DONE, FAULT
from fanfold_engine.protocol import SyncRequest
from safetensors.torch import load_file
from scene import BUCKET, Scene, config

CONFIG = config(epochs=3, user_knobs={"dropout": 0.3})


@pytest.mark.parametrize("refused", ["epoch-0002", "manifest.json"])
def test_a_checkpoint_that_cannot_be_uploaded_is_never_told_of(scene: Scene, refused: str) -> None:
    undisturbed = scene.run_fit(CONFIG)
    expected = load_file(scene.checkpoint(undisturbed) / "model.safetensors")
    scene.fit |= {"checkpointIntervalSeconds": 0, "numChunks": 1}

    def look(request: Json) -> None:
        for report in request["runs"]:
            for checkpoint in filter(None, [report.get("checkpoint")]):
                assert scene.store.path(BUCKET, checkpoint["prefix"] + "manifest.json").is_file()

    with scene.control_plane(CONFIG) as control_plane:
        control_plane.on_request = look
        process = start(control_plane, scene.store, refused=refused)
        assert exit_code(process) == FAULT
        assert control_plane.runs[1]["status"] == "ongoing"
        control_plane.next_attempt()
        assert exit_code(start(control_plane, scene.store, attempt=2)) == DONE

    assert control_plane.runs[1]["status"] == "completed"
    assert control_plane.epochs[1] == undisturbed.epochs[1]
    trained = load_file(scene.checkpoint(control_plane) / "model.safetensors")
    assert all(torch.equal(trained[name], tensor) for name, tensor in expected.items())


@pytest.mark.parametrize("hours", [-3, 3])
def test_credentials_last_as_long_as_they_do_by_the_clock_of_whoever_gave_them(
    scene: Scene, hours: int
) -> None:
    with scene.control_plane(CONFIG) as control_plane:
        control_plane.clock_ahead = timedelta(hours=hours)
        told = ControlPlane(scene.settings(control_plane))
        answer = told.sync(SyncRequest("job-1", 1, 1, needs_credentials=True, room=1))
        told.close()

    assert answer.credentials is not None
    left = datetime.fromisoformat(answer.credentials.expires_at) - datetime.now(UTC)
    assert timedelta(minutes=55) < left < timedelta(minutes=65)


def test_a_worker_whose_clock_is_wrong_trains_as_any_other(scene: Scene) -> None:
    scene.download()
    with scene.control_plane(CONFIG) as control_plane:
        control_plane.clock_ahead = timedelta(days=-400)
        assert scene.worker(control_plane).work() == DONE

    assert control_plane.runs[1]["status"] == "completed"
    assert [request["needsCredentials"] for request in control_plane.requests].count(True) == 1
