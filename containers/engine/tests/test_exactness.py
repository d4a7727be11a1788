"""Whatever happens to a run, it ends as if nothing had: bit for bit, and fused within tolerance.

`npm run soak` goes on with other seeds for as long as it is told.
"""

from __future__ import annotations

from pathlib import Path

import exactness
import pytest


@pytest.mark.parametrize("seed", range(1, 7))
def test_a_disturbed_fit_ends_as_one_left_alone(tmp_path: Path, seed: int) -> None:
    exactness.prove(tmp_path, seed)
