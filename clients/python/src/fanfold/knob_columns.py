"""The knobs that tell a fit's runs apart, as columns of its table."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fanfold.resources import Run

# More columns than these do not fit beside the bars, nor longer texts in them.
_MOST_KNOBS = 4
_LONGEST_TEXT = 32

_Path = tuple[str, ...]


@dataclass(frozen=True)
class KnobColumn:
    """One knob: where it is in a config, its name, and whether every run has a number there."""

    path: _Path
    name: str
    is_number: bool

    def text(self, run: Run) -> str:
        """The run's value."""
        return _text(dict(_flat(run.config)).get(self.path))


def knob_columns(runs: Sequence[Run]) -> list[KnobColumn]:
    """The knobs whose values differ between the runs, in the order of the configs."""
    configs = [dict(_flat(run.config)) for run in runs]
    paths = dict.fromkeys(path for config in configs for path in config)
    values = {path: [config.get(path) for config in configs] for path in paths}
    varied = [path for path in paths if len(set(map(_text, values[path]))) > 1][:_MOST_KNOBS]
    return [
        KnobColumn(path, _name(path, varied), all(map(_is_number, values[path]))) for path in varied
    ]


def _flat(value: Any, path: _Path = ()) -> Iterator[tuple[_Path, Any]]:
    if not isinstance(value, Mapping):
        yield path, value
        return
    for name, inner in value.items():
        yield from _flat(inner, (*path, name))


def _name(path: _Path, others: Sequence[_Path]) -> str:
    alone = sum(other[-1] == path[-1] for other in others) == 1
    return path[-1] if alone else ".".join(path)


def _text(value: Any) -> str:
    if value is None:
        return ""
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
