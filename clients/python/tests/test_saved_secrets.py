import fanfold
import pytest
from fanfold.knobs import Secret
from fanfold.saved_secrets import with_secrets

SAVED = {"train": {"epochs": 2}, "user_knobs": {"api_key": "***", "a/b": [1, {"pin": "***"}]}}


def test_each_secret_is_put_in_its_place():
    filled = with_secrets(SAVED, {"/user_knobs/api_key": "sk", "/user_knobs/a~1b/1/pin": "1234"})
    knobs = {"api_key": Secret("sk"), "a/b": [1, {"pin": Secret("1234")}]}
    assert filled == {"train": {"epochs": 2}, "user_knobs": knobs}


def test_those_that_lack_are_told_with_what_to_do():
    with pytest.raises(fanfold.InvalidRequest, match=r"api_key, /user_knobs/a~1b/1/pin; give each"):
        with_secrets(SAVED, {})


def test_one_that_the_run_never_had_is_refused():
    with pytest.raises(fanfold.InvalidRequest, match="no secret at /user_knobs/key; it had none"):
        with_secrets({"user_knobs": {}}, {"/user_knobs/key": "x"})
