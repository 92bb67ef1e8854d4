"""Rows of the table: rows by number."""

import numpy as np
import op_references as ref

from op_samples.table import normal, row
from tinygrad_cnn import ops

for name, index in (("repeated", [3, 0, 3, 3, 1]), ("two axes", [[0, 2, 2], [1, 0, 2]]), ("0-d", 2)):
    places = np.array(index)
    row(
        "embedding",
        name,
        ops.embedding,
        lambda w, i: np.array([w[one] for one in i.ravel()]).reshape(*i.shape, 2),
        normal(4, 2),
        places,
    )
    row(
        "embedding_weight",
        name,
        lambda g, i: ops.embedding_weight(g, i, shape=(4, 2)),
        lambda g, i: ref.index_add(g, i, (4, 2)),
        normal(*places.shape, 2),
        places,
    )
row("embedding", "no indices", ops.embedding, lambda w, i: np.zeros((0, 2)), normal(4, 2), np.zeros(0, int))
row(
    "embedding_weight",
    "batch",
    lambda g, i: ops.embedding_weight(g, i, shape=(4, 2)),
    lambda g, i: ref.index_add(g, i, (4, 2)),
    normal(3, 2),
    [0, 1, 1],
    batch=(0, 0),
)
