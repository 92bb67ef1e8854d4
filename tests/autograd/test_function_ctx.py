"""What the forward pass of a `Function` hands on to its backward pass, and the gradients of several outputs."""

import gc

import numpy as np
import pytest
from walks import leaf

import tinygrad_cnn as tg
from tinygrad_cnn import autograd
from tinygrad_cnn.autograd import Function, FunctionCtx, Node
from tinygrad_cnn.autograd.function_ctx import OutputGradients, output
from tinygrad_cnn.autograd.primitive import registry
from tinygrad_cnn.gradcheck import gradcheck, gradgradcheck


def one_way(backward, forward=lambda ctx, x, *rest: x * 2):
    """Return a Function with these static methods."""
    return type("Custom", (Function,), {"forward": staticmethod(forward), "backward": staticmethod(backward)})


def test_saved_output_of_several_is_at_its_place_in_the_graph():
    class Powers(Function):
        @staticmethod
        def forward(ctx, x):
            y = x * x
            ctx.save_for_backward(x, y, None)
            return y, y * x

        @staticmethod
        def backward(ctx, g, h):
            x, y, nothing = ctx.saved_tensors
            assert nothing is None
            return 2 * g * x + 3 * h * y

    assert gradcheck(Powers.apply, leaf(0.5, -1.0))
    assert gradgradcheck(Powers.apply, leaf(0.5, -1.0))
    x = leaf(2.0)
    y, z = Powers.apply(x)
    (g,) = autograd.grad((y + z).sum(), x, create_graph=True)  # 2x + 3x²
    assert autograd.grad((g * y).sum(), x)[0].item() == 120.0  # reaches y twice: 6x² + 12x³


def test_output_that_no_gradient_reached_gets_zeros_or_none():
    seen = []

    def forward(ctx, x, fill):
        ctx.set_materialize_grads(fill)
        return x * 2, x * 3

    def backward(_ctx, g, h):
        seen.append(None if h is None else h.tolist())
        return g * 2, None

    for fill in (True, False):
        x = leaf(1.0)
        one_way(backward, forward).apply(x, fill)[0].sum().backward()
        assert x.grad.tolist() == [2.0]
    assert seen == [[0.0], None]


def test_marked_and_integer_outputs_need_no_gradient():
    def forward(ctx, x):
        kept, index = x * 2, tg.tensor([1])
        rounded = x * 0
        ctx.mark_non_differentiable(rounded)
        return kept, rounded, index, "label"

    kept, rounded, index, label = one_way(lambda _ctx, g, *_: g * 2, forward).apply(leaf(1.0))
    assert (kept.requires_grad, rounded.requires_grad, index.requires_grad, label) == (True, False, False, "label")
    kept.sum().backward()


def test_needs_input_grad_says_what_is_asked_for():
    seen = []

    def backward(ctx, g):
        seen.append(ctx.needs_input_grad)
        return (g, g, None)

    op = one_way(backward, lambda _ctx, x, y, _scale: x + y)
    x, y = leaf(1.0), leaf(2.0)
    op.apply(x, y, 3).sum().backward(inputs=[y])
    op.apply(x, tg.ones(1, dtype=tg.float64), 3).sum().backward()
    assert seen == [(False, True, False), (True, False, False)]
    assert y.grad.tolist() == x.grad.tolist() == [1.0]


def test_freed_values_say_so():
    kept = []

    def forward(ctx, x):
        kept.append(ctx)
        ctx.save_for_backward(x)
        return x * 2

    y = one_way(lambda _ctx, g: g * 2, forward).apply(leaf(1.0)).sum()
    y.backward()
    with pytest.raises(RuntimeError, match="freed.*retain_graph=True"):
        y.backward()


def test_values_are_kept_as_they_were_given_and_only_tensors_are():
    ctx = FunctionCtx("Custom", (True,))
    x = leaf(1.0)
    ctx.save_for_backward(x, None)
    assert [one is x for one in ctx.saved_tensors] == [True, False]
    with pytest.raises(TypeError, match="Custom: save_for_backward expected tensors or None, got float; keep other"):
        ctx.save_for_backward(x, 2.0)
    assert len(ctx.saved_tensors) == 2


def test_a_change_of_inputs_in_place_cannot_be_declared():
    with pytest.raises(RuntimeError, match=r"Custom: mark_dirty is not supported.*x\.clone"):
        FunctionCtx("Custom", (True,)).mark_dirty(leaf(1.0))


def test_attributes_of_any_name_are_kept():
    ctx = FunctionCtx("Custom", (True,))
    ctx.anything = 3
    assert ctx.anything == 3


def test_saved_inputs_outputs_and_other_tensors_are_at_their_places_in_the_graph():
    seen = []

    def forward(ctx, x, w):
        inner = x + 1
        y = x * w
        ctx.save_for_backward(w, y, None, inner, x)
        return y

    def backward(ctx, g):
        seen.extend(ctx.saved_tensors)
        w, _, _, _, x = ctx.saved_tensors
        return g * w, g * x

    x, w = leaf(2.0), leaf(3.0)
    hidden = w * 1
    y = one_way(backward, forward).apply(x, hidden)
    y.sum().backward()
    assert [one if one is None else one.item() for one in seen] == [3.0, 6.0, None, 3.0, 2.0]
    assert [one is not None and one.requires_grad for one in seen] == [True, True, False, False, True]
    assert seen[0].grad_fn is hidden.grad_fn
    assert seen[1].grad_fn is y.grad_fn
    assert (x.grad.item(), w.grad.item()) == (3.0, 2.0)


def test_what_saved_nothing_can_be_walked_twice_and_its_context_stays():
    calls = []

    def forward(ctx, x):
        ctx.factor = 5
        return x * ctx.factor, x * 1

    def backward(ctx, g, h):
        calls.append(ctx.factor)
        return g * ctx.factor + h

    x = leaf(1.0)
    a, b = one_way(backward, forward).apply(x)
    y = (a + b).sum()
    for _ in range(2):
        y.backward()
    assert calls == [5, 5]
    assert x.grad.tolist() == [12.0]


def test_each_output_hangs_on_a_node_of_its_own_and_all_on_one():
    x = leaf(1.0)
    a, b = one_way(lambda _ctx, g, h: g + h, lambda _ctx, x: (x * 2, x * 3)).apply(x)
    assert a.grad_fn is not b.grad_fn
    assert a.grad_fn.op is b.grad_fn.op is output
    assert a.grad_fn.attrs == {"index": 0, "count": 2}
    assert a.grad_fn.parents == b.grad_fn.parents
    assert isinstance(a.grad_fn.parents[0], Node)
    assert "output" not in registry


def gradients(*values):
    return OutputGradients(list(values), (1,))


def test_gradients_of_outputs_add_up_output_by_output():
    a, b = np.array([1.0]), np.array([2.0])
    total = gradients(a, None, None) + gradients(b, b, None)
    assert [one if one is None else one.tolist() for one in total.values] == [[3.0], [2.0], None]
    assert total.shape == (1,)
    assert (a.tolist(), b.tolist()) == ([1.0], [2.0])
    with pytest.raises(ValueError, match="zip"):
        gradients(a) + gradients(a, b)


def test_gradients_of_outputs_are_recorded_if_one_is_a_tensor():
    assert not gradients(None, np.ones(1)).recorded
    assert gradients(None, tg.ones(1)).recorded


def test_an_output_gives_its_gradient_at_its_own_position():
    found = output.vjp_of(0)("g", None, np.zeros(3), index=1, count=3)
    assert (found.values, found.shape) == ([None, "g", None], (3,))
    assert output((np.array([1.0]), np.array([2.0])), index=1, count=2).tolist() == [2.0]


def test_several_outputs_are_differentiated_twice():
    def backward(ctx, g, h):
        (x,) = ctx.saved_tensors
        return g * 2 * x + h * 3 * x * x

    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x, x * x * x

    x = leaf(2.0)
    a, b = one_way(backward, forward).apply(x)
    (g,) = autograd.grad((a + b).sum(), x, create_graph=True)
    assert g.item() == 16.0
    assert autograd.grad(g.sum(), x)[0].item() == 14.0


def test_a_context_does_not_keep_its_node_alive():
    kept = []

    def forward(ctx, x):
        kept.append(ctx)
        ctx.save_for_backward(x)
        return x * 2

    y = one_way(lambda _ctx, g: g * 2, forward).apply(leaf(1.0))
    assert kept[0]._node() is y.grad_fn
    del y
    gc.collect()
    assert kept[0]._node() is None
