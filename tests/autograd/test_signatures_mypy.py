"""What type checkers know of operations: their arguments, and that tensors give tensors and arrays give arrays."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

WRONG = [
    "ops.conv2d(x, w, None, strid=(1, 1))",
    "ops.relu(x, x, 5)",
    "ops.relu(strid=1)",
    "ops.softmax(x, dim='1')",
    "ops.exp(x, base=2)",
    "ops.sum(x, keepdims=True)",
    "ops.where(mask, x, 'y')",
    "x.relu(1)",
    "x.add(1, 2)",
    "x.softmax()",
]

RIGHT = {
    "ops.conv2d(x, w, None, stride=(1, 1), padding=((0, 0), (0, 0)), dilation=(1, 1), groups=1)": "Tensor",
    "ops.relu(x)": "Tensor",
    "ops.relu(a)": "ndarray",
    "ops.softmax(a, dim=1)": "ndarray",
    "ops.add(x, 2.5)": "Tensor",
    "ops.add(2.5, x)": "Tensor",
    "ops.add(x, a)": "Tensor",
    "ops.add(a, a, alpha=2)": "ndarray",
    "ops.where(mask, x, 0)": "Tensor",
    "ops.sum(x, 1, keepdim=True)": "Tensor",
    "ops.max(x, 1).indices": "Tensor",
    "ops.split(x, 2)[0]": "Tensor",
    "x * w + 1": "Tensor",
    "2 - x": "Tensor",
    "x == w": "Tensor",
    "x @ w": "Tensor",
    "x.relu()": "Tensor",
    "x.sort().values": "Tensor",
    "x.add_(w)": "Tensor",
}

HEAD = """import numpy as np
import numpy.typing as npt
from typing import Any
from tinygrad_cnn import Tensor, ops

def check(x: Tensor, w: Tensor, mask: Tensor, a: npt.NDArray[Any]) -> None:
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """Return the lines of mypy about each line of code."""
    api = pytest.importorskip("mypy.api")
    lines = [*WRONG, *[f"reveal_type({call})" for call in RIGHT]]
    path = tmp_path_factory.mktemp("types") / "snippets.py"
    path.write_text(HEAD + "".join(f"    {line}\n" for line in lines), encoding="utf-8")
    config = ["--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(ROOT / ".mypy_cache")]
    out, errors, _ = api.run([*config, "--hide-error-context", str(path)])
    assert not errors
    found = {line: [] for line in lines}
    for number, kind, text in re.findall(r"snippets\.py:(\d+): (\w+): (.*)", out):
        found[lines[int(number) - HEAD.count("\n") - 1]].append((kind, text))
    return found


@pytest.mark.parametrize("call", WRONG)
def test_wrong_arguments_are_one_error(answers, call):
    assert [kind for kind, _ in answers[call]].count("error") == 1


@pytest.mark.parametrize("call", RIGHT)
def test_results_have_the_type_of_the_inputs(answers, call):
    ((kind, text),) = answers[f"reveal_type({call})"]
    assert kind == "note"
    assert re.search(rf'"(tinygrad_cnn\.tensor\.|numpy\.){RIGHT[call]}\b', text)
