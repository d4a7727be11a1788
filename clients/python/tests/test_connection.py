import json

import pytest
from fanfold import NotConnected
from fanfold.connection import find_connection


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    for name in ("FANFOLD_URL", "FANFOLD_TOKEN", "FANFOLD_WORKSPACE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    return tmp_path


def write_stack(folder, **stack):
    (folder / ".fanfold").mkdir()
    (folder / ".fanfold" / "stack.json").write_text(json.dumps(stack))


def test_the_environment_comes_first(monkeypatch, folder):
    write_stack(folder, url="http://stack", token="t")
    monkeypatch.setenv("FANFOLD_URL", "https://there/")
    monkeypatch.setenv("FANFOLD_TOKEN", "secret")
    found = find_connection()
    assert (found.url, found.token, found.workspace) == ("https://there", "secret", "default")
    assert "secret" not in repr(found)


def test_else_the_stack_file_of_a_folder_above(folder):
    write_stack(folder, url="http://stack", token="t", workspace="team")
    found = find_connection()
    assert (found.url, found.token, found.workspace) == ("http://stack", "t", "team")


def test_else_the_remedy_is_told():
    with pytest.raises(NotConnected, match="npm run up"):
        find_connection()


def test_a_url_without_a_token_is_refused(monkeypatch):
    monkeypatch.setenv("FANFOLD_URL", "https://there")
    with pytest.raises(NotConnected, match="FANFOLD_TOKEN"):
        find_connection()
