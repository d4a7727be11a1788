"""A line through points whose code says a lot: numbered lines, and secrets in every way it can."""

import hashlib
import itertools
import json
import logging
import sys
import warnings

import torch
from torch.nn import functional

numbers = itertools.count(1)


class MLSpec:
    def initialize_run(self, misc_path, cfg, mode):
        knobs = cfg.get("user_knobs", {})
        if mode == "train" and "api_key" in knobs:
            tell(
                cfg, [knobs["api_key"], knobs["vault"]["entry"], *knobs["tokens_of"]["auth_tokens"]]
            )

    def row_prep(self, row, object_dir, cfg, mode):
        return torch.tensor([row["x0"], row["x1"], row["x2"]]), torch.tensor([row["y"]])

    def create_model(self, cfg):
        return torch.nn.Linear(3, 1)

    def compute_forward(self, model, batch, cfg, mode):
        knobs = cfg.get("user_knobs", {})
        if mode == "train":
            for _ in range(knobs.get("lines", 0)):
                print(knobs["name"], next(numbers))
            if knobs.get("refuse"):
                raise PermissionError(f"{knobs['api_key']} was not let in")
        inputs, targets = batch
        predictions = model(inputs)
        loss = functional.mse_loss(predictions, targets)
        return {"loss": loss, "predictions": predictions, "targets": targets}


def tell(cfg, secrets):
    print(cfg)
    print(json.dumps(cfg), file=sys.stderr)
    for secret in secrets:
        digest = hashlib.sha256(secret.encode()).hexdigest()
        print(f"digest {digest}")
        print("the secret is", secret)
        for letter in secret:
            sys.stdout.write(letter)
        sys.stdout.write("\n")
        logging.getLogger("mine").error("with %r", secret)
        warnings.warn(f"careful with {secret}", stacklevel=1)
