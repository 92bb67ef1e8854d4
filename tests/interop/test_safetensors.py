"""Weights in safetensors files: interchangeable with PyTorch's, whole or not at all, and never code."""

import contextlib
import json
import os
import pickle
import struct
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_cnn as tg
from tinygrad_cnn import nn
from tinygrad_cnn.interop import load_file, load_metadata, load_model, save_file, save_model
from tinygrad_cnn.models import SimpleConvNet

pytest.importorskip("safetensors")

DTYPES = [tg.bool, tg.uint8, tg.int8, tg.int16, tg.int32, tg.int64, tg.float16, tg.float32, tg.float64]


def forged(header, data=b"", length=None):
    """Return a file with this header, an object or bytes, whatever it says."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def entry(dtype="F32", shape=(2,), start=0, end=8):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [start, end]}


def samples():
    """Return a tensor of every dtype, and of every odd shape."""
    found = {f"{dtype}": tg.arange(-3, 3).reshape(2, 3).to(dtype) for dtype in DTYPES}
    found["bool"] = tg.tensor([True, False])
    matrix = tg.arange(6.0).reshape(2, 3)
    return {
        **found, "scalar": tg.tensor(3.5), "empty": tg.zeros(0, 4), "transposed": matrix.T, "strided": matrix[:, ::2],
        "names may be any text: 층.0": matrix,
        "limits": tg.tensor([np.inf, -np.inf, np.nan, -0.0, 5e-324], dtype=tg.float64),
    }  # fmt: skip


def test_round_trip(tmp_path):
    before = samples()
    save_file(before, tmp_path / "x.safetensors", {"a": "b", "층": ""})
    after = load_file(str(tmp_path / "x.safetensors"))
    assert set(after) == set(before)
    for name, tensor in before.items():
        assert after[name].dtype == tensor.dtype
        assert after[name].shape == tensor.shape
        assert after[name].numpy().tobytes() == np.asarray(tensor.numpy(), order="C").tobytes(), name
        after[name].numpy()[...] = 1  # memory of its own
    assert load_metadata(tmp_path / "x.safetensors") == {"a": "b", "층": ""}


def test_arrays_and_big_endian_arrays_and_parameters(tmp_path):
    save_file({"a": np.arange(3, dtype=">f4"), "b": nn.Linear(2, 1).weight}, tmp_path / "x")
    assert load_file(tmp_path / "x")["a"].tolist() == [0.0, 1.0, 2.0]
    assert load_file(tmp_path / "x")["b"].shape == (1, 2)
    assert not load_file(tmp_path / "x")["b"].requires_grad
    assert load_metadata(tmp_path / "x") == {}
    save_file({}, tmp_path / "x")
    assert load_file(tmp_path / "x") == {}


def test_pytorch_reads_what_is_written_here(tmp_path, torch):
    from safetensors import safe_open
    from safetensors.torch import load_file as load_in_torch

    before = samples()
    save_file(before, tmp_path / "x", {"format": "pt"})
    after = load_in_torch(tmp_path / "x")
    for name, tensor in before.items():
        assert str(after[name].dtype) == f"torch.{tensor.dtype}"
        np.testing.assert_array_equal(after[name].numpy(), tensor.numpy())
    with safe_open(tmp_path / "x", "pt") as file:
        assert file.metadata() == {"format": "pt"}


def test_files_are_those_of_pytorch_byte_for_byte(tmp_path, torch):
    from safetensors.torch import save_file as save_in_torch

    before = {name: tensor.contiguous() for name, tensor in samples().items()}
    save_file(before, tmp_path / "ours", {"a": "b"})
    theirs = {name: torch.from_numpy(tensor.numpy().copy()) for name, tensor in before.items()}
    save_in_torch(theirs, tmp_path / "theirs", {"a": "b"})
    assert (tmp_path / "ours").read_bytes() == (tmp_path / "theirs").read_bytes()


def test_what_pytorch_writes_is_read_here(tmp_path, torch):
    from safetensors.torch import save_file as save_in_torch

    values = torch.tensor([1.0, -2.5, 3e38, float("inf"), 1e-40])
    save_in_torch({"half": values.half(), "brain": values.bfloat16(), "scalar": torch.tensor(2)}, tmp_path / "x")
    found = load_file(tmp_path / "x")
    assert found["half"].dtype == tg.float16
    assert found["brain"].dtype == tg.float32
    np.testing.assert_array_equal(found["brain"].numpy(), values.bfloat16().float().numpy())
    assert found["scalar"].item() == 2
    for dtype in ("complex64", "float8_e4m3fn", "uint16"):
        save_in_torch({"odd": torch.zeros(2).to(getattr(torch, dtype))}, tmp_path / "y")
        with pytest.raises(ValueError, match=r"load_file: .*y: odd: expected a dtype among BOOL, .*BF16, got [CFU]"):
            load_file(tmp_path / "y")


# --- models ---------------------------------------------------------------------------------------------------------


def torch_twin(torch):
    nn = torch.nn
    return nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(3 * 4 * 4, 5))


def own_twin():
    return nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(3 * 4 * 4, 5))


def test_a_model_goes_to_pytorch_and_back_with_the_same_logits(tmp_path, torch):
    from safetensors.torch import load_model as load_in_torch
    from safetensors.torch import save_model as save_in_torch

    x = np.random.default_rng(0).standard_normal((4, 1, 6, 6)).astype(np.float32)
    mine, theirs = own_twin(), torch_twin(torch)
    mine(tg.from_numpy(x))  # running statistics
    save_model(mine, tmp_path / "a")
    assert load_in_torch(theirs, tmp_path / "a") == (set(), [])
    logits = theirs.eval()(torch.from_numpy(x)).detach().numpy()
    np.testing.assert_allclose(mine.eval()(tg.from_numpy(x)).detach().numpy(), logits, rtol=1e-4, atol=1e-5)
    save_in_torch(theirs, tmp_path / "b")
    other = own_twin().eval()
    assert load_model(other, tmp_path / "b") == ([], [])
    np.testing.assert_array_equal(other(tg.from_numpy(x)).detach().numpy(), mine(tg.from_numpy(x)).detach().numpy())


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.out = nn.Linear(3, 3)
        self.inner = nn.Sequential(nn.Linear(3, 3))
        self.inner[0].weight = self.out.weight


def test_a_shared_parameter_is_written_once_as_pytorch_does(tmp_path, torch):
    from safetensors.torch import load_model as load_in_torch
    from safetensors.torch import save_model as save_in_torch

    theirs = torch.nn.ModuleDict({"out": torch.nn.Linear(3, 3), "inner": torch.nn.Sequential(torch.nn.Linear(3, 3))})
    theirs["inner"][0].weight = theirs["out"].weight
    model = Tied()
    save_model(model, tmp_path / "ours", {"note": "kept"})
    save_in_torch(theirs, tmp_path / "theirs", {"note": "kept"})
    assert set(load_file(tmp_path / "ours")) == {"inner.0.bias", "inner.0.weight", "out.bias"}
    assert load_metadata(tmp_path / "ours") == load_metadata(tmp_path / "theirs") == {
        "note": "kept", "out.weight": "inner.0.weight",
    }  # fmt: skip
    load_in_torch(theirs, tmp_path / "ours")
    np.testing.assert_array_equal(theirs["out"].weight.detach().numpy(), model.out.weight.detach().numpy())
    save_in_torch(theirs, tmp_path / "theirs")
    other = Tied()
    assert load_model(other, tmp_path / "theirs") == ([], [])
    assert (other.out.weight == model.out.weight).all()
    assert other.inner[0].weight is other.out.weight


def test_strict_and_not(tmp_path):
    save_file({"weight": tg.ones(2, 3), "spare": tg.ones(1)}, tmp_path / "x")
    model = nn.Linear(3, 2)
    before = {name: value.numpy().copy() for name, value in model.state_dict().items()}
    with pytest.raises(RuntimeError, match=r"(?s)bias.*spare"):
        load_model(model, tmp_path / "x")
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value.numpy(), before[name])
    assert load_model(model, tmp_path / "x", strict=False) == (["bias"], ["spare"])
    assert (model.weight == 1).all()


def test_a_model_is_left_alone_by_a_file_that_is_damaged_or_does_not_fit(tmp_path):
    model = SimpleConvNet((1, 8, 8), 2, 3)
    save_model(model, tmp_path / "x")
    before = {name: value.numpy().copy() for name, value in model.state_dict().items()}
    state = load_file(tmp_path / "x")
    save_file({**state, "fc2.bias": tg.zeros(11)}, tmp_path / "shape")
    (tmp_path / "cut").write_bytes((tmp_path / "x").read_bytes()[:-1])
    with pytest.raises(RuntimeError, match=r"fc2\.bias"):
        load_model(model, tmp_path / "shape")
    with pytest.raises(ValueError, match="damaged"):
        load_model(model, tmp_path / "cut")
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value.numpy(), before[name])


# --- refusals -------------------------------------------------------------------------------------------------------


class Bomb:
    def __reduce__(self):
        return os.mkdir, ("exploded",)


HOSTILE = {
    "empty": b"",
    "shorter than its length": b"\x08\x00\x00",
    "a header longer than the file": forged({}, length=1 << 40),
    "a negative length": forged({}, length=(1 << 64) - 1),
    "no JSON": forged(b"{nonsense"),
    "no object": forged([1, 2]),
    "not UTF-8": forged(b'{"\xff\xfe": 1}'),
    "an unknown dtype": forged({"a": entry("F33")}, bytes(8)),
    "cut": forged({"a": entry()}, bytes(7)),
    "more than it says": forged({"a": entry()}, bytes(9)),
    "a hole": forged({"a": entry(), "b": entry(start=12, end=20)}, bytes(20)),
    "overlapping": forged({"a": entry(), "b": entry(start=4, end=12)}, bytes(12)),
    "offsets backwards": forged({"a": entry(start=8, end=0)}, bytes(8)),
    "another size than the shape": forged({"a": entry(shape=(3,))}, bytes(8)),
    "a size that overflows": forged({"a": entry(shape=(1 << 62, 1 << 62))}, bytes(8)),
    "a negative size": forged({"a": entry(shape=(-2,))}, bytes(8)),
    "no elements but sizes beyond arrays": forged({"a": entry(shape=(0, 1 << 62, 4), end=0)}),
    "more axes than arrays have": forged({"a": entry(shape=(1,) * 200 + (2,))}, bytes(8)),
    "metadata that is no text": forged({"__metadata__": {"a": 1}, "a": entry()}, bytes(8)),
    "a pickle": pickle.dumps(Bomb(), protocol=4),
    "a zip": b"PK\x03\x04" + bytes(100),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_and_damaged_files_are_refused(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "x.safetensors"
    path.write_bytes(HOSTILE[name])
    with pytest.raises(ValueError, match=r"load_file: .*x\.safetensors") as caught:
        load_file(path)
    assert ("looks like a pickle" in str(caught.value)) == (name in ("a pickle", "a zip"))
    assert not (tmp_path / "exploded").exists()
    if name not in ("no elements but sizes beyond arrays", "more axes than arrays have"):  # the tensors are not read
        with pytest.raises(ValueError, match=r"load_metadata: expected a safetensors file, got .*x\.safetensors"):
            load_metadata(path)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_damage_is_refused_or_changes_numbers_only(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("damage") / "x"
    save_file({"a": tg.arange(4.0), "b": tg.ones(2, 2, dtype=tg.int64)}, path, {"k": "v"})
    content = bytearray(path.read_bytes())
    whole = len(content)
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content) - 1))]
    else:
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    with contextlib.suppress(ValueError):
        found = load_file(path)
        assert len(content) == whole
        assert sum(tensor.numpy().nbytes for tensor in found.values()) == 48


def test_bytes_of_a_bool_that_are_neither_0_nor_1(tmp_path):
    (tmp_path / "x").write_bytes(forged({"a": entry("BOOL", (3,), 0, 3)}, b"\x00\x02\xff"))
    found = load_file(tmp_path / "x")["a"]
    assert found.numpy().view(np.uint8).tolist() == [0, 1, 1]


@pytest.mark.parametrize("read", [load_file, load_metadata])
def test_a_path_that_cannot_be_read(read, tmp_path):
    with pytest.raises(FileNotFoundError, match="missing"):
        read(tmp_path / "missing")
    with pytest.raises(IsADirectoryError):
        read(tmp_path)


@pytest.mark.parametrize(
    ("tensors", "metadata", "error", "text"),
    [
        ([tg.ones(1)], None, TypeError, "save_file: expected a dict of tensors, got list"),
        ({1: tg.ones(1)}, None, TypeError, "save_file: expected names as strings, got 1"),
        ({"a": [1.0]}, None, TypeError, "save_file: expected a as a tensor or an array, got list"),
        ({"a": np.zeros(2, complex)}, None, TypeError, "save_file: a: dtype complex128 is not supported"),
        ({"a": np.array(["x"])}, None, TypeError, "save_file: a: dtype <U1 is not supported"),
        ({"__metadata__": tg.ones(1)}, None, ValueError, 'expected another name than "__metadata__"'),
        ({"a": tg.ones(1)}, {"lr": 0.1}, TypeError, "expected metadata as a dict of strings, got 'lr': 0.1"),
    ],
)
def test_what_cannot_be_written_leaves_the_file_as_it_was(tensors, metadata, error, text, tmp_path):
    (tmp_path / "x").write_text("before", encoding="utf-8")
    with pytest.raises(error, match=text):
        save_file(tensors, tmp_path / "x", metadata)
    assert (tmp_path / "x").read_text(encoding="utf-8") == "before"
    assert os.listdir(tmp_path) == ["x"]


def test_a_write_that_fails_halfway_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    save_file({"a": tg.ones(3)}, tmp_path / "new" / "x")

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save_file({"a": tg.zeros(3)}, tmp_path / "new" / "x")
    assert load_file(tmp_path / "new" / "x")["a"].tolist() == [1, 1, 1]
    assert os.listdir(tmp_path / "new") == ["x"]


def test_without_safetensors_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    for call in (lambda: load_file(tmp_path / "x"), lambda: save_file({}, tmp_path / "x")):
        with pytest.raises(ModuleNotFoundError, match=r'needs safetensors: pip install "tinygrad-cnn\[weights\]"'):
            call()
