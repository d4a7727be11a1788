"""AWS spells one shape two ways: camelCase on Batch's wire, PascalCase in templates and states."""

from typing import Any

# Maps whose keys are the user's own, not AWS's.
_USER_KEYED = ("tags", "parameters", "options", "shareDistribution")


def camel(value: Any) -> Any:
    """Spell the keys of a CloudFormation or Step Functions shape as Batch's API does."""
    return _respell(value, str.lower)


def pascal(value: Any) -> Any:
    """Spell the keys of a shape of Batch's API as Step Functions does."""
    return _respell(value, str.upper)


def _respell(value: Any, initial: Any) -> Any:
    if isinstance(value, list):
        return [_respell(element, initial) for element in value]
    if not isinstance(value, dict):
        return value
    return {
        initial(key[:1]) + key[1:]: (
            element
            if key[:1].lower() + key[1:] in _USER_KEYED and isinstance(element, dict)
            else _respell(element, initial)
        )
        for key, element in value.items()
    }
