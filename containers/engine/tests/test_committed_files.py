"""Generated files that are committed are as they would be generated now."""

from __future__ import annotations

from fanfold_engine.tools import requirements, signatures


def test_the_signatures_are_current() -> None:
    assert signatures.TARGET.read_text() == signatures.text(signatures.signatures())


def test_the_images_requirements_are_those_of_the_lock_file() -> None:
    assert requirements.TARGET.read_text() == requirements.exported()


def test_the_image_is_built_from_files_that_exist_with_the_uv_of_the_lock_file() -> None:
    folder = requirements.TARGET.parent
    lines = (folder / "Dockerfile").read_text().splitlines()
    copied = [
        line.split()[1] for line in lines if line.startswith("COPY ") and "--from" not in line
    ]
    assert copied == ["requirements.txt", "src"]
    assert all((folder / path).exists() for path in copied)
    lock = (requirements.REPOSITORY / "uv.lock").read_text()
    version = lock.split('\nname = "uv"\nversion = "', 1)[1].split('"', 1)[0]
    assert any(f" uv=={version}" in line for line in lines)
