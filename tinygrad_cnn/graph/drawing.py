"""`draw`: the computational graph of tensors as a picture."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Literal, cast

from tinygrad_cnn._files import replacing
from tinygrad_cnn.autograd import Variable
from tinygrad_cnn.graph.collapse import collapse, fit, without_constants
from tinygrad_cnn.graph.dot import to_dot
from tinygrad_cnn.graph.model import Graph
from tinygrad_cnn.graph.record import Model
from tinygrad_cnn.graph.render import to_bytes, to_svg
from tinygrad_cnn.graph.trace import trace, trace_call


class Drawing:
    """A drawn graph; a notebook shows one that is the last line of a cell.

    Attributes:
        graph: the graph as plain data.
        dot: the graph as DOT text, for Graphviz.
        error: what the model raised when it was run to be drawn, or the `error` that `draw` was given, or None.
    """

    def __init__(self, graph: Graph, dot: str, error: BaseException | None = None) -> None:
        self.graph = graph
        self.dot = dot
        self.error = error

    @cached_property
    def svg(self) -> str:
        """The picture as an ``<svg>`` element, to embed in a page or to save.

        Raises:
            ImportError: neither the program ``dot`` nor the extra ``draw`` is installed.
            RuntimeError: Graphviz cannot lay the graph out.
        """
        return to_svg(self.dot)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture to a file; its ending chooses the format: .svg, .png, .pdf or .dot.

        The file is written completely or not at all. A .png or .pdf needs the program ``dot``.

        Returns:
            The path.

        Raises:
            ValueError: the ending is another one.
            RuntimeError, ImportError: as for `svg`.
        """
        target = Path(path)
        ending = target.suffix[1:].lower()
        content = self.svg.encode("utf-8") if ending == "svg" else to_bytes(self.dot, ending)
        with replacing(target) as part:
            part.write_bytes(content)
        return target

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"<drawing of {len(self.graph.nodes)} nodes and {len(self.graph.edges)} edges>"


def draw(
    *outputs: object,
    params: object = None,
    inputs: Mapping[str, object] | None = None,
    depth: int | None = None,
    limit: int | None = 300,
    values: bool = False,
    constants: bool = True,
    rankdir: Literal["TB", "LR"] = "TB",
    title: str | None = None,
    error: BaseException | None = None,
) -> Drawing:
    """Draw the computational graph of `outputs`: operations grouped by module, shapes on the edges, parameters.

    It works before and after ``backward()``, and on gradients made with ``create_graph=True``. ``draw(model, x)`` runs
    the model once and draws every operation that runs, also those of frozen layers and under `no_grad`, which leave no
    trace in a loss. The model is as before afterwards. If it raises, what ran is drawn, with the operation that failed
    in red; the error is in ``.error``.

    Args:
        outputs: results of recorded operations, such as a loss; or a module and its arguments.
        params: names for parameters: a module, or a mapping from names to tensors. Parameters of modules that ran have
            names without it.
        inputs: names for other tensors, such as ``{"images": x, "digits": t}``.
        depth: how many levels of modules to open; a deeper module is drawn as one box. All by default.
        limit: about how many operations and closed modules to draw. Of a larger graph more modules are closed, from the
            innermost outwards, and if that is not enough, the operations in the middle become one box. None for all.
        values: show the elements of small tensors, at most 64, and their gradients as they are now; of larger ones the
            mean, the standard deviation and the range.
        constants: show unnamed tensors that require no gradient.
        rankdir: "TB" draws from top to bottom, "LR" from left to right.
        title: a line above the picture.
        error: what ``backward()`` raised: the operation whose gradient failed is drawn in red, with the message.

    Returns:
        A `Drawing`, with the DOT text in ``.dot``, the picture in ``.svg``, and ``.save(path)``.

    Raises:
        TypeError: an output is not a tensor, or `params` or `inputs` do not name tensors.
        ValueError: no recorded operation made an output, `depth`, `limit` or `rankdir` is out of range, or `error` is
            not of a backward pass through the graph.

    Example:
        >>> a = tensor(2.0, requires_grad=True)
        >>> draw((a * a).relu(), params={"a": a}).dot.count("->")
        4
    """
    if rankdir not in ("TB", "LR"):
        raise ValueError(f'draw: expected rankdir as "TB" or "LR", got {rankdir!r}')
    if not isinstance(depth, int | None):
        raise TypeError(f"draw: expected depth as an int or None, got {depth!r}")
    if depth is not None and depth < 0:
        raise ValueError(f"draw: expected depth of at least 0, got {depth}")
    if limit is not None and (not isinstance(limit, int) or isinstance(limit, bool) or limit < 3):
        raise ValueError(f"draw: expected limit as an int of at least 3 or None, got {limit!r}")
    if outputs and isinstance(outputs[0], Model):
        graph, error = trace_call(outputs[0], *outputs[1:], params=params, inputs=inputs, values=values)
    else:
        graph = trace(*cast(tuple[Variable, ...], outputs), params=params, inputs=inputs, values=values, error=error)
    graph = graph if constants else without_constants(graph)
    graph = graph if depth is None else collapse(graph, depth)
    graph = graph if limit is None else fit(graph, limit)
    return Drawing(graph, to_dot(graph, rankdir=rankdir, title=title), error)
