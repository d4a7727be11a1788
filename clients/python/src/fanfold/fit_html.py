"""A fit's table for a notebook: HTML with inline styles only, so that every front end shows it."""

from collections.abc import Iterable
from html import escape

from fanfold.fit_view import FitView, Row

_COLOURS = {
    "new": "#888",
    "ongoing": "#0b7285",
    "stopped": "#b08900",
    "completed": "#2b8a3e",
    "failed": "#c92a2a",
    "deleted": "#888",
}


def fit_html(view: FitView) -> str:
    """The summary, the table, and the sentences below it."""
    head = "".join(f"<th style='text-align:left'>{escape(name)}</th>" for name in view.columns)
    body = "".join(f"<tr>{''.join(_cells(row))}</tr>" for row in view.rows)
    notes = "".join(line_html(note) for note in view.notes)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f"{line_html(view.summary)}{_bar(view.share, '', width_px=320)}{table}{notes}"


def line_html(text: str) -> str:
    """One line of text."""
    return f"<div>{escape(text)}</div>"


def _cells(row: Row) -> Iterable[str]:
    status = f"<span style='color:{_COLOURS[row.status]}'>{escape(row.status)}</span>"
    chunks = _bar(row.epoch_share, row.chunks) if row.chunks else ""
    plain = [str(row.run_id), *row.knobs]
    cells = [*map(escape, plain), status, _bar(row.epochs_share, row.epochs), chunks]
    return (
        f"<td style='text-align:left'>{cell}</td>" for cell in [*cells, *map(escape, row.losses)]
    )


def _bar(share: float, label: str, *, width_px: int = 80) -> str:
    filled = round(100 * min(1.0, max(0.0, share)))
    return (
        f"<span style='display:inline-block;width:{width_px}px;height:8px;background:#8884;"
        "border-radius:4px;overflow:hidden;margin-right:6px'>"
        f"<span style='display:block;width:{filled}%;height:8px;background:#0b7285'></span></span>"
        f"{escape(label)}"
    )
