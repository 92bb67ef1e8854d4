"""Containers as JSON and arrays: what was taken apart comes back, and forged JSON is refused."""

import io
import json

import numpy as np
import pytest
from saved import copied, refused_soon

import tinygrad_cnn as tg
from tinygrad_cnn import nn

pytest.importorskip("safetensors")


def test_tensors_keep_their_class_and_whether_they_require_gradients():
    weights = [tg.ones(2, requires_grad=True), tg.tensor(3), nn.Parameter(tg.ones(1)), nn.Parameter(tg.ones(1), False)]
    again = copied(weights)
    assert [type(t) for t in again] == [type(t) for t in weights]
    assert [t.requires_grad for t in again] == [True, False, True, False]
    assert again[1].shape == ()


def test_containers_that_do_not_fit_the_tensors_are_refused(tmp_path):
    from tinygrad_cnn.interop import save_file

    for structure in ("[", '{"~": "tensor", "name": "gone"}', "[" * 100_000):
        save_file({"a": tg.ones(1)}, tmp_path / "x.pt", {"tinygrad_cnn.state": structure})
        with pytest.raises(ValueError, match=r"load: .*x\.pt: expected containers"):
            tg.load(tmp_path / "x.pt")


def with_containers(text):
    """Return a file of `save` with these containers and one tensor of integers."""
    from safetensors.numpy import save

    return save({"a": np.arange(2)}, metadata={"tinygrad_cnn.state": text})


NESTED = '{"~": "tuple", "items": [' * 90 + "%s" + "]}" * 90


@pytest.mark.parametrize(
    "text",
    [
        '{"~": "tensor", "name": "a", "requires_grad": true}',
        '{"~": "parameter", "name": "a", "requires_grad": true}',
        NESTED % ("[" + ", ".join(['"abcdefgh"'] * 100_000) + '], {"~": "x"}'),
        '{"~": "dict", "items": [' + ", ".join(f"[{(2**61 - 1) * k}, 0]" for k in range(1, 50_001)) + "]}",
    ],
    ids=["gradient", "parameter", "nested", "colliding"],
)
def test_forged_containers_are_refused_soon(text):
    refused_soon(with_containers(text), "load: the file: expected containers as `save` writes them")


def test_a_key_that_could_not_be_loaded_is_not_saved():
    few = {2**63: 1, (1, -(2**70)): 2}
    assert copied(few) == few
    with pytest.raises(TypeError, match="deep: expected integers of at most 64 bits as keys"):
        tg.save({"deep": {2**70 + k: 1 for k in range(2000)}}, io.BytesIO())


NESTINGS = {
    "list": (lambda x: [x], "[%s]"),
    "tuple": (lambda x: (x,), '{"~": "tuple", "items": [%s]}'),
    "dict": (lambda x: {"a": x}, '{"a": %s}'),
    "dict of integers": (lambda x: {1: x}, '{"~": "dict", "items": [[1, %s]]}'),
}


@pytest.mark.parametrize(("nested", "text"), NESTINGS.values(), ids=NESTINGS)
@pytest.mark.parametrize("innermost", [1.5, float("inf"), "tensor"])
def test_containers_of_100_levels_are_kept_and_of_more_refused(nested, text, innermost):
    x = tg.ones(2) if innermost == "tensor" else innermost
    for _ in range(100):
        x = nested(x)
    again = copied(x)
    for _ in range(99):
        again, x = (next(iter(y.values() if isinstance(y, dict) else y)) for y in (again, x))
    assert repr(again) == repr(x)

    for levels in (101, 300, 1000, 20_000):
        x = 1.5
        for _ in range(levels):
            x = nested(x)
        with pytest.raises(ValueError, match="save: expected containers of at most 100 levels, got one that has more"):
            tg.save(x, io.BytesIO())
    for levels in (102, 300, 1000, 20_000):
        before, after = text.split("%s")
        forged = with_containers(before * levels + "1" + after * levels)
        refused_soon(forged, "load: the file: expected containers")


def test_a_container_that_holds_itself_is_not_saved():
    x = []
    x.append(x)
    with pytest.raises(ValueError, match="save: expected containers of at most 100 levels, .* holds itself"):
        tg.save(x, io.BytesIO())


def test_the_containers_are_json(tmp_path):
    from tinygrad_cnn.interop import load_metadata

    tg.save({"a": tg.ones(1), "n": 1}, tmp_path / "x.pt")
    text = load_metadata(tmp_path / "x.pt")["tinygrad_cnn.state"]
    assert json.loads(text) == {"a": {"~": "tensor", "name": "a"}, "n": 1}
