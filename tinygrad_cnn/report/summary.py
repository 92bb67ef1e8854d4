"""`summarize`: what a model computes for an input of a given size, layer by layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinygrad_cnn._types import Shape
from tinygrad_cnn.autograd import Node, Scope, collect
from tinygrad_cnn.creation import zeros
from tinygrad_cnn.nn import Module


@dataclass(frozen=True)
class Row:
    """One layer, or one operation outside any layer.

    Attributes:
        name: the module's path, or empty for an operation that the model calls itself.
        kind: the module's class, or the operation's name.
        output: shape of its result.
        parameters: number of elements of its parameters.
    """

    name: str
    kind: str
    output: Shape
    parameters: int


@dataclass(frozen=True)
class Summary:
    """The layers of a model in the order in which they ran.

    Attributes:
        title: the model's class.
        input: shape of the input.
        rows: the layers.
        parameters: number of elements of all parameters, each counted once.
        trainable: those of parameters that require a gradient.
    """

    title: str
    input: Shape
    rows: tuple[Row, ...]
    parameters: int
    trainable: int

    def table(self) -> list[tuple[str, str, str, str]]:
        """Return the cells: layer, kind, output shape, parameters; a header first."""
        head = ("layer", "kind", "output", "parameters")
        return [head, *((row.name, row.kind, _by(row.output), f"{row.parameters:,}") for row in self.rows)]

    def __str__(self) -> str:
        cells = self.table()
        widths = [max(len(line[i]) for line in cells) for i in range(4)]
        lines = [
            "  ".join((line[0].ljust(widths[0]), line[1].ljust(widths[1]), line[2].ljust(widths[2]),
                       line[3].rjust(widths[3]))).rstrip()
            for line in cells
        ]  # fmt: skip
        rule = "─" * (sum(widths) + 6)
        total = f"{self.parameters:,} parameters, {self.trainable:,} of them trainable"
        return "\n".join([f"{self.title}, input {_by(self.input)}", rule, lines[0], rule, *lines[1:], rule, total])


def _by(shape: Shape) -> str:
    return " × ".join(str(size) for size in shape) or "scalar"


def summarize(model: Module, input_size: Sequence[int]) -> Summary:
    """Run `model` once on zeros of `input_size`, in evaluation mode, and list what it did.

    Args:
        model: takes one tensor and returns one; its mode is put back afterwards.
        input_size: shape of the input, the batch included.

    Returns:
        A `Summary`; ``print`` it for a table.
    """
    mode = model.training
    model.eval()
    try:
        output = model(zeros(input_size, dtype=_dtype(model), requires_grad=True))
    finally:
        model.train(mode)
    nodes = sorted(collect([output.grad_fn]), key=lambda node: node.seq)
    parameters = [parameter for _, parameter in model.named_parameters()]
    return Summary(
        title=type(model).__name__,
        input=tuple(input_size),
        rows=tuple(_rows(nodes)),
        parameters=sum(parameter.numel() for parameter in parameters),
        trainable=sum(parameter.numel() for parameter in parameters if parameter.requires_grad),
    )


def _dtype(model: Module) -> str | None:
    for _, parameter in model.named_parameters():
        return str(parameter.dtype)
    return None


def _rows(nodes: list[Node]) -> list[Row]:
    """Return one row for each module call that recorded operations itself, and each operation outside a layer."""
    rows: list[Row] = []
    previous: Scope | None = None
    for node in nodes:
        scope = node.scope
        owner = scope.owner if scope is not None else None
        layer = isinstance(owner, Module) and not any(True for _ in owner.children())
        if scope is None or not layer:
            name = scope.path if scope is not None else ""
            rows.append(Row(name, node.op.name, node.shape, 0))
        elif scope is previous:
            rows[-1] = Row(rows[-1].name, rows[-1].kind, node.shape, rows[-1].parameters)
        else:
            assert isinstance(owner, Module)
            count = sum(parameter.numel() for _, parameter in owner.named_parameters())
            rows.append(Row(scope.path or scope.name, scope.kind, node.shape, count))
        previous = scope
    return rows
