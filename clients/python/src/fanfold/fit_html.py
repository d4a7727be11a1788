"""A fit's table for a notebook: HTML with inline styles only, so that every front end shows it.

GitHub takes the styles away; what is left is a plain table whose bars are told by their labels.
"""

from collections.abc import Iterable
from html import escape

from fanfold.fit_view import Column, FitView, Row

_COLOURS = {
    "new": "#888",
    "ongoing": "#1098ad",
    "stopped": "#b08900",
    "completed": "#2b8a3e",
    "failed": "#e03131",
    "deleted": "#888",
}

_BAR_PX = 80
_BAR_CELL_PX = 120
_TOTAL_PX = 320

# Numbers of equal width, and a bar for scrolling where the page is narrower than the table.
_FRAME = "overflow-x:auto;font-variant-numeric:tabular-nums"


def fit_html(view: FitView) -> str:
    """The summary, the table, and the sentences below it."""
    share = _bar(view.share, f"{view.share:.0%}", _COLOURS["ongoing"], width_px=_TOTAL_PX)
    progress = f"<div>{share}</div>" if view.is_active else ""
    summary = f"<div><b>{escape(view.summary)}</b></div>"
    notes = "".join(map(line_html, view.notes))
    return f"<div style='{_FRAME}'>{summary}{progress}{_table(view)}{notes}</div>"


def line_html(text: str) -> str:
    """One line of text."""
    return f"<div>{escape(text)}</div>"


def _table(view: FitView) -> str:
    columns = view.columns
    head = "".join(_cell("th", column, escape(column.name)) for column in columns)
    rows = (zip(columns, _contents(row, view), strict=True) for row in view.rows)
    body = "".join(
        f"<tr>{''.join(_cell('td', column, html) for column, html in row)}</tr>" for row in rows
    )
    style = "margin:6px 0;border-collapse:collapse"
    return f"<table style='{style}'><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(tag: str, column: Column, html: str) -> str:
    side = "right" if column.kind == "number" else "left"
    # A column of bars keeps its width while no run is inside an epoch.
    least = f";min-width:{_BAR_CELL_PX}px" if column.kind == "bar" else ""
    return f"<{tag} style='text-align:{side};white-space:nowrap{least}'>{html}</{tag}>"


def _contents(row: Row, view: FitView) -> Iterable[str]:
    colour = _COLOURS[row.status]
    yield str(row.run_id)
    yield from map(escape, row.knobs)
    yield f"<span style='color:{colour}'>{escape(row.status)}</span>"
    yield _bar(row.epochs_share, row.epochs, colour)
    if view.is_active:
        yield _bar(row.epoch_share, row.chunks, colour) if row.chunks else ""
    yield from map(escape, (*row.spent, *row.metrics))


def _bar(share: float, label: str, colour: str, *, width_px: int = _BAR_PX) -> str:
    filled = int(100 * min(1.0, max(0.0, share)))
    return (
        f"<span style='display:inline-block;width:{width_px}px;height:8px;background:#8884;"
        "border-radius:4px;overflow:hidden;margin-right:6px'>"
        f"<span style='display:block;width:{filled}%;height:8px;background:{colour}'></span></span>"
        f"{escape(label)}"
    )
