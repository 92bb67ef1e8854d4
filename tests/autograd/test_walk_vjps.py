"""What the walk back gives to a VJP and takes from it: saved values, shapes, float16 and errors."""

import re
import warnings

import numpy as np
import pytest
from walks import leaf, op_of, walked

import tinygrad_cnn as tg
from tinygrad_cnn.autograd import Op


@pytest.mark.parametrize("create_graph", [False, True])
def test_vjps_record_with_create_graph_only(create_graph):
    modes = []
    x = leaf(1.0)
    y = op_of(lambda g, _y, _x: modes.append(tg.is_grad_enabled()) or g)(x)
    with tg.set_grad_enabled(not create_graph):
        walked(y, create_graph=create_graph)
    assert modes == [create_graph]


@pytest.mark.parametrize("saved", ["input", "output", "supplied"])
@pytest.mark.parametrize("create_graph", [False, True])
def test_a_vjp_gets_what_was_saved_as_arrays_or_at_its_place_in_the_graph(saved, create_graph):
    seen = []
    kernels = {"input": lambda x: x * 2, "output": lambda x: x * 2, "supplied": lambda x: (x * 2, x * 7)}
    op = Op(kernels[saved], "noted", supplies=("more",) if saved == "supplied" else ())
    if saved == "input":
        op.vjp(0)(lambda g, _y, x: seen.append(x) or g)
    elif saved == "output":
        op.vjp(0)(lambda g, y, _x: seen.append(y) or g)
    else:
        op.vjp(0)(lambda g, _y, _x, *, more: seen.append(more) or g)
    x = leaf(1.0) * 3
    y = op(x)
    walked(y, create_graph=create_graph)
    (found,) = seen
    expected = {"input": 3.0, "output": 6.0, "supplied": 21.0}[saved]
    assert found.item() == expected
    assert type(found) is (tg.Tensor if create_graph and saved != "supplied" else np.ndarray)
    if type(found) is tg.Tensor:
        assert found.grad_fn is (x if saved == "input" else y).grad_fn


def test_a_saved_constant_is_a_tensor_that_needs_no_gradient():
    seen = []
    op = Op(lambda x, w: x * w, "noted")
    op.vjp(0)(lambda g, _y, _x, w: seen.append(w) or g * w)
    walked(op(leaf(1.0), tg.tensor([4.0], dtype=tg.float64)), create_graph=True)
    assert seen[0].tolist() == [4.0]
    assert not seen[0].requires_grad


def test_a_missing_output_is_none_also_with_create_graph():
    seen = []
    x = leaf(2.0)
    walked(op_of(lambda g, _y, _x: seen.append(_y) or g)(x), create_graph=True)
    assert seen == [None]


@pytest.mark.parametrize("saved", [False, True])
def test_the_vjp_of_any_number_of_inputs_gets_all_of_them_or_none(saved):
    seen = []
    op = Op(lambda *xs: xs[0] + xs[1] + xs[2], "many")
    if saved:
        op.vjp_n(lambda n, g, _y, *xs: seen.append((n, [one.item() for one in xs])) or g)
    else:
        op.vjp_n(lambda n, g, _y, *_xs: seen.append((n, [*_xs])) or g)
    walked(op(leaf(1.0), leaf(2.0), leaf(3.0)))
    assert seen == [(n, [1.0, 2.0, 3.0] if saved else []) for n in range(3)]


def test_numbers_from_a_vjp_become_arrays():
    x = tg.tensor(2.0, dtype=tg.float64, requires_grad=True)
    op = op_of(lambda _g, _y, _x: np.float64(3.0))
    for y, expected in ((op(x), 3.0), (op(x) + op(x), 6.0)):
        sums, _ = walked(y)
        assert type(sums[x]) is np.ndarray
        assert sums[x].item() == expected


def test_a_number_from_a_vjp_is_an_array_for_the_operation_below():
    seen = []
    x = tg.tensor(2.0, dtype=tg.float64, requires_grad=True)
    below = op_of(lambda g, _y, _x: seen.append(type(g)) or g)
    walked(op_of(lambda _g, _y, _x: np.float64(3.0))(below(x)))
    assert seen == [np.ndarray]


def test_division_by_zero_in_a_vjp_is_infinite_in_silence():
    x = leaf(0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sums, _ = walked(x.sqrt())
    assert sums[x].tolist() == [np.inf]


def test_an_operation_that_fits_brings_a_gradient_to_the_shape_of_its_input():
    fitted = []

    def fit(gradient, shape):
        fitted.append(shape)
        return gradient.sum(keepdims=True) if isinstance(gradient, np.ndarray) else gradient.sum().reshape(shape)

    op = Op(lambda x, w: x + w, "fitting", fit=fit)
    op.vjp(0)(lambda g, _y, _x, _w: g)
    op.vjp(1)(lambda g, _y, _x, _w: g)
    sums, _ = walked(op(x := leaf(1.0, 2.0), w := leaf(1.0)))
    assert fitted == [(1,)]
    assert (sums[x].tolist(), sums[w].tolist()) == ([1.0, 1.0], [2.0])


@pytest.mark.parametrize("keeps_half", [False, True])
def test_vjps_of_float16_compute_in_float32_unless_the_operation_keeps_it(keeps_half):
    seen = []

    def vjp(g, y, x):
        seen.extend([(one.dtype, one.tolist()) for one in (g, y, x)])
        return g * x

    x = tg.full((2,), 3.0, dtype=tg.float16, requires_grad=True)
    op = op_of(vjp, lambda x: x * 2, keeps_half=keeps_half)
    sums, _ = walked(op(x), seed=tg.full((2,), 5.0, dtype=tg.float16))
    dtype = tg.float16 if keeps_half else tg.float32
    assert seen == [(dtype, [value] * 2) for value in (5, 6, 3)]
    assert sums[x].dtype == tg.float16
    assert sums[x].tolist() == [15, 15]


def test_gradients_of_float16_are_brought_to_the_shape_of_their_input():
    op = Op(lambda x, w: x + w, "fitting", fit=lambda gradient, shape: gradient.sum().reshape(shape))
    op.vjp(0)(lambda g, _y, _x, _w: g)
    op.vjp(1)(lambda g, _y, _x, _w: g)
    x, w = tg.ones(3, dtype=tg.float16, requires_grad=True), tg.ones(1, dtype=tg.float16, requires_grad=True)
    sums, _ = walked(op(x, w))
    assert (sums[w].dtype, sums[w].tolist()) == (tg.float16, [3.0])


def test_a_gradient_of_another_shape_is_refused_with_its_input():
    op = Op(lambda x, w: x * 1, "misfit")
    op.vjp(0)(lambda g, _y, _x, _w: g)
    op.vjp(1)(lambda g, _y, _x, _w: g[:1])
    with pytest.raises(
        RuntimeError, match=r"misfit: the VJP of input 1 returned shape \(1,\), expected \(2,\)"
    ) as caught:
        walked(op(leaf(1.0, 2.0), leaf(1.0, 2.0)))
    assert re.fullmatch(r"in the backward pass of <misfit #\d+ \(2,\) float64>, input 1", caught.value.__notes__[0])


@pytest.mark.parametrize("position", [0, 1])
def test_a_wrong_shape_is_found_beside_gradients_that_are_none(position):
    op = Op(lambda x, w, v: x * 1, "misfit")
    op.gradients = lambda _node, g, _wanted: [None, g, g[:1]] if position else [None, g[:1], g]
    with pytest.raises(RuntimeError, match=rf"input {position + 1} returned shape \(1,\), expected \(2,\)"):
        walked(op(leaf(1.0, 2.0), leaf(1.0, 2.0), leaf(1.0, 2.0)))


@pytest.mark.parametrize("known", [0, 1])
def test_a_gradient_that_nobody_defined_is_an_error_of_its_input(known):
    op = Op(lambda x, w, v: x * 1, "half_known")
    for i in range(known):
        op.vjp(i)(lambda g, _y, *_inputs: g)
    with pytest.raises(RuntimeError, match=f"half_known: no gradient is defined for input {known}") as caught:
        walked(op(leaf(1.0), leaf(1.0), leaf(1.0)))
    assert caught.value.__notes__[0].endswith(f", input {known}")


def test_an_error_names_the_input_and_the_operation_and_leaves_recording_as_it_was():
    def vjp(_g, _y, _x):
        raise ZeroDivisionError("on purpose")

    x = leaf(1.0)
    with pytest.raises(ZeroDivisionError) as caught:
        walked(op_of(vjp)(x), create_graph=True)
    (note,) = caught.value.__notes__
    assert re.fullmatch(r"in the backward pass of <noted #\d+ \(1,\) float64>, input 0", note)
    assert tg.is_grad_enabled()
    with tg.no_grad():
        walked(leaf(1.0))
        assert not tg.is_grad_enabled()


def test_an_error_before_any_gradient_names_the_operation_alone():
    op = Op(lambda x: x * 1, "joint")
    op.gradients = lambda _node, _g, _wanted: 1 / 0
    with pytest.raises(ZeroDivisionError) as caught:
        walked(op(leaf(1.0)))
    assert re.fullmatch(r"in the backward pass of <joint #\d+ \(1,\) float64>", caught.value.__notes__[0])
