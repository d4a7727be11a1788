"""Trains one config in a process of its own: `one_process.py DATA_FOLDER CONFIG`."""

import json
import sys
from pathlib import Path

from digits import read_digits
from plain_loop import PlainLoop

folder, config = sys.argv[1:]
epochs = list(PlainLoop(json.loads(config)).train(*read_digits(Path(folder))))
print(json.dumps(epochs[-1]))
