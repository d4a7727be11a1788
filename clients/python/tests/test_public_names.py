import fanfold


def test_the_public_names_are_these():
    errors = {
        name
        for name, value in vars(fanfold.errors).items()
        if getattr(value, "__module__", "") == "fanfold.errors" and isinstance(value, type)
    }
    knobs = {"GridSearch", "List", "RandomSearch", "Range", "SHA", "Secret"}
    rest = {"Connection", "DataHandle", "Experiment", "FitPlan", "Replay", "replay"}
    assert set(fanfold.__all__) == errors | knobs | rest


def test_every_public_thing_says_what_it_is():
    for name in fanfold.__all__:
        assert getattr(fanfold, name).__doc__
