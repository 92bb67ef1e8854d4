"""Types of the values that pass through a loader; only the user's data set and `collate_fn` know more about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

AnyDataset: TypeAlias = Any
"""A data set of this package or PyTorch's, or any object with ``__getitem__`` or ``__iter__``."""

Index: TypeAlias = Any
"""The index of a sample: usually an int."""

Sample: TypeAlias = Any
"""The value that a data set returns for one index."""

Batch: TypeAlias = Any
"""The value that a `collate_fn` returns."""

Function: TypeAlias = Callable[[Any], Any]
"""A transform, a `collate_fn` or any other function of one argument."""
