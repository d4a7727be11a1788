"""Executes a notebook in a real kernel; prints its code cells, and what came of each, as JSON."""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient


class CountingClient(NotebookClient):
    """Counts the messages of each cell by kind."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.messages: dict[int, Counter[str]] = {}

    def process_message(self, msg: dict[str, Any], cell: Any, cell_index: int) -> Any:
        self.messages.setdefault(cell_index, Counter())[msg["msg_type"]] += 1
        return super().process_message(msg, cell, cell_index)


def main(file: Path) -> None:
    notebook = nbformat.read(file, as_version=4)
    client = CountingClient(
        notebook,
        timeout=240,
        kernel_name="python3",
        resources={"metadata": {"path": str(file.parent)}},
    )
    client.execute()
    cells = [
        {"source": cell.source, "outputs": cell.outputs, "messages": client.messages[at]}
        for at, cell in enumerate(notebook.cells)
        if cell.cell_type == "code"
    ]
    print(json.dumps(cells))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
