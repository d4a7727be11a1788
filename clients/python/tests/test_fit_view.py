import io
import re

import pytest
import wire
from fanfold.fit_html import fit_html
from fanfold.fit_table import FitTable
from fanfold.fit_view import fit_view
from fanfold.resources import EpochResult, Operation, Run
from fanfold.screens import PlainScreen, TerminalScreen
from rich.console import Console

ERROR = {
    "message": "row_prep raised ValueError: <b>bad</b>",
    "traceback": "Traceback ...\nValueError: <b>bad</b>\n",
}


def view(runs, results=(), *, most=40, **operation):
    latest = {r["runId"]: EpochResult.of(r) for r in results}
    resource = Operation.of(wire.operation(**{"runCount": len(runs), **operation}))
    return fit_view(resource, [Run.of(r) for r in runs], latest, most=most)


def test_a_row_shows_what_differs_how_far_it_is_and_what_it_measured():
    progress = {"epoch": 2, "chunk": 1, "chunks": 4}
    runs = [wire.run(1, completedEpochs=1, progress=progress), wire.run(2, "new")]
    seen = view(runs, [wire.result(1, 1, 0.25, val_loss=0.5)], runCount=3)
    assert tuple(column.name for column in seen.columns) == (
        "run",
        "lr",
        "status",
        "epochs",
        "this epoch",
        "runtime",
        "train_loss",
        "val_loss",
    )
    first = seen.rows[0]
    assert (first.knobs, first.epochs, first.chunks) == (("0.01",), "1/4", "1/4")
    assert first.metrics == ("0.2500", "0.5000")
    assert seen.summary == "Fit 1 running · 0:00 · 3 runs: 1 ongoing, 2 new"


def test_what_a_run_took_is_shown_and_what_it_cost_when_that_is_known():
    runs = [
        wire.run(1, runtimeSeconds=3_725.9, costUsd=12.345),
        wire.run(2, runtimeSeconds=9, costUsd=0.00123),
        wire.run(3, "new", runtimeSeconds=0, costUsd=0),
    ]
    seen = view(runs)
    assert [column.name for column in seen.spent] == ["runtime", "cost"]
    assert [row.spent for row in seen.rows] == [
        ("1:02:05", "$12.35"),
        ("0:09", "$0.0012"),
        ("", ""),
    ]
    assert "$12.35" in fit_html(seen)
    assert [column.name for column in view([wire.run(1)]).spent] == ["runtime"]


def test_progress_of_an_epoch_that_is_finished_is_not_counted_twice():
    progress = {"epoch": 1, "chunk": 4, "chunks": 4}
    (row,) = view([wire.run(1, completedEpochs=1, progress=progress)]).rows
    assert row.epoch_share == 0


def test_of_many_runs_those_at_work_the_failed_and_the_best_are_shown():
    runs = [wire.run(n, "completed") for n in range(1, 199)]
    runs += [wire.run(199, "failed", error=ERROR), wire.run(200)]
    results = [wire.result(n, 4, 1.0, val_loss=abs(n - 50)) for n in range(1, 199)]
    seen = view(runs, [*results, wire.result(3, 4, 1, val_loss="NaN")], most=4)
    assert [row.run_id for row in seen.rows] == [49, 50, 199, 200]
    assert "4 of 200 runs shown" in seen.notes[0]


def test_a_failed_run_is_one_sentence_with_the_way_to_its_traceback():
    seen = view([wire.run(3, "failed", error=ERROR)])
    assert seen.notes == (
        "Run 3 failed: row_prep raised ValueError: <b>bad</b>; show_error(3) prints its traceback",
    )


def test_a_fit_that_is_over_names_its_best_run():
    runs = [wire.run(1, "completed"), wire.run(2, "completed")]
    results = [wire.result(1, 4, 1, val_loss="NaN"), wire.result(2, 4, 1, val_loss=0.125)]
    seen = view(runs, results, status="completed")
    assert seen.notes == ("Run 2 ended with the lowest val_loss, 0.1250",)
    assert "this epoch" not in [column.name for column in seen.columns]


def test_numbers_stand_to_the_right_and_text_to_the_left():
    train = {"epochs": 4, "lr": 0.01}
    runs = [
        wire.run(n, config={"train": train, "user_knobs": {"width": 8 * n, "kind": kind}})
        for n, kind in ((1, "mlp"), (2, "cnn"))
    ]
    assert [column.kind for column in view(runs).knobs] == ["number", "text"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.95, "0.9500"), (0, "0.0000"), (0.0001, "1.00e-04"), (123456.0, "1.23e+05"), ("NaN", "nan")],
)
def test_measured_values_line_up_below_one_another(value, text):
    (row,) = view([wire.run(1)], [wire.result(1, 1, value)]).rows
    assert row.metrics == (text,)


def test_before_the_first_worker_the_wait_is_told():
    assert view([wire.run(1, "new")]).notes == ("Waiting for the first worker to start",)
    assert view([wire.run(1, "new"), wire.run(2)]).notes == ()


def test_html_escapes_what_users_wrote():
    html = fit_html(view([wire.run(3, "failed", error=ERROR)]))
    assert "&lt;b&gt;bad" in html
    assert "<b>bad" not in html


def test_a_terminal_shows_the_table_in_place():
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=100, height=20, color_system=None)
    with TerminalScreen(console) as screen:
        screen.show(view([wire.run(1), wire.run(2)]))
        screen.finish(view([wire.run(1, "completed"), wire.run(2, "completed")]))
        assert screen.rows == 8
    assert "\x1b[1A" in out.getvalue()


def test_a_hiccup_is_told_below_the_table_not_in_its_place():
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=100, height=20, color_system=None)
    with TerminalScreen(console) as screen:
        screen.show(view([wire.run(1)]))
        before = out.tell()
        screen.show_line("No news")
    assert "Fit 1 running" in out.getvalue()[before:]
    assert "No news" in out.getvalue()[before:]


def test_a_pipe_gets_a_line_per_change_and_the_table_at_the_end(capsys):
    with PlainScreen() as screen:
        screen.show(view([wire.run(1), wire.run(2, "new")]))
        screen.show(view([wire.run(1), wire.run(2, "new")]))
        screen.show(view([wire.run(1, completedEpochs=1)], [wire.result(1, 1, 0.5)]))
        assert capsys.readouterr().out.splitlines() == [
            "run 1: ongoing, epoch 0/4",
            "run 1: ongoing, epoch 1/4, train_loss 0.5000",
        ]
        screen.finish(view([wire.run(1, "completed", completedEpochs=4)], status="completed"))
    assert "Fit 1 completed" in capsys.readouterr().out


def test_a_pipe_is_told_of_many_runs_all_together(capsys):
    with PlainScreen() as screen:
        screen.show(view([wire.run(n, completedEpochs=2) for n in range(1, 31)]))
        screen.show(view([wire.run(n, completedEpochs=2) for n in range(1, 31)]))
    assert capsys.readouterr().out == "50% · Fit 1 running · 0:00 · 30 runs: 30 ongoing\n"


def test_brackets_in_knobs_are_text_not_markup():
    out = io.StringIO()
    odd = {"train": {"epochs": 1}, "user_knobs": {"[red]k": "[bold]x"}}
    Console(file=out, width=100).print(FitTable(view([wire.run(1, config=odd), wire.run(2)])))
    assert "[red]k" in out.getvalue()
    assert "[bold]x" in out.getvalue()


@pytest.mark.parametrize("width", [50, 60, 80, 100, 140])
def test_the_table_fits_the_terminal_and_keeps_the_run_ids(width):
    lines = drawn(width)
    assert max(map(len, lines)) <= width
    assert [line.split()[0] for line in lines[-2:]] == ["101", "102"]


@pytest.mark.parametrize("width", [80, 140])
def test_eighty_columns_have_room_for_both_bars(width):
    (row,) = [line for line in drawn(width) if line.startswith("102")]
    bars = re.findall(r"━+─+ \d+/\d+", row)
    assert [bar.split()[1] for bar in bars] == ["1/4", "3/4"]


def drawn(width):
    progress = {"epoch": 2, "chunk": 3, "chunks": 4}
    runs = [wire.run(n, completedEpochs=1, progress=progress) for n in (101, 102)]
    results = [wire.result(n, 1, 0.5, val_loss=0.25, val_accuracy=0.5) for n in (101, 102)]
    out = io.StringIO()
    Console(file=out, width=width).print(FitTable(view(runs, results)))
    return out.getvalue().splitlines()
