"""What is saved for the backward pass: only what a VJP reads."""

import pytest
from walks import leaf

import tinygrad_cnn as tg
from tinygrad_cnn import nn
from tinygrad_cnn.autograd.saving import SPEC, VALUE, Reads, plan_of, reads_of, reads_of_any

NOTHING_SAVED = {
    "sum": lambda x: x.sum(),
    "mean": lambda x: x.mean(1),
    "add": lambda x: x + 1 - x.view(2, 3),
    "views": lambda x: x.t().reshape(-1)[None].expand(2, 6)[0],
    "cat": lambda x: tg.cat([x, -x]),
    "stack": lambda x: tg.stack([x, x.clone()]).flip(0).cumsum(0),
    "cast": lambda x: x.float().double(),
}


SAVED = {
    "mul by a number": lambda x: x * 2,
    "square": lambda x: x * x,
    "exp": lambda x: x.exp(),
    "relu": lambda x: x.relu(),
    "max pooling": lambda x: nn.functional.max_pool1d(x, 2),
    "matmul": lambda x: x @ tg.ones(3, 2, dtype=tg.float64),
}


@pytest.mark.parametrize("name", NOTHING_SAVED)
def test_what_saved_nothing_is_walked_twice(name):
    x = leaf([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])
    y = NOTHING_SAVED[name](x).sum()
    y.backward()
    once = x.grad.clone()
    y.backward()
    assert x.grad.tolist() == (2 * once).tolist()


@pytest.mark.parametrize("name", SAVED)
def test_what_saved_something_is_not(name):
    x = leaf([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])
    y = SAVED[name](x).sum()
    y.backward()
    once = x.grad.tolist()
    with pytest.raises(RuntimeError, match="were freed by an earlier backward pass"):
        y.backward()
    assert x.grad.tolist() == once


def vjp_of_nothing(g, _y, _x): ...


def vjp_of_output(g, y, _x, _w): ...


def vjp_of_shape(g, _y, x: "Spec", w, *, dim): ...  # noqa: F821 - read as text


@pytest.mark.parametrize(
    ("vjp", "inputs", "output", "specs", "count"),
    [
        (vjp_of_nothing, set(), False, set(), 1),
        (vjp_of_output, set(), True, set(), 2),
        (vjp_of_shape, {1}, False, {0}, 2),
    ],
)
def test_names_and_types_of_parameters_say_what_a_vjp_reads(vjp, inputs, output, specs, count):
    assert reads_of(vjp) == (Reads(frozenset(inputs), output, frozenset(specs)), count)


def test_what_the_vjp_of_any_number_of_inputs_reads():
    assert reads_of_any(lambda n, g, _y, *_xs: g) == Reads()
    assert reads_of_any(lambda n, g, y, *_xs, dim=0: g) == Reads(output=True)
    assert reads_of_any(lambda n, g, _y, *xs, dim=0: g) == Reads(frozenset([0]))


def reads(inputs=(), output=False, specs=()):
    return Reads(frozenset(inputs), output, frozenset(specs))


@pytest.mark.parametrize(
    ("of_each", "tracked", "plan"),
    [
        ([reads([1]), reads([0])], 0b11, ((VALUE, VALUE), False, True, (True, True))),
        ([reads([1]), reads([0])], 0b01, ((0, VALUE), False, True, (True, False))),
        ([reads([1]), reads([0])], 0b10, ((VALUE, 0), False, True, (False, True))),
        ([reads(specs=[0]), reads()], 0b11, ((SPEC, 0), False, False, (True, True))),
        ([reads(specs=[0]), reads([0])], 0b11, ((VALUE, 0), False, True, (True, True))),
        ([reads(output=True), reads()], 0b01, ((0, 0), True, True, (True, False))),
        ([reads(output=True), reads()], 0b10, ((0, 0), False, False, (False, True))),
        ([reads([0])], 0b01, ((VALUE, 0), False, True, (True, False))),  # input 1 has no VJP
    ],
)
def test_only_what_the_wanted_gradients_read_is_saved(of_each, tracked, plan):
    assert plan_of(of_each, tracked, 2, variadic=False) == plan


@pytest.mark.parametrize(
    ("one", "saves", "output", "saved"),
    [(reads(), 0, False, False), (reads([0]), VALUE, False, True), (reads(output=True), 0, True, True)],
)
def test_of_any_number_of_inputs_all_or_none_are_saved(one, saves, output, saved):
    assert plan_of([one], 0b101, 3, variadic=True) == ((saves,) * 3, output, saved, (True, False, True))


def test_a_spec_costs_no_values():
    x = leaf([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])
    y = x * 1
    (kept,) = y.sum(1).grad_fn.args
    assert kept is y.grad_fn
    assert kept.shape == (2, 3)
