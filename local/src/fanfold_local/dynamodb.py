"""A mend of the emulator's DynamoDB: a condition is read once, not for each item it is tried on."""

import functools

from ministack.services import dynamodb

_EXPRESSIONS = 1024


def register() -> None:
    """Remember what the emulator found out about an expression from its text alone."""
    remember = functools.lru_cache(_EXPRESSIONS)
    dynamodb._tokenize = remember(dynamodb._tokenize)
    dynamodb._condition_syntax_error = remember(dynamodb._condition_syntax_error)
