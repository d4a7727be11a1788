"""Does what pages of the documents say, block by block, as somebody would who follows them.

Usage: follow_pages.py BLOCKS_JSON, a list of ``at``, ``language``, ``code`` and, of a file,
``name``. Python blocks share their names, bash blocks the variables that they export; all share
the folder.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, "")
names = {"__name__": "__main__"}


def follow(block):
    if "name" in block:
        Path(block["name"]).write_text(block["code"])
    elif block["language"] == "python":
        exec(compile(block["code"], block["at"], "exec"), names)  # noqa: S102
    else:
        shell(block["code"])


def shell(code):
    kept = Path(".environment")
    script = f"set -euo pipefail\n{code}\nenv -0 > {kept}"
    subprocess.run(["bash", "-c", script], check=True)
    exported = [pair.partition("=") for pair in kept.read_text().split("\0") if pair]
    os.environ.update({name: value for name, _, value in exported})


for block in json.loads(Path(sys.argv[1]).read_text()):
    print(f"-- {block['at']}", flush=True)
    follow(block)
