from __future__ import annotations

from scene import Scene, config


def test_a_fit_trains_its_runs_and_tells_of_every_epoch(scene: Scene) -> None:
    control_plane = scene.run_fit(config(), config(epochs=3))

    assert [run["status"] for run in control_plane.runs.values()] == ["completed", "completed"]
    assert [run["completedEpochs"] for run in control_plane.runs.values()] == [2, 3]
    assert [row["epoch"] for row in control_plane.epochs[2]] == [1, 2, 3]
    names = [metric["name"] for metric in control_plane.epochs[1][0]["metrics"]]
    assert names == ["val_loss", "val_accuracy"]
    assert control_plane.runs[1]["checkpoint"]["epoch"] == 2
    assert scene.checkpoint(control_plane).name == "epoch-0002.worker-1.lease-1"
    reports = [report for report in control_plane.reports if report["runId"] == 1]
    assert sum(report["runtimeSeconds"] for report in reports) > 0
