"""Gives a saved run the secrets back that were not saved with it."""

from collections.abc import Iterator, Mapping
from typing import Any

from fanfold.errors import InvalidRequest
from fanfold.knobs import Secret, member_pointer

# What stands for a secret wherever a config is shown or saved.
_HIDDEN = "***"


def with_secrets(config: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, Any]:
    """The saved config with a value for each of its secrets.

    Args:
        config: A leaf config, `***` in the place of each secret.
        secrets: The values by place, a JSON pointer into the config: `/user_knobs/api_key`.

    Raises:
        InvalidRequest: A place lacks its value, or a value has no place; says which.
    """
    places = list(_places(config, ""))
    missing = [place for place in places if place not in secrets]
    if missing:
        raise InvalidRequest(
            f"this run had secrets, whose values are not saved: {', '.join(missing)}; give each "
            f"of them, as secrets={{'{missing[0]}': …}}, or on the command line as --secret "
            f"{missing[0]}=VARIABLE, where VARIABLE names the environment variable that has it"
        )
    needless = [place for place in secrets if place not in places]
    if needless:
        there = f"its secrets are {', '.join(places)}" if places else "it had none"
        raise InvalidRequest(f"this run has no secret at {needless[0]}; {there}")
    return _filled(config, "", secrets)


def _places(value: Any, place: str) -> Iterator[str]:
    if value == _HIDDEN:
        yield place
    for name, member in _members(value):
        yield from _places(member, member_pointer(place, name))


def _filled(value: Any, place: str, secrets: Mapping[str, str]) -> Any:
    if value == _HIDDEN:
        return Secret(secrets[place])
    filled = {
        name: _filled(member, member_pointer(place, name), secrets)
        for name, member in _members(value)
    }
    if isinstance(value, dict):
        return filled
    return list(filled.values()) if isinstance(value, list) else value


def _members(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, dict):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list) else []
