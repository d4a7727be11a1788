"""The eight configs that are compared: two architectures, two widths, two learning rates."""

from fanfold import GridSearch, List

CONFIGS = GridSearch(
    {
        "train": {
            "epochs": 5,
            "batch_size": 32,
            "optimizer": {"name": "Adam", "args": {"lr": List([0.003, 0.01])}},
        },
        "user_knobs": {"architecture": List(["mlp", "cnn"]), "width": List([8, 16])},
    }
)
