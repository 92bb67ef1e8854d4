"""Anomaly mode names the operation and the line that first made a NaN."""

import gc
import inspect

import numpy as np
import pytest
from walks import leaf

import tinygrad_cnn as tg
from tinygrad_cnn import autograd
from tinygrad_cnn.autograd import Function, anomaly, detect_anomaly, set_detect_anomaly
from tinygrad_cnn.autograd.node import observers


class Spoiled(Function):
    """x, with a gradient that is not a number."""

    @staticmethod
    def forward(_ctx, x):
        return x.clone()

    @staticmethod
    def backward(_ctx, g):
        return g * float("nan")


def next_line():
    return f"test_anomaly.py:{inspect.currentframe().f_back.f_lineno + 1}"


def test_forward_nan_names_operation_and_line():
    x = leaf(1.0, -1.0)
    with detect_anomaly(), pytest.raises(RuntimeError) as caught:
        x.log()
    message = str(caught.value)
    assert message.startswith("log: the operation made a NaN, from inputs of shape (2,); called at ")
    number = caught.tb.tb_lineno
    assert f"test_anomaly.py:{number}, in test_forward_nan_names_operation_and_line: x.log()" in message


def test_nan_among_the_data_is_told_apart():
    with detect_anomaly(), pytest.raises(RuntimeError, match="mul: a NaN came in with input 1"):
        tg.ones(1) * tg.tensor([float("nan")])


def test_backward_nan_names_operation_input_and_forward_line():
    x = leaf(1.0, 2.0)
    with detect_anomaly():
        here = next_line()
        y = Spoiled.apply(x * 2)
        with pytest.raises(RuntimeError) as caught:
            (y * 3).sum().backward()
    assert "Spoiled: the backward pass made a NaN in the gradient of input 0, of shape (2,); called at" in str(
        caught.value
    )
    assert here in str(caught.value)
    assert x.grad is None


@pytest.mark.parametrize("create_graph", [True, False])
def test_backward_alone_under_anomaly_mode(create_graph):
    y = Spoiled.apply(leaf(1.0)).sum()
    with detect_anomaly(), pytest.raises(RuntimeError, match=r"run the forward pass under detect_anomaly\(\) too"):
        y.backward(create_graph=create_graph)


def test_lines_are_remembered_without_looking_for_nans():
    x = leaf(-1.0)
    with detect_anomaly(check_nan=False):
        assert not autograd.is_anomaly_check_nan_enabled()
        x.log().sum().backward()
        here = next_line()
        y = x * x
    x.detach().add_(1)
    with pytest.raises(RuntimeError, match="mul: argument 0.*changed in place") as caught:
        y.sum().backward()
    assert here in caught.value.__notes__[0]


def test_clean_passes_give_the_same_gradients():
    x = leaf(1.0, 2.0)
    with detect_anomaly():
        (g,) = autograd.grad((x**3).sum(), x, create_graph=True)
        g.sum().backward()
    assert x.grad.tolist() == [6.0, 12.0]


def test_mode_is_put_back():
    set_detect_anomaly(True)
    try:
        assert autograd.is_anomaly_enabled()
        with set_detect_anomaly(False):
            assert not autograd.is_anomaly_enabled()
            leaf(-1.0).log()
        assert autograd.is_anomaly_enabled()
    finally:
        set_detect_anomaly(False)
    with pytest.raises(KeyError), detect_anomaly():
        raise KeyError
    assert not autograd.is_anomaly_enabled()
    assert observers == []


def test_lines_are_forgotten_with_their_graph():
    gc.collect()
    before = len(anomaly._lines)
    with detect_anomaly():
        for _ in range(10):
            (leaf(1.0) * 2).sum().backward()
    assert len(anomaly._lines) == before


def test_integers_are_no_anomaly():
    with detect_anomaly():
        assert (tg.arange(3) + 1).tolist() == [1, 2, 3]
        assert np.isinf(leaf(0.0).log().item())
