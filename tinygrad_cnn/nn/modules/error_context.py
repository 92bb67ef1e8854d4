"""The context of an error inside a model: the layer, the shapes of its inputs, and the operations that made them.

It is read from the frames, the scopes and the graph after the error, so it costs nothing when there is no error.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator
from traceback import walk_tb
from types import FrameType
from typing import TYPE_CHECKING

import numpy as np

from tinygrad_cnn._dtypes import get_default_dtype
from tinygrad_cnn._types import Shape
from tinygrad_cnn.autograd import Node, Scope, Source, current_scope
from tinygrad_cnn.nn.uninitialized import Uninitialized
from tinygrad_cnn.tensor import Tensor

if TYPE_CHECKING:
    from tinygrad_cnn.nn.modules.module import Module

_PACKAGE = __name__.split(".", maxsplit=1)[0] + "."
_LAYERS = __name__.rpartition(".")[0] + "."
_FUNCTIONS = tuple(_PACKAGE + name for name in ("nn.functional", "ops", "tensor", "methods", "autograd"))

EXPLAINED = (AttributeError, IndexError, RuntimeError, TypeError, ValueError)
"""The kinds of errors that wrong inputs cause."""


def explain(error: Exception, module: Module, args: tuple[object, ...]) -> None:
    """Add the context to `error`, raised in the call of `module` with `args`; only the innermost module adds it.

    An error raised by this package gets the context in its text, as logs and older notebooks show nothing else. Any
    other error keeps its text and gets a note.

    Example:
        linear: expected input with a last axis of 400 ..., got (64, 576); Linear(in_features=576, ...) would fit
        in model.3 Linear(in_features=400, out_features=120, bias=True): got (64, 576) after Flatten of (64, 16, 6, 6)
    """
    if "in_module" in error.__dict__ or isinstance(error, RecursionError):
        return
    if isinstance(error, AttributeError) and not (args and args[0] is None):
        return  # a mistake in the user's code, or a test such as hasattr
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]  # from the call of the module on
    text = f"in {_location(module)}{_inputs(error, module, args, frames)}"
    error.__dict__["in_module"] = text
    if _file(frames[-1]).startswith(_PACKAGE) and len(error.args) == 1 and isinstance(error.args[0], str):
        error.args = (f"{error.args[0]}\n{text}",)
    else:
        error.add_note(text)


def _file(frame: FrameType) -> str:
    """Return the name of the Python module that `frame` runs in."""
    return str(frame.f_globals.get("__name__", ""))


# --- where ------------------------------------------------------------------------------------------------------------


def _location(module: Module) -> str:
    """Return the path and the layer: ``model.3 Linear(in_features=400, ...)``."""
    path = ".".join(_names(module))
    kind, extra = type(module).__name__, module.extra_repr()
    layer = f"{kind}({extra})" if extra or not any(True for _ in module.children()) else kind
    return f"{path} {layer}" if path else layer


def _names(module: Module) -> list[str]:
    """Return the variable that holds the outermost module, and the names of the modules inside it down to this one."""
    scope = current_scope()
    chain = () if scope is None else scope.chain
    root = chain[0].owner if chain else module
    name = _variable(root) or (type(root).__name__ if len(chain) > 1 else "")
    return [name, *[scope.name for scope in chain[1:]]]


def _variable(root: object) -> str | None:
    """Return the name of the variable that holds `root` in the frame that called it; None if there is none."""
    frame: FrameType | None = sys._getframe(1)
    found = None
    while frame is not None:
        if frame.f_code.co_name == "__call__" and frame.f_locals.get("self") is root:
            found = frame.f_back
        frame = frame.f_back
    if found is None:
        return None
    for names in (found.f_locals, found.f_globals):
        for name, value in list(names.items()):
            if value is root and name != "self" and not name.startswith("_"):
                return name
    return None


# --- inputs -----------------------------------------------------------------------------------------------------------


def _inputs(error: Exception, module: Module, args: tuple[object, ...], frames: list[FrameType]) -> str:
    """Return the inputs of a layer, or those of the function that failed in the user's `forward`."""
    own_layer = type(module).__module__.startswith(_LAYERS)
    if args and args[0] is None and (own_layer or isinstance(error, AttributeError | TypeError)):
        return f": got None{_forgetful(module)}"
    call = None
    if own_layer:
        odd = [value for value in args if not isinstance(value, Tensor)]
        if odd:
            return f": got {_described(odd[0])}"
    else:
        call = next((frame for frame in frames if _file(frame).startswith(_FUNCTIONS)), None)
    if call is None:
        tensors = list(_tensors(args))
        return f": got {_all(tensors)}{_other_size(module, tensors[0])}" if tensors else ""
    own = {id(tensor) for tensor in (*module.parameters(), *module.buffers())}
    tensors = [tensor for tensor in _tensors(_arguments(call)) if id(tensor) not in own]
    return f": {call.f_code.co_name.strip('_')} got {_all(tensors)}" if tensors else ""


def _forgetful(module: Module) -> str:
    """Return the question whether a `forward` lacks its ``return``: in a Sequential, that of the module before."""
    scope = current_scope()
    around = None if scope is None or scope.parent is None else scope.parent.owner
    names = [name for name, child in getattr(around, "_modules", {}).items() if child is not None]
    who = "the model's forward" if around is None else "the forward of the module before it"
    if type(around).__name__ == "Sequential" and scope is not None and scope.name in names[1:]:
        who = f"{'.'.join([*_names(module)[:-1], names[names.index(scope.name) - 1]])}'s forward"
    return f"; did {who} forget `return`?"


def _described(value: object) -> str:
    """Describe the value that a layer got instead of a tensor, and how to make it a tensor."""
    kind = type(value).__name__
    if isinstance(value, np.ndarray):
        return f"an array {value.shape} of {value.dtype}; make it a tensor with from_numpy(x) or tensor(x)"
    if isinstance(value, list | tuple):
        inside = list(_tensors(value))
        if inside:
            return f"a {kind} of {_all(inside)}; pass one of them, or join them with cat"
        return f"a {kind} of {len(value)}; make it a tensor with tensor(x)"
    return f"{value!r:.60} ({kind})"


def _other_size(module: Module, tensor: Tensor) -> str:
    """Return the image size that would fit a fully connected layer that got features of another size."""
    wanted, made = getattr(module, "in_features", None), _made_by(tensor)
    before = None if made is None else made[1]
    if wanted is None or tensor.ndim != 2 or tensor.shape[1] == wanted or before is None or len(before) != 4:
        return ""
    side = math.isqrt(wanted // before[1])
    if side * side * before[1] != wanted:
        return ""
    return f"; images of the size that gives {side}×{side} positions here would fit too (transforms.Resize)"


def _arguments(frame: FrameType) -> list[object]:
    """Return the positional arguments of the function that runs in `frame`."""
    code = frame.f_code
    values = [frame.f_locals.get(name) for name in code.co_varnames[: code.co_argcount]]
    if code.co_flags & 0x04:  # *args
        values.append(frame.f_locals.get(code.co_varnames[code.co_argcount + code.co_kwonlyargcount]))
    return values


def _tensors(values: Iterable[object]) -> Iterator[Tensor]:
    """Yield the tensors among `values` and in the sequences among them."""
    for value in values:
        if isinstance(value, Tensor) and not isinstance(value, Uninitialized):
            yield value
        elif isinstance(value, list | tuple):
            yield from _tensors(value)


def _all(tensors: list[Tensor]) -> str:
    return " and ".join([f"{_text(tensor)}{_origin(tensor)}" for tensor in tensors])


def _text(tensor: Tensor) -> str:
    """Return the shape, and the dtype if it is not the default."""
    return str(tensor.shape) if tensor.dtype == get_default_dtype() else f"{tensor.shape} of {tensor.dtype}"


def _origin(tensor: Tensor) -> str:
    """Return the layer or operation that made `tensor`, `` after Flatten of (64, 16, 6, 6)``, or nothing if unknown."""
    made = _made_by(tensor)
    if made is None:
        return ""
    name, before = made
    return f" after {name}" + ("" if before is None else f" of {before}")


def _made_by(tensor: Tensor) -> tuple[str, Shape | None] | None:
    """Return the layer or operation that made `tensor`, and the shape of its input; None if unknown.

    The graph records it. Without a graph, a view still records its base.
    """
    node = tensor.grad_fn
    if node is None:
        view = tensor._view
        return None if view is None else (view.steps[-1][0].name, view.base.shape)
    while node.op.name in ("output", "BackwardHook") and isinstance(before := _input(node), Node):
        node = before  # one of several outputs, or passed through hooks
    if node.op.name == "BackwardHook":
        return None  # an input of the model
    made, scope = node.scope, current_scope()
    finished = made is not None and (scope is None or made not in scope.chain)
    first = _first(node, made) if finished else node
    name = made.kind if made is not None and finished else node.op.name
    before = _input(first)
    return name, None if before is None else before.shape


def _first(node: Node, scope: Scope | None) -> Node:
    """Return the first node of the module call that ended with `node`."""
    while isinstance(before := _input(node), Node) and before.scope is scope:
        node = before
    return node


def _input(node: Node) -> Source | None:
    """Return what made the first tensor input of `node`."""
    return next((parent for parent in node.parents if parent is not None), None)
