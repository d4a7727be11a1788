"""What the engine is told by its environment, read once at start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

EC2_METADATA_URL = "http://169.254.169.254"


class SettingsError(Exception):
    """The environment lacks a setting, or one is wrong."""


@dataclass(frozen=True)
class Settings:
    """Where the control plane is and who this worker is."""

    url: str
    token: str
    region: str
    job_id: str
    attempt: int
    cpu_threads: int | None
    cpu_ranks: int = 1
    """Processes that train a run of ``fsdp_layer_cls`` where there is no GPU, to try it."""
    metadata_url: str | None = None
    """Where an EC2 host tells that it is being taken away."""
    device_bytes: int | None = None
    """What the states of runs may take of the device, and of host memory aside of it; else a share
    of what there is."""
    host_bytes: int | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read the settings.

        Raises:
            SettingsError: one is missing or not what it should be.
        """
        return cls(
            url=_required(environment, "FANFOLD_URL").rstrip("/"),
            token=_required(environment, "FANFOLD_WORKER_TOKEN"),
            region=_required(environment, "AWS_REGION"),
            job_id=_required(environment, "AWS_BATCH_JOB_ID"),
            attempt=_positive(
                "AWS_BATCH_JOB_ATTEMPT", environment.get("AWS_BATCH_JOB_ATTEMPT", "1")
            ),
            cpu_ranks=_positive("FANFOLD_CPU_RANKS", environment.get("FANFOLD_CPU_RANKS", "1")),
            metadata_url=_metadata_url(environment),
            cpu_threads=_positive_or_none("FANFOLD_CPU_THREADS", environment),
            device_bytes=_positive_or_none("FANFOLD_DEVICE_BYTES", environment),
            host_bytes=_positive_or_none("FANFOLD_HOST_BYTES", environment),
        )


def _metadata_url(environment: Mapping[str, str]) -> str | None:
    """Only AWS itself names a compute environment; elsewhere nobody would answer."""
    on_aws = "AWS_BATCH_CE_NAME" in environment
    return environment.get("FANFOLD_METADATA_URL") or (EC2_METADATA_URL if on_aws else None)


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name)
    if not value:
        raise SettingsError(f"the environment variable {name} is not set")
    return value


def _positive_or_none(name: str, environment: Mapping[str, str]) -> int | None:
    text = environment.get(name)
    return None if text is None else _positive(name, text)


def _positive(name: str, text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise SettingsError(
            f"the environment variable {name} must be a whole number from 1, not {text!r}"
        )
    return int(text)
