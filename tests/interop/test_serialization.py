"""`save` and `load`: what scripts write at the end of a training and read again, from PyTorch too, and never code."""

import io
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from saved import copied

import tinygrad_cnn as tg
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn, optim
from tinygrad_cnn.interop import load_file

pytest.importorskip("safetensors")


def test_a_state_dict_comes_back(tmp_path):
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    path = tmp_path / "deep" / "model.pt"
    tg.save(model.state_dict(), path)
    again = tg.load(path, map_location="cpu", weights_only=True)
    assert list(again) == list(model.state_dict())
    other = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    other.load_state_dict(again)
    for a, b in zip(other.state_dict().values(), model.state_dict().values(), strict=True):
        assert a.dtype == b.dtype
        assert np.array_equal(a.numpy(), b.numpy())


def test_the_file_is_a_safetensors_file_whatever_its_name(tmp_path, torch):
    from safetensors.torch import load_file as theirs

    model = nn.Linear(2, 3)
    tg.save(model.state_dict(), tmp_path / "x.pth")
    for found in (load_file(tmp_path / "x.pth"), theirs(tmp_path / "x.pth")):
        assert np.array_equal(found["weight"].numpy(), model.weight.detach().numpy())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.pth"]


def test_a_checkpoint_of_a_script_goes_on():
    def step(model, optimizer):
        optimizer.zero_grad()
        F.mse_loss(model(tg.ones(4, 3)), tg.zeros(4, 2)).backward()
        optimizer.step()

    one, two = nn.Linear(3, 2), nn.Linear(3, 2)
    first = optim.Adam(one.parameters(), lr=0.1)
    step(one, first)
    state = copied({"epoch": 3, "model": one.state_dict(), "optimizer": first.state_dict(), "best": (0.5, None)})
    second = optim.Adam(two.parameters())
    two.load_state_dict(state["model"])
    second.load_state_dict(state["optimizer"])
    step(one, first)
    step(two, second)
    assert (state["epoch"], state["best"]) == (3, (0.5, None))
    assert one.weight.tolist() == two.weight.tolist()


@pytest.mark.parametrize("dtype", [tg.bool, tg.uint8, tg.int64, tg.float16, tg.float64])
@pytest.mark.parametrize("shape", [(), (0, 2), (2, 3)])
def test_every_dtype_and_shape(dtype, shape):
    again = copied(tg.ones(shape).to(dtype))
    assert (again.dtype, again.shape, bool((again == 1).all())) == (dtype, shape, True)


def test_what_a_file_cannot_hold_is_refused_by_name(tmp_path):
    with pytest.raises(TypeError, match=r"the module Linear.*save model\.state_dict\(\)"):
        tg.save(nn.Linear(1, 1), tmp_path / "x.pt")
    with pytest.raises(TypeError, match=r"save: model\.layer: expected .*got Linear"):
        tg.save({"model": {"layer": nn.Linear(1, 1)}}, tmp_path / "x.pt")
    assert list(tmp_path.iterdir()) == []


def test_a_gpu_as_the_place_is_refused(tmp_path):
    tg.save(tg.ones(1), tmp_path / "x.pt")
    with pytest.raises(RuntimeError, match="load: map_location: .*'cuda:0'"):
        tg.load(tmp_path / "x.pt", map_location=tg.device("cuda:0"))
    assert tg.load(tmp_path / "x.pt", map_location=lambda storage, _: storage) == 1


@pytest.mark.parametrize("content", [b"", b"no file", pickle.dumps({"a": 1}), b"PK\x03\x04 and no zip"])
def test_other_files_are_refused_by_name(tmp_path, content):
    (tmp_path / "x.pt").write_bytes(content)
    with pytest.raises(ValueError, match=r"load.*x\.pt"):
        tg.load(tmp_path / "x.pt")


@given(st.binary(max_size=60), st.integers(0, 400))
def test_damaged_files_are_refused_or_read(noise, place):
    file = io.BytesIO()
    tg.save({"a": tg.ones(2), "b": [1, (2.5, None)]}, file)
    content = bytearray(file.getvalue())
    content[place : place + len(noise)] = noise
    try:
        tg.load(io.BytesIO(bytes(content)))
    except ValueError as error:
        assert str(error).startswith("load: ")  # noqa: PT017


def test_containers_that_hold_themselves_are_refused(tmp_path):
    cyclic = [1]
    cyclic.append(cyclic)
    with pytest.raises(ValueError, match="save: .* holds itself"):
        tg.save(cyclic, tmp_path / "x.pt")
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_file_is_refused_by_name():
    with pytest.raises(TypeError, match="save: expected f as a path or a file with write"):
        tg.save({}, 3)
    with pytest.raises(TypeError, match="load: expected f as a path or a file with read"):
        tg.load(3)
    with pytest.raises(TypeError, match="open for reading bytes"):
        tg.load(io.StringIO("text"))
