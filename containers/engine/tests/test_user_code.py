"""What user code may do to a worker: everything but harm to other runs."""

from __future__ import annotations

import pytest
from scene import ML_SPEC, Scene, config


def broken(before: str, after: str) -> str:
    """The MLSpec, broken for runs whose config says so."""
    assert before in ML_SPEC
    return ML_SPEC.replace(before, f"if cfg.get('bad'):\n            {after}\n        {before}")


BAD = config() | {"bad": True}
NO_LOSS = "return {'predictions': 0}"
RAISES = "raise ValueError('no such luck')"

CASES = {
    "create_model": ("knobs = cfg", RAISES, "create_model raised ValueError: no such luck"),
    "no module": ("knobs = cfg", "return 'a model'", "must return a torch.nn.Module, not a str"),
    "row_prep": ("features =", RAISES, "row_prep raised ValueError: no such luck"),
    "compute_forward": ("logits =", RAISES, "compute_forward raised ValueError: no such luck"),
    "sys.exit": ("logits =", "raise SystemExit(3)", "compute_forward raised SystemExit: 3"),
    "Ctrl-C": ("logits =", "raise KeyboardInterrupt", "compute_forward raised KeyboardInterrupt"),
    "no dict": ("logits =", "return 1", 'must return a dict with "loss"'),
    "no loss": ("logits =", NO_LOSS, 'must return a "loss" in mode train; it returned'),
    "loss of a batch": (
        "logits =",
        "return {'loss': model(batch['x'])}",
        "must be one number, not a tensor of shape (8, 2)",
    ),
    "loss is a float": ("logits =", "return {'loss': 1.0}", "must be a tensor, not a float"),
    "loss without gradient": (
        "logits =",
        "return {'loss': model(batch['x']).sum().detach()}",
        "depends on no parameter",
    ),
    "metrics": ('return {"accuracy"', RAISES, "metrics raised ValueError: no such luck"),
}


@pytest.mark.parametrize(("before", "after", "message"), CASES.values(), ids=CASES.keys())
def test_an_error_fails_its_run_and_leaves_the_others_alone(
    scene: Scene, before: str, after: str, message: str
) -> None:
    scene.write_code(broken(before, after))
    control_plane = scene.run_fit(config(epochs=1), BAD, config(epochs=1))

    first, second, third = control_plane.runs.values()
    assert [first["status"], second["status"], third["status"]] == [
        "completed",
        "failed",
        "completed",
    ]
    assert message in second["error"]["message"]
    assert "error" not in first
    if "raise" in after:
        traceback = second["error"]["traceback"]
        assert 'trial.py", line' in traceback
        assert after in traceback
        assert "fanfold_engine" not in traceback


def test_code_that_cannot_be_loaded_fails_every_run_with_its_line(scene: Scene) -> None:
    scene.write_code(ML_SPEC + "\nraise RuntimeError('at the door')\n")
    control_plane = scene.run_fit(config(), config())

    for run in control_plane.runs.values():
        assert run["status"] == "failed"
        assert run["error"]["message"] == "loading trial.py raised RuntimeError: at the door"
        assert "raise RuntimeError('at the door')" in run["error"]["traceback"]


def test_wrong_arguments_of_torch_classes_are_told_with_their_name(scene: Scene) -> None:
    control_plane = scene.run_fit(
        config(optimizer={"name": "SGD", "args": {"lr": -1}}),
        config(lr_scheduler={"name": "OneCycleLR", "args": {"max_lr": 0.1, "total_steps": 3}}),
        config(named_metrics={"f1": {"name": "F1Score", "args": {"task": "nonsense"}}}),
    )

    messages = [run["error"]["message"] for run in control_plane.runs.values()]
    assert messages[0].startswith("optimizer SGD raised ValueError: Invalid learning rate")
    assert messages[1].startswith("the lr_scheduler step raised ValueError: Tried to step 4 times")
    assert messages[2].startswith("metric 'f1' raised ValueError")


def test_a_loss_of_nan_is_recorded(scene: Scene) -> None:
    scene.write_code(ML_SPEC.replace("cross_entropy(logits", "cross_entropy(float('nan') * logits"))
    control_plane = scene.run_fit(config(epochs=1))

    assert control_plane.runs[1]["status"] == "completed"
    assert control_plane.epochs[1][0]["trainLoss"] == "NaN"
    assert control_plane.epochs[1][0]["metrics"][0] == {"name": "val_loss", "value": "NaN"}


def test_what_user_code_says_becomes_lines_of_its_run(scene: Scene) -> None:
    scene.write_code(
        ML_SPEC.replace(
            "knobs = cfg",
            "import logging, sys, warnings\n"
            "        print('hello', cfg['train']['epochs'], end=' ')\n"
            "        print('world')\n"
            "        print('12%\\r56%\\r100%')\n"
            "        print('careful', file=sys.stderr)\n"
            "        logging.getLogger('mine').info('noted')\n"
            "        print('no end of line', end='')\n"
            "        knobs = cfg",
        )
    )
    control_plane = scene.run_fit(config(epochs=1), config(epochs=2))

    lines = [
        (line["level"], line["message"]) for line in control_plane.logs if line.get("runId") == 2
    ]
    assert lines == [
        ("info", "hello 2 world"),
        ("info", "100%"),
        ("warning", "careful"),
        ("info", "noted"),
        ("info", "no end of line"),
    ]
    assert any("partition train: 50 of 50 rows" in line for line in control_plane.logged(None))


def test_a_megabyte_of_prints_comes_through(scene: Scene) -> None:
    scene.write_code(
        ML_SPEC.replace(
            "knobs = cfg",
            "print('x' * 1_000_000)\n"
            "        for number in range(20_000):\n"
            "            print('line', number)\n"
            "        knobs = cfg",
        )
    )
    control_plane = scene.run_fit(config(epochs=1))

    said = control_plane.logged(1)
    assert "".join(line for line in said if line.startswith("x")) == "x" * 1_000_000
    assert [line for line in said if line.startswith("line")] == [
        f"line {n}" for n in range(20_000)
    ]
    assert all(len(request["logs"]) <= 2000 for request in control_plane.requests)
    assert (
        max(sum(len(line["message"]) for line in r["logs"]) for r in control_plane.requests)
        < 250_000
    )


def test_what_create_model_leaves_on_self_is_there_in_validation(scene: Scene) -> None:
    scene.write_code(
        ML_SPEC.replace("knobs = cfg", "self.weight = 2.0\n        knobs = cfg")
        .replace(
            "logits = model",
            "assert self.weight == 2.0 and self.mode == mode\n        logits = model",
        )
        .replace(
            "    def row_prep",
            "    def initialize_run(self, misc_path, cfg, mode):\n"
            "        self.mode = mode\n\n"
            "    def row_prep",
        )
    )
    control_plane = scene.run_fit(config(epochs=2))

    assert control_plane.runs[1]["status"] == "completed", control_plane.runs[1]


def test_initialize_run_is_called_once_per_run_and_mode_before_anything_else(scene: Scene) -> None:
    calls = ML_SPEC.replace(
        "    def row_prep",
        "    def initialize_run(self, misc_path, cfg, mode):\n"
        "        print('initialized for', mode)\n\n"
        "    def row_prep",
    ).replace("knobs = cfg", "print('made the model')\n        knobs = cfg")
    scene.write_code(calls)
    control_plane = scene.run_fit(config(epochs=2))

    assert control_plane.logged(1) == [
        "initialized for train",
        "made the model",
        "initialized for validation",
    ]


def test_validation_may_do_without_a_loss(scene: Scene) -> None:
    scene.write_code(
        ML_SPEC.replace(
            'return {"loss": loss, ',
            'given = {"loss": loss} if mode == "train" else {}\n        return {**given, ',
        )
    )
    control_plane = scene.run_fit(config(epochs=1))

    (epoch,) = control_plane.epochs[1]
    assert [metric["name"] for metric in epoch["metrics"]] == ["val_accuracy"]
