"""Where the progress of an operation is shown: a notebook, a terminal, or plain lines."""

import sys
from typing import Any, Protocol, Self

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from fanfold.fit_html import fit_html, line_html
from fanfold.fit_table import FitTable, plain_text
from fanfold.fit_view import FitView
from fanfold.progress_view import ProgressView

# Rows of the notebook's table, and of a table in a file or pipe.
_ROWS = 40

# Lines of the terminal that the table's head, frame and notes take.
_FRAME_LINES = 12

# With more runs than these, a file or pipe is told of all together, at each twentieth of the work.
_TOLD_ONE_BY_ONE = 20
_STEPS = 20


class Screen(Protocol):
    """Shows an operation in place; used with `with`."""

    @property
    def rows(self) -> int:
        """How many runs it has room for."""
        ...

    def show(self, view: FitView) -> None:
        """Show a fit as it is now."""
        ...

    def show_line(self, text: str) -> None:
        """Show one line, below the fit if one is shown, until something else is shown."""
        ...

    def finish(self, view: FitView) -> None:
        """Show how a fit ended."""
        ...

    def show_progress(self, view: ProgressView) -> None:
        """Show an operation with a bar as it is now."""
        ...

    def finish_progress(self, view: ProgressView) -> None:
        """Show how it ended."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *raised: object) -> None: ...


def open_screen() -> Screen:
    """The best screen that this process has."""
    if _in_notebook():
        return NotebookScreen()
    console = Console()
    return TerminalScreen(console) if console.is_terminal else PlainScreen()


def say(text: str) -> None:
    """Tell the user something; notebooks and scripts alike show standard output."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class NotebookScreen:
    """One output, updated through its display handle, as HTML and as text."""

    rows = _ROWS

    def __init__(self) -> None:
        self._handle: Any = None
        self._html = ""
        self._text = ""

    def show(self, view: FitView) -> None:
        """Show a fit as it is now."""
        self._html, self._text = fit_html(view), plain_text(view)
        self._update(self._html, self._text)

    finish = show

    def show_line(self, text: str) -> None:
        """Show one line, below the fit if one is shown, until something else is shown."""
        self._update(self._html + line_html(text), f"{self._text}{text}\n")

    def show_progress(self, view: ProgressView) -> None:
        """Show an operation with a bar as it is now."""
        self._update(view.html, view.text)

    finish_progress = show_progress

    def _update(self, html: str, text: str) -> None:
        from IPython.display import display  # only notebooks have it

        formats = {"text/html": html, "text/plain": text}
        if self._handle is None:
            self._handle = display(formats, raw=True, display_id=True)
        else:
            self._handle.update(formats, raw=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        return None


class TerminalScreen:
    """The lower part of a terminal, drawn anew with every change."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False)
        self._table: FitTable | None = None

    @property
    def rows(self) -> int:
        """How many runs it has room for."""
        return max(3, self._console.height - _FRAME_LINES)

    def show(self, view: FitView) -> None:
        """Show a fit as it is now."""
        self._table = FitTable(view)
        self._live.update(self._table, refresh=True)

    finish = show

    def show_line(self, text: str) -> None:
        """Show one line, below the fit if one is shown, until something else is shown."""
        line = Text(text)
        shown = line if self._table is None else Group(self._table, line)
        self._live.update(shown, refresh=True)

    def show_progress(self, view: ProgressView) -> None:
        """Show an operation with a bar as it is now."""
        self._live.update(view, refresh=True)

    finish_progress = show_progress

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._live.stop()


class PlainScreen:
    """Lines for a file or pipe: one per epoch of a run, or with many runs one per step of all."""

    rows = _ROWS

    def __init__(self) -> None:
        self._said: set[str] = set()
        self._step = 0

    def show(self, view: FitView) -> None:
        """Tell what is new since the last time."""
        if len(view.rows) > _TOLD_ONE_BY_ONE:
            self._show_step(view)
            return
        for row in view.rows:
            if row.status != "new":
                named = zip(view.metrics, row.metrics, strict=True)
                metrics = "".join(f", {column.name} {text}" for column, text in named if text)
                self.show_line(f"run {row.run_id}: {row.status}, epoch {row.epochs}{metrics}")

    def show_line(self, text: str) -> None:
        """Print a line, but not again."""
        if text not in self._said:
            self._said.add(text)
            say(text)

    def _show_step(self, view: FitView) -> None:
        step = int(view.share * _STEPS)
        if step > self._step:
            self._step = step
            self.show_line(f"{view.share:.0%} · {view.summary}")

    def finish(self, view: FitView) -> None:
        """Print the whole table."""
        say(plain_text(view).rstrip())

    def show_progress(self, view: ProgressView) -> None:
        """Tell what is new since the last time."""
        self.show_line(view.line)

    def finish_progress(self, view: ProgressView) -> None:
        """Print how it ended, with the metrics."""
        self.show_line(view.text)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        return None


def _in_notebook() -> bool:
    """Whether an IPython kernel runs this, not a terminal; never imports IPython itself."""
    shell = sys.modules.get("IPython.core.interactiveshell")
    if shell is None or not shell.InteractiveShell.initialized():
        return False
    return hasattr(shell.InteractiveShell.instance(), "kernel")
