"""The table of a summary: plain text, Markdown, HTML and rich."""

import io
import re
import sys
import xml.etree.ElementTree as ET

import pytest

from tinygrad_cnn import nn
from tinygrad_cnn.models import resnet20
from tinygrad_cnn.report import summary


def small():
    return summary(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), (1, 3, 5, 5))


def test_plain_text():
    assert str(small()).splitlines() == [
        "Sequential, input 1×3×5×5",
        "─" * 67,
        "layer  kind    output   parameters  multiply-adds  activation bytes",
        "─" * 67,
        "0      Conv2d  1×4×3×3         112            972               144",
        "1      ReLU    1×4×3×3           0              0               144",
        "─" * 67,
        "total                          112            972               288",
        "─" * 67,
        "112 parameters (448 B), 112 of them trainable",
    ]


def test_markdown():
    assert small().markdown.splitlines() == [
        "**Sequential, input 1×3×5×5**",
        "",
        "| layer | kind   | output  | parameters | multiply-adds | activation bytes |",
        "| :---- | :----- | :------ | ---------: | ------------: | ---------------: |",
        "| 0     | Conv2d | 1×4×3×3 |        112 |           972 |              144 |",
        "| 1     | ReLU   | 1×4×3×3 |          0 |             0 |              144 |",
        "| total |        |         |        112 |           972 |              288 |",
        "",
        "112 parameters (448 B), 112 of them trainable",
    ]


def test_html_is_well_formed_and_escaped():
    model = nn.Sequential({"<b>&": nn.ReLU()})
    found = summary(model, (1, 3))
    table = ET.fromstring(found.html)
    assert table.tag == "table"
    assert [["".join(cell.itertext()) for cell in row] for row in table.iter("tr")] == [
        *(list(line) for line in found.table()),
        ["0 parameters (0 B), 0 of them trainable"],
    ]
    assert found._repr_html_() == found.html


def test_show_uses_rich_and_does_without_it(monkeypatch, capsys):
    pytest.importorskip("rich")
    file = io.StringIO()
    small().show(file)
    shown = file.getvalue()
    assert "112 parameters (448 B), 112 of them trainable" in shown
    assert [line.split()[:3] for line in shown.splitlines() if "Conv2d" in line] == [["0", "Conv2d", "1×4×3×3"]]
    assert shown != f"{small()}\n"
    monkeypatch.setitem(sys.modules, "rich.console", None)
    small().show()
    assert capsys.readouterr().out == f"{small()}\n"


@pytest.mark.parametrize(("width", "gap", "longest"), [(200, "  ", 98), (80, " ", 80)])
def test_rich_moves_columns_together_where_lines_are_short(width, gap, longest):
    console = pytest.importorskip("rich.console").Console(file=io.StringIO(), width=width)
    console.print(summary(resnet20(), (1, 3, 32, 32)))
    lines = console.file.getvalue().splitlines()
    assert max(len(line) for line in lines) <= longest
    assert "AdaptiveAvgPool2d" + gap in "".join(lines)
    assert sum(line.startswith("layer1.0.conv1 ") for line in lines) == 1


@pytest.mark.parametrize("width", [12, 20, 40, 60, 70, 80, 200])
def test_rich_never_cuts_a_number(width):
    console = pytest.importorskip("rich.console").Console(file=io.StringIO(), width=width)
    found = summary(resnet20(), (1, 3, 32, 32))
    console.print(found)
    words = re.split(r"[\s→:]+", console.file.getvalue().replace(", ", " "))
    for row in found.rows:
        assert {f"{row.parameters:,}", f"{row.multiply_adds:,}", f"{row.activation_bytes:,}"} <= set(words)
    assert "…" not in console.file.getvalue()
    assert f"{found.parameters:,}" in words
