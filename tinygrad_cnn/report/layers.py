"""`summary`: the layers of a model for an input of a given size, their outputs and their costs."""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO, cast

import numpy.typing as npt

from tinygrad_cnn._dtypes import get_default_dtype
from tinygrad_cnn._output import make_printable, printable
from tinygrad_cnn._types import Array, Shape
from tinygrad_cnn.autograd import Node, Operation, current_scope, enable_grad
from tinygrad_cnn.autograd.node import observers
from tinygrad_cnn.autograd.versions import storage
from tinygrad_cnn.creation import zeros
from tinygrad_cnn.nn import Module, Parameter
from tinygrad_cnn.report import layer_table
from tinygrad_cnn.report.multiply_adds import multiply_adds
from tinygrad_cnn.tensor import Tensor

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType


@dataclass(frozen=True)
class Row:
    """One call of a layer, or one operation outside any layer.

    Attributes:
        name: the layer's path; for an operation, the path of the module that computes it, empty for the model itself.
        kind: the layer's class, or the operation's name.
        output: shape of its result; None if that is not a tensor.
        parameters: number of elements of its parameters, without those counted in earlier rows.
        multiply_adds: see `report.multiply_adds`.
        activation_bytes: memory of the results of its operations; a view takes none.
    """

    name: str
    kind: str
    output: Shape | None
    parameters: int
    multiply_adds: int
    activation_bytes: int


@dataclass(frozen=True)
class Summary:
    """The layers of a model in the order in which they ran; a notebook shows them as a table.

    Attributes:
        title: the model's class.
        inputs: shapes of the inputs.
        rows: the layers.
        parameters: number of elements of all parameters, each counted once.
        trainable: number of elements of the parameters that require a gradient.
        parameter_bytes: memory of all parameters.
    """

    title: str
    inputs: tuple[Shape, ...]
    rows: tuple[Row, ...]
    parameters: int
    trainable: int
    parameter_bytes: int

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds of a forward pass with these inputs."""
        return sum(row.multiply_adds for row in self.rows)

    @property
    def activation_bytes(self) -> int:
        """Memory of all results."""
        return sum(row.activation_bytes for row in self.rows)

    @property
    def unused(self) -> int:
        """Number of elements of the parameters that no row counts, since nothing used them."""
        return self.parameters - sum(row.parameters for row in self.rows)

    def table(self) -> list[tuple[str, ...]]:
        """Return the cells as text, line by line: the header, the rows, the totals."""
        return layer_table.cells(self)

    @property
    def markdown(self) -> str:
        """The table in Markdown."""
        return layer_table.to_markdown(self)

    @property
    def html(self) -> str:
        """The table as a ``<table>`` element."""
        return layer_table.to_html(self)

    def show(self, file: TextIO | None = None) -> None:
        """Print the table, with rich where it is installed and as plain text otherwise.

        Args:
            file: where to print; the standard output by default.
        """
        make_printable(file or sys.stdout)
        try:
            from rich.console import Console
        except ModuleNotFoundError:
            (file or sys.stdout).write(f"{self}\n")
        else:
            Console(file=file).print(self)

    def __str__(self) -> str:
        return printable(layer_table.to_text(self))

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        return layer_table.to_rich(self, options.max_width)

    def _repr_html_(self) -> str:
        return self.html


def summary(
    model: Module,
    input_size: Sequence[int] | Sequence[Sequence[int]],
    dtypes: npt.DTypeLike | Sequence[npt.DTypeLike] | None = None,
) -> Summary:
    """Run `model` once on zeros of `input_size`, in evaluation mode, and list its layers.

    Args:
        model: left as it was.
        input_size: shape of the input, the batch included; for several inputs a list of shapes.
        dtypes: dtype of the inputs, or a list with one for each, such as int64 for an Embedding; by default that of
            the model's parameters.

    Returns:
        A `Summary`; ``print`` it for a table.

    Raises:
        TypeError: `model` is not a module, or a shape is not a sequence of ints.
        ValueError: the numbers of dtypes and inputs differ.

    Example:
        >>> print(summary(SimpleConvNet(), (1, 1, 28, 28)))
    """
    if not isinstance(model, Module):
        raise TypeError(f"summary: expected a module, got {type(model).__name__}")
    for text in model._unregistered():
        warnings.warn(f"summary: {text}", UserWarning, stacklevel=2)
    shapes = _shapes(input_size)
    inputs = [zeros(shape, dtype=dtype) for shape, dtype in zip(shapes, _dtypes(model, dtypes, shapes), strict=True)]
    recorder = _Recorder(model)
    modes = [(module, module.training) for module in model.modules()]
    with ExitStack() as stack:
        for module, mode in modes:
            stack.callback(setattr, module, "training", mode)
        model.eval()
        for module in recorder.layers.values():
            stack.callback(module.register_forward_hook(recorder.finish).remove)
        observers.append(recorder.observe)
        stack.callback(observers.remove, recorder.observe)
        stack.enter_context(enable_grad())
        model(*inputs)
    parameters = list(model.parameters())
    return Summary(
        title=type(model).__name__,
        inputs=shapes,
        rows=tuple(recorder.rows),
        parameters=sum(parameter.numel() for parameter in parameters),
        trainable=sum(parameter.numel() for parameter in parameters if parameter.requires_grad),
        parameter_bytes=sum(parameter.array.nbytes for parameter in parameters),
    )


def _shapes(input_size: Sequence[int] | Sequence[Sequence[int]]) -> tuple[Shape, ...]:
    try:
        several = any(isinstance(size, Sequence) for size in input_size)
        shapes = cast(Sequence[Sequence[int]], input_size if several else [input_size])
        return tuple([tuple(int(n) for n in shape) for shape in shapes])
    except TypeError:
        raise TypeError(
            f"summary: expected input_size as a shape or a list of shapes, such as (1, 3, 32, 32), got {input_size!r}"
        ) from None


def _dtypes(model: Module, dtypes: Any, shapes: tuple[Shape, ...]) -> list[npt.DTypeLike]:
    if dtypes is None:
        own = next((parameter.dtype for parameter in model.parameters()), get_default_dtype())
        return [own] * len(shapes)
    if not isinstance(dtypes, list | tuple):
        return [dtypes] * len(shapes)
    if len(dtypes) != len(shapes):
        raise ValueError(f"summary: expected as many dtypes as inputs, got {len(dtypes)} for {len(shapes)}")
    return list(dtypes)


class _Recorder:
    """Collects the rows while the model runs: it observes every operation, and the end of every layer's call."""

    def __init__(self, model: Module) -> None:
        self.rows: list[Row] = []
        self.names = {id(module): name or type(model).__name__ for name, module in model.named_modules()}
        self.layers = {id(module): module for module in model.modules() if not any(True for _ in module.children())}
        self.costs: dict[int, tuple[int, int]] = {}
        self.counted: set[int] = set()
        self.loose = {
            id(parameter.array): parameter
            for module in model.modules()
            if id(module) not in self.layers
            for parameter in module.parameters(recurse=False)
        }
        self.thread = threading.get_ident()

    def observe(
        self, op: Operation, values: Sequence[Array], attrs: Mapping[str, object], out: Array, _node: Node | None
    ) -> None:
        """Add the cost of one operation to its layer, or a row if it belongs to none."""
        scope = current_scope()
        if scope is None or threading.get_ident() != self.thread:
            return
        products = multiply_adds(op.name, values, out, attrs)
        shares = op.views and isinstance(values[0], type(out)) and storage(out) is storage(values[0])
        size = 0 if shares else out.nbytes
        owner = id(scope.owner)
        if owner in self.layers:
            before = self.costs.get(owner, (0, 0))
            self.costs[owner] = before[0] + products, before[1] + size
        else:
            loose = [self.loose[id(value)] for value in values if id(value) in self.loose]
            self.rows.append(Row(scope.path, op.name, out.shape, self._new(loose), products, size))

    def finish(self, module: Module, _args: object, output: object) -> None:
        """Add the row of a layer that has returned `output`."""
        products, size = self.costs.pop(id(module), (0, 0))
        count = self._new(list(module.parameters()))
        self.rows.append(Row(self.names[id(module)], type(module).__name__, _shape(output), count, products, size))

    def _new(self, parameters: Sequence[Parameter]) -> int:
        """Return the number of elements of the parameters that were not counted before."""
        fresh = {id(parameter): parameter.numel() for parameter in parameters if id(parameter) not in self.counted}
        self.counted.update(fresh)
        return sum(fresh.values())


def _shape(output: object) -> Shape | None:
    """Return the shape of a tensor, or of the first in a tuple, list or dict."""
    if isinstance(output, Tensor):
        return output.shape
    inside = output.values() if isinstance(output, Mapping) else output if isinstance(output, list | tuple) else ()
    return next((shape for shape in map(_shape, inside) if shape is not None), None)
