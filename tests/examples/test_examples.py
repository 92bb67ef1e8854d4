"""Every example runs as it stands."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import real_data

pytest.importorskip("matplotlib")

EXAMPLES = Path(__file__).parents[2] / "examples"
MAKES = {
    "convnet2_toy.py": ["loss.svg", "filters.svg", "graph.svg"],
    "simple_convnet_mnist.py": ["accuracy.svg", "graph.svg"],
}


def test_every_example_is_listed():
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(MAKES)


def run(name, cwd):
    result = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / name)],
        capture_output=True, encoding="utf-8", timeout=600, cwd=cwd, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    for made in MAKES[name]:
        ET.parse(cwd / "runs" / name.removesuffix(".py") / made)
    return result.stdout


@pytest.mark.slow
def test_convnet2_toy_reproduces_the_tables(tmp_path):
    out = run("convnet2_toy.py", tmp_path)
    rows = [line.split() for line in out.splitlines() if "x" in line and "%" in line]
    assert len(rows) == 9
    test = {(row[0], row[1], row[2]): float(row[3]) for row in rows}
    for rate in ("0.001", "0.0001", "0.0002"):
        assert test[rate, "5x5", "small"] == 33.333
    assert test["0.001", "5x5", "he"] == 100.0
    for size in ("3x3", "5x5", "7x7", "9x9"):
        assert test["0.01", size, "small"] >= 96.667


@pytest.mark.slow
def test_simple_convnet_mnist_learns(tmp_path):
    out = run("simple_convnet_mnist.py", tmp_path)
    last = [line for line in out.splitlines() if line.startswith("=== epoch")][-1]
    assert float(last.split("test acc:")[1].split()[0]) >= 0.94


@pytest.mark.slow
@real_data.needs("mnist")
def test_all_of_mnist_with_the_deeper_network(tmp_path):
    for extra in ("typer", "safetensors"):
        pytest.importorskip(extra)
    result = subprocess.run(
        [sys.executable, "-c", "from tinygrad_cnn.cli import main; main()", "train", EXAMPLES / "configs/mnist.toml"],
        capture_output=True, encoding="utf-8", cwd=tmp_path, check=False,
        env={**os.environ, "TINYGRAD_CNN_DATA": str(real_data.ROOT), "PYTHONPATH": str(EXAMPLES.parent)},
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert float(result.stdout.split("test accuracy ")[1].split(",")[0]) >= 0.99
    assert (tmp_path / "runs" / "mnist-001" / "report.html").is_file()


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("configs/*.toml")), ids=lambda path: path.stem)
def test_every_configuration_can_be_built(path):
    pytest.importorskip("typer")
    from tinygrad_cnn.cli import building, config, sets

    found = config.read_config(path)
    model = building.build_model(found.place("model"), found.model)
    optimizer = building.build_optimizer(found, model)
    building.build_schedule(found, optimizer, steps_per_epoch=550)
    building.build_early_stopping(found)
    assert found.data[0] in sets.NAMES
    assert f"tinygrad-cnn train examples/configs/{path.name}" in found.text
