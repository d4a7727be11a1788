"""How much memory the states of a worker's runs may take."""

from __future__ import annotations

import os
from pathlib import Path

import torch

CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
DEVICE_SHARE = 0.5
"""The other half is for what a step needs: activations, gradients, the data."""
HOST_SHARE = 0.25
"""User code, the rows and the system are there too."""
COPIES = 4
"""Of the parameters, at most: they themselves, their gradients, two moments of an optimizer."""


def room_for_runs(device: torch.device) -> int:
    """The bytes that all states together may take."""
    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory * DEVICE_SHARE)
    return int(_host_bytes() * HOST_SHARE)


def state_bytes(model: torch.nn.Module) -> int:
    """What a run takes while it waits for its turn."""
    parameters = sum(each.numel() * each.element_size() for each in model.parameters())
    buffers = sum(each.numel() * each.element_size() for each in model.buffers())
    return COPIES * parameters + buffers


def _host_bytes() -> int:
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = CGROUP_LIMIT.read_text().strip() if CGROUP_LIMIT.is_file() else "max"
    return min(machine, int(limit)) if limit.isdecimal() else machine
