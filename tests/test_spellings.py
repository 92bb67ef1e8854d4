"""``axis=``, ``keepdims=`` and ``out=``, as PyTorch takes them."""

import numpy as np
import pytest

import tinygrad_cnn as tg
from tinygrad_cnn import spellings

X = np.array([[3.0, 1.0, 2.0], [0.5, 1.5, 2.5]])


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda x: x.sum(axis=1), lambda x: x.sum(1)),
        (lambda x: x.mean(axis=(0, 1), keepdims=True), lambda x: x.mean((0, 1), keepdim=True)),
        (lambda x: tg.sum(x, axis=0, keepdims=True), lambda x: x.sum(0, keepdim=True)),
        (lambda x: x.max(axis=1)[1], lambda x: x.max(1)[1]),
        (lambda x: tg.argmax(x, axis=1), lambda x: x.argmax(1)),
        (lambda x: x.softmax(axis=0), lambda x: x.softmax(0)),
        (lambda x: tg.softmax(x, axis=0), lambda x: x.softmax(0)),
        (lambda x: tg.cat([x, x], axis=1), lambda x: tg.cat([x, x], 1)),
        (lambda x: tg.stack([x, x], axis=1), lambda x: tg.stack([x, x], 1)),
        (lambda x: x.unsqueeze(axis=1), lambda x: x.unsqueeze(1)),
        (lambda x: x[None].squeeze(axis=0), lambda x: x),
        (lambda x: x.topk(2, axis=0)[0], lambda x: x.topk(2, 0)[0]),
        (lambda x: tg.unbind(x, axis=1)[2], lambda x: x[:, 2]),
        (lambda x: tg.add(input=x, other=2), lambda x: x + 2),
        (lambda x: tg.mul(x1=x, x2=2), lambda x: x * 2),
        (lambda x: tg.pow(x, exponent=2), lambda x: x**2),
        (lambda x: tg.abs(input=x), lambda x: x.abs()),
    ],
)
def test_other_names_of_arguments(call, expected):
    x = tg.tensor(X)
    assert tg.equal(call(x), expected(x))


def test_one_argument_under_two_names_is_refused():
    for call in (lambda x: x.sum(dim=0, axis=0), lambda x: tg.sum(x, dim=0, axis=0)):
        with pytest.raises(TypeError, match=r"sum.*dim"):
            call(tg.tensor(X))


def test_names_are_kept():
    assert tg.sum.__name__ == "sum"
    assert "Add up" in tg.sum.__doc__
    assert tg.Tensor.sum.__name__ == "sum"


@pytest.mark.parametrize("name", spellings.TAKING_OUT)
def test_functions_that_take_out_exist(name):
    assert callable(getattr(tg, name))


def test_out_is_written_and_returned():
    x, out = tg.tensor(X), tg.zeros(2, 3, dtype=tg.float64)
    memory, before = out.numpy(), out._version
    assert tg.add(x, 1, out=out) is out
    assert out.tolist() == (x + 1).tolist()
    assert out.numpy() is memory
    assert out._version == before + 1
    assert tg.exp(x, out=x) is x
    np.testing.assert_allclose(x.numpy(), np.exp(X))
    whole = tg.zeros(2, 3)
    assert tg.floor(tg.tensor(X), out=whole).dtype == tg.float32


def test_out_of_several_results():
    x = tg.tensor(X)
    values, indices = tg.zeros(2, dtype=tg.float64), tg.zeros(2, dtype=tg.int64)
    found = tg.max(x, dim=1, out=(values, indices))
    assert found.values is values
    assert found.indices is indices
    assert indices.tolist() == [0, 2]
    with pytest.raises(TypeError, match="2 tensors"):
        tg.sort(x, out=values)


def test_out_is_resized():
    x, out = tg.tensor(X), tg.zeros(0, dtype=tg.float64)
    assert tg.mul(x, 2, out=out).shape == (2, 3)
    out = tg.zeros(4)
    with pytest.warns(UserWarning, match=r"mul.*\(4,\) to \(2, 3\)"):
        tg.mul(x, 2, out=out)
    assert out.shape == (2, 3)


def test_out_is_not_recorded():
    x = tg.tensor(X, requires_grad=True)
    for call in (lambda: tg.mul(x, 2, out=tg.zeros(2, 3)), lambda: tg.add(tg.tensor(X), 1, out=x)):
        with pytest.raises(RuntimeError, match=r"out= is not recorded"):
            call()
    with tg.no_grad():
        assert tg.mul(x, 2, out=tg.zeros(2, 3)).sum() == 2 * x.sum()


@pytest.mark.parametrize(("dtype", "fits"), [(tg.int64, False), (tg.bool, False), (tg.float16, True)])
def test_out_holds_the_dtype(dtype, fits):
    out = tg.zeros(2, 3, dtype=dtype)
    if fits:
        assert tg.add(tg.tensor(X), 1, out=out).dtype == dtype
    else:
        with pytest.raises(RuntimeError, match=f"float64, does not fit into out of {out.dtype}"):
            tg.add(tg.tensor(X), 1, out=out)
    with pytest.raises(TypeError, match="out as a tensor"):
        tg.add(tg.tensor(X), 1, out=np.zeros((2, 3)))


def test_pytorch_takes_out_there_too():
    torch = pytest.importorskip("torch")
    x = torch.rand(3, dtype=torch.float64)
    for name in ("round", "log1p", "fmod", "sort", "cumprod", "median", "nonzero", "clip", "prod", "where", "norm"):
        assert "out" in getattr(torch, name).__doc__, name
    assert torch.sum(x, axis=0, keepdims=True).shape == (1,)
