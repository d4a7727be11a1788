"""One emulator for all tests of this folder, with a small stack of its own."""

import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

HERE = Path(__file__).parent
NODE_PROGRAMS = HERE.parents[1] / "node_modules" / ".bin"


class Emulator:
    """A process of ``fanfold_local`` over a folder that outlives it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Emulator":
        arguments = ["--port", self.port, "--folder", self.folder, "--slots", 2]
        arguments += ["--stop-grace-seconds", 1, "--owned"]
        self.folder.mkdir(exist_ok=True)
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "fanfold_local", *map(str, arguments)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env={
                    "PATH": f"{NODE_PROGRAMS}:{os.environ['PATH']}",
                    "HOME": str(self.folder),
                    "SECRET_OF_THE_EMULATOR": "1",
                },
            )
        wait_until(self._is_healthy)
        return self

    def end(self, number: int = signal.SIGTERM) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.send_signal(number)
        self._process.wait(30)
        self._process.stdin.close()

    def client(self, service: str, **keys: str) -> Any:
        keys = keys or {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        config = Config(
            s3={"addressing_style": "path"},
            signature_version="s3v4" if service == "s3" else "v4",
            retries={"total_max_attempts": 1},
        )
        return boto3.client(
            service, endpoint_url=self.endpoint, region_name="us-east-1", config=config, **keys
        )

    def deploy(self, name: str, template: Path, parameters: dict[str, str]) -> dict[str, str]:
        """Create a stack and return its outputs."""
        cloudformation = self.client("cloudformation")
        cloudformation.create_stack(
            StackName=name,
            TemplateBody=template.read_text(),
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
            ],
            Capabilities=["CAPABILITY_IAM"],
        )

        def settled() -> dict[str, Any] | None:
            stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
            return None if stack["StackStatus"].endswith("IN_PROGRESS") else stack

        stack = wait_until(settled)
        if stack["StackStatus"] != "CREATE_COMPLETE":
            raise AssertionError(cloudformation.describe_stack_events(StackName=name))
        return {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}

    def _is_healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.endpoint}/_ministack/health") as answer:
                return answer.status == 200
        except OSError:
            return False


class Jobs:
    """Batch as the tests use it."""

    def __init__(self, emulator: Emulator, outputs: dict[str, str]) -> None:
        self.batch = emulator.client("batch")
        self.queue, self.definition = outputs["Queue"], outputs["Definition"]

    def submit(self, code: str, name: str = "job", **request: Any) -> str:
        """Submit a job that runs some Python, and return its id."""
        overrides = {"command": ["python", "-c", code]} | request.pop("containerOverrides", {})
        answer = self.batch.submit_job(
            jobName=name,
            jobQueue=self.queue,
            jobDefinition=self.definition,
            containerOverrides=overrides,
            **request,
        )
        return answer["jobId"]

    def describe(self, job_id: str) -> dict[str, Any]:
        return self.batch.describe_jobs(jobs=[job_id])["jobs"][0]

    def wait_for(self, job_id: str, *statuses: str) -> dict[str, Any]:
        """Wait until the job has one of the statuses, by default an end."""
        wanted = statuses or ("SUCCEEDED", "FAILED")

        def reached() -> dict[str, Any] | None:
            detail = self.describe(job_id)
            return detail if detail["status"] in wanted else None

        return wait_until(reached)

    def log(self, job_id: str) -> str:
        return Path(self.describe(job_id)["container"]["logStreamName"]).read_text()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition: Callable[[], Any], timeout_s: float = 20) -> Any:
    """Return the first true answer of the condition."""
    deadline = time.monotonic() + timeout_s
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout_s} s in vain for {condition}")
        time.sleep(0.02)
    return found


def zipped(*files: Path) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as target:
        for file in files:
            target.write(file, file.name)
    return archive.getvalue()


def deploy_stack(emulator: Emulator) -> dict[str, str]:
    """Put the handlers' code into a bucket and deploy the stack of these tests."""
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="code")
    s3.put_object(Bucket="code", Key="handlers.zip", Body=zipped(HERE / "index.mjs"))
    return emulator.deploy("trial", HERE / "stack.json", {"CodeBucket": "code"})


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    emulator = Emulator(tmp_path_factory.mktemp("aws")).start()
    yield emulator
    emulator.end()
    shutil.rmtree(emulator.folder)


@pytest.fixture(scope="session")
def outputs(emulator: Emulator) -> dict[str, str]:
    return deploy_stack(emulator)


@pytest.fixture(scope="session")
def jobs(emulator: Emulator, outputs: dict[str, str]) -> Jobs:
    return Jobs(emulator, outputs)


@pytest.fixture
def own_emulator(tmp_path: Path) -> Iterator[Emulator]:
    """An emulator that a test may kill and start again."""
    emulator = Emulator(tmp_path / "aws").start()
    yield emulator
    emulator.end(signal.SIGKILL)


@pytest.fixture
def eventually() -> Callable[..., Any]:
    return wait_until


@pytest.fixture(scope="session")
def deploy() -> Callable[[Emulator], dict[str, str]]:
    return deploy_stack


@pytest.fixture(scope="session")
def jobs_of() -> type[Jobs]:
    return Jobs
