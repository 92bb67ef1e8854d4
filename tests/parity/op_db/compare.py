"""Comparisons of one call there and here: outputs, gradients of two orders, changes in place, errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

import tinygrad_cnn
from op_db import decline
from op_db.convert import Converter, UnsupportedError, dtype, leaves
from op_db.samples import Sample

REFUSALS = (RuntimeError, ValueError, TypeError, IndexError)


class DifferenceError(AssertionError):
    """Ours is not PyTorch's; the text says how."""


def flat(result: Any) -> list[Any]:
    """Return the outputs as a list."""
    return list(result) if isinstance(result, tuple | list) else [result]


def compare(what: str, mine: Any, theirs: Any, rtol: float) -> None:
    """Raise DifferenceError unless type, shape, dtype and values agree."""
    if isinstance(theirs, torch.Tensor) != isinstance(mine, tinygrad_cnn.Tensor):
        raise DifferenceError(f"{what}: PyTorch gives {type(theirs).__name__}, ours {type(mine).__name__}")
    if not isinstance(theirs, torch.Tensor):
        if mine != theirs:
            raise DifferenceError(f"{what}: PyTorch gives {theirs!r}, ours {mine!r}")
        return
    if tuple(theirs.shape) != mine.shape:
        raise DifferenceError(f"{what}: shape {tuple(theirs.shape)} there, {mine.shape} here")
    if dtype(theirs.dtype) != mine.dtype:
        raise DifferenceError(f"{what}: dtype {theirs.dtype} there, {mine.dtype} here")
    if rtol == np.inf:
        return
    expected = theirs.detach().numpy(force=True)  # `force` makes PyTorch's symbolic zeros real
    found = mine.array
    if expected.dtype.kind != "f":
        wrong = expected != found
    else:
        finite = expected[np.isfinite(expected)].astype(np.float64)
        scale = max(1.0, float(np.abs(finite).max())) if finite.size else 1.0
        near = 1e-3 if expected.dtype == np.float64 else 0.1  # of the largest value, where terms cancel
        with np.errstate(all="ignore"):
            wrong = ~np.isclose(found, expected, rtol=rtol, atol=rtol * near * scale, equal_nan=True)
    if wrong.any():
        where = tuple(int(i) for i in np.argwhere(wrong)[0])
        there, here = expected[where].item(), found[where].item()
        raise DifferenceError(f"{what}{list(where)}: {there} there, {here} here ({wrong.sum()} of {wrong.size})")


def compare_outputs(mine: Any, theirs: Any, rtol: float, *, random: bool) -> None:
    """Compare one output or several, without the values where they are `random`."""
    ours, refs = flat(mine), flat(theirs)
    if isinstance(theirs, tuple | list) != isinstance(mine, tuple | list):
        raise DifferenceError(f"outputs: {type(theirs).__name__} there, {type(mine).__name__} here")
    if len(ours) != len(refs):
        raise DifferenceError(f"outputs: {len(refs)} there, {len(ours)} here")
    for i, (one, ref) in enumerate(zip(ours, refs, strict=True)):
        compare("output" if len(refs) == 1 else f"output {i}", one, ref, np.inf if random else rtol)


def weights(outputs: list[torch.Tensor]) -> list[torch.Tensor]:
    """Return a fixed upstream gradient for each output."""
    rng = np.random.default_rng(7)
    return [torch.from_numpy(np.asarray(rng.normal(size=tuple(out.shape)))).to(out.dtype) for out in outputs]


def compare_grads(what: str, mine: Any, theirs: Any, inputs: list[torch.Tensor], rtol: float) -> None:
    """Compare gradients input by input; no gradient at all counts as zeros."""
    for i, (one, ref, x) in enumerate(zip(mine, theirs, inputs, strict=True)):
        expected = torch.zeros_like(x) if ref is None else ref
        found = tinygrad_cnn.zeros(x.shape, dtype=dtype(x.dtype)) if one is None else one
        compare(f"{what} of input {i}", found, expected, rtol)


def check_gradients(call: Callable[..., Any], op: Callable[..., Any], sample: Sample, *, second: bool) -> bool:
    """Compare the gradients of every differentiable input, of first or of second order; False if there is none."""
    mine = Converter()(tuple(sample))
    theirs = flat(op(*sample.args, **sample.kwargs))
    inputs = [x for x in leaves(tuple(sample)) if x.requires_grad]
    used = [i for i, out in enumerate(theirs) if isinstance(out, torch.Tensor) and out.requires_grad]
    if not inputs or not used:
        return False
    ours = flat(call(*mine[0], **mine[1]))
    twins = [x for x in leaves(mine) if x.requires_grad]
    upstream = [u.requires_grad_(second) for u in weights([theirs[i] for i in used])]
    mirror = Converter()(upstream)
    for i in used:
        if not ours[i].requires_grad:
            raise DifferenceError(f"output {i} requires a gradient there and none here")
    refs = reference_grad([theirs[i] for i in used], inputs, upstream, create_graph=second)
    found = tinygrad_cnn.autograd.grad([ours[i] for i in used], twins, mirror, allow_unused=True, create_graph=second)
    compare_grads("gradient", found, refs, inputs, 1e-9)
    if not second:
        return True
    chosen = [i for i, ref in enumerate(refs) if ref is not None and ref.requires_grad]
    if not chosen:  # the gradient is constant: that it is the same while recorded has been compared
        return True
    seeds = weights([refs[i] for i in chosen])
    refs2 = reference_grad([refs[i] for i in chosen], inputs + upstream, seeds)
    kept = [k for k, i in enumerate(chosen) if found[i] is not None and found[i].requires_grad]
    found2: Any = [None] * len(refs2)
    if kept:
        found2 = tinygrad_cnn.autograd.grad(
            [found[chosen[k]] for k in kept], twins + mirror, [Converter()(seeds[k]) for k in kept], allow_unused=True
        )
    compare_grads("second-order gradient", found2, refs2, inputs + upstream, 1e-8)
    return True


def reference_grad(outputs: Any, inputs: Any, upstream: Any, *, create_graph: bool = False) -> Any:
    try:
        return torch.autograd.grad(outputs, inputs, upstream, allow_unused=True, create_graph=create_graph)
    except (RuntimeError, NotImplementedError) as error:
        if "is not implemented" not in str(error):
            raise
        raise UnsupportedError("PyTorch has no derivative there") from error


def check_forward(
    call: Callable[..., Any], op: Callable[..., Any], sample: Sample, rtol: float, *, random: bool
) -> bool:
    """Compare the outputs; what PyTorch refuses must be refused here."""
    args, kwargs = Converter()(tuple(sample))
    try:
        theirs = op(*sample.args, **sample.kwargs)
    except REFUSALS as error:
        return check_error("", call, type(error), sample)
    for out in flat(theirs):
        Converter()(out)
    compare_outputs(call(*args, **kwargs), theirs, rtol, random=random)
    return True


def check_inplace(call: Callable[..., Any], op: Callable[..., Any], sample: Sample) -> None:
    """Compare the method that changes its tensor, and the gradients through the change; what fails there fails here."""

    def changed(method: Callable[..., Any]) -> Callable[..., Any]:
        def run(x: Any, *args: Any, **kwargs: Any) -> Any:
            twin = x.clone()
            if method(twin, *args, **kwargs) is not twin:
                raise DifferenceError("the method does not return its tensor")
            return twin

        return run

    check_forward(changed(call), changed(op), sample, 1e-9, random=False)
    try:
        changed(op)(*sample.args, **sample.kwargs)
    except REFUSALS:
        return
    check_gradients(changed(call), changed(op), sample, second=False)


def check_error(name: str, call: Callable[..., Any], expected: type[Exception], sample: Sample) -> bool:
    """Raise DifferenceError unless our call raises an error of the same kind."""
    args, kwargs = Converter()(tuple(sample))
    try:
        call(*args, **kwargs)
    except REFUSALS as error:
        if not isinstance(error, expected) and not decline.sibling(name, expected, error):
            raise DifferenceError(f"{expected.__name__} there, {type(error).__name__} here: {error}") from None
        return True
    raise DifferenceError(f"{expected.__name__} there, no error here")


def distance(mine: Any, theirs: Any) -> float:
    """Return the two-sample Kolmogorov-Smirnov statistic, times √(n/2): above 1.95 in one of 1000 equal pairs."""
    a, b = np.sort(np.asarray(mine).ravel()), np.sort(np.asarray(theirs).ravel())
    both = np.concatenate([a, b])
    gap = np.abs(np.searchsorted(a, both, "right") / a.size - np.searchsorted(b, both, "right") / b.size).max()
    return float(gap * np.sqrt(a.size * b.size / (a.size + b.size)))
