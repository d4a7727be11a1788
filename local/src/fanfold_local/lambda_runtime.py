"""Mends of the emulator's Lambda runtime: named errors, quick answers, not too many processes."""

import functools
import threading
from contextvars import ContextVar
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

Shape = dict[str, Any]

_UNNAMED = "Runtime.HandlerError"
_LOG_WAIT_S = 0.002
# A Node process takes 70 MB and, started among many, seconds: a burst is served sooner by a few.
# (A function that invoked itself could wait for itself; ours invoke none.)
_PROCESSES_PER_FUNCTION = 4

_error_type: ContextVar[str | None] = ContextVar("error_type", default=None)


def register() -> None:
    """Change the emulator's workers."""
    _send_error_names()
    _receive_error_names()
    _wait_briefly_for_logs()
    _bound_processes()


def _send_error_names() -> None:
    """Let the Node worker tell the thrown error's name beside its message."""
    script = lambda_runtime._NODEJS_WORKER_SCRIPT
    for plain, named in (
        (
            'status: "error", error: String(err.message || err)',
            'status: "error", errorType: err.name, error: String(err.message || err)',
        ),
        (
            'status: "error", error: e.message, trace: e.stack',
            'status: "error", errorType: e.name, error: e.message, trace: e.stack',
        ),
    ):
        if plain not in script:
            raise RuntimeError(f"the emulator's Node worker has changed: {plain!r} is gone")
        script = script.replace(plain, named)
    lambda_runtime._NODEJS_WORKER_SCRIPT = script


def _receive_error_names() -> None:
    """Report that name as ``errorType``, which Retry and Catch of a state match."""
    invoke, execute = lambda_runtime.Worker.invoke, lambda_svc._execute_function_warm

    def invoke_and_note(self: Any, *given: Any, **named: Any) -> Shape:
        response = invoke(self, *given, **named)
        _error_type.set(response.get("errorType"))
        return response

    def execute_and_name(function: Shape, event: Any, request_id: str) -> Shape:
        _error_type.set(None)
        result = execute(function, event, request_id)
        body, name = result.get("body"), _error_type.get()
        if name and isinstance(body, dict) and body.get("errorType") == _UNNAMED:
            body["errorType"] = name
        return result

    lambda_runtime.Worker.invoke = invoke_and_note
    lambda_svc._execute_function_warm = execute_and_name


def _wait_briefly_for_logs() -> None:
    """A handler that logs nothing would otherwise cost 50 ms; a late line joins the next call's."""
    drain = lambda_runtime.Worker._drain_stderr_bounded
    brief = functools.partialmethod(drain, first_line_wait=_LOG_WAIT_S, idle_confirm=_LOG_WAIT_S)
    lambda_runtime.Worker._drain_stderr_bounded = brief  # pyright: ignore[reportAttributeAccessIssue]


def _bound_processes() -> None:
    """Let calls beyond a few at once wait for a process, instead of one more for each."""
    execute = lambda_svc._execute_function_warm
    slots: dict[str, threading.Semaphore] = {}

    def execute_in_turn(function: Shape, event: Any, request_id: str) -> Shape:
        name = (function.get("config") or function).get("FunctionArn", "")
        with slots.setdefault(name, threading.Semaphore(_PROCESSES_PER_FUNCTION)):
            return execute(function, event, request_id)

    lambda_svc._execute_function_warm = execute_in_turn
