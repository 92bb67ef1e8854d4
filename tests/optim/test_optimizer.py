"""What every optimizer promises: groups, steps, states, texts."""

import numpy as np
import pytest
from optim_cases import KINDS, OPTIMIZERS, parameter, run

import tinygrad_cnn as tc
from tinygrad_cnn import nn, optim

REFUSED = [
    (lambda p: optim.SGD([]), ValueError, "empty parameter list; .* nn.ModuleList .* none in a plain list"),
    (lambda p: optim.SGD([{"params": []}]), ValueError, "optimizer got an empty parameter list"),
    (lambda p: optim.SGD(p), TypeError, "should be an iterable of Tensors or dicts, but got Parameter"),
    (lambda p: optim.SGD({"params": [p]}), TypeError, "should be an iterable of Tensors or dicts, but got dict"),
    (lambda p: optim.SGD("w"), TypeError, "should be an iterable of Tensors or dicts, but got str"),
    (lambda p: optim.SGD(3), TypeError, "should be an iterable of Tensors or dicts, but got int"),
    (lambda p: optim.SGD([{"params": [p]}, p * 1]), TypeError, "expected a parameter group as a dict with 'params'"),
    (
        lambda p: optim.SGD([p]).add_param_group("params"),
        TypeError,
        "a parameter group as a dict with 'params', got 'p",
    ),
    (lambda p: optim.SGD([{"params": [p], "lr": 1}], lr=-1), ValueError, "Invalid learning rate: -1"),
    (lambda p: optim.SGD([p, 1]), TypeError, "optimizer can only optimize Tensors, but one of the params is int"),
    (lambda p: optim.SGD([p * 2]), ValueError, r"can't optimize a non-leaf Tensor, of shape \(2,\)"),
    (
        lambda p: optim.SGD([{"params": [p]}, {"params": p}]),
        ValueError,
        r"some parameters appear in more than one parameter group, such as number 0, of shape \(2,\)",
    ),
    (
        lambda p: optim.SGD([{"params": [("w", p)]}, {"params": [parameter(1)]}]),
        ValueError,
        "should be with/without names. cannot add param group without names",
    ),
    (lambda p: optim.SGD([{"parameters": [p]}]), TypeError, "expected a parameter group as a dict with 'params'"),
    (
        lambda p: optim.SGD([{"params": [p], "weight_decy": 1}]),
        ValueError,
        "SGD: expected settings among lr, momentum, .* got weight_decy",
    ),
]


@pytest.mark.parametrize(("make", "kind", "text"), REFUSED, ids=[str(i) for i in range(len(REFUSED))])
def test_refused_with_a_message(make, kind, text):
    with pytest.raises(kind, match=text):
        make(parameter(1, 2))


@pytest.mark.parametrize("kind", KINDS)
def test_a_parameter_without_a_gradient_stays(kind):
    a, b = parameter(1), parameter(1)
    optimizer = kind([a, b], lr=0.1, weight_decay=0.1)
    a.sum().backward()
    optimizer.step()
    assert a.item() != 1
    assert b.item() == 1
    assert b not in optimizer.state


@pytest.mark.parametrize(
    "make",
    [
        lambda p: optim.SGD(p, 0.1, 0.9, nesterov=True, weight_decay=1),
        lambda p: optim.Adam(p, maximize=True, amsgrad=True),
        lambda p: optim.AdamW(p, maximize=True),
        lambda p: optim.RMSprop(p, centered=True, momentum=0.9, weight_decay=1),
        lambda p: optim.Adagrad(p, lr_decay=0.1),
        lambda p: optim.Adadelta(p, maximize=True, weight_decay=1),
    ],
)
def test_a_step_writes_in_place_and_leaves_the_gradient_alone(make):
    p = parameter(1, 2)
    optimizer = make([p])
    memory = p.array
    for _ in range(3):
        p.grad = tc.tensor([3.0, 4.0], dtype=tc.float64)
        optimizer.step()
        assert p.grad.tolist() == [3, 4]
    assert p.array is memory
    assert p.is_leaf
    assert memory.tolist() != [1, 2]


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("dtype", [tc.float32, tc.float64])
def test_a_graph_made_before_a_step_refuses_to_run_backward_after_it(name, dtype):
    p = nn.Parameter(tc.ones(2, dtype=dtype))
    optimizer = OPTIMIZERS[name]([p])
    loss = (p * p).sum()
    loss.backward(retain_graph=True)
    optimizer.step()
    with pytest.raises(RuntimeError, match=r"mul: argument 0.* was changed in place"):
        loss.backward()


def test_a_closure_runs_with_recording_on_and_its_loss_is_returned():
    p = parameter(2)
    optimizer = optim.SGD([p], lr=0.25)

    def closure():
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    with tc.no_grad():
        assert optimizer.step(closure).item() == 4
    assert p.item() == 1
    assert optimizer.step() is None


def test_zero_grad():
    p = parameter(2)
    optimizer = optim.SGD([p])
    (p * 3).sum().backward()
    memory = p.grad.array
    optimizer.zero_grad(set_to_none=False)
    assert p.grad.array is memory
    assert p.grad.item() == 0
    optimizer.zero_grad()
    assert p.grad is None


def test_parameters_may_have_names():
    model = nn.Linear(2, 1)
    optimizer = optim.SGD([{"params": list(model.named_parameters()), "lr": 0.5}])
    assert optimizer.param_groups[0]["param_names"] == ["weight", "bias"]
    assert optimizer.param_groups[0]["params"][1] is model.bias
    assert optimizer.state_dict()["param_groups"][0]["param_names"] == ["weight", "bias"]
    unnamed = optim.SGD(model.parameters())
    unnamed.load_state_dict(optimizer.state_dict())
    assert unnamed.param_groups[0]["param_names"] == ["weight", "bias"]
    optimizer.load_state_dict(optim.SGD(model.parameters()).state_dict())
    assert optimizer.param_groups[0]["param_names"] == ["weight", "bias"]
    with pytest.raises(ValueError, match="cannot add param group without names"):
        optimizer.add_param_group({"params": [parameter(1)]})
    assert len(optimizer.param_groups) == 1


def test_a_parameter_twice_in_a_group_warns_and_is_changed_twice():
    p = parameter(1)
    with pytest.warns(UserWarning, match=r"a parameter group with duplicate parameters, such as one of shape \(1,\)"):
        optimizer = optim.SGD([p, p], lr=0.25)
    p.sum().backward()
    optimizer.step()
    assert p.item() == 0.5


def test_the_warning_of_a_parameter_that_is_there_twice_names_it_and_points_at_the_caller():
    with pytest.warns(UserWarning, match=r"such as one of shape \(3,\)") as noted:
        optim.SGD([parameter(1), *[parameter(1, 2, 3)] * 2])
    assert noted[0].filename == __file__


def test_repr_lists_the_settings_of_each_group():
    assert repr(optim.SGD([parameter(1)], lr=0.5)) == (
        "SGD (\nParameter Group 0\n    dampening: 0\n    differentiable: False\n    foreach: None\n    fused: None\n"
        "    lr: 0.5\n    maximize: False\n    momentum: 0\n    nesterov: False\n    weight_decay: 0\n)"
    )


def test_a_blank_line_parts_the_groups_of_a_repr():
    text = repr(optim.SGD([{"params": [parameter(1)]}, {"params": [parameter(2)]}], lr=0.5))
    assert "    weight_decay: 0\n\nParameter Group 1\n    dampening: 0\n" in text


def test_the_state_of_a_parameter_that_is_looked_up_first_is_an_empty_dict():
    class Counting(optim.Optimizer):
        def __init__(self, params):
            super().__init__(params, {"lr": 0.1})

        def step(self):
            for group in self.param_groups:
                for p in group["params"]:
                    state = self.state[p]
                    state["seen"] = state.get("seen", 0) + 1
            self.state["all"]["steps"] = 3

    p = parameter(1)
    optimizer = Counting([p])
    optimizer.step()
    optimizer.step()
    assert optimizer.state[p] == {"seen": 2}
    again = Counting([p])
    again.load_state_dict(optimizer.state_dict())
    assert again.state == {p: {"seen": 2}, "all": {"steps": 3}}


def test_a_group_keeps_keys_of_its_own():
    a, b = parameter(1), parameter(2)
    optimizer = optim.SGD([{"params": [a], "name": "head", "lr_scale": 0.5}, {"params": [b]}], lr=0.5)
    assert optimizer.param_groups[0]["name"] == "head"
    (a + b).sum().backward()
    optimizer.step()
    assert (a.item(), b.item()) == (0.5, 1.5)
    again = optim.SGD([{"params": [a]}, {"params": [b]}], lr=1)
    again.load_state_dict(optimizer.state_dict())
    assert (again.param_groups[0]["name"], again.param_groups[0]["lr_scale"]) == ("head", 0.5)
    assert "name" not in again.param_groups[1]


FUSED = ["SGD", "Adam", "AdamW", "Adagrad"]
CAPTURABLE = ["Adam", "AdamW", "RMSprop", "Adadelta"]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_pytorchs_ways_to_take_a_step_are_one_here(name):
    choices = [{"foreach": True}, {"foreach": False}]
    choices += [{"fused": True}] * (name in FUSED) + [{"capturable": True}] * (name in CAPTURABLE)
    results = []
    for choice in ({}, *choices):
        p = parameter(1, 2)
        optimizer = getattr(optim, name)([p], lr=0.1, **choice)
        run(optimizer, [p], 3)
        results.append(p.tolist())
        assert optimizer.param_groups[0].items() >= choice.items()
    assert results == [results[0]] * len(results)


def test_settings_are_pytorchs():
    torch = pytest.importorskip("torch")
    for name in OPTIMIZERS:
        ours = getattr(optim, name)([parameter(1)])
        theirs = getattr(torch.optim, name)([torch.zeros(1, requires_grad=True)])
        assert repr(ours) == repr(theirs)


def test_the_old_name_of_the_base_of_schedules_is_that_base():
    from tinygrad_cnn.optim.lr_scheduler import LRScheduler, _LRScheduler

    assert isinstance(optim.lr_scheduler.StepLR(optim.SGD([parameter(1)]), 3), _LRScheduler)
    assert issubclass(_LRScheduler, LRScheduler)


def test_an_optimizer_of_ones_own_defines_update():
    class Plain(optim.Optimizer):
        pass

    p = parameter(1)
    p.sum().backward()
    with pytest.raises(NotImplementedError, match="Plain does not define _update"):
        Plain([p], {"lr": 1.0}).step()


def test_without_decay_an_infinite_parameter_stays_infinite():
    p = parameter(float("inf"))
    p.grad = tc.ones(1, dtype=tc.float64)
    optim.SGD([p], lr=0.5).step()
    assert p.item() == float("inf")


def test_an_optimizer_of_ones_own_needs_no_state_and_may_keep_anything_in_it():
    class Signs(optim.Optimizer):
        def _update(self, p, g, state, group):
            p -= group["lr"] * np.sign(g)

    p = parameter(1, -1)
    p.grad = tc.tensor([3.0, -3.0], dtype=tc.float64)
    optimizer = Signs([p], {"lr": 0.5})
    optimizer.step()
    assert p.tolist() == [0.5, -0.5]
    optimizer.state["seen"] = 3
    assert optimizer.state_dict()["state"]["seen"] == 3
