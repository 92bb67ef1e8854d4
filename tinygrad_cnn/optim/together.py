"""Handing all parameters of a group to a compiled step at once."""

from __future__ import annotations

import numpy as np

from tinygrad_cnn._types import Array

_float32 = np.dtype(np.float32)


def table_of(rows: list[list[Array]]) -> Array | None:
    """Return an array of references to the arrays of `rows`, from where C reads them.

    None if one is not of float32, or if the first of a row, the parameter, must not be written.
    """
    table = np.empty((len(rows), len(rows[0])), object)
    for i, row in enumerate(rows):
        if not row[0].flags.writeable:
            return None
        for k, array in enumerate(row):
            if array.dtype != _float32:
                return None
            table[i, k] = array
    return table
