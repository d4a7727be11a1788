"""Lets schemathesis meet what there is: every other call of a route names values of the scene."""

import itertools
import json
import os
from collections import Counter
from typing import Any

import schemathesis

known = json.loads(os.environ["FANFOLD_KNOWN_VALUES"])
calls = Counter[str]()
attempts = itertools.count(2)


@schemathesis.hook
def before_call(
    context: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, Any]
) -> None:
    route = case.operation.definition.raw["operationId"]
    calls[route] += 1
    if calls[route] % 2 == 0:
        name_places(case, known["paths"])
        name_members(case, known["bodies"].get(route, {}))
        if route == "syncWorker":
            begin_attempt(case)
    name_places(case, known["pathsApart"].get(route, {}))


def name_places(case: schemathesis.Case, places: dict[str, str]) -> None:
    case.path_parameters.update(
        {name: places[name] for name in case.path_parameters if name in places}
    )


def name_members(case: schemathesis.Case, members: dict[str, Any]) -> None:
    """Puts the members in; one that is `None` is taken away."""
    if isinstance(case.body, dict):
        kept = {name: member for name, member in case.body.items() if name not in members}
        named = {name: member for name, member in members.items() if member is not None}
        case.body = {**kept, **named}


def begin_attempt(case: schemathesis.Case) -> None:
    """A worker's first token is good for one sync of each attempt."""
    name_members(case, {"attempt": next(attempts), "sequence": 1})
