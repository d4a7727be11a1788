"""What one embedded AWS is told at its start."""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

ACCOUNT = "000000000000"
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Settings:
    """One emulator: where it listens, where its state lies, how it runs jobs."""

    port: int
    folder: Path
    region: str
    slots: int
    stop_grace_s: float
    job_path: str
    owned: bool

    @property
    def endpoint(self) -> str:
        """The URL of every AWS service here."""
        return f"http://{HOST}:{self.port}"

    @property
    def jobs_folder(self) -> Path:
        """A folder per Batch job, with its log."""
        return self.folder / "jobs"


def parse(arguments: list[str]) -> Settings:
    """Read the settings from the command line."""
    parser = argparse.ArgumentParser(prog="fanfold_local", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True, help="where all state is kept")
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--slots", type=int, default=2, help="Batch jobs that run at once")
    parser.add_argument(
        "--stop-grace-seconds", type=float, default=30, help="between a job's SIGTERM and SIGKILL"
    )
    parser.add_argument(
        "--job-path",
        default=str(Path(sys.executable).parent),
        help="folder of the programs that a job's container would bring (python, ...)",
    )
    parser.add_argument("--owned", action="store_true", help="end when standard input is closed")
    given = parser.parse_args(arguments)
    if given.slots < 1:
        parser.error("--slots must be at least 1")
    return Settings(
        port=given.port,
        folder=given.folder.resolve(),
        region=given.region,
        slots=given.slots,
        stop_grace_s=given.stop_grace_seconds,
        job_path=given.job_path,
        owned=given.owned,
    )
