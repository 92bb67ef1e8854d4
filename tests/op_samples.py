"""The table of operation samples: one row per operation and configuration, with a reference for its forward pass.

Every test of operations that holds for all of them runs over `SAMPLES`; a new operation needs rows here and nothing
else to be compared with its reference, differentiated numerically at two orders, and so on.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import op_references as ref

from tinygrad_cnn import ops


@dataclass(frozen=True)
class Sample:
    """One configuration of one operation.

    Attributes:
        op: its name in the registry.
        case: what is special about this row.
        call: takes tensors, or arrays, and gives the same kind.
        reference: takes arrays and gives the expected array.
        inputs: float64 arrays, with respect to which it is differentiated, or integer and boolean ones.
        batch: for each input the axis that may be empty, None for inputs without; empty if no axis may be.
        attrs: the geometry, for convolution and pooling.
        third: whether third order is checked as well.
        fixed_dtype: whether the output's dtype is chosen by an attribute rather than by the inputs.
    """

    op: str
    case: str
    call: Callable[..., Any]
    reference: Callable[..., Any]
    inputs: tuple[np.ndarray, ...]
    batch: tuple[int | None, ...] = ()
    attrs: dict[str, Any] = field(default_factory=dict)
    third: bool = False
    fixed_dtype: bool = False

    def __str__(self):
        return f"{self.op}-{self.case}".replace(" ", "_")


SAMPLES: list[Sample] = []


def row(op, case, call, reference, *makers, batch=(), **options):
    """Add a row; each maker is an array or takes a generator seeded by the row's name."""
    source = np.random.default_rng(zlib.crc32(f"{op} {case}".encode()))
    inputs = tuple(maker(source) if callable(maker) else np.asarray(maker) for maker in makers)
    SAMPLES.append(Sample(op, case, call, reference, inputs, batch, **options))


def normal(*shape):
    return lambda source: np.asarray(source.standard_normal(shape))


def positive(*shape):
    return lambda source: np.asarray(source.uniform(0.5, 2, shape))


def apart(*shape):
    """Make values at least 0.1 from each other and 0.05 from zero, in random order: no ties and no kinks near."""

    def make(source):
        size = int(np.prod(shape))
        return ((source.permutation(size) - size // 2) * 0.1 + 0.05).reshape(shape)

    return make


# --- elementwise ----------------------------------------------------------------------------------------------------

_UNARY = [
    ("neg", lambda x: -x, normal, False),
    ("exp", lambda x: np.e**x, normal, True),
    ("log", lambda x: np.log2(x) * np.log(2), positive, True),
    ("sqrt", lambda x: x**0.5, positive, True),
    ("abs", lambda x: np.where(x < 0, -x, x), apart, False),
    ("sign", lambda x: np.where(x < 0, -1.0, 1.0), apart, False),
    ("clone", lambda x: x + 0, normal, False),
    ("relu", lambda x: np.where(x > 0, x, 0), apart, False),
    ("sigmoid", lambda x: 1 / (1 + np.exp(-x)), normal, True),
    ("tanh", lambda x: (np.exp(2 * x) - 1) / (np.exp(2 * x) + 1), normal, True),
]
for name, reference, maker, third in _UNARY:
    op = getattr(ops, name)
    row(name, "2-d", op, reference, maker(3, 4), batch=(0,), third=third)
    row(name, "0-d", op, reference, maker())

_BINARY = [
    ("add", lambda x, y: x + y, normal, False),
    ("sub", lambda x, y: x - y, normal, False),
    ("mul", lambda x, y: x * y, normal, True),
    ("div", lambda x, y: x * y**-1.0, positive, True),
    ("pow", lambda x, y: np.exp(y * np.log(x)), positive, True),
    ("maximum", lambda x, y: np.where(x > y, x, y), None, False),
    ("minimum", lambda x, y: np.where(x < y, x, y), None, False),
    ("eq", lambda x, y: x == y, None, False),
    ("ne", lambda x, y: ~(x == y), None, False),
    ("lt", lambda x, y: y > x, None, False),
    ("le", lambda x, y: ~(x > y), None, False),
    ("gt", lambda x, y: y < x, None, False),
    ("ge", lambda x, y: ~(x < y), None, False),
]


def _offset(*shape):
    """Make values that never equal, nor come near, those of `apart`."""
    return lambda source: np.asarray(apart(*shape)(source) + 0.03)


for name, reference, maker, third in _BINARY:
    op = getattr(ops, name)
    first, second = (maker, maker) if maker else (apart, _offset)
    row(name, "same shape", op, reference, first(3, 4), second(3, 4), batch=(0, 0), third=third)
    row(name, "second broadcast", op, reference, first(2, 3, 4), second(3, 1), batch=(0, None))
    row(name, "first broadcast", op, reference, first(4), second(2, 3, 4), batch=(None, 0))
    row(name, "both broadcast", op, reference, first(3, 1), second(1, 2), batch=(0, None))
    row(name, "0-d second", op, reference, first(3), second(), batch=(0, None))
    row(name, "0-d first", op, reference, first(), second(3), batch=(None, 0))
    row(name, "both 0-d", op, reference, first(), second())
    row(name, "number second", lambda x, op=op: op(x, 1.37), lambda x, r=reference: r(x, np.array(1.37)), first(2, 3))
    row(name, "number first", lambda x, op=op: op(1.37, x), lambda x, r=reference: r(np.array(1.37), x), second(2, 3))

for exponent in (0, 1, 2, 3, -1, 0.5, -1.5):
    row("pow", f"number {exponent}", lambda x, e=exponent: ops.pow(x, e), lambda x, e=exponent: x**e, positive(2, 3))
row("pow", "negative base, integer exponent", lambda x: ops.pow(x, 3), lambda x: x * x * x, apart(2, 3), third=True)

_MASK = np.array([[True, False, True], [False, False, True]])
row(
    "where", "same shape", ops.where, lambda c, x, y: c * x + ~c * y, _MASK, normal(2, 3), normal(2, 3), batch=(0, 0, 0)
)
row("where", "all broadcast", ops.where, lambda c, x, y: c * x + ~c * y, _MASK[:, :1], normal(3), normal(4, 1, 1))
row("where", "numbers", lambda c, x: ops.where(c, x, 2), lambda c, x: c * x + ~c * 2.0, _MASK, normal(2, 3))
row("where", "number first", lambda c, x: ops.where(c, 0.5, x), lambda c, x: c * 0.5 + ~c * x, _MASK, normal(2, 3))
row("where", "clamp", lambda x: ops.clamp(x, -0.21, 0.32), lambda x: np.clip(x, -0.21, 0.32), apart(3, 4), batch=(0,))
row("where", "clamp below", lambda x: ops.clamp(x, min=-0.2), lambda x: np.clip(x, -0.2, None), apart(3, 4))
row("where", "clamp above", lambda x: ops.clamp(x, max=0.2), lambda x: np.clip(x, None, 0.2), apart(3, 4))

_BITS = np.array([[0, 5, 3], [255, 12, 6]]), np.array([3, 6, 10])
_FLAGS = np.array([[True, True, False], [False, True, False]]), np.array([True, False, False])
for name, reference in [
    ("bitwise_and", lambda x, y: np.minimum(x, y)),
    ("bitwise_or", lambda x, y: np.maximum(x, y)),
]:
    row(name, "booleans", getattr(ops, name), reference, *_FLAGS, batch=(0, None))
row("bitwise_and", "integers", ops.bitwise_and, lambda x, y: x & y, *_BITS)
row("bitwise_or", "integers", ops.bitwise_or, lambda x, y: x | y, *_BITS)
row("bitwise_not", "booleans", ops.bitwise_not, lambda x: np.where(x, False, True), _FLAGS[0], batch=(0,))
row("bitwise_not", "integers", ops.bitwise_not, lambda x: -x - 1, _BITS[0])

# --- shape and dtype ------------------------------------------------------------------------------------------------

row("reshape", "join", lambda x: ops.reshape(x, (6, -1)), lambda x: x.ravel().reshape(6, 4), normal(2, 3, 4))
row("reshape", "to 0-d", lambda x: ops.reshape(x, ()), lambda x: x.ravel()[0], normal(1, 1))
row("reshape", "flatten", lambda x: ops.flatten(x, 1), lambda x: x.reshape(len(x), 12), normal(2, 3, 4), batch=(0,))
row("reshape", "flatten 0-d", ops.flatten, lambda x: np.array([x[()]]), normal())
row("reshape", "unsqueeze", lambda x: ops.unsqueeze(x, -1), lambda x: x[..., None], normal(2, 3), batch=(0,))
row("reshape", "squeeze", lambda x: ops.squeeze(x, (0, 2)), lambda x: x[0], normal(1, 2, 3))
row(
    "permute",
    "three axes",
    lambda x: ops.permute(x, (2, 0, -2)),
    lambda x: np.moveaxis(x, 2, 0),
    normal(2, 3, 4),
    batch=(0,),
)
row(
    "permute",
    "four axes",
    lambda x: ops.permute(x, (1, 3, 0, 2)),
    lambda x: np.einsum("abcd->bdac", x),
    normal(2, 1, 3, 2),
)
row("permute", "transpose", lambda x: ops.transpose(x, 0, -1), lambda x: np.einsum("abc->cba", x), normal(2, 3, 4))
row("permute", "t", ops.t, lambda x: np.array([list(c) for c in zip(*x, strict=True)]), normal(2, 3))
row(
    "broadcast_to",
    "new and repeated axes",
    lambda x: ops.expand(x, 2, 3, 4),
    lambda x: np.zeros((2, 3, 4)) + x,
    normal(3, 1),
)
row("broadcast_to", "kept size", lambda x: ops.expand(x, -1, 4), lambda x: np.repeat(x, 4, 1), normal(3, 1), batch=(0,))
row("broadcast_to", "from 0-d", lambda x: ops.broadcast_to(x, shape=(2, 2)), lambda x: np.full((2, 2), x), normal())
row(
    "sum_to", "lead and inner", lambda x: ops.sum_to(x, shape=(3, 1)), lambda x: x.sum((0, 2))[:, None], normal(2, 3, 4)
)
row("sum_to", "to 0-d", lambda x: ops.sum_to(x, shape=()), np.sum, normal(2, 3))
row("sum_to", "same", lambda x: ops.sum_to(x, shape=(2, 3)), lambda x: x, normal(2, 3))
row(
    "cast",
    "to float64",
    lambda x: ops.cast(x, dtype=np.dtype("f8")),
    lambda x: x,
    normal(2, 3),
    batch=(0,),
    fixed_dtype=True,
)
row("cast", "to int64", lambda x: ops.cast(x, dtype=np.dtype("i8")), np.trunc, apart(5, 5), fixed_dtype=True)

# --- indexing -------------------------------------------------------------------------------------------------------

_INDICES = {
    "integer": 1,
    "negative integer": -1,
    "integers to 0-d": (1, 2, 0),
    "slices": (slice(None), slice(1, 3)),
    "negative step": (slice(None, None, -1), slice(None), slice(3, None, -2)),
    "none": (None, slice(None), None, 0),
    "ellipsis": (..., slice(0, 2)),
    "empty slice": (slice(None), slice(2, 2)),
    "everything": (),
    "array": np.array([1, 0]),
    "repeated": np.array([1, 0, 1, 1]),
    "negative array": np.array([-1, -2]),
    "arrays together": (np.array([0, 1, 0]), np.array([2, 2, 2])),
    "arrays broadcast": (np.array([[0], [1]]), np.array([2, 0, 2])),
    "arrays apart": (np.array([0, 1]), slice(None), np.array([3, 3])),
    "array, none and slice": (slice(None), None, np.array([2, 0, 2]), slice(1, None, 2)),
    "boolean": np.arange(24).reshape(2, 3, 4) % 3 == 0,
    "boolean row": (slice(None), np.array([True, False, True])),
    "boolean none": np.zeros((2, 3), bool),
}
for name, index in _INDICES.items():
    shape = np.empty((2, 3, 4))[index].shape
    row("getitem", name, lambda x, i=index: ops.getitem(x, i), lambda x, i=index: x[i], normal(2, 3, 4))
    row(
        "index_put", name,
        lambda g, i=index: ops.index_put(g, index=i, shape=(2, 3, 4)),
        lambda g, i=index: ref.index_add(g, i, (2, 3, 4)),
        normal(*shape),
    )  # fmt: skip
row("getitem", "list", lambda x: ops.getitem(x, [1, 1, 0]), lambda x: np.stack([x[1], x[1], x[0]]), normal(2, 3, 4))
row("getitem", "batch", lambda x: ops.getitem(x, (slice(None), 1)), lambda x: x[:, 1], normal(2, 3), batch=(0,))

_PICKS = np.array([[[2, 0, 1]], [[1, 1, 1]]])
row(
    "gather",
    "dim 1",
    lambda x, i: ops.gather(x, 1, i),
    lambda x, i: ref.gather(x, 1, i),
    normal(2, 3, 4),
    _PICKS,
    batch=(0, 0),
)
row(
    "gather",
    "last dim, repeated",
    lambda x, i: ops.gather(x, -1, i),
    lambda x, i: ref.gather(x, 2, i),
    normal(2, 3, 4),
    _PICKS,
)
row(
    "gather",
    "dim 0, shorter",
    lambda x, i: ops.gather(x, 0, i),
    lambda x, i: ref.gather(x, 0, i),
    normal(3, 4),
    [[0, 2, 2]],
)
for dim, shape in ((1, (2, 3, 4)), (2, (2, 3, 4))):
    row(
        "scatter_add_zeros", f"dim {dim}",
        lambda g, i, d=dim, s=shape: ops.scatter_add_zeros(g, i, dim=d, shape=s),
        lambda g, i, d=dim, s=shape: ref.scatter_add(g, d, i, s),
        normal(2, 1, 3), _PICKS,
    )  # fmt: skip

# --- reductions -----------------------------------------------------------------------------------------------------

_DIMS = {"all": None, "first": 0, "last": -1, "two": (0, 2), "negative two": (-1, 1), "every": (2, 0, 1)}
for name, apply in [("sum", np.sum), ("mean", np.mean), ("amax", np.max), ("amin", np.min)]:
    op = getattr(ops, name)
    for label, dim in _DIMS.items():
        for keepdim in (False, True):
            row(
                name, f"{label}{', keepdim' if keepdim else ''}",
                lambda x, op=op, d=dim, k=keepdim: op(x, d, k),
                lambda x, f=apply, d=dim, k=keepdim: f(x, axis=d, keepdims=k),
                apart(2, 3, 4),
                batch=(0,) if dim == -1 else (),
            )  # fmt: skip
    row(name, "0-d", op, lambda x: x, normal())
for name, apply in [("argmax", np.argmax), ("argmin", np.argmin)]:
    op = getattr(ops, name)
    row(name, "all", op, lambda x, f=apply: f(x.ravel()), apart(2, 3))
    row(
        name,
        "last",
        lambda x, op=op: op(x, -1),
        lambda x, f=apply: np.array([f(r) for r in x], int),
        apart(2, 3),
        batch=(0,),
    )
    row(name, "keepdim", lambda x, op=op: op(x, 0, True), lambda x, f=apply: f(x.T, 1)[None], apart(3, 2))
    row(name, "0-d", op, lambda x: 0, apart())
for name, apply in [("max", np.max), ("min", np.min)]:
    op = getattr(ops, name)
    row(
        "gather",
        f"{name} of dim",
        lambda x, op=op: op(x, 1).values,
        lambda x, f=apply: f(x, 1),
        apart(2, 3, 2),
        batch=(0,),
    )
    row(
        "gather",
        f"{name} of dim, keepdim",
        lambda x, op=op: op(x, 0, True)[0],
        lambda x, f=apply: f(x, 0)[None],
        apart(3, 2),
    )

# --- softmax and losses ---------------------------------------------------------------------------------------------


def _softmax(x, dim):
    return np.exp(x) / np.exp(x).sum(dim, keepdims=True)


for dim in (0, 1, 2):
    batch = (0,) if dim else ()
    row(
        "softmax",
        f"dim {dim}",
        lambda x, d=dim: ops.softmax(x, dim=d),
        lambda x, d=dim: _softmax(x, d),
        normal(2, 3, 2),
        batch=batch,
        third=dim == 1,
    )
    row(
        "log_softmax",
        f"dim {dim}",
        lambda x, d=dim: ops.log_softmax(x, dim=d),
        lambda x, d=dim: np.log(_softmax(x, d)),
        normal(2, 3, 2),
        batch=batch,
        third=dim == 1,
    )

for reduction in ("none", "sum", "mean"):
    row(
        "cross_entropy", reduction,
        lambda x, t, r=reduction: ops.cross_entropy(x, t, reduction=r),
        lambda x, t, r=reduction: ref.cross_entropy(x, t, r),
        normal(4, 3), [2, 0, 1, 2], batch=(0, 0), third=True,
    )  # fmt: skip
    row(
        "cross_entropy", f"{reduction}, places",
        lambda x, t, r=reduction: ops.cross_entropy(x, t, reduction=r),
        lambda x, t, r=reduction: ref.cross_entropy(x, t, r),
        normal(2, 3, 2, 2), [[[0, 1], [2, 2]], [[1, 1], [0, 2]]],
    )  # fmt: skip
    row(
        "mse_loss", reduction,
        lambda x, t, r=reduction: ops.mse_loss(x, t, reduction=r),
        lambda x, t, r=reduction: {"none": np.copy, "sum": np.sum, "mean": np.mean}[r]((x - t) * (x - t)),
        normal(3, 4), normal(3, 4), batch=() if reduction == "mean" else (0, 0), third=True,
    )  # fmt: skip

_HOT = lambda t, d: np.moveaxis(np.eye(3)[t], -1, d)  # noqa: E731
row(
    "one_hot",
    "last",
    lambda t: ops.one_hot(t, num_classes=3, dim=1, dtype=np.dtype("f8")),
    lambda t: _HOT(t, 1),
    [2, 0, 1, 1],
    batch=(0,),
    fixed_dtype=True,
)
row(
    "one_hot",
    "middle",
    lambda t: ops.one_hot(t, num_classes=3, dim=1, dtype=np.dtype("f4")),
    lambda t: _HOT(t, 1).astype("f4"),
    [[2, 0], [1, 1]],
    fixed_dtype=True,
)

# --- matrix products ------------------------------------------------------------------------------------------------

for name, subscripts, a, b in [
    ("1-d 1-d", "i,i->", (3,), (3,)),
    ("2-d 1-d", "ij,j->i", (2, 3), (3,)),
    ("1-d 2-d", "i,ij->j", (3,), (3, 2)),
    ("2-d 2-d", "ij,jk->ik", (2, 3), (3, 4)),
    ("1-d 3-d", "i,bij->bj", (3,), (2, 3, 2)),
    ("3-d 1-d", "bij,j->bi", (2, 2, 3), (3,)),
    ("batched", "bij,bjk->bik", (2, 2, 3), (2, 3, 2)),
    ("second broadcast", "bij,jk->bik", (2, 2, 3), (3, 2)),
    ("first broadcast", "ij,bjk->bik", (2, 3), (2, 3, 2)),
]:
    row(
        "matmul",
        name,
        ops.matmul,
        lambda x, y, s=subscripts: np.einsum(s, x, y),
        normal(*a),
        normal(*b),
        third=name == "2-d 2-d",
    )
row(
    "matmul",
    "both broadcast",
    ops.matmul,
    lambda x, y: np.einsum("bij,cjk->bcik", x[:, 0], y),
    normal(2, 1, 2, 3),
    normal(2, 3, 2),
)
row(
    "matmul",
    "length-1 batch",
    ops.matmul,
    lambda x, y: np.einsum("ij,bjk->bik", x[0], y),
    normal(1, 2, 3),
    normal(2, 3, 2),
)
row(
    "matmul",
    "empty batch",
    ops.matmul,
    lambda x, y: np.einsum("ij,jk->ik", x, y),
    normal(4, 3),
    normal(3, 2),
    batch=(0, None),
)
row("matmul", "mm", ops.mm, lambda x, y: np.einsum("ij,jk->ik", x, y), normal(2, 3), normal(3, 2))
for lead in ((), (3,), (2, 3)):
    batch = (0, None, None) if lead else ()
    row(
        "linear",
        f"{len(lead) + 1}-d",
        ops.linear,
        lambda x, w, b: np.einsum("...i,oi->...o", x, w) + b,
        normal(*lead, 4),
        normal(2, 4),
        normal(2),
        batch=batch,
    )
row(
    "linear",
    "no bias",
    lambda x, w: ops.linear(x, w, None),
    lambda x, w: np.einsum("...i,oi->...o", x, w),
    normal(3, 4),
    normal(2, 4),
    batch=(0, None),
    third=True,
)

# --- convolution ----------------------------------------------------------------------------------------------------

#                     x              w             stride  padding            dilation groups
_CONVOLUTIONS = {
    "plain":         ((2, 2, 4, 5), (2, 2, 2, 3), (1, 1), ((0, 0), (0, 0)), (1, 1), 1),
    "stride, rest":  ((1, 1, 6, 7), (2, 1, 3, 2), (2, 2), ((0, 0), (0, 0)), (1, 1), 1),
    "padding":       ((1, 2, 3, 4), (1, 2, 3, 2), (1, 2), ((1, 1), (2, 2)), (1, 1), 1),
    "asymmetric":    ((1, 1, 4, 3), (2, 1, 2, 3), (2, 1), ((0, 1), (2, 1)), (1, 1), 1),
    "dilation":      ((1, 1, 6, 6), (2, 1, 2, 3), (1, 2), ((1, 0), (0, 1)), (3, 2), 1),
    "groups":        ((2, 4, 3, 3), (4, 2, 2, 1), (1, 1), ((0, 0), (1, 0)), (1, 1), 2),
    "depthwise":     ((1, 3, 4, 3), (6, 1, 1, 2), (2, 1), ((1, 1), (0, 0)), (1, 1), 3),
    "1×1":           ((2, 3, 2, 3), (2, 3, 1, 1), (1, 1), ((0, 0), (0, 0)), (1, 1), 1),
    "whole window":  ((2, 1, 3, 4), (3, 1, 3, 4), (1, 1), ((0, 0), (0, 0)), (1, 1), 1),
    "stride skips":  ((1, 1, 7, 5), (1, 1, 1, 2), (3, 4), ((0, 1), (1, 0)), (1, 1), 1),
}  # fmt: skip
for name, (x, w, stride, padding, dilation, groups) in _CONVOLUTIONS.items():
    how = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    attrs = {"kernel_size": w[2:], "input_size": x[2:], **how}
    g = (x[0], w[0], *ref.out_shape(*x[2:], w[2:], stride, padding, dilation))
    biased = name not in ("padding", "depthwise", "1×1")
    if biased:
        row(
            "conv2d", name,
            lambda x, w, b, how=how: ops.conv2d(x, w, b, **how), lambda x, w, b, how=how: ref.conv2d(x, w, b, **how),
            normal(*x), normal(*w), normal(w[0]), batch=(0, None, None), attrs=attrs,
        )  # fmt: skip
    else:
        row(
            "conv2d", f"{name}, no bias",
            lambda x, w, how=how: ops.conv2d(x, w, None, **how), lambda x, w, how=how: ref.conv2d(x, w, None, **how),
            normal(*x), normal(*w), batch=(0, None), attrs=attrs, third=name == "1×1",
        )  # fmt: skip
    row(
        "conv2d_input", name,
        lambda g, w, size=x[2:], how=how: ops.conv2d_input(g, w, input_size=size, **how),
        lambda g, w, size=x[2:], how=how: ref.conv2d_input(g, w, input_size=size, **how),
        normal(*g), normal(*w), batch=(0, None), attrs=attrs,
    )  # fmt: skip
    row(
        "conv2d_weight", name,
        lambda x, g, size=w[2:], how=how: ops.conv2d_weight(x, g, kernel_size=size, **how),
        lambda x, g, size=w[2:], how=how: ref.conv2d_weight(x, g, kernel_size=size, **how),
        normal(*x), normal(*g), batch=(0, 0), attrs=attrs,
    )  # fmt: skip

# --- pooling --------------------------------------------------------------------------------------------------------

#                     x              kernel  stride  padding           dilation
_MAX_POOLS = {
    "plain":         ((2, 2, 4, 6), (2, 3), (2, 3), ((0, 0), (0, 0)), (1, 1)),
    "overlapping":   ((2, 1, 4, 5), (3, 2), (1, 1), ((0, 0), (0, 0)), (1, 1)),
    "stride, rest":  ((1, 2, 6, 5), (3, 1), (2, 3), ((0, 0), (0, 0)), (1, 1)),
    "padding":       ((1, 2, 3, 4), (2, 3), (1, 2), ((1, 1), (1, 1)), (1, 1)),
    "asymmetric":    ((1, 1, 5, 4), (3, 2), (2, 2), ((0, 2), (1, 0)), (1, 1)),
    "dilation":      ((1, 1, 6, 5), (2, 3), (2, 1), ((1, 0), (1, 1)), (3, 2)),
    "stride skips":  ((1, 1, 5, 7), (1, 2), (2, 4), ((0, 0), (0, 1)), (1, 1)),
}  # fmt: skip
for name, (x, kernel_size, stride, padding, dilation) in _MAX_POOLS.items():
    how = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
    attrs = {"input_size": x[2:], **how}
    values = apart(*x)(np.random.default_rng(0))
    taps = ref.max_taps(values, **how)[1]
    row(
        "max_pool2d", name,
        lambda x, how=how: ops.max_pool2d(x, **how), lambda x, how=how: ref.max_pool2d(x, **how),
        values, batch=(0,), attrs=attrs,
    )  # fmt: skip
    row(
        "max_pool2d_scatter", name,
        lambda g, t, a=attrs: ops.max_pool2d_scatter(g, t, **a),
        lambda g, t, a=attrs: ref.max_pool2d_scatter(g, t, **a),
        normal(*taps.shape), taps, batch=(0, 0), attrs=attrs,
    )  # fmt: skip
    row(
        "max_pool2d_gather", name,
        lambda x, t, how=how: ops.max_pool2d_gather(x, t, **how),
        lambda x, t, how=how: ref.max_pool2d_gather(x, t, **how),
        normal(*x), taps, batch=(0, 0), attrs=attrs,
    )  # fmt: skip

_NONE = ((0, 0), (0, 0))
#                     x              kernel  stride  padding           counted            divisor
_AVG_POOLS = {
    "plain":         ((2, 2, 4, 6), (2, 3), (2, 3), _NONE,            _NONE,             None),
    "overlapping":   ((2, 1, 4, 5), (3, 2), (1, 1), _NONE,            _NONE,             None),
    "stride, rest":  ((1, 2, 6, 5), (3, 1), (2, 3), _NONE,            _NONE,             None),
    "padding":       ((1, 2, 3, 4), (2, 3), (1, 2), ((1, 1), (1, 1)), ((1, 1), (1, 1)),  None),
    "not counted":   ((1, 2, 3, 4), (2, 3), (1, 2), ((1, 1), (1, 1)), _NONE,             None),
    "ceil":          ((1, 1, 4, 4), (3, 2), (2, 3), ((1, 2), (0, 1)), ((1, 1), (0, 0)),  None),
    "ceil, skipped": ((1, 1, 4, 4), (3, 2), (2, 3), ((1, 2), (0, 1)), _NONE,             None),
    "divisor":       ((1, 1, 4, 3), (3, 2), (1, 1), ((1, 0), (0, 1)), ((1, 0), (0, 1)),  5),
    "stride skips":  ((1, 1, 5, 7), (1, 2), (2, 4), _NONE,            _NONE,             None),
}  # fmt: skip
for name, (x, kernel_size, stride, padding, counted, divisor) in _AVG_POOLS.items():
    how = {
        "kernel_size": kernel_size,
        "stride": stride,
        "padding": padding,
        "counted": counted,
        "divisor_override": divisor,
    }
    attrs = {"input_size": x[2:], **how}
    g = (*x[:2], *ref.out_shape(*x[2:], kernel_size, stride, padding, (1, 1)))
    row(
        "avg_pool2d", name,
        lambda x, how=how: ops.avg_pool2d(x, **how), lambda x, how=how: ref.avg_pool2d(x, **how),
        normal(*x), batch=(0,), attrs=attrs,
    )  # fmt: skip
    row(
        "avg_pool2d_input", name,
        lambda g, a=attrs: ops.avg_pool2d_input(g, **a), lambda g, a=attrs: ref.avg_pool2d_input(g, **a),
        normal(*g), batch=(0,), attrs=attrs,
    )  # fmt: skip
