"""Makes files that a model tag may name out of a model's safetensors.

Usage: model_files.py MODEL_SAFETENSORS FOLDER TRACE
"""

import os
import pickle
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file


class Payload:
    """Leaves a trace when it is unpickled."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return os.system, (f"touch {self.trace}",)


def main(model_file, folder, trace):
    folder, weights = Path(folder), load_file(model_file)
    torch.save({"epoch": 3, "state_dict": weights}, folder / "best.pt")
    torch.save({"weights": weights, "payload": Payload(trace)}, folder / "unsafe.pt")
    (folder / "unsafe.pkl").write_bytes(pickle.dumps(Payload(trace)))
    (folder / "no-model.pt").write_text("not a model at all")


if __name__ == "__main__":
    main(*sys.argv[1:])
