"""What is asked of the service for a fit."""

from collections.abc import Mapping
from typing import Any

from fanfold.knobs import ConfigGroup, to_wire

_BUDGET_NAMES = {"gpu_hours": "gpuHours", "usd": "usd"}


def fit_request(
    data_handle_id: str,
    ml_config: ConfigGroup,
    *,
    seed: int,
    num_chunks: int | None,
    chunk_timeout_s: float,
    executor: str,
    max_workers: int | None,
    budget: Mapping[str, float] | None,
) -> dict[str, Any]:
    """The JSON of a fit; whether it can be done is the service's to judge.

    Raises:
        InvalidConfig: A knob has no JSON form; the pointer names it.
    """
    body: dict[str, Any] = {
        "dataHandleId": data_handle_id,
        "mlConfig": to_wire(ml_config),
        "seed": seed,
        "executor": executor,
        "chunkTimeoutSeconds": chunk_timeout_s,
    }
    if num_chunks is not None:
        body["numChunks"] = num_chunks
    if max_workers is not None:
        body["maxWorkers"] = max_workers
    if budget is not None:
        body["budget"] = {_BUDGET_NAMES.get(name, name): budget[name] for name in budget}
    return body
