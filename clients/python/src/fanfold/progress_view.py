"""What the user sees of an operation with one measure of progress: a bar, then metrics."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from rich.console import Console, ConsoleOptions, RenderableType
from rich.table import Table
from rich.text import Text

_BAR_CELLS = 40
_BAR_PX = 320

# A file or pipe is told of at each tenth.
_STEPS = 10


@dataclass(frozen=True)
class ProgressView:
    """An operation with one measure of progress as it is now.

    Attributes:
        summary: One line: what it is, how it is, what it uses.
        share: Of the work, between 0 and 1.
        label: The share in words.
        metrics: Name and value of each metric of a completed test.
    """

    summary: str
    share: float
    label: str
    metrics: tuple[tuple[str, str], ...]

    @property
    def line(self) -> str:
        """For a file or pipe; it stays the same within a tenth of the work."""
        tenths = int(self.share * _STEPS) / _STEPS
        return f"{self.summary} · {tenths:.0%}"

    @property
    def text(self) -> str:
        """All of it for a viewer without colours."""
        head = [("metric", "value"), *self.metrics] if self.metrics else []
        widest = max((len(name) for name, _ in head), default=0)
        return "\n".join([self.line, *(f"{name:<{widest}}  {value}" for name, value in head)])

    @property
    def html(self) -> str:
        """For a notebook, with inline styles only, so that every front end shows it."""
        bar = (
            f"<span style='display:inline-block;width:{_BAR_PX}px;height:8px;background:#8884;"
            "border-radius:4px;overflow:hidden;margin-right:6px'><span style='display:block;"
            f"width:{round(100 * self.share)}%;height:8px;background:#0b7285'></span></span>"
        )
        lines = f"<div>{escape(self.summary)}</div><div>{bar}{escape(self.label)}</div>"
        return lines + (self._html_table() if self.metrics else "")

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterable[RenderableType]:
        """Yield the parts for a terminal; rich calls this."""
        filled = round(_BAR_CELLS * self.share)
        yield Text(self.summary)
        yield Text.assemble(
            ("━" * filled, "cyan"), ("─" * (_BAR_CELLS - filled), "bright_black"), f" {self.label}"
        )
        if self.metrics:
            yield self._table()

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column("metric", header_style="bold")
        table.add_column("value", header_style="bold")
        for name, value in self.metrics:
            table.add_row(name, value)
        return table

    def _html_table(self) -> str:
        left = "style='text-align:left'"
        rows = "".join(
            f"<tr><td {left}>{escape(name)}</td><td {left}>{escape(value)}</td></tr>"
            for name, value in self.metrics
        )
        head = f"<tr><th {left}>metric</th><th {left}>value</th></tr>"
        return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"
