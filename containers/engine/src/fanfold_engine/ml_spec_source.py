"""The user's file on its way from storage to this process."""

from __future__ import annotations

from pathlib import Path

from fanfold_engine.mlspec import load_ml_spec
from fanfold_engine.protocol import Assignment
from fanfold_engine.storage import ObjectStore


def fetch_ml_spec(assignment: Assignment, store: ObjectStore, scratch: Path) -> type:
    """Fetch the experiment's code and load its class ``MLSpec``.

    Raises:
        UserCodeError: it cannot be loaded.
    """
    path = fetch_ml_spec_file(assignment, store, scratch)
    return load_ml_spec(path, assignment.ml_spec.sha256)


def fetch_ml_spec_file(assignment: Assignment, store: ObjectStore, scratch: Path) -> Path:
    """Fetch the experiment's code without running it."""
    source = assignment.ml_spec
    path = scratch / "code" / Path(source.file_name).name
    path.parent.mkdir()
    store.download(assignment.bucket, source.key, path)
    return path
