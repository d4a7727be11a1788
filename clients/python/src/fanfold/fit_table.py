"""A fit's table for a terminal, or as plain text."""

import io
from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType
from rich.table import Table
from rich.text import Text

from fanfold.fit_view import Column, FitView, Row

_TOTAL_CELLS = 40

# As wide as the longest status, so that the columns beside it stay where they are.
_STATUS_CELLS = len("completed")

# A file, a pipe, or a viewer without HTML has no width of its own.
_PLAIN_WIDTH = 120

_COLOURS = {
    "new": "dim",
    "ongoing": "cyan",
    "stopped": "yellow",
    "completed": "green",
    "failed": "red",
    "deleted": "dim",
}


@dataclass(frozen=True)
class _Layout:
    gap: int
    bar_cells: int
    wraps_heads: bool = True
    knob_head_cells: int | None = None
    has_spent: bool = True
    has_knobs: bool = True


# From roomy to tight; the last ones give up what the runs took, the bars, then the knobs.
_LAYOUTS = (
    _Layout(gap=2, bar_cells=10, wraps_heads=False),
    _Layout(gap=2, bar_cells=10),
    _Layout(gap=1, bar_cells=8),
    _Layout(gap=1, bar_cells=6, knob_head_cells=8),
    _Layout(gap=1, bar_cells=4, knob_head_cells=6, has_spent=False),
    _Layout(gap=1, bar_cells=0, knob_head_cells=6, has_spent=False),
    _Layout(gap=1, bar_cells=0, has_spent=False, has_knobs=False),
)
_WITHOUT_BARS = (_Layout(gap=2, bar_cells=0, wraps_heads=False), *_LAYOUTS[-2:])


@dataclass(frozen=True)
class FitTable:
    """The summary, the table, and the sentences below it, as wide as there is room for.

    Attributes:
        view: What is shown.
        bars: Whether to draw bars if they fit.
    """

    view: FitView
    bars: bool = True

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterable[RenderableType]:
        """Yield the parts; rich calls this."""
        yield Text(self.view.summary, style="bold")
        if self.bars and self.view.is_active:
            yield _bar(self.view.share, f"{self.view.share:.0%}", "cyan", cells=_TOTAL_CELLS)
        yield self._fitting(options.max_width)
        yield from map(Text, self.view.notes)

    def _fitting(self, width: int) -> Table:
        """The first layout that fits, or else the last, with its texts cut."""
        for layout in _LAYOUTS if self.bars else _WITHOUT_BARS:
            grid = _Grid(self.view, layout)
            if grid.width <= width:
                return grid.table()
        return _Grid(self.view, _LAYOUTS[-1]).table(cut=True)


def plain_text(view: FitView) -> str:
    """The table without bars and colours."""
    out = io.StringIO()
    # In a notebook rich would display what it prints.
    console = Console(file=out, width=_PLAIN_WIDTH, color_system=None, force_jupyter=False)
    console.print(FitTable(view, bars=False))
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


class _Grid:
    """The table in one layout: its texts, and how wide they make it."""

    def __init__(self, view: FitView, layout: _Layout) -> None:
        view = view if layout.has_spent else view.without_spent()
        self._view = view if layout.has_knobs else view.without_knobs()
        self._layout = layout
        self._heads = [self._head(column) for column in self._view.columns]
        self._rows = [self._cells(row) for row in self._view.rows]
        self._widths = [self._width(at, column) for at, column in enumerate(self._view.columns)]

    @property
    def width(self) -> int:
        """How many cells of the terminal it takes."""
        return sum(self._widths) + self._layout.gap * (len(self._widths) - 1)

    def table(self, *, cut: bool = False) -> Table:
        """Draw it; `cut` lets rich shorten what does not fit."""
        table = Table(box=None, pad_edge=False, padding=(0, self._layout.gap, 0, 0))
        for column, head, width in zip(self._view.columns, self._heads, self._widths, strict=True):
            side = "right" if column.kind == "number" else "left"
            fixed = None if cut else width
            table.add_column(
                head, justify=side, vertical="bottom", width=fixed, overflow="ellipsis"
            )
        for row in self._rows:
            table.add_row(*row)
        return table

    def _head(self, column: Column) -> Text:
        most = self._layout.knob_head_cells if column in self._view.knobs else None
        name = column.name
        if most is not None and len(name) > most:
            name = f"{name[: most - 1]}…"
        return Text(name.replace("_", "\n") if self._layout.wraps_heads else name, style="bold")

    def _cells(self, row: Row) -> list[Text]:
        colour = _COLOURS[row.status]
        bars = [(row.epochs_share, row.epochs), (row.epoch_share, row.chunks)]
        shown = bars[: 1 + self._view.is_active]
        cells = self._layout.bar_cells
        return [
            Text(str(row.run_id)),
            *map(Text, row.knobs),
            Text(row.status, style=colour),
            *(_bar(share, label, colour, cells=cells) for share, label in shown),
            *map(Text, (*row.spent, *row.metrics)),
        ]

    def _width(self, at: int, column: Column) -> int:
        texts = [*self._heads[at].split(), *(row[at] for row in self._rows)]
        return max(self._least(column), *(text.cell_len for text in texts))

    def _least(self, column: Column) -> int:
        """What a column takes at least, so that it does not jump when its cells change."""
        if column.name == "status":
            return _STATUS_CELLS
        if column.kind != "bar" or not self._layout.bar_cells:
            return 0
        labels = [label for row in self._view.rows for label in (row.epochs, row.chunks)]
        return self._layout.bar_cells + 1 + max(map(len, labels), default=0)


def _bar(share: float, label: str, colour: str, *, cells: int) -> Text:
    if not cells or not label:
        return Text(label)
    filled = int(cells * min(1.0, max(0.0, share)))
    return Text.assemble(
        ("━" * filled, colour), ("─" * (cells - filled), "bright_black"), f" {label}"
    )
