"""Secrets reach user code and nothing else."""

from __future__ import annotations

import json

import pytest
from fanfold_engine.output import MAX_LINE
from fanfold_engine.secrets import Mask, reveal
from scene import BUCKET, ML_SPEC, PREFIX, Scene, config

KEY = "sk-live-0123456789"
PEM = "-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END KEY-----"
KNOBS = {"api_key": {"$secret": "set-0"}, "login": [{"$secret": "set-1"}], "seed": "plain"}
SECRETS = {"set-0": KEY, "set-1": PEM}

TELLING = """
        import json, logging, sys, urllib.parse
        key, (pem,) = cfg["user_knobs"]["api_key"], cfg["user_knobs"]["login"]
        print(cfg["user_knobs"])
        print("head", key[:7], end="")
        sys.stdout.write(key[:5]); sys.stdout.write(key[5:] + " tail\\n")
        print(pem)
        for line in pem.splitlines():
            print("line", line)
        print(json.dumps({"pem": pem}), urllib.parse.quote(pem, safe=""))
        print("x" * 7_995 + key + "y" * 16_000)
        logging.getLogger("mine").warning("with %s", key)
        print(key, file=sys.stderr)
        raise ValueError(f"{key} was not accepted, nor was {pem}")
"""


def test_a_config_gets_the_values_of_its_secrets() -> None:
    knobs = reveal({"user_knobs": KNOBS}, SECRETS)["user_knobs"]
    assert knobs == {"api_key": KEY, "login": [PEM], "seed": "plain"}
    assert reveal({"a": {"$secret": "set-0", "b": 1}}, {}) == {"a": {"$secret": "set-0", "b": 1}}


def test_what_a_run_says_and_raises_tells_no_secret(
    scene: Scene, capfd: pytest.CaptureFixture[str]
) -> None:
    scene.write_code(
        ML_SPEC.replace("knobs = cfg.get", f"{TELLING.strip()}\n        knobs = cfg.get")
    )
    scene.download()
    with scene.control_plane(config(user_knobs=KNOBS), config()) as control_plane:
        control_plane.waiting[0]["secrets"] = SECRETS
        control_plane.waiting[1]["config"]["user_knobs"] = reveal(KNOBS, {"set-0": "", "set-1": ""})
        assert scene.worker(control_plane).work() == 0

    error = control_plane.runs[1]["error"]
    assert error["message"] == ("create_model raised ValueError: *** was not accepted, nor was ***")
    assert "ValueError: *** was not accepted" in error["traceback"]
    lines = control_plane.logged(1)
    assert lines[0] == "{'api_key': '***', 'login': ['***'], 'seed': 'plain'}"
    assert lines[1] == "head sk-live*** tail"
    assert lines[2:10] == ["***"] * 4 + ["line ***"] * 4
    assert lines[10] == '{"pem": "***"} ***'
    assert "with ***" in lines
    told = json.dumps([control_plane.requests, *capfd.readouterr()])
    for secret in (KEY, *PEM.splitlines()):
        assert secret not in told
    stored = [path for path in scene.store.path(BUCKET, PREFIX).rglob("*") if path.is_file()]
    assert stored
    assert not [path for path in stored if KEY.encode() in path.read_bytes()]


@pytest.mark.parametrize("before", range(MAX_LINE - 25, MAX_LINE + 25, 7))
def test_a_secret_across_the_pieces_of_an_endless_line_is_hidden(scene: Scene, before: int) -> None:
    scene.write_code(
        ML_SPEC.replace(
            "knobs = cfg.get",
            "import sys\n"
            f"        for letter in 'x' * {before} + cfg['user_knobs']['api_key'] + 'y' * 9_000:\n"
            "            sys.stdout.write(letter)\n"
            "        knobs = cfg.get",
        )
    )
    scene.download()
    with scene.control_plane(config(epochs=1, user_knobs=KNOBS)) as control_plane:
        control_plane.waiting[0]["secrets"] = SECRETS
        assert scene.worker(control_plane).work() == 0
    assert "".join(control_plane.logged(1)) == "x" * before + "***" + "y" * 9_000


def test_short_texts_stay_and_longer_secrets_go_first() -> None:
    mask = Mask()
    assert (mask("abc"), mask.reach) == ("abc", 0)
    mask.hide(["abc", "abcd", "abcdef"])
    assert mask("abc abcd abcdef abcdefg") == "abc *** *** ***g"
    assert mask.reach == 5
