"""`Tensor`: an array that knows where it came from. Every method is one line into `ops`."""

from __future__ import annotations

import builtins
import copy
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Self, cast, overload

import numpy as np

from tinygrad_cnn import autograd, ops, printing
from tinygrad_cnn._arrays import constructed
from tinygrad_cnn._dtypes import bool_, get_default_dtype, int64, is_floating
from tinygrad_cnn._types import Array, DTypeLike, Scalar, Sizes
from tinygrad_cnn.autograd import Node, Operand, Variable, hooks, is_grad_enabled, versions, wrap
from tinygrad_cnn.autograd.views import refresh
from tinygrad_cnn.declined import refuse_methods
from tinygrad_cnn.device import CPU, Device, DeviceLike, require_cpu
from tinygrad_cnn.methods import Methods
from tinygrad_cnn.numpy_protocol import call_function, call_ufunc
from tinygrad_cnn.ops.inplace import change, write
from tinygrad_cnn.size import Size


class Tensor(Methods):
    """An n-dimensional array whose operations are recorded, so that gradients can be computed.

    Make one with `tensor`, `zeros`, `randn` and the like. Operations on tensors of which one has ``requires_grad``
    are recorded as they run; ``loss.backward()`` then fills ``.grad`` of every leaf that requires it.

    The class itself, called, is PyTorch's old constructor: ``Tensor(2, 3)`` has that size and holds zeros,
    ``Tensor([2, 3])`` holds these numbers in the default dtype (float32), and ``Tensor()`` nothing.

    Args:
        sizes: integers; or one sequence or array, which is data.
        data: the same as one sequence or array.
        size: sizes as a sequence.
        device: the CPU.

    Raises:
        RuntimeError: a size is negative.
        TypeError: a single number, anything else that is neither sizes nor data, or complex numbers.
        ValueError: nested sequences of unequal lengths.
    """

    __slots__ = ()

    def __new__(cls, *sizes: object, data: object = None, size: Sizes | None = None, device: DeviceLike = None) -> Self:
        """Make a tensor; see the class."""
        require_cpu("device", device)
        return cls._over(constructed("Tensor", sizes, data, size, None))

    @classmethod
    def _over(cls, array: Array, requires_grad: builtins.bool = False) -> Self:
        """Return a leaf of this class over `array`."""
        made = object.__new__(cls)
        made.array = array
        made._requires_grad = False
        made._grad = None
        made._node = None
        made._view = None
        made.requires_grad = requires_grad
        return made

    # --- what it is -------------------------------------------------------------------------------------------

    @property
    def T(self) -> Tensor:  # noqa: N802 - PyTorch's name
        """The tensor with its axes in reverse order."""
        return ops.permute(self, range(self.ndim - 1, -1, -1))

    @property
    def device(self) -> Device:
        """Where the values are: always the CPU."""
        return CPU

    @property
    def is_leaf(self) -> bool:
        """Whether the tensor was made by the user rather than by a recorded operation."""
        refresh(self)
        return not isinstance(self._node, Node | Variable)

    @property
    def grad_fn(self) -> Node | None:
        """The recorded operation that made this tensor; None for a leaf."""
        refresh(self)
        return self._node if isinstance(self._node, Node) else None

    @property
    def requires_grad(self) -> bool:
        """Whether gradients are computed with respect to, or through, this tensor. Settable on leaves."""
        refresh(self)
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
        """The gradient that backward passes have accumulated here, or None: of leaves, and after `retain_grad`."""
        if self._grad is None and self._requires_grad and not self.is_leaf and not self.retains_grad:
            warnings.warn(
                f"the .grad of a tensor that is not a leaf is read (shape {self.shape}, made by {self._node!r}); only "
                "leaves accumulate gradients. Call .retain_grad() on it before the backward pass.",
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

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    @property
    def data(self) -> Tensor:
        """The same memory as a tensor that requires no gradient. Assigning to it replaces the values unrecorded."""
        return self.detach()

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(f"data: expected a tensor, got {type(value).__name__}")
        self.array = value.array
        self._view = None

    @property
    def _version(self) -> int:
        """How often the memory of this tensor was changed in place."""
        return versions.version(self.array)

    @overload
    def size(self, dim: None = None) -> Size: ...
    @overload
    def size(self, dim: int) -> builtins.int: ...
    def size(self, dim: int | None = None) -> Size | builtins.int:
        """Return the shape as a `Size`, or the length of axis `dim`."""
        return Size(self.shape) if dim is None else self.shape[dim]

    def dim(self) -> int:
        """Return the number of axes."""
        return self.ndim

    def is_floating_point(self) -> bool:
        """Return whether the elements are floating point."""
        return is_floating(self.dtype)

    # --- gradients --------------------------------------------------------------------------------------------

    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Tensor | Sequence[Tensor] | None = None,
    ) -> None:
        """Add the gradient of this tensor, weighted by `gradient`, to ``.grad`` of every leaf it depends on.

        See `autograd.backward`.
        """
        autograd.backward(self, gradient, retain_graph, create_graph, inputs=inputs)

    @property
    def retains_grad(self) -> bool:
        """Whether this is the result of an operation and `retain_grad` was called."""
        return hooks.retains_grad(self)

    def retain_grad(self) -> None:
        """Let backward passes write ``.grad`` of this result, as they do for leaves."""
        hooks.retain_grad(self)

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> hooks.RemovableHandle:
        """Call ``hook(grad)`` in every backward pass; a tensor that it returns replaces the gradient.

        See `autograd.hooks.register_hook`.
        """
        return hooks.register_hook(self, hook)

    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> hooks.RemovableHandle:
        """Call ``hook(tensor)`` after every backward pass that has added to the ``.grad`` of this leaf."""
        return hooks.register_post_accumulate_grad_hook(self, hook)

    def detach(self) -> Tensor:
        """Return the same memory as a tensor that no gradient flows through."""
        return cast(Tensor, wrap(self.array))

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
            RuntimeError: the tensor requires a gradient while operations are recorded: changes to the array would not
                be.
        """
        if self._requires_grad and is_grad_enabled():
            raise RuntimeError("numpy: the tensor requires a gradient; use .detach().numpy()")
        return self.array

    def __array__(self, dtype: DTypeLike = None, copy: bool | None = None) -> Array:
        if self._requires_grad and is_grad_enabled():
            raise RuntimeError(
                "a tensor that requires a gradient would become a constant here: call the operation of tinygrad_cnn "
                "instead of NumPy's, or use .detach().numpy()"
            )
        return np.array(self.array, dtype=dtype, copy=copy)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: object, **kwargs: object) -> object:
        return call_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(
        self, function: Callable[..., object], types: object, args: Sequence[object], kwargs: dict[str, object]
    ) -> object:
        return call_function(function, args, kwargs)

    def __dlpack__(self, **options: Any) -> Any:
        """Return the memory for another library, such as ``torch.from_dlpack(t)``, to share."""
        return self.numpy().__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[builtins.int, builtins.int]:
        """Return where the memory is, in DLPack's terms: the CPU."""
        return self.array.__dlpack_device__()

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
        if not self.ndim:
            return format(self.item(), spec)
        if spec:
            raise TypeError(
                f"format {spec!r}: expected a tensor without axes, got shape {self.shape}; use .tolist() or str(tensor)"
            )
        return repr(self)

    def __repr__(self) -> str:
        text = printing.text(self.array, prefix="tensor(")
        if self.dtype not in (get_default_dtype(), int64, bool_):
            text += f", dtype={self.dtype}"
        if isinstance(self._node, Node):
            text += f", grad_fn=<{self._node.op.name}>"
        elif self._requires_grad:
            text += ", requires_grad=True"
        return f"tensor({text})"

    __hash__ = object.__hash__

    def __dir__(self) -> list[str]:
        return [name for name in object.__dir__(self) if hasattr(type(self), name)]

    def __deepcopy__(self, memo: dict[builtins.int, object]) -> Tensor:
        if not self.is_leaf:
            raise RuntimeError(
                f"only leaves can be deep-copied, and this is a result of operations, of shape {self.shape}; keep "
                "x.detach() instead, or drop it before copying"
            )
        copied = self._over(self.array.copy(), self._requires_grad)
        memo[id(self)] = copied
        copied._grad = copy.deepcopy(self._grad, memo)
        return copied

    def __getstate__(self) -> dict[str, object]:
        if not self.is_leaf:
            raise RuntimeError("only leaves can be pickled; use .detach() on a result")
        if hooks.hooks_of(self) is not None and any([self._hooks.before, self._hooks.after]):
            raise RuntimeError("a tensor with hooks cannot be pickled; remove them by their handles first")
        return {"array": self.array, "requires_grad": self._requires_grad, "grad": self._grad}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.array, self._requires_grad, self._grad = state["array"], state["requires_grad"], state["grad"]
        self._node = self._view = None

    # --- operators --------------------------------------------------------------------------------------------

    def __add__(self, other: Operand) -> Tensor:
        return ops.add(self, other)

    def __radd__(self, other: Array | Scalar) -> Tensor:
        return ops.add(other, self)

    def __sub__(self, other: Operand) -> Tensor:
        return ops.sub(self, other)

    def __rsub__(self, other: Array | Scalar) -> Tensor:
        return ops.sub(other, self)

    def __rmul__(self, other: Array | Scalar) -> Tensor:
        return ops.mul(other, self)

    def __truediv__(self, other: Operand) -> Tensor:
        return ops.true_divide(self, other)

    def __rtruediv__(self, other: Array | Scalar) -> Tensor:
        return ops.true_divide(other, self)

    def __rfloordiv__(self, other: Array | Scalar) -> Tensor:
        return ops.floor_divide(other, self)

    def __rmod__(self, other: Array | Scalar) -> Tensor:
        return ops.remainder(other, self)

    def __rpow__(self, other: Array | Scalar) -> Tensor:
        return ops.pow(other, self)

    def __matmul__(self, other: Tensor) -> Tensor:
        return ops.matmul(self, other)

    if not TYPE_CHECKING:  # where `Variable` declares them
        __eq__ = Methods.eq
        __ne__ = Methods.ne

    __neg__ = Methods.neg
    __abs__ = Methods.abs
    __invert__ = Methods.bitwise_not
    __mul__ = Methods.mul
    __floordiv__ = Methods.floor_divide
    __mod__ = Methods.remainder
    __pow__ = Methods.pow
    __and__ = Methods.bitwise_and
    __or__ = Methods.bitwise_or
    __xor__ = Methods.bitwise_xor
    __lt__ = Methods.lt
    __le__ = Methods.le
    __gt__ = Methods.gt
    __ge__ = Methods.ge

    def __rand__(self, other: Array | Scalar) -> Tensor:
        return ops.bitwise_and(other, self)

    def __ror__(self, other: Array | Scalar) -> Tensor:
        return ops.bitwise_or(other, self)

    def __rxor__(self, other: Array | Scalar) -> Tensor:
        return ops.bitwise_xor(other, self)

    def __rmatmul__(self, other: Array) -> Tensor:
        return cast(Tensor, ops.matmul(other, self))

    def __getitem__(self, index: object) -> Tensor:
        return ops.getitem(self, index)

    # --- changes in place -----------------------------------------------------------------------------------------

    def __setitem__(self, index: object, value: Operand) -> None:
        given = value.to(self.dtype) if isinstance(value, Tensor) else value
        if is_grad_enabled() and (self.requires_grad or (isinstance(given, Tensor) and given.requires_grad)):
            change("setitem", self, lambda x, v: ops.setitem(x, v, index=index), given)
        else:
            write("setitem", self, given.array if isinstance(given, Tensor) else given, index)

    __iadd__ = Methods.add_
    __isub__ = Methods.sub_
    __imul__ = Methods.mul_
    __itruediv__ = Methods.div_
    __ipow__ = Methods.pow_


Variable.concrete = Tensor
refuse_methods(Tensor)
