"""`fanfold replay ARTIFACTS --run N`: the client's one command; also as `python -m fanfold`."""

import argparse
import sys
from collections.abc import Sequence

from fanfold.errors import FanfoldError
from fanfold.replay import replay

EQUAL, UNEQUAL, REFUSED = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit status is 1 when a replay differs and 2 when it was refused."""
    parser = argparse.ArgumentParser(prog="fanfold", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    replaying = commands.add_parser("replay", help="train a saved run again and compare it")
    replaying.add_argument("artifacts", help="where end() saved them: a folder or an s3:// URI")
    replaying.add_argument("--run", type=int, required=True, help="the run's ID")
    replaying.add_argument("--name", help="of the new experiment")
    given = parser.parse_args(arguments)
    try:
        outcome = replay(given.artifacts, given.run, name=given.name)
    except FanfoldError as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    return EQUAL if outcome.is_equal else UNEQUAL


if __name__ == "__main__":
    sys.exit(main())
