"""What became of a run's time: told with every report, and in the run's log."""

from __future__ import annotations

from collections import Counter

import pytest
from control_plane_double import ControlPlaneDouble
from fanfold_engine.schedule import EpochSchedule
from scene import ML_SPEC, Scene, config

DEAR = ML_SPEC.replace("knobs = cfg", "__import__('time').sleep(0.2)\n        knobs = cfg")
PARTS = ("trainingSeconds", "loadingSeconds", "swappingSeconds", "checkpointingSeconds")


def use_of(control_plane: ControlPlaneDouble, run_id: int) -> Counter[str]:
    """All that was told of a run, added up."""
    use = Counter[str]()
    for report in control_plane.reports:
        if report["runId"] == run_id:
            use.update(report.get("timeUse", {}))
            use["runtimeSeconds"] += report["runtimeSeconds"]
    return use


@pytest.mark.parametrize("executor", ["single", "interleaved", "auto"])
def test_examples_and_seconds_are_told_of_every_run(scene: Scene, executor: str) -> None:
    scene.fit["executor"] = executor
    scene.write_code(DEAR)
    control_plane = scene.run_fit(config(epochs=3), config(epochs=3, batch_size=5), config())

    for run_id, epochs in {1: 3, 2: 3, 3: 2}.items():
        use = use_of(control_plane, run_id)
        assert use["examples"] == epochs * len(scene.train_rows)
        assert use["loadingSeconds"] > 0.2 > use["swappingSeconds"] == 0
        assert min(use["trainingSeconds"], use["checkpointingSeconds"]) > 0
        # The rest is validation.
        assert sum(use[part] for part in PARTS) < use["runtimeSeconds"]


def test_a_run_that_goes_on_elsewhere_counts_what_it_trains_again(scene: Scene) -> None:
    scene.download()
    with scene.control_plane(config()) as control_plane:
        assert scene.worker(control_plane).work() == 0
        control_plane.runs[1]["status"] = "ongoing"
        del control_plane.runs[1]["checkpoint"]
        control_plane.next_attempt()
        assert scene.worker(control_plane).work() == 0

    assert use_of(control_plane, 1)["examples"] == 2 * 2 * len(scene.train_rows)


def test_the_log_of_a_run_says_how_fast_its_chunks_were(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fanfold_engine.chunk_log.LINE_SECONDS", 0.0)
    scene.write_code(DEAR)
    control_plane = scene.run_fit(config(epochs=1), config(epochs=1))

    lines = control_plane.logged(2)
    assert len(lines) == 4
    assert "epoch 1, chunk 1 of 4: 8 examples at " in lines[0]
    assert " s loading" in lines[0]
    assert "epoch 1, chunk 4 of 4: 10 examples at " in lines[3]


def test_short_chunks_are_told_of_together_or_not_at_all(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fanfold_engine.chunk_log.LINE_SECONDS", 0.15)
    slowly = ML_SPEC.replace("logits =", "__import__('time').sleep(0.06)\n        logits =")
    scene.write_code(slowly)
    control_plane = scene.run_fit(config(epochs=1, batch_size=13))

    first = control_plane.logged(1)[0]
    assert "chunks, " in first
    assert "chunk 1 of 4" not in first


@pytest.mark.parametrize("rows", [1, 7, 50])
@pytest.mark.parametrize(("batch_size", "accumulation"), [(8, 1), (5, 3), (64, 2)])
def test_a_chunk_has_the_examples_of_its_batches(
    rows: int, batch_size: int, accumulation: int
) -> None:
    schedule = EpochSchedule(rows, batch_size, accumulation, seed=1, epoch=1, wanted_chunks=4)
    for chunk in range(schedule.chunks):
        batches = [batch for step in schedule.steps_of(chunk) for batch in step]
        assert schedule.examples_of(chunk) == sum(map(len, batches))
