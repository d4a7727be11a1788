"""A fit's table for a terminal."""

from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType
from rich.table import Table
from rich.text import Text

from fanfold.fit_view import FitView, Row

_BAR_CELLS = 10
_TOTAL_CELLS = 40

_COLOURS = {
    "new": "dim",
    "ongoing": "cyan",
    "stopped": "yellow",
    "completed": "green",
    "failed": "red",
    "deleted": "dim",
}


@dataclass(frozen=True)
class FitTable:
    """The summary, the table, and the sentences below it, as wide as there is room for.

    Attributes:
        view: What is shown.
        bars: Whether to draw bars if they fit; a table that does not move needs none.
    """

    view: FitView
    bars: bool = True

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterable[RenderableType]:
        """Yield the parts; rich calls this."""
        yield Text(self.view.summary)
        if self.bars:
            yield _bar(self.view.share, f"{self.view.share:.0%}", cells=_TOTAL_CELLS)
        yield self._fitting(console, options)
        yield from map(Text, self.view.notes)

    def _fitting(self, console: Console, options: ConsoleOptions) -> Table:
        """The first table that fits; a tight one wraps its head, and the last gives up its bars."""
        endless = options.update(width=10_000)
        for tight in (False, True):
            table = _table(self.view, bars=self.bars, tight=tight)
            if console.measure(table, options=endless).minimum <= options.max_width:
                return table
        return _table(self.view, bars=False, tight=True)


def _table(view: FitView, *, bars: bool, tight: bool) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1 if tight else 2, 0, 0))
    for name in view.columns:
        head = Text(name.replace("_", " ") if tight else name, style="bold")
        least = _widest_bar(view) if bars and name in ("epochs", "this epoch") else None
        table.add_column(head, no_wrap=not tight, overflow="ellipsis", min_width=least)
    for row in view.rows:
        table.add_row(*_cells(row, bars=bars))
    return table


def _cells(row: Row, *, bars: bool) -> list[RenderableType]:
    return [
        Text(str(row.run_id)),
        *map(Text, row.knobs),
        Text(row.status, style=_COLOURS[row.status]),
        _bar(row.epochs_share, row.epochs) if bars else Text(row.epochs),
        _bar(row.epoch_share, row.chunks) if bars and row.chunks else Text(row.chunks),
        *map(Text, row.losses),
    ]


def _widest_bar(view: FitView) -> int:
    labels = [label for row in view.rows for label in (row.epochs, row.chunks)]
    return _BAR_CELLS + 1 + max(map(len, labels), default=0)


def _bar(share: float, label: str, *, cells: int = _BAR_CELLS) -> Text:
    filled = round(cells * min(1.0, max(0.0, share)))
    rest = cells - filled
    return Text.assemble(("━" * filled, "cyan"), ("─" * rest, "bright_black"), f" {label}")
