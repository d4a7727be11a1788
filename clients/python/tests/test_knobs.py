from pathlib import Path

import numpy as np
import pytest
from fanfold import SHA, GridSearch, InvalidConfig, List, RandomSearch, Range, Secret
from fanfold.knobs import to_wire


def test_knobs_and_generators_travel_as_the_contract_says():
    assert to_wire(GridSearch({"a": List([1, "x"])})) == {"$grid": {"a": {"$list": [1, "x"]}}}
    search = RandomSearch({"lr": Range(1e-4, 0.1, log=True)}, num_configs=3, seed=7)
    lr = {"$range": {"low": 1e-4, "high": 0.1, "log": True, "dtype": "float"}}
    assert to_wire(search) == {"$random": {"config": {"lr": lr}, "numConfigs": 3, "seed": 7}}
    assert "seed" not in to_wire(RandomSearch({}, 3))["$random"]


def test_sha_travels_with_its_group():
    sha = SHA([GridSearch({"a": List([1])}), {"a": 2}], "val_f1", "max", max_epochs=9)
    assert to_wire([sha]) == [
        {
            "$sha": {
                "configGroup": [{"$grid": {"a": {"$list": [1]}}}, {"a": 2}],
                "metric": "val_f1",
                "mode": "max",
                "eta": 3,
                "minEpochs": 1,
                "maxEpochs": 9,
            }
        }
    ]
    alone = to_wire(SHA(List([{"a": 1}]), "val_loss", mode="min", eta=2, min_epochs=3))
    assert alone["$sha"]["configGroup"] == [{"a": 1}]
    assert "maxEpochs" not in alone["$sha"]


def test_a_range_of_two_integers_gives_integers():
    assert to_wire({"n": Range(1, np.int64(8))})["n"]["$range"]["dtype"] == "int"
    assert to_wire({"n": Range(1, 8.0)})["n"]["$range"]["dtype"] == "float"


def test_lists_nest_configs_and_generators():
    group = List([{"a": 1}, [GridSearch({"a": List([1])})]])
    assert to_wire(group) == [{"a": 1}, [{"$grid": {"a": {"$list": [1]}}}]]


def test_a_secret_travels_and_is_not_shown():
    secret = Secret("sk-123")
    assert to_wire(GridSearch({"k": List([secret])})) == {
        "$grid": {"k": {"$list": [{"$secret": "sk-123"}]}}
    }
    assert "sk-123" not in f"{secret} {secret!r} {[secret]}"


def test_numpy_values_become_plain_ones():
    wire = to_wire({"a": np.float64(0.5), "b": np.bool_(True), "c": np.arange(2), "d": (1, None)})
    assert wire == {"a": 0.5, "b": True, "c": [0, 1], "d": [1, None]}
    assert type(wire["b"]) is bool


@pytest.mark.parametrize(
    ("config", "pointer"),
    [
        ({"train": {"a/b": [1, Path("x")]}}, "/train/a~1b/1"),
        ([{"lr": float("nan")}], "/0/lr"),
        (GridSearch({"k": List([{1, 2}])}), "/$grid/k/$list/0"),
        ({"k": {3: "x"}}, "/k/3"),
        (SHA([{"lr": {1}}], "val_loss", "min"), "/$sha/configGroup/0/lr"),
    ],
)
def test_what_cannot_travel_is_named(config, pointer):
    with pytest.raises(InvalidConfig) as refused:
        to_wire(config)
    assert [fault.pointer for fault in refused.value.errors] == [pointer]
