"""The part of a tensor that the engine knows: an array and its place in the graph."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, TypeAlias, TypeVar, cast

import numpy as np

from tinygrad_cnn._types import Array, DType, Scalar, Shape
from tinygrad_cnn.autograd.operation import Attrs, Operation

if TYPE_CHECKING:
    from tinygrad_cnn.autograd.hook_table import Hooks


class Spec(Protocol):
    """The shape and dtype of an input whose values were not saved; VJPs get one for each parameter of this type."""

    @property
    def shape(self) -> Shape:
        """Length of each axis."""

    @property
    def dtype(self) -> DType:
        """Type of the elements."""

    @property
    def ndim(self) -> int:
        """Number of axes."""


class Source:
    """Where an input of an operation came from: a `Node`, a leaf `Variable` or a `Constant`."""

    __slots__ = ()

    if TYPE_CHECKING:

        @property
        def shape(self) -> Shape: ...  # noqa: D102
        @property
        def dtype(self) -> DType: ...  # noqa: D102
        @property
        def requires_grad(self) -> bool: ...  # noqa: D102


class Constant(Source):
    """What the graph keeps of an input that needs no gradient: its shape and dtype, but not its values.

    Attributes:
        shape, dtype: of the tensor.
        number: the value if the input was a Python number, else None.
    """

    __slots__ = ("dtype", "number", "shape")

    shape: Shape
    dtype: DType
    requires_grad: ClassVar[bool] = False

    def __init__(self, shape: Shape, dtype: DType, number: Scalar | None = None) -> None:
        self.shape = shape
        self.dtype = dtype
        self.number = number

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)


Step: TypeAlias = tuple[Operation, Attrs]
"""One view operation and its static arguments."""


class View:
    """How a tensor is a view of the memory of another.

    Attributes:
        base: the tensor that owns the memory.
        steps: the view operations that lead from the base to the view.
        seen: the node of the base when the view was last read from it.
    """

    __slots__ = ("base", "seen", "steps")

    def __init__(self, base: Variable, steps: tuple[Step, ...]) -> None:
        self.base = base
        self.steps = steps
        self.seen = base._node


class Variable(Source):
    """Slotted base of `Tensor`; every tensor is one. ``Variable(tensor)`` is PyTorch's old way to make a leaf.

    `autograd` does not import `Tensor`. It uses this base class, and makes tensors by `Variable.concrete`, which
    `tinygrad_cnn.tensor` sets to `Tensor` when it is imported.

    Attributes:
        array: the values; always an ndarray, also where NumPy returns a number in place of a 0-d array.
        _requires_grad: whether gradients flow to it or through it.
        _grad: the accumulated gradient of a leaf.
        _node: the `Node` that made it; for a stand-in made in the backward pass, the leaf it stands for; for a tensor
            that needs no gradient but was the input of a recorded operation, a `Constant`; otherwise None.
        _view: if it is a view: of which tensor, and how.
        _hooks: the hooks of a leaf; the slot is empty until one is registered.
    """

    __slots__ = ("__weakref__", "_grad", "_hooks", "_node", "_requires_grad", "_view", "array")

    concrete: ClassVar[type[Variable]]

    array: Array
    _requires_grad: bool
    _grad: Variable | None
    _node: Source | None
    _view: View | None
    _hooks: Hooks

    def __new__(cls, data: Variable, requires_grad: bool = False, volatile: bool = False) -> Any:
        """Return a leaf that shares memory with the tensor `data`; `volatile`, which PyTorch has dropped, only warns.

        Raises:
            TypeError: `data` is not a tensor.
        """
        if not isinstance(data, Variable):
            raise TypeError(f"Variable: expected a tensor, got {type(data).__name__}; make one with tensor(data)")
        if volatile:
            warnings.warn("Variable: volatile has no effect; compute inside `with no_grad():`", stacklevel=2)
        leaf = wrap(data.array)
        leaf.requires_grad = requires_grad  # the concrete class checks the dtype
        return leaf

    @property
    def shape(self) -> Shape:
        """Length of each axis."""
        return self.array.shape

    @property
    def dtype(self) -> DType:
        """Type of the elements, a NumPy dtype."""
        return self.array.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.array.ndim

    if TYPE_CHECKING:  # the signatures of the operators of `Tensor`, which VJPs use
        __hash__ = object.__hash__

        @property
        def requires_grad(self) -> bool: ...  # noqa: D102
        @requires_grad.setter
        def requires_grad(self, value: bool) -> None: ...
        def __index__(self) -> int: ...
        def __getitem__(self, index: Any, /) -> Variable: ...
        def __add__(self, other: Operand, /) -> Variable: ...
        def __radd__(self, other: Array | Scalar, /) -> Variable: ...
        def __sub__(self, other: Operand, /) -> Variable: ...
        def __rsub__(self, other: Array | Scalar, /) -> Variable: ...
        def __mul__(self, other: Operand, /) -> Variable: ...
        def __rmul__(self, other: Array | Scalar, /) -> Variable: ...
        def __truediv__(self, other: Operand, /) -> Variable: ...
        def __rtruediv__(self, other: Array | Scalar, /) -> Variable: ...
        def __neg__(self) -> Variable: ...
        def __invert__(self) -> Variable: ...
        def __and__(self, other: Operand, /) -> Variable: ...
        def __or__(self, other: Operand, /) -> Variable: ...
        def __lt__(self, other: Variable | Scalar, /) -> Variable: ...
        def __le__(self, other: Variable | Scalar, /) -> Variable: ...
        def __gt__(self, other: Variable | Scalar, /) -> Variable: ...
        def __ge__(self, other: Variable | Scalar, /) -> Variable: ...
        def __eq__(self, other: Operand, /) -> Self: ...  # type: ignore[override]
        def __ne__(self, other: Operand, /) -> Self: ...  # type: ignore[override]


Values: TypeAlias = Array | Variable
"""An array or a tensor."""

Operand: TypeAlias = Values | Scalar
"""The other input of an operation on a tensor."""

A = TypeVar("A", Array, Variable)
"""An array or a tensor, the same throughout a VJP: mypy checks the body once as each."""

T = TypeVar("T", bound=Values)
"""The type of an operation's first input and of its result: an array for an array, a tensor for a tensor."""

V = TypeVar("V", bound=Variable)
"""A tensor; an operation on it returns the same type."""


def wrap(array: Array, node: Source | None = None) -> Variable:
    """Return a tensor over `array` that `node` made; without a node, a leaf that needs no gradient."""
    tensor: Variable = object.__new__(Variable.concrete)
    tensor.array = array if array.__class__ is np.ndarray else np.asarray(array)
    tensor._requires_grad = node is not None
    tensor._grad = None
    tensor._node = node
    tensor._view = None
    return tensor


def origin(value: object) -> Variable | Constant | None:
    """Return what the graph keeps of an input that no recorded operation made: the leaf, or a `Constant`."""
    if isinstance(value, Variable):
        if value._requires_grad:
            return value
        if value._node is None:
            value._node = Constant(value.array.shape, value.array.dtype)
        return cast(Constant, value._node)
    if isinstance(value, np.ndarray):
        return Constant(value.shape, value.dtype)
    return Constant((), np.dtype(type(value)), value) if isinstance(value, float | int) else None


def source_of(tensor: Variable) -> Source | None:
    """Return what the graph keeps of an input: the node that made it, or its `origin`."""
    node = tensor._node
    if isinstance(node, Variable):
        return origin(node)
    return origin(tensor) if node is None or isinstance(node, Constant) else node
