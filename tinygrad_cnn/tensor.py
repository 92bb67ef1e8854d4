"""`Tensor`: an array that knows where it came from. Every method is one line into `ops`."""

from __future__ import annotations

import builtins
import copy
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias, cast, overload

import numpy as np
import numpy.typing as npt

from tinygrad_cnn import autograd, ops
from tinygrad_cnn._checks import normalize_dim, normalize_shape
from tinygrad_cnn._dtypes import as_dtype, bool_, float32, float64, get_default_dtype, int32, int64, is_floating, uint8
from tinygrad_cnn._types import Array, Scalar
from tinygrad_cnn.autograd import Node, Variable, is_grad_enabled, versions, wrap
from tinygrad_cnn.device import Device
from tinygrad_cnn.ops.indexing import as_index
from tinygrad_cnn.ops.reduce import Dims, Extremes
from tinygrad_cnn.random import default_generator

_Operand: TypeAlias = "Tensor | Array | Scalar"

_UFUNCS = {
    "absolute": "abs",
    "add": "add",
    "divide": "div",
    "equal": "eq",
    "exp": "exp",
    "greater": "gt",
    "greater_equal": "ge",
    "less": "lt",
    "less_equal": "le",
    "log": "log",
    "matmul": "matmul",
    "maximum": "maximum",
    "minimum": "minimum",
    "multiply": "mul",
    "negative": "neg",
    "not_equal": "ne",
    "power": "pow",
    "sign": "sign",
    "sqrt": "sqrt",
    "subtract": "sub",
    "tanh": "tanh",
}
"""NumPy's universal functions that are operations here, by the operation's name."""


class Tensor(Variable):
    """An n-dimensional array whose operations are recorded, so that gradients can be computed.

    Make one with `tensor`, `zeros`, `randn` and the like. Operations on tensors of which one has ``requires_grad``
    are recorded as they run; ``loss.backward()`` then fills ``.grad`` of every leaf that requires it.

    Args:
        data: numbers, nested sequences or an array; copied. Floats become the default dtype, arrays keep theirs.
        dtype: the element type, worked out from `data` by default.
        requires_grad: whether to compute gradients with respect to this tensor.

    Raises:
        RuntimeError: `requires_grad` with a dtype that is not floating point.
        TypeError: `data` is no array of numbers.
        ValueError: nested sequences of unequal lengths.
    """

    __slots__ = ()

    def __init__(self, data: Any, dtype: npt.DTypeLike | None = None, requires_grad: bool = False) -> None:
        self.array = to_array(data, dtype, copy=True)
        self._requires_grad = False
        self._grad = None
        self._node = None
        if requires_grad:
            self.requires_grad = True

    # --- what it is -------------------------------------------------------------------------------------------

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.array.ndim

    @property
    def T(self) -> Tensor:  # noqa: N802 - PyTorch's name
        """The tensor with its axes in reverse order."""
        return ops.permute(self, range(self.ndim - 1, -1, -1))

    @property
    def device(self) -> Device:
        """Where the values are: always the CPU."""
        return Device("cpu")

    @property
    def is_leaf(self) -> bool:
        """Whether the tensor was made by the user rather than by a recorded operation."""
        return not isinstance(self._node, Node | Variable)

    @property
    def grad_fn(self) -> Node | None:
        """The recorded operation that made this tensor; None for a leaf."""
        return self._node if isinstance(self._node, Node) else None

    @property
    def requires_grad(self) -> bool:
        """Whether gradients are computed with respect to, or through, this tensor. Settable on leaves."""
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if value and not is_floating(self.dtype):
            raise RuntimeError(f"requires_grad: only floating-point tensors can require gradients, got {self.dtype}")
        if not self.is_leaf:
            if value:
                return
            raise RuntimeError("requires_grad: can be turned off on leaves only; use .detach() on a result")
        self._requires_grad = value
        self._node = None

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set `requires_grad` in place and return the tensor."""
        self.requires_grad = requires_grad
        return self

    @property
    def grad(self) -> Tensor | None:
        """The gradient that backward passes have accumulated here, or None. Leaves only."""
        if self._grad is None and self._requires_grad and not self.is_leaf:
            warnings.warn(
                f"the .grad of a tensor that is not a leaf is read (shape {self.shape}, made by "
                f"{self._node!r}); only leaves accumulate gradients. Use autograd.grad for a gradient in between.",
                UserWarning,
                stacklevel=2,
            )
        return cast("Tensor | None", self._grad)

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise TypeError(f"grad: expected a tensor or None, got {type(value).__name__}")
            if value.shape != self.shape or value.dtype != self.dtype:
                raise RuntimeError(
                    f"grad: expected shape {self.shape} and dtype {self.dtype}, got {value.shape} and {value.dtype}"
                )
        self._grad = value

    @property
    def data(self) -> Tensor:
        """The same memory as a tensor that requires no gradient. Assigning to it replaces the values unrecorded."""
        return self.detach()

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(f"data: expected a tensor, got {type(value).__name__}")
        self.array = value.array

    @property
    def _version(self) -> int:
        """How often the memory of this tensor was changed in place."""
        return versions.version(self.array)

    def size(self, dim: int | None = None) -> Any:
        """Return the shape, or the length of axis `dim`."""
        return self.shape if dim is None else self.shape[dim]

    def dim(self) -> int:
        """Return the number of axes."""
        return self.ndim

    def numel(self) -> int:
        """Return the number of elements."""
        return self.array.size

    def is_floating_point(self) -> bool:
        """Return whether the elements are floating point."""
        return is_floating(self.dtype)

    # --- gradients --------------------------------------------------------------------------------------------

    def backward(
        self, gradient: Tensor | None = None, retain_graph: bool | None = None, create_graph: bool = False
    ) -> None:
        """Add the gradient of this tensor, weighted by `gradient`, to ``.grad`` of every leaf it depends on.

        See `autograd.backward`.
        """
        autograd.backward(self, gradient, retain_graph=retain_graph, create_graph=create_graph)

    def detach(self) -> Tensor:
        """Return the same memory as a tensor that no gradient flows through."""
        return cast(Tensor, wrap(self.array))

    def clone(self) -> Tensor:
        """Return a copy; gradients flow through it."""
        return ops.clone(self)

    # --- values out -------------------------------------------------------------------------------------------

    def item(self) -> Any:
        """Return the only element as a Python number."""
        if self.array.size != 1:
            raise RuntimeError(f"item: expected a tensor with one element, got shape {self.shape}")
        return self.array.item()

    def tolist(self) -> Any:
        """Return the elements as nested lists of Python numbers."""
        return self.array.tolist()

    def numpy(self) -> Array:
        """Return the values as an array that shares their memory.

        Raises:
            RuntimeError: the tensor requires a gradient, which changes to the array would escape.
        """
        if self._requires_grad:
            raise RuntimeError("numpy: the tensor requires a gradient; use .detach().numpy()")
        return self.array

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> Array:
        if self._requires_grad:
            raise RuntimeError(
                "a tensor that requires a gradient would become a constant here: call the operation of tinygrad_cnn "
                "instead of NumPy's, or use .detach().numpy()"
            )
        return np.array(self.array, dtype=dtype, copy=copy)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        name = _UFUNCS.get(ufunc.__name__)
        if method != "__call__" or kwargs or name is None:
            raise TypeError(
                f"numpy.{ufunc.__name__} on a tensor is not recorded here; use an operation of tinygrad_cnn, "
                "or .detach().numpy() for a plain array"
            )
        return getattr(ops, name)(*inputs)

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("len() of a 0-d tensor")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        if not self.ndim:
            raise TypeError("iteration over a 0-d tensor")
        return (self[i] for i in range(self.shape[0]))

    def __bool__(self) -> builtins.bool:
        if self.array.size != 1:
            raise RuntimeError(f"the truth of a tensor with several elements is ambiguous, got shape {self.shape}")
        return builtins.bool(self.array.item())

    def __float__(self) -> builtins.float:
        return builtins.float(self.item())

    def __int__(self) -> builtins.int:
        return builtins.int(self.item())

    def __index__(self) -> builtins.int:
        if self.array.dtype.kind not in "iub":
            raise TypeError(f"only integer tensors of one element can be used as an index, got {self.dtype}")
        return builtins.int(self.item())

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec and not self.ndim else format(repr(self), spec)

    def __repr__(self) -> str:
        text = np.array2string(self.array, separator=", ", precision=4, prefix="tensor(")
        if self.dtype not in (get_default_dtype(), int64, bool_):
            text += f", dtype={self.dtype}"
        if isinstance(self._node, Node):
            text += f", grad_fn=<{self._node.op.name}>"
        elif self._requires_grad:
            text += ", requires_grad=True"
        return f"tensor({text})"

    __hash__ = object.__hash__

    def __deepcopy__(self, memo: dict[builtins.int, Any]) -> Tensor:
        if not self.is_leaf:
            raise RuntimeError("only leaves can be deep-copied; use .clone() or .detach() on a result")
        twin = type(self).__new__(type(self))
        memo[id(self)] = twin
        twin.array = self.array.copy()
        twin._requires_grad = self._requires_grad
        twin._grad = copy.deepcopy(self._grad, memo)
        twin._node = None
        return twin

    # --- dtype and device -------------------------------------------------------------------------------------

    def to(self, *args: Any, device: Any = None, dtype: npt.DTypeLike | None = None) -> Tensor:
        """Return the tensor with another dtype; itself where nothing changes. A device must be the CPU.

        Accepts ``to(dtype)``, ``to(device)``, ``to(device, dtype)``, ``to(other_tensor)`` and keywords.
        """
        for arg in args:
            if isinstance(arg, Tensor):
                dtype = arg.dtype
            elif isinstance(arg, Device | str) and not isinstance(arg, np.dtype):
                device = arg
            else:
                dtype = arg
        if device is not None:
            Device(device)
        wanted = self.dtype if dtype is None else as_dtype(dtype)
        return self if wanted == self.dtype else ops.cast(self, dtype=wanted)

    def type_as(self, other: Tensor) -> Tensor:
        """Return the tensor with the dtype of `other`."""
        return self.to(other.dtype)

    def float(self) -> Tensor:
        """Return the tensor as float32."""
        return self.to(float32)

    def double(self) -> Tensor:
        """Return the tensor as float64."""
        return self.to(float64)

    def long(self) -> Tensor:
        """Return the tensor as int64."""
        return self.to(int64)

    def int(self) -> Tensor:
        """Return the tensor as int32."""
        return self.to(int32)

    def byte(self) -> Tensor:
        """Return the tensor as uint8."""
        return self.to(uint8)

    def bool(self) -> Tensor:
        """Return the tensor as booleans: whether each element is not zero."""
        return self.to(bool_)

    def cpu(self) -> Tensor:
        """Return the tensor, which is on the CPU already."""
        return self

    # --- operators --------------------------------------------------------------------------------------------

    def __add__(self, other: _Operand) -> Tensor:
        return ops.add(self, other)

    def __radd__(self, other: _Operand) -> Tensor:
        return ops.add(other, self)

    def __sub__(self, other: _Operand) -> Tensor:
        return ops.sub(self, other)

    def __rsub__(self, other: _Operand) -> Tensor:
        return ops.sub(other, self)

    def __mul__(self, other: _Operand) -> Tensor:
        return ops.mul(self, other)

    def __rmul__(self, other: _Operand) -> Tensor:
        return ops.mul(other, self)

    def __truediv__(self, other: _Operand) -> Tensor:
        return ops.div(self, other)

    def __rtruediv__(self, other: _Operand) -> Tensor:
        return ops.div(other, self)

    def __pow__(self, other: _Operand) -> Tensor:
        return ops.pow(self, other)

    def __rpow__(self, other: _Operand) -> Tensor:
        return ops.pow(other, self)

    def __matmul__(self, other: Tensor) -> Tensor:
        return ops.matmul(self, other)

    def __neg__(self) -> Tensor:
        return ops.neg(self)

    def __abs__(self) -> Tensor:
        return ops.abs(self)

    def __eq__(self, other: _Operand) -> Tensor:  # type: ignore[override]
        return ops.eq(self, other)

    def __ne__(self, other: _Operand) -> Tensor:  # type: ignore[override]
        return ops.ne(self, other)

    def __lt__(self, other: _Operand) -> Tensor:  # type: ignore[misc]
        return ops.lt(self, other)

    def __le__(self, other: _Operand) -> Tensor:  # type: ignore[misc]
        return ops.le(self, other)

    def __gt__(self, other: _Operand) -> Tensor:  # type: ignore[misc]
        return ops.gt(self, other)

    def __ge__(self, other: _Operand) -> Tensor:  # type: ignore[misc]
        return ops.ge(self, other)

    def __and__(self, other: _Operand) -> Tensor:
        return ops.bitwise_and(self, other)

    def __or__(self, other: _Operand) -> Tensor:
        return ops.bitwise_or(self, other)

    def __invert__(self) -> Tensor:
        return ops.bitwise_not(self)

    def __getitem__(self, index: Any) -> Tensor:
        return ops.getitem(self, index)

    # --- operations as methods ------------------------------------------------------------------------------------

    def exp(self) -> Tensor:
        """Return eˣ."""
        return ops.exp(self)

    def log(self) -> Tensor:
        """Return the natural logarithm."""
        return ops.log(self)

    def sqrt(self) -> Tensor:
        """Return the square root."""
        return ops.sqrt(self)

    def abs(self) -> Tensor:
        """Return |x|."""
        return ops.abs(self)

    def neg(self) -> Tensor:
        """Return −x."""
        return ops.neg(self)

    def sign(self) -> Tensor:
        """Return −1, 0 or 1 by the sign."""
        return ops.sign(self)

    def relu(self) -> Tensor:
        """Return max(x, 0)."""
        return ops.relu(self)

    def sigmoid(self) -> Tensor:
        """Return 1 / (1 + e⁻ˣ)."""
        return ops.sigmoid(self)

    def tanh(self) -> Tensor:
        """Return the hyperbolic tangent."""
        return ops.tanh(self)

    def add(self, other: _Operand) -> Tensor:
        """Return self + other."""
        return ops.add(self, other)

    def sub(self, other: _Operand) -> Tensor:
        """Return self − other."""
        return ops.sub(self, other)

    def mul(self, other: _Operand) -> Tensor:
        """Return self · other."""
        return ops.mul(self, other)

    def div(self, other: _Operand) -> Tensor:
        """Return self / other."""
        return ops.div(self, other)

    def pow(self, other: _Operand) -> Tensor:
        """Return self to the power `other`."""
        return ops.pow(self, other)

    def maximum(self, other: _Operand) -> Tensor:
        """Return the larger of the two, element by element."""
        return ops.maximum(self, other)

    def minimum(self, other: _Operand) -> Tensor:
        """Return the smaller of the two, element by element."""
        return ops.minimum(self, other)

    def eq(self, other: _Operand) -> Tensor:
        """Tell where self = other."""
        return ops.eq(self, other)

    def ne(self, other: _Operand) -> Tensor:
        """Tell where self ≠ other."""
        return ops.ne(self, other)

    def lt(self, other: _Operand) -> Tensor:
        """Tell where self < other."""
        return ops.lt(self, other)

    def le(self, other: _Operand) -> Tensor:
        """Tell where self ≤ other."""
        return ops.le(self, other)

    def gt(self, other: _Operand) -> Tensor:
        """Tell where self > other."""
        return ops.gt(self, other)

    def ge(self, other: _Operand) -> Tensor:
        """Tell where self ≥ other."""
        return ops.ge(self, other)

    def clamp(self, min: Scalar | None = None, max: Scalar | None = None) -> Tensor:
        """Limit each element to [min, max]."""
        return ops.clamp(self, min, max)

    def sum(self, dim: Dims = None, keepdim: builtins.bool = False) -> Tensor:
        """Add up elements along `dim`; all of them by default."""
        return ops.sum(self, dim, keepdim)

    def mean(self, dim: Dims = None, keepdim: builtins.bool = False) -> Tensor:
        """Average elements along `dim`; all of them by default."""
        return ops.mean(self, dim, keepdim)

    def amax(self, dim: Dims = None, keepdim: builtins.bool = False) -> Tensor:
        """Return the largest element along `dim`; equal ones share the gradient."""
        return ops.amax(self, dim, keepdim)

    def amin(self, dim: Dims = None, keepdim: builtins.bool = False) -> Tensor:
        """Return the smallest element along `dim`; equal ones share the gradient."""
        return ops.amin(self, dim, keepdim)

    def argmax(self, dim: builtins.int | None = None, keepdim: builtins.bool = False) -> Tensor:
        """Return the index of the largest element."""
        return ops.argmax(self, dim, keepdim)

    def argmin(self, dim: builtins.int | None = None, keepdim: builtins.bool = False) -> Tensor:
        """Return the index of the smallest element."""
        return ops.argmin(self, dim, keepdim)

    @overload
    def max(self, dim: None = None, keepdim: builtins.bool = False) -> Tensor: ...
    @overload
    def max(self, dim: builtins.int, keepdim: builtins.bool = False) -> Extremes[Tensor]: ...
    @overload
    def max(self, dim: Tensor, keepdim: builtins.bool = False) -> Tensor: ...
    def max(self, dim: Any = None, keepdim: builtins.bool = False) -> Any:
        """Return the largest element, or (values, indices) along `dim`, or element by element with a tensor."""
        return ops.max(self, dim, keepdim)

    @overload
    def min(self, dim: None = None, keepdim: builtins.bool = False) -> Tensor: ...
    @overload
    def min(self, dim: builtins.int, keepdim: builtins.bool = False) -> Extremes[Tensor]: ...
    @overload
    def min(self, dim: Tensor, keepdim: builtins.bool = False) -> Tensor: ...
    def min(self, dim: Any = None, keepdim: builtins.bool = False) -> Any:
        """Return the smallest element, or (values, indices) along `dim`, or element by element with a tensor."""
        return ops.min(self, dim, keepdim)

    def softmax(self, dim: builtins.int) -> Tensor:
        """Return exp(x) / Σ exp(x) along `dim`."""
        return ops.softmax(self, dim=normalize_dim("softmax", dim, self.ndim))

    def log_softmax(self, dim: builtins.int) -> Tensor:
        """Return x − log Σ exp(x) along `dim`."""
        return ops.log_softmax(self, dim=normalize_dim("log_softmax", dim, self.ndim))

    def reshape(self, *shape: builtins.int | Sequence[builtins.int]) -> Tensor:
        """Return the elements under another shape; one size may be −1."""
        return ops.reshape(self, normalize_shape("reshape", shape))

    def view(self, *shape: Any) -> Tensor:
        """Return the same memory under another shape, one size of which may be −1.

        Raises:
            RuntimeError: the memory layout does not allow that without copying; use `reshape`.
        """
        result = ops.reshape(self, normalize_shape("view", shape))
        if self.numel() and not np.shares_memory(result.array, self.array):
            raise RuntimeError(
                f"view: shape {self.shape} with strides {self.array.strides} cannot be seen as {result.shape} without "
                "copying; use .reshape()"
            )
        return result

    def view_as(self, other: Tensor) -> Tensor:
        """Return the same memory under the shape of `other`."""
        return self.view(other.shape)

    def flatten(self, start_dim: builtins.int = 0, end_dim: builtins.int = -1) -> Tensor:
        """Join the axes from `start_dim` to `end_dim` into one."""
        return ops.flatten(self, start_dim, end_dim)

    def permute(self, *dims: Any) -> Tensor:
        """Reorder the axes."""
        return ops.permute(self, normalize_shape("permute", dims))

    def transpose(self, dim0: builtins.int, dim1: builtins.int) -> Tensor:
        """Exchange two axes."""
        return ops.transpose(self, dim0, dim1)

    def t(self) -> Tensor:
        """Transpose a matrix."""
        return ops.t(self)

    def unsqueeze(self, dim: builtins.int) -> Tensor:
        """Insert an axis of length 1."""
        return ops.unsqueeze(self, dim)

    def squeeze(self, dim: builtins.int | Sequence[builtins.int] | None = None) -> Tensor:
        """Drop axes of length 1."""
        return ops.squeeze(self, dim)

    def expand(self, *sizes: builtins.int | Sequence[builtins.int]) -> Tensor:
        """Repeat axes of length 1 without copying."""
        return ops.expand(self, *sizes)

    def contiguous(self) -> Tensor:
        """Return the tensor with its elements in row-major order in memory."""
        return self if self.array.flags.c_contiguous else self.clone()

    def gather(self, dim: builtins.int, index: Tensor) -> Tensor:
        """Pick elements along `dim` by `index`."""
        return ops.gather(self, dim, index)

    def matmul(self, other: Tensor) -> Tensor:
        """Multiply matrices; see `ops.matmul`."""
        return ops.matmul(self, other)

    def mm(self, mat2: Tensor) -> Tensor:
        """Multiply two matrices."""
        return ops.mm(self, mat2)

    # --- changes in place -----------------------------------------------------------------------------------------

    def _overwrite(self, op: str, value: Any, index: Any = ...) -> Tensor:
        """Write `value` into the memory of this tensor at `index`, unrecorded, and count the write.

        Raises:
            RuntimeError: recording is on and the tensor, or `value`, is part of a graph.
        """
        if is_grad_enabled():
            if self._requires_grad and self.is_leaf:
                raise RuntimeError(
                    f"{op}: a leaf that requires a gradient, of shape {self.shape}, cannot be changed in place while "
                    "operations are recorded; wrap the update in `with no_grad():`"
                )
            if self._requires_grad or (isinstance(value, Tensor) and value._requires_grad):
                raise RuntimeError(
                    f"{op}: changing a tensor in place is not recorded, so gradients would be lost here; use the "
                    "out-of-place form (y = x + 1 instead of x.add_(1)), or wrap it in `with no_grad():`"
                )
        source = value.array if isinstance(value, Tensor) else np.asarray(value)
        try:
            if source.dtype.kind == "f" and self.dtype.kind != "f" and op != "copy_" and op != "setitem":
                raise TypeError(f"a {source.dtype} result does not fit into {self.dtype}")
            self.array[index] = source
        except (TypeError, ValueError, IndexError) as error:
            kind = IndexError if isinstance(error, IndexError) else RuntimeError
            raise kind(
                f"{op}: cannot write shape {source.shape} into a tensor of shape {self.shape}: {error}"
            ) from None
        versions.record_write(self.array)
        return self

    def __setitem__(self, index: Any, value: _Operand) -> None:
        self._overwrite("setitem", value, as_index(index))

    def copy_(self, src: Tensor) -> Tensor:
        """Copy the values of `src`, broadcast and converted, into this tensor."""
        return self._overwrite("copy_", src)

    def fill_(self, value: Scalar) -> Tensor:
        """Set every element to `value`."""
        return self._overwrite("fill_", value)

    def zero_(self) -> Tensor:
        """Set every element to 0."""
        return self._overwrite("zero_", 0)

    def add_(self, other: _Operand, *, alpha: Scalar = 1) -> Tensor:
        """Add alpha · other in place."""
        return self._overwrite("add_", ops.add(self.detach(), other if alpha == 1 else ops.mul(other, alpha)))

    def sub_(self, other: _Operand, *, alpha: Scalar = 1) -> Tensor:
        """Subtract alpha · other in place."""
        return self._overwrite("sub_", ops.sub(self.detach(), other if alpha == 1 else ops.mul(other, alpha)))

    def mul_(self, other: _Operand) -> Tensor:
        """Multiply by `other` in place."""
        return self._overwrite("mul_", ops.mul(self.detach(), other))

    def div_(self, other: _Operand) -> Tensor:
        """Divide by `other` in place."""
        return self._overwrite("div_", ops.div(self.detach(), other))

    def _updated(self, update: Callable[[_Operand], Tensor], result: Callable[[], Tensor], other: _Operand) -> Tensor:
        """Return self changed by `update`, or, where that must be recorded, the new tensor `result()`."""
        recorded = self._requires_grad or (isinstance(other, Tensor) and other._requires_grad)
        if recorded and is_grad_enabled() and not (self.is_leaf and self._requires_grad):
            return result()
        return update(other)

    def __iadd__(self, other: _Operand) -> Tensor:
        return self._updated(self.add_, lambda: self + other, other)

    def __isub__(self, other: _Operand) -> Tensor:
        return self._updated(self.sub_, lambda: self - other, other)

    def __imul__(self, other: _Operand) -> Tensor:
        return self._updated(self.mul_, lambda: self * other, other)

    def __itruediv__(self, other: _Operand) -> Tensor:
        return self._updated(self.div_, lambda: self / other, other)

    def normal_(self, mean: builtins.float = 0.0, std: builtins.float = 1.0) -> Tensor:
        """Fill with samples of N(mean, std²) from the default generator."""
        return self._overwrite("normal_", default_generator.normal(self.shape, self.dtype) * std + mean)

    def uniform_(self, low: builtins.float = 0.0, high: builtins.float = 1.0) -> Tensor:
        """Fill with samples from [low, high) from the default generator."""
        return self._overwrite("uniform_", default_generator.uniform(self.shape, self.dtype) * (high - low) + low)


Variable.concrete = Tensor


def to_array(data: Any, dtype: npt.DTypeLike | None = None, *, copy: bool) -> Array:
    """Return `data` as an array of a supported dtype.

    Python floats become the default dtype, integers int64; arrays and NumPy scalars keep their dtype.

    Raises:
        TypeError: not an array of numbers.
        ValueError: nested sequences of unequal lengths.
    """
    wanted = None if dtype is None else as_dtype(dtype)
    if isinstance(data, Tensor):
        return data.array.astype(wanted or data.dtype, copy=copy)
    if isinstance(data, Sequence) and any(isinstance(part, Tensor) for part in data):
        data = [part.tolist() if isinstance(part, Tensor) else part for part in data]
    typed = isinstance(data, np.ndarray | np.generic)
    try:
        array = np.asarray(data)
    except ValueError as error:
        raise ValueError(f"tensor: expected nested sequences of equal lengths ({error})") from None
    if array.dtype.kind not in "biuf":
        raise TypeError(f"tensor: expected numbers, got {type(data).__name__} with elements of {array.dtype}")
    if wanted is None:
        wanted = as_dtype(array.dtype) if typed or not is_floating(array.dtype) else get_default_dtype()
    return array.astype(wanted, copy=copy)
