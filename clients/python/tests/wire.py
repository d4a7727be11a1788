"""Resources as the service sends them."""

from typing import Any

AT = "2026-01-02T03:04:05.678Z"


def run(run_id: int, status: str = "ongoing", **more: Any) -> dict[str, Any]:
    config = {"train": {"epochs": 4, "lr": run_id / 100}, "user_knobs": {"size": "s"}}
    plain = {
        "runId": run_id,
        "operation": 1,
        "dataHandleId": "dh-1",
        "status": status,
        "source": "initial",
        "completedEpochs": 0,
        "config": config,
        "attempts": 1,
        "createdAt": AT,
        "runtimeSeconds": 1.5,
    }
    return {**plain, **more}


def operation(status: str = "running", **more: Any) -> dict[str, Any]:
    return {"operation": 1, "kind": "fit", "status": status, "createdAt": AT, **more}


def result(run_id: int, epoch: int, train_loss: Any = 0.5, **metrics: Any) -> dict[str, Any]:
    return {"runId": run_id, "epoch": epoch, "trainLoss": train_loss, "metrics": metrics}
