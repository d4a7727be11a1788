"""Experiment operations for deep learning, from a notebook or a script.

Example:
    >>> from fanfold import DataHandle, Experiment, GridSearch, List
    >>> exp = Experiment("spec.py", "resnets")
    >>> dh = DataHandle({"train": "s3://bucket/train.csv", "validation": "s3://bucket/val.csv"})
    >>> dh.download()
    >>> exp.run_fit(dh, GridSearch({"train": {..., "batch_size": List([32, 64])}}))
    >>> exp.get_results()
"""

from fanfold.connection import Connection
from fanfold.data_handle import DataHandle
from fanfold.errors import (
    CodeChanged,
    DataChanged,
    DataHandleNotFound,
    DataHandleNotReady,
    DataTooLarge,
    Detached,
    EpochCheckpointNotApplicable,
    EpochCheckpointsDisabled,
    ExperimentEnded,
    ExperimentNotFound,
    FanfoldError,
    Fault,
    Forbidden,
    IdempotencyKeyReused,
    IllegalTransition,
    InternalError,
    InvalidConfig,
    InvalidData,
    InvalidMlSpec,
    InvalidModelTag,
    InvalidRequest,
    NoActiveFit,
    NoCheckpoint,
    NoPredictions,
    NotConnected,
    NotFound,
    OperationFailed,
    OperationInProgress,
    OperationNotFound,
    PartitionMissing,
    PathwayAmbiguous,
    Problem,
    RunNotFound,
    SettingsChanged,
    TokenNotFound,
    TooLarge,
    TooManyRequests,
    Unauthorized,
    Unreachable,
    WorkerFenced,
)
from fanfold.experiment import Experiment
from fanfold.fit_plan import FitPlan
from fanfold.knobs import SHA, GridSearch, List, RandomSearch, Range, Secret
from fanfold.replay import Replay, replay

__all__ = [
    "SHA",
    "CodeChanged",
    "Connection",
    "DataChanged",
    "DataHandle",
    "DataHandleNotFound",
    "DataHandleNotReady",
    "DataTooLarge",
    "Detached",
    "EpochCheckpointNotApplicable",
    "EpochCheckpointsDisabled",
    "Experiment",
    "ExperimentEnded",
    "ExperimentNotFound",
    "FanfoldError",
    "Fault",
    "FitPlan",
    "Forbidden",
    "GridSearch",
    "IdempotencyKeyReused",
    "IllegalTransition",
    "InternalError",
    "InvalidConfig",
    "InvalidData",
    "InvalidMlSpec",
    "InvalidModelTag",
    "InvalidRequest",
    "List",
    "NoActiveFit",
    "NoCheckpoint",
    "NoPredictions",
    "NotConnected",
    "NotFound",
    "OperationFailed",
    "OperationInProgress",
    "OperationNotFound",
    "PartitionMissing",
    "PathwayAmbiguous",
    "Problem",
    "RandomSearch",
    "Range",
    "Replay",
    "RunNotFound",
    "Secret",
    "SettingsChanged",
    "TokenNotFound",
    "TooLarge",
    "TooManyRequests",
    "Unauthorized",
    "Unreachable",
    "WorkerFenced",
    "replay",
]
