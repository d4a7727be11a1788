"""The user's MLSpec file."""

from pathlib import Path

from fanfold.errors import InvalidMlSpec, InvalidRequest


def read_source(file: Path) -> str:
    """Its text; what is in it is for the service to check.

    Raises:
        InvalidRequest: There is no such file.
        InvalidMlSpec: It is not text.
    """
    try:
        return file.read_bytes().decode()
    except FileNotFoundError as error:
        raise InvalidRequest(f"there is no MLSpec file {file} in {Path.cwd()}") from error
    except UnicodeDecodeError as error:
        raise InvalidMlSpec(f"{file} is not UTF-8 text: {error}") from error
