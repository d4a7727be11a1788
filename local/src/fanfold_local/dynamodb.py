"""Mends of the emulator's DynamoDB: conditions are read once, grants may be bound to partitions."""

import functools
import json
from typing import Any

from ministack.core import iam_actions
from ministack.services import dynamodb

_EXPRESSIONS = 1024


def register() -> None:
    """Remember what an expression's text tells, and tell policies which partition a call names."""
    remember = functools.lru_cache(_EXPRESSIONS)
    dynamodb._tokenize = remember(dynamodb._tokenize)
    dynamodb._condition_syntax_error = remember(dynamodb._condition_syntax_error)

    emulators_own = iam_actions.dynamodb_service_context

    def service_context(body: bytes) -> dict[str, Any]:
        return emulators_own(body) | _leading_keys(body)

    iam_actions.dynamodb_service_context = service_context


def _leading_keys(body: bytes) -> dict[str, list[str]]:
    """`dynamodb:LeadingKeys` of a call on one item; AWS has it of the others too."""
    try:
        call = json.loads(body or b"{}")
        item = call.get("Item") or call.get("Key")
        key = item[dynamodb._tables[call["TableName"]]["pk_name"]]
    except (ValueError, AttributeError, KeyError, TypeError):
        return {}
    return {"dynamodb:LeadingKeys": [str(value) for value in key.values()]}
