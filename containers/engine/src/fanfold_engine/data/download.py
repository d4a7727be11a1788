"""The ``download`` task: look at a dataset once and pin down what a data handle holds of it.

Nothing is copied. The manifest names every object by its version, so a fit that reads them
later knows whether they are still the same.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from fanfold_engine.data.disk import told_when_full
from fanfold_engine.data.errors import DataError
from fanfold_engine.data.manifest import Manifest, encode
from fanfold_engine.data.survey import survey
from fanfold_engine.protocol import Assignment, DownloadReport
from fanfold_engine.storage import ObjectStore, ObjectUnreadableError


def download(assignment: Assignment, store: ObjectStore, scratch: Path) -> DownloadReport:
    """Write the manifest of the assignment's data handle; errors in the data are reported."""
    try:
        with told_when_full():
            manifest = survey(assignment.data_handle, store, scratch)
            return _publish(manifest, assignment, store, scratch)
    except DataError as error:
        return DownloadReport("failed", error=str(error), error_type=error.error_type)
    except ObjectUnreadableError as error:
        return DownloadReport("failed", error=str(error), error_type=DataError.error_type)


def _publish(
    manifest: Manifest, assignment: Assignment, store: ObjectStore, scratch: Path
) -> DownloadReport:
    """Write the manifest: the document last, so that whoever finds it finds all of it."""
    document, beside = encode(manifest)
    key = assignment.data_handle.manifest_key
    folder = key[: key.rindex("/") + 1]
    path = scratch / "manifest"
    for name, data in beside.items():
        path.write_bytes(data)
        store.upload(assignment.bucket, folder + name, path)
    path.write_bytes(document)
    store.upload(assignment.bucket, key, path)
    rows = {name: len(part.ids) for name, part in manifest.partitions.items()}
    return DownloadReport("ready", rows, hashlib.sha256(document).hexdigest())
