"""Changes in place as operations of the graph.

A tensor that is changed in place becomes the output of the operation that changed it: its memory is overwritten, and
its node is now that operation. Changing a view changes its base: the base becomes the output of `view_put`, which
writes the new values at the elements of the view, and the view is read from the base again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_cnn._dtypes import is_floating
from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd import A, Node, Op, V, Variable, enable_grad, is_grad_enabled, primitive, versions, wrap
from tinygrad_cnn.autograd.hooks import follow
from tinygrad_cnn.autograd.variable import Step
from tinygrad_cnn.autograd.views import refresh, stand_in
from tinygrad_cnn.ops.broadcast import broadcast_to, cast
from tinygrad_cnn.ops.indexing import as_index, split_index


@primitive()
def view_put(x: Array, value: Array, *, steps: tuple[Step, ...]) -> Array:
    """Return a copy of x with `value` written at the elements that the view operations `steps` select."""
    out = x.copy()
    target = out
    for op, attrs in steps:
        target = op.kernel(target, **attrs)
    target[...] = value
    return out


@view_put.vjp(0)
def view_put_vjp_0(g: A, _y: object, _x: object, _value: object, *, steps: tuple[Step, ...]) -> A:
    return view_put(g, 0, steps=steps)


@view_put.vjp(1)
def view_put_vjp_1(g: A, _y: object, _x: object, _value: object, *, steps: tuple[Step, ...]) -> A:
    for op, attrs in steps:
        g = op(g, **attrs)
    return g


def change(name: str, tensor: V, compute: Callable[..., Any], *others: object, **attrs: object) -> V:
    """Replace the values of `tensor` by ``compute(tensor, *others, **attrs)``, recorded where a gradient may flow.

    Args:
        name: the name of the method, for messages.
        tensor: the tensor to overwrite; it is returned.
        compute: computes the new values with operations.
        others: its further inputs; the change is also recorded where one of them requires a gradient.
        attrs: its static arguments.

    Raises:
        RuntimeError: the tensor is, or is a view of, a leaf that requires a gradient, while recording is on; or the
            result does not fit into the tensor.
    """
    refresh(tensor)
    overwrites = isinstance(compute, Op) and compute.overwrites
    recorded = is_grad_enabled() and (tensor._requires_grad or any(_requires_grad(one) for one in others))
    if recorded:
        _refuse_leaf(name, tensor)
    if overwrites:
        _refuse_read_only(name, tensor)
        versions.record_write(tensor.array)  # before the operation saves its output, which it writes here
    if recorded:
        reads = not isinstance(compute, Op) or compute.saves(0)
        own = _apart(tensor, tensor) if reads else stand_in(tensor)
        new = compute(own, *[_apart(one, tensor) for one in others], **attrs)
    else:
        new = compute(stand_in(tensor), *others, **attrs)
    if not overwrites:
        new = _fitted(name, tensor, new)
        write(name, tensor, new.array)
    if recorded:
        old = tensor._node
        if tensor._view is None:
            tensor._node, tensor._requires_grad = new._node, new._requires_grad
        else:
            base = tensor._view.base
            before = base._node
            changed: Variable = view_put(stand_in(base), new, steps=tensor._view.steps)
            base._node, base._requires_grad = changed._node, changed._requires_grad
            follow(base, before)
            refresh(tensor)
        follow(tensor, old)
    return tensor


def become(name: str, tensor: V, look: Callable[[Variable], Variable]) -> V:
    """Turn `tensor` into a view of itself, computed by `look`: the memory stays, the shape and the node change.

    If `tensor` is the result of an operation, the change is recorded even while recording is off, because the gradient
    has the new shape.

    Raises:
        RuntimeError: as for `change`.
    """
    refresh(tensor)
    if tensor._requires_grad and is_grad_enabled():
        _refuse_leaf(name, tensor)
    if tensor._requires_grad and not isinstance(tensor._node, Node):
        tensor.array = look(wrap(tensor.array)).array
        return tensor
    with enable_grad():
        seen = look(stand_in(tensor))
    if tensor._view is not None and seen._view is not None:
        tensor._view.steps += seen._view.steps
    old = tensor._node
    tensor.array, tensor._node, tensor._requires_grad = seen.array, seen._node, seen._requires_grad
    follow(tensor, old)
    return tensor


def write(name: str, tensor: Variable, values: Any, index: Any = ...) -> None:
    """Write `values` into the memory of `tensor` at `index` without recording it, and count the write.

    Raises:
        RuntimeError: the values do not fit, or the memory is read-only.
        IndexError: the index is out of range.
    """
    _refuse_read_only(name, tensor)
    target, at = tensor.array, index
    try:
        if index is not ...:
            first, then = split_index(as_index(index), tensor.array.ndim)
            target, at = (target, first) if then is None else (target[first], then)
        target[at] = values
    except (TypeError, ValueError, IndexError) as error:
        kind = IndexError if isinstance(error, IndexError) else RuntimeError
        raise kind(
            f"{name}: cannot write shape {np.shape(values)} into a tensor of shape {tensor.shape}: {error}"
        ) from None
    versions.record_write(tensor.array)


def _refuse_read_only(name: str, tensor: Variable) -> None:
    """Raise if the memory of `tensor` is read-only."""
    if not tensor.array.flags.writeable:
        raise RuntimeError(
            f"{name}: the tensor of shape {tensor.shape} looks at memory that cannot be written, such as an expanded "
            "tensor whose elements share it; change a copy (x.clone())"
        )


def _apart(value: object, tensor: Variable) -> object:
    """Return `value`, with memory of its own if it shares that of `tensor`: what is saved must not be overwritten."""
    if isinstance(value, Variable) and versions.storage(value.array) is versions.storage(tensor.array):
        refresh(value)
        return stand_in(value, value.array.copy())
    return value


def _requires_grad(value: object) -> bool:
    return isinstance(value, Variable) and value._requires_grad


def _fitted(name: str, tensor: Variable, new: Variable) -> Variable:
    """Return `new` with the dtype of `tensor`, whose shape it must have."""
    if new.shape != tensor.shape:
        try:
            new = broadcast_to(new, shape=tensor.shape)
        except ValueError:
            raise RuntimeError(
                f"{name}: the result has shape {new.shape} and does not fit into the tensor of shape {tensor.shape}"
            ) from None
    if new.dtype == tensor.dtype:
        return new
    if is_floating(new.dtype) and not is_floating(tensor.dtype):
        raise RuntimeError(f"{name}: a {new.dtype} result does not fit into a tensor of {tensor.dtype}")
    return cast(new, dtype=tensor.dtype)


def _refuse_leaf(name: str, tensor: Variable) -> None:
    """Raise if `tensor` is a leaf that requires a gradient, or a view of one."""
    base = tensor if tensor._view is None else tensor._view.base
    if base._requires_grad and not isinstance(base._node, Node | Variable):
        what = "a leaf" if base is tensor else "a view of a leaf"
        raise RuntimeError(
            f"{name}: {what} that requires a gradient, of shape {base.shape}, cannot be changed in place while "
            "operations are recorded; wrap the update in `with no_grad():`"
        )
