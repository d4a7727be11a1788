import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

from check_ml_spec import faults_of, handler

GOOD = """
class MLSpec:
    def row_prep(self, row, object_dir, cfg, mode): ...
    def create_model(self, cfg): ...
    def compute_forward(self, model, batch, cfg, mode): ...
"""


def told(source):
    return [(fault["line"], fault["column"], fault["detail"]) for fault in faults_of(source)]


@pytest.mark.parametrize(
    "source",
    [
        GOOD,
        GOOD + "    def metrics(self, cfg, mode='validation'): ...\n",
        GOOD + "    def collate(self, *arguments): ...\n",
        "class Base:\n    row_prep = print\n"
        + GOOD.replace("MLSpec", "MLSpec(Base)").replace("row_prep", "other"),
        "from elsewhere import Base\nclass MLSpec(Base): pass\n",
        "try:\n    import x\nexcept ImportError:\n    x = 1\nif x:\n"
        + GOOD.replace("\n", "\n    ").rstrip(),
        GOOD.replace("def create_model(self, cfg)", "@staticmethod\n    def create_model(cfg)"),
        "class A(MLSpec): ...\n" + GOOD.replace("MLSpec", "MLSpec(A)"),
    ],
    ids=["plain", "optional", "star", "base", "imported", "nested", "decorated", "circle"],
)
def test_a_file_with_what_the_engine_calls_is_accepted(source):
    assert told(source) == []


@pytest.mark.parametrize(
    ("source", "line", "part"),
    [
        ("class MLSpec\n    pass\n", 1, "does not parse: expected ':'"),
        ("def f():\n\treturn 1\n        return 2\n", 3, "inconsistent use of tabs"),
        ("x = 1\ny = (\n", 2, "was never closed"),
        ("x = 1\ntype Rows = list[int]\n", 2, "does not parse"),
        ("x = '\0'\n", 1, "null"),
        ("(" * 5000 + ")" * 5000, 1, "does not parse"),
        ("x = 1\n", 1, "defines no class MLSpec"),
        ("import os\n\n\nclass MlSpec:\n    pass\n", 4, "rename class MlSpec"),
    ],
    ids=["colon", "tabs", "bracket", "newer", "null", "deep", "none", "misspelt"],
)
def test_what_is_wrong_is_told_with_its_line(source, line, part):
    [(at_line, at_column, detail)] = told(source)
    assert part in detail
    assert (at_line, at_column >= 1) == (line, True)


def test_every_missing_method_is_told_with_how_it_is_called():
    details = [detail for _, _, detail in told("class MLSpec:\n    pass\n")]
    assert details == [
        "class MLSpec lacks the method row_prep(self, row, object_dir, cfg, mode)",
        "class MLSpec lacks the method create_model(self, cfg)",
        "class MLSpec lacks the method compute_forward(self, model, batch, cfg, mode)",
    ]


def test_a_method_that_cannot_be_called_as_the_engine_does_is_told():
    source = GOOD.replace("create_model(self, cfg)", "create_model(self)")
    assert told(source) == [
        (4, 5, "create_model is called as create_model(self, cfg); it must take these")
    ]
    source = GOOD.replace("create_model(self, cfg)", "create_model(self, cfg, *, width)")
    assert len(told(source)) == 1
    assert "no coroutine" in told(GOOD.replace("def create_model", "async def create_model"))[0][2]


def test_columns_count_characters_not_bytes():
    assert told("x = 'é' y\n")[0][:2] == (1, 9)
    indented = GOOD.replace("class", "é = 1\nif é: é = 'éé'; y = 1\nclass").replace(
        "MLSpec", "mlspec"
    )
    assert told(indented)[0][:2] == (4, 1)


def test_nothing_in_the_file_is_run():
    assert told("raise SystemExit\n" + GOOD) == []


def test_the_function_answers_with_the_faults():
    assert handler({"source": GOOD}, None) == {"faults": []}
