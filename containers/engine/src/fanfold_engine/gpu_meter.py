"""How busy the GPU is while a run trains, as NVIDIA's management library tells it."""

from __future__ import annotations

import importlib
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from fanfold_engine.protocol import GpuUse

log = logging.getLogger(__name__)

INTERVAL_SECONDS = 1.0
"""The driver itself averages over up to a second."""


@dataclass(frozen=True)
class Reading:
    """The share of the last moment that the GPU was busy, and the memory in use on it."""

    busy_share: float
    memory_bytes: int


Gauge = Callable[[], Reading]


class GpuMeter:
    """Reads a gauge every second on a thread of its own; without a gauge it measures nothing."""

    def __init__(self, gauge: Gauge | None, *, interval_seconds: float = INTERVAL_SECONDS) -> None:
        self._gauge = gauge
        self._interval_seconds = interval_seconds
        self._lock = threading.Lock()
        self._use: GpuUse | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._measure, name="gpu meter", daemon=True)

    def start(self) -> None:
        """Begin to measure."""
        if self._gauge is not None:
            self._thread.start()

    def close(self) -> None:
        """Measure no more."""
        self._over.set()

    def take(self) -> GpuUse | None:
        """What was measured since it was last taken; ``None`` when nothing was."""
        with self._lock:
            taken, self._use = self._use, None
            return taken

    def _measure(self) -> None:
        gauge, before = self._gauge, time.monotonic()
        while gauge is not None and not self._over.wait(self._interval_seconds):
            try:
                reading = gauge()
            except Exception:  # noqa: BLE001 - a driver that cannot tell must not end a training
                log.warning("the GPU tells nothing of its use any more", exc_info=True)
                return
            now = time.monotonic()
            self._add(reading, now - before)
            before = now

    def _add(self, reading: Reading, seconds: float) -> None:
        with self._lock:
            use = self._use or GpuUse(0.0, 0.0, 0)
            self._use = GpuUse(
                use.seconds + seconds,
                use.busy_seconds + reading.busy_share * seconds,
                max(use.peak_memory_bytes, reading.memory_bytes),
            )


def gauge_of(device: torch.device) -> Gauge | None:
    """A gauge of the device; ``None`` when it is no GPU, or one that tells nothing."""
    if device.type != "cuda":
        return None
    try:
        nvml: Any = importlib.import_module("pynvml")
        nvml.nvmlInit()
        # The numbers of NVML are those of the machine, not of CUDA_VISIBLE_DEVICES.
        uuid = f"GPU-{torch.cuda.get_device_properties(device).uuid}"
        handle = nvml.nvmlDeviceGetHandleByUUID(uuid)

        def read() -> Reading:
            busy_percent = nvml.nvmlDeviceGetUtilizationRates(handle).gpu
            return Reading(busy_percent / 100, nvml.nvmlDeviceGetMemoryInfo(handle).used)

        read()
    except Exception:  # noqa: BLE001 - no driver, no rights, a slice of a GPU: all the same here
        log.info("the use of the GPU cannot be measured", exc_info=True)
        return None
    return read
