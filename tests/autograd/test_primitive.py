"""`Op`: calling, recording, VJPs, variants, and what is said where something is missing."""

import sys

import numpy as np
import pytest
from walks import leaf

import tinygrad_cnn as tg
from tinygrad_cnn import autograd
from tinygrad_cnn.autograd import Constant, Op, primitive, registry
from tinygrad_cnn.autograd.saving import plan_of


@pytest.fixture
def scaled():
    """x·w·by, whose VJPs read the other input; it is not registered."""
    op = Op(lambda x, w, *, by=1.0: x * w * by, "scaled")
    op.vjp(0)(lambda g, _y, _x, w, *, by=1.0: g * w * by)
    op.vjp(1)(lambda g, _y, x, _w, *, by=1.0: g * x * by)
    return op


def test_arrays_give_an_array_and_record_nothing(scaled):
    found = scaled(np.array([2.0]), np.array([3.0]), by=4.0)
    assert type(found) is np.ndarray
    assert found.tolist() == [24.0]
    assert type(scaled(np.float64(2), np.float64(3))) is np.ndarray


def test_a_tensor_gives_a_tensor_recorded_only_where_a_gradient_may_be_asked_for(scaled):
    x, w = leaf(2.0), tg.tensor([3.0], dtype=tg.float64)
    y = scaled(x, w, by=4.0)
    assert isinstance(y, tg.Tensor)
    assert y.grad_fn.op is scaled
    assert y.grad_fn.attrs == {"by": 4.0}
    assert (y.grad_fn.shape, y.grad_fn.dtype, y.grad_fn.flows) == ((1,), np.dtype("f8"), (True, False))
    assert y.grad_fn.parents[0] is x
    assert isinstance(y.grad_fn.parents[1], Constant)
    assert scaled(w, w).grad_fn is None
    with tg.no_grad():
        assert not scaled(x, w).requires_grad


def test_numbers_and_none_are_inputs_too(scaled):
    y = scaled(leaf(2.0), 3)
    assert (y.tolist(), y.grad_fn.parents[1].number) == ([6.0], 3)
    op = Op(lambda x, _b: x + 1, "optional")
    op.vjp(0)(lambda g, _y, _x, _b: g)
    node = op(leaf(2.0), None).grad_fn
    assert node.parents[1] is None
    assert node.flows == (True, False)


def test_results_that_are_no_floats_need_no_gradient():
    op = Op(lambda x: x > 0, "positive")
    assert op(leaf(2.0)).grad_fn is None
    constant = Op(np.floor, "flat", differentiable=False)
    assert constant(leaf(2.5)).grad_fn is None
    assert constant.keeps_half


def test_complex_results_are_refused_by_the_name_of_the_operation():
    with pytest.raises(TypeError, match="twisted: expected real numbers"):
        Op(lambda x: x * 1j, "twisted")(tg.ones(1))


def test_gradients_of_every_order_come_from_one_definition(scaled):
    x, w = leaf(2.0), leaf(3.0)
    (g,) = autograd.grad(scaled(x, w, by=4.0).sum(), x, create_graph=True)
    assert g.item() == 12.0
    assert autograd.grad(g.sum(), w)[0].item() == 4.0


def test_the_same_vjp_is_not_registered_twice_and_the_first_stays(scaled):
    first = scaled.vjps[0]
    with pytest.raises(ValueError, match="scaled has a VJP for input 0 already"):
        scaled.vjp(0)(lambda g, _y, _x, _w: g)
    assert scaled.vjps[0] is first


def test_registering_gives_the_function_back():
    op = Op(lambda x: x, "one")

    def vjp(g, _y, _x):
        return g

    assert op.vjp(0)(vjp) is vjp
    assert op.vjp_of(0) is vjp
    other = Op(lambda *xs: xs[0], "any")
    assert other.vjp_n(vjp_n := lambda n, g, _y, *_xs: (n, g)) is vjp_n
    assert other.vjp_of(5)("g", None) == (5, "g")


def test_a_missing_vjp_raises_and_gives_no_zeros():
    op = Op(lambda x, w: x * w, "half_known")
    op.vjp(1)(lambda g, _y, x, _w: g * x)
    for i in (0, 2):
        with pytest.raises(RuntimeError, match=f"half_known: no gradient is defined for input {i}"):
            op.vjp_of(i)
    x, w = leaf(2.0), leaf(3.0)
    with pytest.raises(RuntimeError, match="half_known: no gradient is defined for input 0"):
        op(x, w).backward()
    assert w.grad is None
    assert autograd.grad(op(x, w), w)[0].item() == 2.0


def test_there_is_a_place_for_the_vjp_of_every_input():
    op = Op(lambda x, w: x * w, "product")
    first = op.vjp(0)(lambda g, _y, _x, w: g * w)
    assert op.vjps == [first, None]
    assert len(op.reads) == 2
    other = Op(lambda x, w, v: x * 1, "first_of_three")
    last = other.vjp(2)(lambda g, _y, *_inputs: g * 0)
    assert other.vjps == [None, None, last]


def test_what_is_saved_is_worked_out_once_for_the_same_inputs(scaled, monkeypatch):
    calls = []
    module = sys.modules["tinygrad_cnn.autograd.primitive"]  # the package has a function of that name
    monkeypatch.setattr(module, "plan_of", lambda *a, **how: calls.append(a[1:]) or plan_of(*a, **how))
    x, w = leaf(2.0), leaf(3.0)
    for _ in range(2):
        scaled(x, w)
        scaled(x, 3.0)
    assert calls == [(0b11, 2), (0b01, 2)]


def test_what_is_saved_of_many_inputs_depends_on_their_number():
    op = Op(lambda *xs: np.sum(xs, axis=0), "total")
    op.vjp_n(lambda _n, g, _y, *_xs: g)
    x, constant = leaf(2.0), tg.ones(1, dtype=tg.float64)
    for count in (1, 3, 2):
        assert len(op(x, *[constant] * count).grad_fn.args) == 1 + count


def test_what_a_vjp_reads_is_known_before_any_call(scaled):
    assert scaled.saves(0)
    assert scaled.saves(1)
    assert not scaled.saves(2)
    op = Op(lambda x: x, "one")
    op.vjp(0)(lambda g, _y, _x: g)
    assert not op.saves(0)


def test_a_vjp_registered_after_a_call_counts_for_the_next_call():
    op = Op(lambda x, w: x * w, "late")
    op.vjp(0)(lambda g, _y, _x, w: g * w)
    x, w = leaf(2.0), leaf(3.0)
    assert op(x, w).grad_fn.args[0] is None
    op.vjp(1)(lambda g, _y, x, _w: g * x)
    assert op(x, w).grad_fn.args[0] is x.array
    op(x, w).backward()
    assert (x.grad.item(), w.grad.item()) == (3.0, 2.0)


def test_a_variant_computes_by_another_kernel_and_is_recorded_as_the_operation(scaled):
    seen = []
    variant = scaled.variant(lambda x, w, **how: seen.append(how) or x * w * how["by"], overwrites=True)
    assert (variant.overwrites, scaled.overwrites, variant.name) == (True, False, "scaled")
    x, w = leaf(2.0), leaf(3.0)
    y = variant(x, w, by=2.0)
    assert seen == [{"by": 2.0}]
    assert y.grad_fn.op is scaled
    assert variant.variant(lambda x, w, **_: x * w)(x, w, by=1.0).grad_fn.op is scaled
    y.backward()
    assert x.grad.item() == 6.0
    assert seen == [{"by": 2.0}]


def test_the_kernel_of_an_operation_can_be_exchanged(scaled):
    original = scaled.kernel
    scaled.kernel = lambda x, w, *, by=1.0: original(x, w, by=by) + 1
    assert scaled(leaf(2.0), 3.0).tolist() == [7.0]
    assert scaled.__wrapped__ is original


def test_supplied_values_reach_the_vjp_and_not_the_user():
    op = Op(lambda x: (x * 2, x + 5), "supplied", supplies=("more",))
    op.vjp(0)(lambda g, _y, _x, *, more: g * more)
    x = leaf(1.0)
    y = op(x)
    assert y.tolist() == [2.0]
    assert list(y.grad_fn.aux) == ["more"]
    y.backward()
    assert x.grad.item() == 6.0
    with pytest.raises(RuntimeError, match="freed"):
        y.backward()
    assert op(np.array([1.0])).tolist() == [2.0]
    with pytest.raises(ValueError, match="zip"):
        Op(lambda x: (x, x, x), "too_many", supplies=("more",))(x)


def test_inputs_are_prepared_before_anything_else():
    op = Op(lambda x, w: x + w, "prepared", prepare=lambda args: (args[0] * 2, args[1]))
    op.vjp(0)(lambda g, _y, _x, _w: g)
    x = leaf(3.0)
    y = op(x, 1.0)
    assert y.tolist() == [7.0]
    y.backward()
    assert x.grad.item() == 2.0


@pytest.mark.parametrize("kind", [TypeError, ValueError, OverflowError])
def test_errors_of_the_kernel_are_explained(kind):
    def kernel(_x):
        raise kind("from the kernel")

    given = []

    def explain(name, values, error):
        given.append((name, values, error))
        return RuntimeError("explained")

    with pytest.raises(RuntimeError, match="explained") as caught:
        Op(kernel, "failing", explain=explain)(leaf(1.0))
    assert caught.value.__cause__ is None
    ((name, values, error),) = given
    assert (name, type(error), [one.tolist() for one in values]) == ("failing", kind, [[1.0]])
    with pytest.raises(kind, match="from the kernel"):
        Op(kernel, "failing")(leaf(1.0))


def test_other_errors_of_the_kernel_pass_as_they_are():
    def kernel(_x):
        raise IndexError("from the kernel")

    with pytest.raises(IndexError, match="from the kernel"):
        Op(kernel, "failing", explain=lambda *_: RuntimeError("explained"))(leaf(1.0))


@pytest.mark.parametrize(("keeps_half", "inside"), [(False, tg.float32), (True, tg.float16)])
def test_float16_is_computed_in_float32_and_rounded_once(keeps_half, inside):
    seen = []
    op = Op(lambda x, n: seen.append(x.dtype) or x * n, "wide", keeps_half=keeps_half)
    op.vjp(0)(lambda g, _y, _x, n: g * n)
    x = tg.ones(2, dtype=tg.float16, requires_grad=True)
    y = op(x, 3)
    assert seen == [inside]
    assert y.dtype == tg.float16
    assert y.grad_fn.dtype == tg.float16
    assert op(np.ones(2, "f4"), 3).dtype == tg.float32


def test_only_results_that_share_memory_are_views():
    op = Op(lambda x, *, start: x[start:] if start else (x + 0)[:], "tail", views=True)  # a view of a copy
    op.vjp(0)(lambda g, _y, _x, *, start: g)
    x = leaf(1.0, 2.0)
    view = op(x, start=1)
    assert view._view.base is x
    assert view._view.steps == ((op, {"start": 1}),)
    assert op(x, start=0)._view is None
    assert op(view.array, start=0).tolist() == [2.0]
    again = op(op(x, start=0)[:], start=1)
    assert again._view is not None


def test_operations_are_registered_by_name():
    @primitive()
    def _only_here(x):
        """What it computes."""
        return x

    try:
        assert registry["only_here"] is _only_here
        assert (_only_here.name, _only_here.__name__, _only_here.__doc__) == ("only_here",) * 2 + ("What it computes.",)
        assert repr(_only_here) == "<op only_here>"
        with pytest.raises(ValueError, match="an operation named 'only_here' exists already"):
            primitive(name="only_here")(lambda x: x)
        assert registry["only_here"] is _only_here
    finally:
        del registry["only_here"]


def test_a_kernel_from_elsewhere_computes_and_the_decorated_function_names():
    @primitive(np.negative, keeps_half=True)
    def declared_here(x): ...

    try:
        assert declared_here(np.array([2.0])).tolist() == [-2.0]
        assert declared_here.kernel is np.negative
        assert declared_here.keeps_half
    finally:
        del registry["declared_here"]


def test_an_operation_of_many_inputs_has_one_vjp_which_gets_none_that_were_not_saved():
    op = Op(lambda *xs: np.sum(xs, axis=0), "total")
    seen = []

    @op.vjp_n
    def total_vjp_n(n, g, _y, *_xs):
        seen.append((n, len(_xs)))
        return g

    leaves = [tg.ones(2, requires_grad=True) for _ in range(5)]
    op(*leaves).sum().backward()
    assert seen == [(n, 0) for n in range(5)]
    assert all(leaf.grad.tolist() == [1, 1] for leaf in leaves)


@pytest.mark.parametrize("join", [tg.cat, tg.stack])
def test_the_gradients_of_many_inputs_take_time_in_their_number(join):
    leaves = [tg.full((1,), float(i), requires_grad=True) for i in range(3000)]
    y = join(leaves)
    (y * y).sum().backward()
    assert [leaf.grad.item() for leaf in leaves] == [2.0 * i for i in range(3000)]
