"""Where the real data sets are that some tests read: TINYGRAD_CNN_SHARED, or ../shared/data beside the repository."""

import os
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("TINYGRAD_CNN_SHARED") or Path(__file__).parents[2] / "shared" / "data")


def needs(name):
    """Return a mark that skips a test where the real file `name` is missing."""
    return pytest.mark.skipif(
        not (ROOT / name).exists(),
        reason=f"{ROOT / name} is missing; TINYGRAD_CNN_SHARED names the folder of the real data sets",
    )
