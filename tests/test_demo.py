"""The demo: training, gradient check, graph and report."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

for extra in ("typer", "rich", "jinja2", "matplotlib"):
    pytest.importorskip(extra)


def run(*args, cwd=None):
    return subprocess.run(
        [sys.executable, "-c", "from tinygrad_cnn.cli import main; main()", *args],
        capture_output=True, encoding="utf-8", timeout=300, cwd=cwd, env=None, check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_demo_trains_checks_draws_and_reports(tmp_path):
    result = run("demo", "--epochs", "3", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    out = result.stdout
    assert "433,890 parameters" in out
    lines = re.findall(r"=== epoch:(\d), train acc:(0\.\d{3}), test acc:(0\.\d{3}) ===", out)
    assert [line[0] for line in lines] == ["1", "2", "3"]
    assert float(lines[-1][2]) > 0.88
    for name in ("conv1.weight", "conv1.bias", "fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"):
        assert re.search(rf"\| {re.escape(name)} .*\| ok ", out), name
    graph = ET.parse(tmp_path / "runs" / "demo" / "graph.svg").getroot()
    words = " ".join("".join(text.itertext()) for text in graph.iter("{http://www.w3.org/2000/svg}text"))
    for word in ("conv2d", "max_pool2d", "linear", "cross_entropy", "100×30×24×24", "conv1", "30×1×5×5"):
        assert word in words
    page = (tmp_path / "runs" / "demo" / "report.html").read_text(encoding="utf-8")
    for part in ("Learned filters", "Feature maps", "Gradient check", "all agree", "cross_entropy",
                 "tinygrad-cnn demo --epochs 3 --batch-size 100 --lr 0.001 --seed 0 --out runs/demo"):  # fmt: skip
        assert part in page
    assert page.count("<svg") == 4
