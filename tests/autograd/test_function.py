"""Users' own operations: recorded, checked, drawn and differentiated like any other."""

import gc
import weakref

import numpy as np
import pytest
from walks import leaf

import tinygrad_cnn as tg
from tinygrad_cnn import autograd
from tinygrad_cnn.autograd import Function, once_differentiable
from tinygrad_cnn.autograd.function_ctx import OutputGradients
from tinygrad_cnn.gradcheck import gradcheck, gradgradcheck


class Scaled(Function):
    """α·x·w and x + w: two outputs, and arguments that are no tensors."""

    @staticmethod
    def forward(ctx, x, w, alpha, mode="plain"):
        ctx.save_for_backward(x, w)
        ctx.alpha = alpha
        return x * w * alpha, x + w

    @staticmethod
    def backward(ctx, g, h):
        x, w = ctx.saved_tensors
        return g * w * ctx.alpha + h, g * x * ctx.alpha + h, None, None


class Exp(Function):
    """eˣ, which saves its output, in the form with a separate context."""

    @staticmethod
    def forward(x):
        return x.exp()

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(output)

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return g * y


def one_way(backward, forward=lambda ctx, x, *rest: x * 2):
    """Return a Function with these static methods."""
    return type("Custom", (Function,), {"forward": staticmethod(forward), "backward": staticmethod(backward)})


@pytest.mark.parametrize("function", [lambda x, w: Scaled.apply(x, w, 2.5), lambda x, w: Exp.apply(x * w)])
def test_gradients_of_both_orders(function):
    inputs = leaf(0.5, -1.0, 2.0), leaf(1.5, 0.3, -0.7)
    assert gradcheck(function, inputs)
    assert gradgradcheck(function, inputs)


def test_none_stops_the_gradient():
    x = leaf(1.0)
    (one_way(lambda _ctx, _g: None).apply(x) + x).sum().backward()
    assert x.grad.tolist() == [1.0]


def test_broadcast_and_wider_gradients_are_brought_to_the_input():
    x = tg.ones(2, 1, requires_grad=True)
    one_way(lambda _ctx, g: tg.ones(3, 2, 5, dtype=tg.float64) * 2).apply(x).sum().backward()
    assert x.grad.tolist() == [[30.0], [30.0]]
    assert x.grad.dtype == tg.float32


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (lambda g: (g,), "Custom: expected backward to return 2 gradients.*got 1"),
        (lambda g: (g, g), "Custom: expected backward to return None for argument 1, which is no tensor"),
        (lambda _: (3.0, None), "Custom: expected backward to return tensors or None, got float for argument 0"),
        (lambda g: (g[:1], None), r"Custom: the VJP of input 0 returned shape \(1,\), expected \(2,\)"),
        (lambda g: (g.sum(), None), r"Custom: the VJP of input 0 returned shape \(\), expected \(2,\)"),
        (lambda g: (g, None, g), "Custom: expected backward to return 2 gradients.*got 3"),
    ],
)
def test_wrong_result_of_backward_is_refused(result, message):
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match=message):
        one_way(lambda _ctx, g: result(g)).apply(x, 5).sum().backward()
    assert x.grad is None


def test_missing_methods_and_wrong_use_are_refused():
    class Empty(Function):
        pass

    with pytest.raises(NotImplementedError, match="forward"):
        Empty.apply(leaf(1.0))
    with pytest.raises(RuntimeError, match=r"call Exp\.apply"):
        Exp()
    with pytest.raises(TypeError, match="no keyword arguments, got alpha"):
        Scaled._op(leaf(1.0), leaf(1.0), alpha=2)
    with pytest.raises(RuntimeError, match="Custom: mark_dirty is not supported.*clone"):
        one_way(None, lambda ctx, x: ctx.mark_dirty(x)).apply(leaf(1.0))
    with pytest.raises(TypeError, match="save_for_backward expected tensors or None, got int"):
        one_way(None, lambda ctx, _x: ctx.save_for_backward(3)).apply(leaf(1.0))


def test_returned_input_is_a_result_of_its_own():
    x = leaf(1.0)
    y = one_way(lambda _ctx, g: -g, lambda _ctx, x: x).apply(x)
    assert y is not x
    y.mul_(3)
    assert x.tolist() == [1.0]
    y.sum().backward()
    assert x.grad.tolist() == [-3.0]


def test_saved_value_changed_in_place_is_noticed():
    x, w = leaf(1.0), leaf(2.0)
    y = Scaled.apply(x, w, 1.0)[0]
    with tg.no_grad():
        w += 1
    with pytest.raises(RuntimeError, match=r"Scaled: argument 1, of shape \(1,\).*changed in place"):
        y.sum().backward()
    y = Exp.apply(x)
    y.detach().zero_()
    with pytest.raises(RuntimeError, match=r"Exp: a saved value, of shape \(1,\).*changed in place"):
        y.sum().backward()


def test_nothing_is_recorded_without_need():
    assert not Exp.apply(tg.ones(1)).requires_grad
    with tg.no_grad():
        assert not Exp.apply(leaf(1.0)).requires_grad


def test_once_differentiable_refuses_a_second_time():
    class Square(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        @once_differentiable
        def backward(ctx, g):
            assert not tg.is_grad_enabled()
            return tg.from_numpy(2 * ctx.saved_tensors[0].detach().numpy()) * g

    x = leaf(3.0)
    Square.apply(x).sum().backward()
    assert x.grad.tolist() == [6.0]
    (g,) = autograd.grad(Square.apply(x).sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="Square.backward: marked with once_differentiable"):
        g.sum().backward()


@pytest.mark.parametrize("kind", [tuple, list])
def test_once_differentiable_marks_every_gradient(kind):
    function = one_way(once_differentiable(lambda _ctx, g: kind([g * 2, g * 3])))
    for i in range(2):
        inputs = leaf(1.0), leaf(2.0)
        (g,) = autograd.grad(function.apply(*inputs).sum(), inputs[i], create_graph=True)
        assert g.tolist() == [2.0 + i]
        node = g.grad_fn
        assert (node.args, node.out, node.attrs, node.aux, str(node.dtype)) == ((), None, {}, None, "float64")
        with pytest.raises(RuntimeError, match=r"Custom\.backward: was not recorded"):
            node.op.kernel()
        with pytest.raises(RuntimeError, match=r"Custom\.backward: marked with once_differentiable"):
            g.sum().backward()


def test_once_differentiable_leaves_what_is_no_tensor():
    x = leaf(1.0)
    y = one_way(once_differentiable(lambda _ctx, _g: 3.0)).apply(x).sum()
    with pytest.raises(RuntimeError, match="got float for argument 0"):
        autograd.grad(y, x, create_graph=True)


def test_once_differentiable_marks_nothing_that_is_not_recorded():
    function = one_way(once_differentiable(lambda _ctx, g: g * 2))
    ctx = function.apply(leaf(1.0)).grad_fn.aux["ctx"]  # its node is gone
    assert function.backward(ctx, tg.ones(1)).requires_grad is False
    y = function.apply(leaf(1.0))
    with tg.no_grad():
        assert function.backward(y.grad_fn.aux["ctx"], tg.ones(1)).requires_grad is False


@pytest.mark.parametrize("create_graph", [False, True])
def test_backward_may_get_none_for_an_output_that_no_gradient_reached(create_graph):
    def forward(ctx, x):
        ctx.set_materialize_grads(False)
        return x * 2, x * 3

    def backward(_ctx, g, h):
        assert h is None
        return g * 2

    x = leaf(1.0)
    y, _ = one_way(once_differentiable(backward), forward).apply(x)
    (g,) = autograd.grad(y.sum(), x, create_graph=create_graph)
    assert g.tolist() == [2.0]


@pytest.mark.parametrize("found", [lambda g: [g], lambda g: (g, None), lambda g: [g, None, None], lambda g: g])
def test_backward_may_return_a_list_and_more_none_than_there_are_arguments(found):
    x = leaf(1.0)
    one_way(lambda _ctx, g: found(g)).apply(x).sum().backward()
    assert x.grad.tolist() == [1.0]


def test_gradients_are_arrays_unless_they_are_recorded():
    x = tg.ones(2, 1, requires_grad=True)
    wide = one_way(lambda _ctx, g: tg.ones(2, 5, dtype=tg.float64) * 2, lambda _ctx, x: x * 1)
    y = wide.apply(x)
    (found,) = y.grad_fn.op.gradients(y.grad_fn, np.ones((2, 1), np.float32), (True,))
    assert type(found) is np.ndarray
    assert found.dtype == np.float32
    assert found.tolist() == [[10.0], [10.0]]

    y, _ = Scaled.apply(leaf(1.0), leaf(2.0), 0.5)
    (node,) = y.grad_fn.parents
    for one, kind in ((np.ones(1), np.ndarray), (leaf(1.0), tg.Tensor)):
        given = OutputGradients([one, None], (1,))
        assert [type(each) for each in node.op.gradients(node, given, (True, True, False))[:2]] == [kind, kind]


def test_what_was_saved_is_connected_as_before():
    outside, flags = leaf(4.0), []

    def forward(ctx, x, w):
        largest = x > 0
        ctx.mark_non_differentiable(largest)
        ctx.save_for_backward(x, w, outside, largest, None)
        return x * w * outside, largest

    def backward(ctx, g, _):
        x, w, k, largest, nothing = ctx.saved_tensors
        flags.append([x.requires_grad, w.requires_grad, k.requires_grad, largest.requires_grad, nothing])
        return g * w * k, g * x * k

    x, w = leaf(3.0), tg.tensor([2.0], dtype=tg.float64)
    y, _ = one_way(backward, forward).apply(x, w)
    (g,) = autograd.grad(y.sum(), x, create_graph=True)
    assert flags == [[True, False, True, False, None]]
    assert autograd.grad(g.sum(), outside)[0].tolist() == [2.0]


def test_a_saved_output_that_shares_memory_with_an_input_is_saved_as_it_is_returned():
    def forward(ctx, x):
        y = x.view(1)
        ctx.save_for_backward(y)
        return y

    x = leaf(3.0)
    y = one_way(lambda ctx, g: g * ctx.saved_tensors[0], forward).apply(x)
    with tg.no_grad():
        x.mul_(5)
    y.sum().backward()
    assert x.grad.tolist() == [3.0]


def test_a_result_that_shares_no_memory_is_not_copied():
    made = []

    def forward(ctx, x):
        made.append(x * 2)
        return made[0]

    y = one_way(lambda _ctx, g: g, forward).apply(leaf(1.0))
    assert np.shares_memory(y.array, made[0].array)


def test_methods_that_are_not_written_say_so():
    class Forward(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

    with pytest.raises(NotImplementedError, match=r"static method backward\(ctx, \.\.\.\)"):
        Forward.apply(leaf(1.0)).sum().backward()
    with pytest.raises(NotImplementedError):
        Forward.setup_context(None, (), None)


def test_the_kernel_takes_and_gives_arrays():
    contexts = []

    def forward(ctx, x, w):
        contexts.append(ctx)
        return [x * w, x + w] if len(contexts) == 2 else x * w if len(contexts) == 1 else (x * w,)

    op = one_way(None, forward)._op
    assert op.keeps_half  # float16 arrays are passed as they are, as to `forward`
    x, w = np.full(2, 3.0), np.full(2, 4.0)
    found = op.kernel(x, w)
    assert type(found) is np.ndarray
    assert found.tolist() == [12.0, 12.0]
    for expected in ([[12.0, 12.0], [7.0, 7.0]], [[12.0, 12.0]]):
        found = op.kernel(x, w)
        assert [(type(one), one.tolist()) for one in found] == [(np.ndarray, one) for one in expected]
    assert [(ctx._name, ctx.needs_input_grad) for ctx in contexts] == [("Custom", (False, False))] * 3


def test_settings_are_the_numbers_and_texts_under_their_names():
    def forward(ctx, x, size, rate, mode, shape, flag, other, *rest):
        return x * 2

    y = one_way(None, forward).apply(leaf(1.0), 3, 0.5, "plain", (1, 2), True, [1], 7)
    assert y.grad_fn.attrs == {"size": 3, "rate": 0.5, "mode": "plain", "shape": (1, 2), "flag": True}
    assert Power.apply(leaf(1.0), 3, scale=2.0).grad_fn.attrs == {"k": 3}


def test_drawn_under_its_name_with_its_settings():
    y, z = Scaled.apply(leaf(1.0), leaf(2.0), 0.25)
    graph = tg.graph.trace((y * z).sum(), values=True)
    boxes = [node for node in graph.nodes if getattr(node, "attrs", None) is not None]
    assert [box.name for box in boxes] == ["Scaled", "mul", "sum"]
    assert boxes[0].attrs == {"alpha": 0.25}
    assert "part" not in str(tg.graph.draw((y * z).sum()))


def test_two_functions_may_have_one_name():
    first, second = one_way(lambda _ctx, g: g), one_way(lambda _ctx, g: g * 5)
    x = leaf(1.0)
    (first.apply(x) + second.apply(x)).sum().backward()
    assert x.grad.tolist() == [6.0]


@pytest.mark.parametrize("release", [True, False])
def test_graph_is_freed_without_the_cycle_collector(release):
    gc.collect()
    gc.disable()
    try:
        y = Exp.apply(Scaled.apply(leaf(1.0), leaf(2.0), 1.0)[0])
        node, context = weakref.ref(y.grad_fn), weakref.ref(y.grad_fn.aux["ctx"])
        if release:
            y.sum().backward()
            assert context() is None
        del y
        assert node() is None
        assert context() is None
    finally:
        gc.enable()


def test_long_chain_is_walked_and_freed_without_recursion():
    x = leaf(1.0)
    for released in (True, False):
        y = x
        for _ in range(20_000):
            y = Scaled.apply(y, x, 1.0)[0]
        if released:
            y.sum().backward()
        del y
    assert x.grad.item() == 20_001.0


class Power(Function):
    """xᵏ · scale, with arguments that have defaults."""

    @staticmethod
    def forward(x, k=2, *, scale=1.0):
        return x**k * scale

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, ctx.k = inputs
        ctx.save_for_backward(x)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * ctx.k * x ** (ctx.k - 1), None


@pytest.mark.parametrize(("args", "named", "slope"), [((), {}, 6), ((3,), {}, 27), ((), {"k": 1}, 1)])
def test_setup_context_sees_the_defaults_of_forward(args, named, slope):
    x = leaf(3.0)
    Power.apply(x, *args, **named).sum().backward()
    assert x.grad.tolist() == [slope]


def test_a_function_that_saved_nothing_is_walked_twice():
    class Double(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2, x * 3

        @staticmethod
        def backward(ctx, a, b):
            return a * 2 + b * 3

    x = leaf(1.0)
    a, b = Double.apply(x)
    y = (a + b).sum()
    y.backward()
    y.backward()
    assert x.grad.tolist() == [10]
    z = Power.apply(x).sum()
    z.backward()
    with pytest.raises(RuntimeError, match="were freed"):
        z.backward()
