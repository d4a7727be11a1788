"""Results and runs as files that the service writes."""

from pathlib import Path
from typing import Literal

from fanfold.errors import Fault, InvalidRequest
from fanfold.routes import ExperimentRoutes

_FORMATS = {".csv": "csv", ".parquet": "parquet"}


def export(routes: ExperimentRoutes, what: Literal["results", "runs"], path: str | Path) -> int:
    """Fetch a table into a file whose ending says the format; tells how many rows it has.

    Raises:
        InvalidRequest: The ending is another one, or the folder does not exist.
    """
    file = Path(path)
    file_format = _FORMATS.get(file.suffix.lower())
    if file_format is None:
        endings = " or ".join(_FORMATS)
        raise InvalidRequest(f"{file} must end in {endings}", errors=[Fault("/path", "unknown")])
    if not file.parent.is_dir():
        raise InvalidRequest(f"there is no folder {file.parent}; make it first")
    fetch = {"results": routes.export_results, "runs": routes.export_runs}
    return fetch[what](file, file_format=file_format)
