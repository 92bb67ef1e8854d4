"""Rows of the table: changes in place."""

from op_samples.table import normal, row
from tinygrad_cnn import ops
from tinygrad_cnn.autograd import registry

_STEPS = {
    "row": (((3,), ("getitem", {"index": (1, ...)})),),
    "transposed column": (((2,), ("permute", {"dims": (1, 0)})), (None, ("getitem", {"index": (2, slice(None), ...)}))),
    "reshaped": (((6,), ("reshape", {"shape": (6,)})),),
}


def _look(array, steps):
    for op, attrs in steps:
        array = registry[op].kernel(array, **attrs)
    return array


def _put(x, value, steps):
    out = x.copy()
    _look(out, steps)[...] = value
    return out


for name, parts in _STEPS.items():
    steps = tuple(step for _, step in parts)
    made = tuple((registry[op], attrs) for op, attrs in steps)
    row(
        "view_put",
        name,
        lambda x, v, s=made: ops.view_put(x, v, steps=s),
        lambda x, v, s=steps: _put(x, v, s),
        normal(2, 3),
        normal(*parts[0][0]),
    )
row(
    "view_put",
    "number",
    lambda x, s=((registry["getitem"], {"index": (1, ...)}),): ops.view_put(x, 0.5, steps=s),
    lambda x: _put(x, 0.5, (("getitem", {"index": (1, ...)}),)),
    normal(2, 3),
)
