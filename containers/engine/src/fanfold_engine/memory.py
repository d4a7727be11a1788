"""How much memory the states of a worker's runs may take."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import torch

from fanfold_engine.settings import Settings

CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
DEVICE_SHARE = 0.5
"""The other half is for what a step needs: activations, gradients, the data."""
HOST_SHARE = 0.25
"""User code, the rows and the system are there too."""
DISK_SHARE = 0.25
"""Of what is free when the worker starts; the data and checkpoints go there too."""
COPIES = 4
"""Of the parameters, at most: they themselves, their gradients, two moments of an optimizer."""


@dataclass(frozen=True)
class Rooms:
    """The bytes that the states of all runs may take: on the device, and aside of it."""

    device_bytes: int
    host_bytes: int
    disk_bytes: int

    @property
    def total_bytes(self) -> int:
        """Wherever they are."""
        return self.device_bytes + self.host_bytes + self.disk_bytes


def rooms_of(device: torch.device, disk: Path, settings: Settings) -> Rooms:
    """What there is, unless the settings say.

    Without a GPU the device's memory is the host's, so that aside is only the disk.
    """
    on_device, on_host = _memory_of(device)
    return Rooms(
        on_device if settings.device_bytes is None else settings.device_bytes,
        on_host if settings.host_bytes is None else settings.host_bytes,
        int(shutil.disk_usage(disk).free * DISK_SHARE),
    )


def _memory_of(device: torch.device) -> tuple[int, int]:
    on_host = int(_host_bytes() * HOST_SHARE)
    if device.type != "cuda":
        return on_host, 0
    return int(torch.cuda.get_device_properties(device).total_memory * DEVICE_SHARE), on_host


def state_bytes(model: torch.nn.Module) -> int:
    """What a run takes while it waits for its turn."""
    parameters = sum(each.numel() * each.element_size() for each in model.parameters())
    buffers = sum(each.numel() * each.element_size() for each in model.buffers())
    return COPIES * parameters + buffers


def _host_bytes() -> int:
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = CGROUP_LIMIT.read_text().strip() if CGROUP_LIMIT.is_file() else "max"
    return min(machine, int(limit)) if limit.isdecimal() else machine
