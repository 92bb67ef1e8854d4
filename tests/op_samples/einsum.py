"""Rows of the table: einsum, against loops over every letter."""

from itertools import product

import numpy as np

from op_samples.table import normal, row
from tinygrad_cnn import ops


def _loops(terms, output, *operands):
    """Sum the products over every value of every letter."""
    sizes = {}
    for term, operand in zip(terms, operands, strict=True):
        for letter, size in zip(term, operand.shape, strict=True):
            sizes[letter] = size if sizes.get(letter, 1) == 1 else sizes[letter]
    y = np.zeros([sizes[letter] for letter in output])
    for values in product(*map(range, sizes.values())):
        at = dict(zip(sizes, values, strict=True))
        value = 1.0
        for term, operand in zip(terms, operands, strict=True):
            value = value * operand[tuple(at[one] if n > 1 else 0 for one, n in zip(term, operand.shape, strict=True))]
        y[tuple(at[letter] for letter in output)] += value
    return y


for name, equation, plain, *shapes in [
    ("matrices", "ij,jk->ik", "ij,jk->ik", (2, 3), (3, 4)),
    ("implicit output", "ba, ac", "ba,ac->bc", (2, 3), (3, 2)),
    ("alphabetical output", "ba", "ba->ab", (2, 3)),
    ("capitals first", "aB", "aB->Ba", (2, 3)),
    ("sum of all", "ij->", "ij->", (2, 3)),
    ("sum of one axis", "ijk->ik", "ijk->ik", (2, 3, 2)),
    ("trace", "ii", "ii->", (3, 3)),
    ("diagonal", "ii->i", "ii->i", (3, 3)),
    ("diagonals of two letters", "ijij->ji", "ijij->ji", (2, 3, 2, 3)),
    ("threefold diagonal", "iii,i->i", "iii,i->i", (2, 2, 2), (2,)),
    ("diagonal against an operand", "iij,jk->ki", "iij,jk->ki", (2, 2, 3), (3, 2)),
    ("three operands", "ij,jk,kl->il", "ij,jk,kl->il", (2, 3), (3, 2), (2, 3)),
    ("bilinear", "bn,anm,bm->ba", "bn,anm,bm->ba", (2, 3), (2, 3, 2), (2, 2)),
    ("elementwise", "ij,ij->ij", "ij,ij->ij", (2, 3), (2, 3)),
    ("outer", "i,j->ij", "i,j->ij", (2,), (3,)),
    ("summed alone", "ij,k->k", "ij,k->k", (2, 3), (2,)),
    ("length 1", "ij,j->ij", "ij,j->ij", (2, 1), (3,)),
    ("length 1 summed", "ij,ij->i", "ij,ij->i", (2, 1), (1, 3)),
    ("diagonal of length 1", "ii,i->i", "ii,i->i", (1, 1), (3,)),
    ("0-d operand", ",ij->ij", ",ij->ij", (), (2, 3)),
    ("ellipsis", "...ij,...jk->...ik", "bij,bjk->bik", (2, 2, 3), (2, 3, 2)),
    ("ellipsis of unequal ranks", "...ij,jk...->...ik", "abij,jkb->abik", (2, 1, 2, 3), (3, 2, 2)),
    ("ellipsis in front of the implicit output", "i...j", "iaj->aij", (2, 3, 2)),
    ("ellipsis summed", "...i->i", "abi->i", (2, 3, 2)),
    ("ellipsis of nothing", "i...,...i->...", "i,i->", (3,), (3,)),
]:
    left, output = plain.split("->")
    terms = left.split(",")
    row(
        "einsum",
        name,
        lambda *xs, e=equation: ops.einsum(e, *xs),
        lambda *xs, t=terms, o=output: _loops(t, o, *xs),
        *[normal(*shape) for shape in shapes],
        third=name in ("bilinear", "diagonal against an operand", "length 1"),
    )
row(
    "einsum",
    "empty batch",
    lambda x, y: ops.einsum("bi,ij->bj", x, y),
    lambda x, y: _loops(["bi", "ij"], "bj", x, y),
    normal(2, 3),
    normal(3, 2),
    batch=(0, None),
)
row(
    "einsum", "numbers for axes", lambda x, y: ops.einsum(x, [0, 30], y, [30, 2], [2, 0]), lambda x, y: (x @ y).T,
    normal(2, 3), normal(3, 4),
)  # fmt: skip
row(
    "einsum", "numbers for axes, no output", lambda x, y: ops.einsum(x, [30, ..., 0], y, [0, 1]),
    lambda x, y: np.moveaxis(x @ y, 0, 2), normal(2, 5, 3), normal(3, 4),
)  # fmt: skip
