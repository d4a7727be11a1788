"""Optimizers and learning-rate schedulers of torch.optim, by name."""

from __future__ import annotations

import torch

from fanfold_engine.mlspec import blamed
from fanfold_engine.recipe import Named

Optimizer = torch.optim.Optimizer
Scheduler = torch.optim.lr_scheduler.LRScheduler


def create_optimizer(model: torch.nn.Module, optimizer: Named) -> Optimizer:
    """The optimizer over all of the model's parameters."""
    with blamed(f"optimizer {optimizer.name}"):
        return getattr(torch.optim, optimizer.name)(model.parameters(), **optimizer.args)


def create_scheduler(optimizer: Optimizer, scheduler: Named | None) -> Scheduler | None:
    """The scheduler of an optimizer, if the config has one."""
    if scheduler is None:
        return None
    with blamed(f"lr_scheduler {scheduler.name}"):
        return getattr(torch.optim.lr_scheduler, scheduler.name)(optimizer, **scheduler.args)
