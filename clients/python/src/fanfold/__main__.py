"""`fanfold replay ARTIFACTS --run N`: the client's one command; also as `python -m fanfold`."""

import argparse
import os
import sys
from collections.abc import Sequence

from fanfold.errors import FanfoldError, InvalidRequest
from fanfold.replay import replay

EQUAL, UNEQUAL, REFUSED = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit status is 1 when a replay differs and 2 when it was refused."""
    parser = argparse.ArgumentParser(
        prog="fanfold",
        description=__doc__,
        epilog="All else is done by the CLI of the same name, which npm installs: docs/cli.md.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    replaying = commands.add_parser("replay", help="train a saved run again and compare it")
    replaying.add_argument("artifacts", help="where end() saved them: a folder or an s3:// URI")
    replaying.add_argument("--run", type=int, required=True, help="the run's ID")
    replaying.add_argument("--name", help="of the new experiment")
    replaying.add_argument(
        "--secret",
        action="append",
        default=[],
        metavar="PLACE=VARIABLE",
        help="a secret of the run's config and the environment variable that has it, such as "
        "/user_knobs/api_key=API_KEY; may be given several times",
    )
    given = parser.parse_args(arguments)
    try:
        secrets = dict(_secret(each) for each in given.secret)
        outcome = replay(given.artifacts, given.run, name=given.name, secrets=secrets)
    except FanfoldError as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    return EQUAL if outcome.is_equal else UNEQUAL


def _secret(given: str) -> tuple[str, str]:
    place, _, variable = given.rpartition("=")
    value = os.environ.get(variable)
    if not place or not value:
        raise InvalidRequest(
            f"--secret {given}: write PLACE=VARIABLE, where the environment variable has the value"
        )
    return place, value


if __name__ == "__main__":
    sys.exit(main())
