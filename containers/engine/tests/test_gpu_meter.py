from __future__ import annotations

import threading
import time

import pytest
import torch
from fanfold_engine.gpu_meter import GpuMeter, Reading, gauge_of
from fanfold_engine.ledger import Ledger
from fanfold_engine.protocol import GpuUse, RunReport
from scene import Scene, config

QUICK = 0.01


def until_measured(meter: GpuMeter) -> GpuUse:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if (use := meter.take()) is not None:
            return use
        time.sleep(QUICK)
    raise AssertionError("nothing was measured")


def test_a_meter_tells_what_was_measured_since_it_was_last_asked() -> None:
    read = threading.Event()

    def gauge() -> Reading:
        first = not read.is_set()
        read.set()
        return Reading(0.5, 100) if first else Reading(1.0, 50)

    meter = GpuMeter(gauge, interval_seconds=QUICK)
    meter.start()
    first, later = until_measured(meter), until_measured(meter)
    meter.close()
    assert first.busy_seconds >= 0.5 * first.seconds > 0
    assert first.peak_memory_bytes == 100
    assert later.busy_seconds == pytest.approx(later.seconds)
    assert later.peak_memory_bytes == 50


def test_a_driver_that_cannot_tell_any_more_ends_the_measuring_and_nothing_else() -> None:
    asked = threading.Event()

    def gauge() -> Reading:
        asked.set()
        raise RuntimeError("GPU is lost")

    meter = GpuMeter(gauge, interval_seconds=QUICK)
    meter.start()
    assert asked.wait(30)
    assert meter.take() is None
    meter.close()


def test_reports_that_wait_add_up() -> None:
    ledger = Ledger()
    for use in (GpuUse(1, 0.5, 10), None, GpuUse(2, 2, 7)):
        ledger.report(RunReport(1, "ongoing", 0, gpu=use))
    (report,) = ledger.take().runs
    assert report.gpu == GpuUse(3, 2.5, 10)


def test_on_a_cpu_nothing_is_measured_but_the_runtime(scene: Scene) -> None:
    assert gauge_of(torch.device("cpu")) is None
    reports = scene.run_fit(config(epochs=1)).reports
    assert sum(report["runtimeSeconds"] for report in reports) > 0
    assert not [report for report in reports if "gpu" in report]


def test_a_gpu_without_its_library_is_not_measured() -> None:
    """This machine has no driver; with one there is a gauge."""
    gauge = gauge_of(torch.device("cuda"))
    assert (gauge is not None) == torch.cuda.is_available()
    if gauge is not None:
        assert 0 <= gauge().busy_share <= 1
