"""Hooks of modules: what they get, what they may replace, and in which order."""

import copy
import pickle

import pytest

import tinygrad_cnn as tc
from tinygrad_cnn import nn


class Pair(nn.Module):
    def forward(self, a, b=None, *, k=2):
        return a * k if b is None else (a * b * k, a + 1, "text")


def add_one(module, args, output):
    return output + 1


def test_backward_hooks_under_their_old_name():
    layer, seen = nn.Linear(2, 2), []
    with pytest.warns(FutureWarning, match="register_backward_hook is deprecated"):
        handle = layer.register_backward_hook(lambda module, before, after: seen.append((before[0].shape, len(after))))
    layer(tc.ones(3, 2, requires_grad=True)).sum().backward()
    assert seen == [((3, 2), 1)]
    handle.remove()
    layer(tc.ones(3, 2, requires_grad=True)).sum().backward()
    assert len(seen) == 1


def test_forward_hooks_see_and_replace_arguments_and_output_in_order():
    net, seen = Pair(), []
    net.register_forward_pre_hook(lambda module, args: seen.append((module, args)))
    net.register_forward_pre_hook(lambda module, args: args[0] * 10)  # one argument stands for a tuple of it
    net.register_forward_hook(lambda module, args, y: (args[0] + y,)[0])
    net.register_forward_hook(add_one)
    net.register_forward_hook(lambda module, args, y: y * 3, prepend=True)
    x = tc.tensor([1.0])
    assert net(x).tolist() == [10 + 10 * 2 * 3 + 1]
    assert seen == [(net, (x,))]


def test_hooks_with_kwargs():
    net, seen = Pair(), []
    net.register_forward_pre_hook(lambda module, args, kwargs: (args, {"k": kwargs["k"] + 1}), with_kwargs=True)
    net.register_forward_pre_hook(lambda module, args, kwargs: None, with_kwargs=True)
    net.register_forward_hook(lambda module, args, kwargs, y: seen.append(kwargs), with_kwargs=True)
    assert net(tc.tensor([1.0]), k=4).tolist() == [5]
    assert seen == [{"k": 5}]


def test_a_handle_ends_its_hook():
    net = Pair()
    handle = net.register_forward_hook(add_one)
    with net.register_forward_pre_hook(lambda module, args: args[0] * 10, prepend=True):
        assert net(tc.tensor([1.0])).tolist() == [21]
    assert net(tc.tensor([1.0])).tolist() == [3]
    handle.remove()
    handle.remove()
    assert net(tc.tensor([1.0])).tolist() == [2]


def test_a_hook_may_remove_itself():
    net, calls = Pair(), []
    handle = net.register_forward_hook(lambda *_: (calls.append(1), handle.remove())[1])
    net(tc.ones(1))
    net(tc.ones(1))
    assert calls == [1]


def test_without_hooks_the_graph_holds_what_forward_recorded_and_nothing_else():
    x = tc.ones(2, requires_grad=True)
    net = Pair()
    assert [node.op.name for node in tc.autograd.collect([net(x).grad_fn])] == ["mul"]
    net.register_full_backward_hook(lambda *_: None).remove()
    assert [node.op.name for node in tc.autograd.collect([net(x).grad_fn])] == ["mul"]


def test_a_full_backward_hook_gets_the_gradients_of_this_call_alone():
    net, seen = nn.Linear(2, 1, bias=False), []
    net.load_state_dict({"weight": tc.tensor([[3.0, 4.0]])})
    net.register_full_backward_hook(lambda module, gi, go: seen.append((module, gi[0].tolist(), go[0].tolist())))
    x = tc.tensor([[1.0, 2.0]], requires_grad=True)
    (net(x) * 2 + (x * 7).sum()).sum().backward()  # what flows to x beside the layer is none of its business
    assert seen == [(net, [[6, 8]], [[2]])]
    assert x.grad.tolist() == [[13, 15]]
    assert net.weight.grad.tolist() == [[2, 4]]


def test_a_full_backward_hook_may_replace_the_gradients():
    net = Pair()
    net.register_full_backward_pre_hook(lambda module, go: (go[0] * 2,))
    net.register_full_backward_hook(lambda module, gi, go: (gi[0] + go[0] * 100,))
    x = tc.tensor([1.0], requires_grad=True)
    net(x).sum().backward()
    assert x.grad.tolist() == [2 * 2 + 2 * 100]


def test_backward_hooks_where_no_input_needs_a_gradient():
    net, seen = nn.Linear(2, 1), []
    net.register_full_backward_hook(lambda module, gi, go: seen.append((gi, go[0].tolist())))
    net(tc.ones(1, 2)).sum().backward()
    assert seen == [((None,), [[1]])]
    net.register_full_backward_hook(lambda module, gi, go: go)
    with pytest.raises(RuntimeError, match="expected None to be returned, as no input of Linear requires a gradient"):
        net(tc.ones(1, 2)).sum().backward()


def test_backward_hooks_under_no_grad_and_at_second_order():
    net, seen = Pair(), []
    net.register_full_backward_hook(lambda module, gi, go: seen.append(gi[0].requires_grad))
    with tc.no_grad():
        assert net(tc.ones(1, requires_grad=True)).tolist() == [2]
    x = tc.tensor([3.0], requires_grad=True)
    (g,) = tc.autograd.grad((net(x) ** 3).sum(), x, create_graph=True)
    assert g.tolist() == [8 * 3 * 9]
    g.sum().backward()
    assert x.grad.tolist() == [8 * 6 * 3]
    assert seen[0] is True


@pytest.mark.parametrize(
    ("register", "hook", "kind", "text"),
    [
        ("register_forward_hook", 3, TypeError, "register_forward_hook: expected a function, got int"),
        ("register_full_backward_hook", lambda *_: (None,) * 2, RuntimeError, "expected None or 1 gradients .* got 2"),
        ("register_full_backward_hook", lambda *_: "no", TypeError, "expected tensors to be returned, got str"),
        ("register_full_backward_pre_hook", lambda *_: tc.ones(5), RuntimeError, r"of shape \(1,\) .* got \(5,\)"),
    ],
)
def test_refused_hooks(register, hook, kind, text):
    def step():
        net = Pair()
        getattr(net, register)(hook)
        net(tc.ones(1, requires_grad=True)).sum().backward()

    with pytest.raises(kind, match=text):
        step()


def test_a_pre_hook_with_kwargs_must_return_both():
    net = Pair()
    net.register_forward_pre_hook(lambda module, args, kwargs: args, with_kwargs=True)
    with pytest.raises(RuntimeError, match=r"expected None or a tuple \(args, kwargs\) to be returned, got tuple"):
        net(tc.ones(1))


def test_an_error_behind_hooks_still_says_where():
    net = nn.Sequential(nn.Flatten(), nn.Linear(3, 2))
    for module in net:
        module.register_full_backward_hook(lambda *_: None)
    with pytest.raises(RuntimeError, match=r"\nin net.1 Linear\(.*\): got \(2, 4\) after Flatten of \(2, 2, 2\)"):
        net(tc.ones(2, 2, 2, requires_grad=True))


def test_copies_carry_hooks_of_their_own_table():
    net = Pair()
    handle = net.register_forward_hook(add_one)
    twins = [copy.deepcopy(net), pickle.loads(pickle.dumps(net))]
    handle.remove()
    assert net(tc.ones(1)).tolist() == [2]
    assert [twin(tc.ones(1)).tolist() for twin in twins] == [[3], [3]]


def test_a_hook_that_cannot_be_pickled_is_named():
    net = nn.Sequential(Pair())
    handle = net[0].register_forward_hook(lambda *_: None)
    with pytest.raises(pickle.PicklingError, match="Module: the hook '<lambda>' cannot be pickled .* top level"):
        pickle.dumps(net)
    assert len(copy.deepcopy(net)[0]._hooks.forward) == 1
    handle.remove()
    assert len(pickle.loads(pickle.dumps(net))) == 1
