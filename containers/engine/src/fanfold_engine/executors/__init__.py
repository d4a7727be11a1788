"""In which order a worker's runs get their chunks."""

from fanfold_engine.executors.executor import Executor
from fanfold_engine.executors.fused import AutoExecutor, FusedExecutor
from fanfold_engine.executors.interleaved import InterleavedExecutor
from fanfold_engine.executors.single import SingleExecutor

EXECUTORS: dict[str, type[Executor]] = {
    "auto": AutoExecutor,
    "single": SingleExecutor,
    "interleaved": InterleavedExecutor,
    "fused": FusedExecutor,
}
