"""The client in a real IPython kernel."""

from pathlib import Path

import nbformat
from nbclient import NotebookClient

SHOW_TWICE = """
import sys
sys.path.insert(0, {tests!r})
import wire
from fanfold.fit_view import fit_view
from fanfold.resources import Operation, Run
from fanfold.screens import open_screen

with open_screen() as screen:
    for status in ("running", "completed"):
        operation = Operation.of(wire.operation(status, runCount=1))
        screen.show(fit_view(operation, [Run.of(wire.run(1))], {{}}, most=screen.rows))
"""

REFUSE = """
import fanfold
raise fanfold.InvalidConfig("no", errors=[fanfold.Fault("/train/epochs", "missing")])
"""

INTERRUPT = """
import _thread, threading
import httpx
from fanfold.routes import WorkspaceRoutes
from fanfold.watching import follow_fit

def serve(request):
    is_list = request.url.path.endswith("runs")
    return httpx.Response(200, json={"items": [wire.run(1)]} if is_list else wire.operation())

there = fanfold.Connection("http://there", "secret", transport=httpx.MockTransport(serve))
threading.Timer(0.5, _thread.interrupt_main).start()
follow_fit(WorkspaceRoutes(there).experiment("digits"), Operation.of(wire.operation()))
"""


def test_a_notebook_gets_one_table_in_place_and_sentences_without_frames(monkeypatch, tmp_path):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    tests = str(Path(__file__).parent)
    sources = [SHOW_TWICE.format(tests=tests), REFUSE, INTERRUPT]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in sources])
    NotebookClient(notebook, timeout=60, kernel_name="python3", allow_errors=True).execute()
    table, refusal, detached = (cell["outputs"] for cell in notebook.cells)

    (shown,) = table
    assert "Fit 1 completed" in shown["data"]["text/html"]
    assert "Fit 1 completed" in shown["data"]["text/plain"]
    (error,) = refusal
    assert error["traceback"] == ["InvalidConfig: no", "  /train/epochs: missing"]
    shown, error = detached
    assert "Fit 1 running" in shown["data"]["text/plain"]
    (sentence,) = error["traceback"]
    assert sentence.startswith("Detached: fit 1 of experiment digits goes on; Experiment.attach()")
