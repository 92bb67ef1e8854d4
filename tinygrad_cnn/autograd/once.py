"""`once_differentiable`: a backward pass of a user's operation that leaves the tape."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

from tinygrad_cnn._types import Array
from tinygrad_cnn.autograd.function_ctx import FunctionCtx
from tinygrad_cnn.autograd.grad_mode import is_grad_enabled, no_grad
from tinygrad_cnn.autograd.node import Node
from tinygrad_cnn.autograd.primitive import Op
from tinygrad_cnn.autograd.variable import Variable, source_of, wrap


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a `Function.backward` that calls code outside the tape: its gradients cannot be differentiated again.

    It runs without recording, and a second backward pass raises a RuntimeError instead of taking them as constants.
    """

    @functools.wraps(backward)
    def run(ctx: FunctionCtx, *grads: Any) -> Any:
        with no_grad():
            found = backward(ctx, *grads)
        node = ctx._node()
        if not is_grad_enabled() or node is None:
            return found
        sources = [source_of(one) for one in grads if isinstance(one, Variable) and one._requires_grad]
        parents = (*node.parents, *sources)

        def end(gradient: Any) -> Any:
            if not isinstance(gradient, Variable):
                return gradient
            array = gradient.array
            return wrap(array, Node(_Once(ctx._name), (), None, {}, None, parents, array.shape, array.dtype, None))

        return tuple([end(one) for one in found]) if isinstance(found, tuple | list) else end(found)

    return run


class _Once(Op):
    """The gradient of an operation that is differentiable once only."""

    def __init__(self, name: str) -> None:
        super().__init__(self._recompute, f"{name}.backward")
        self.joint = self._refuse

    def _recompute(self, *_: Array) -> Array:
        raise RuntimeError(f"{self.name}: was not recorded")

    def _refuse(self, _node: Node, _g: Any, _wanted: list[int]) -> Iterator[tuple[int, Any]]:
        raise RuntimeError(
            f"{self.name}: marked with once_differentiable, so its gradients cannot be differentiated again; write it "
            "with differentiable operations and drop the mark"
        )
