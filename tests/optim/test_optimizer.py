"""What every optimizer promises: groups, state, refusals."""

import numpy as np
import pytest

import tinygrad_cnn as tc
from tinygrad_cnn import nn, optim


def parameter(*values):
    return nn.Parameter(tc.tensor(list(values), dtype=tc.float64))


def run(optimizer, parameters, steps, start=0):
    """Take `steps` steps along gradients that depend on the parameters and the step."""
    for i in range(start, start + steps):
        optimizer.zero_grad()
        sum(((p - i) * p * p).sum() for p in parameters).backward()
        optimizer.step()


REFUSED = [
    (lambda p: optim.SGD([]), ValueError, "empty parameter list; .* nn.ModuleList .* none in a plain list"),
    (lambda p: optim.SGD([{"params": []}]), ValueError, "optimizer got an empty parameter list"),
    (lambda p: optim.SGD(p), TypeError, "should be an iterable of Tensors or dicts, but got Parameter"),
    (lambda p: optim.SGD({"params": [p]}), TypeError, "should be an iterable of Tensors or dicts, but got dict"),
    (lambda p: optim.SGD([p, 1]), TypeError, "optimizer can only optimize Tensors, but one of the params is int"),
    (lambda p: optim.SGD([p * 2]), ValueError, r"can't optimize a non-leaf Tensor, of shape \(2,\)"),
    (
        lambda p: optim.SGD([{"params": [p]}, {"params": p}]),
        ValueError,
        r"some parameters appear in more than one parameter group, such as number 0, of shape \(2,\)",
    ),
    (lambda p: optim.SGD([{"params": {p}}]), TypeError, "need to be organized in ordered collections"),
    (lambda p: optim.SGD([{"params": 3}]), TypeError, "should be an iterable of Tensors, but got int"),
    (lambda p: optim.SGD([("w", p), p * 1]), ValueError, "Some param names are missing: got 1 .* among 2 parameters"),
    (lambda p: optim.SGD([(p, "w")]), TypeError, r"should be \(name, tensor\) pairs, .* \(Parameter, str\)"),
    (
        lambda p: optim.SGD([{"params": [("w", p)]}, {"params": [parameter(1)]}]),
        ValueError,
        "should be with/without names. cannot add param group without names",
    ),
    (lambda p: optim.SGD([p], lr=tc.ones(2)), ValueError, r"Tensor lr must be 1-element \(SGD got .* shape \(2,\)"),
    (
        lambda p: optim.SGD([{"params": [p], "lr": tc.ones(2)}]),
        ValueError,
        "Tensor lr must be 1-element",
    ),
    (lambda p: optim.SGD([{"parameters": [p]}]), TypeError, "expected a parameter group as a dict with 'params'"),
    (
        lambda p: optim.SGD([{"params": [p], "weight_decy": 1}]),
        ValueError,
        "SGD: expected settings among lr, momentum, .* got weight_decy",
    ),
    (lambda p: optim.SGD([{"params": [p], "lr": -2}]), ValueError, "Invalid learning rate: -2"),
    (
        lambda p: optim.SGD([p], lr=-1),
        ValueError,
        r"Invalid learning rate: -1 \(SGD expects a finite number at least 0\)",
    ),
    (lambda p: optim.SGD([p], lr=float("nan")), ValueError, "Invalid learning rate: nan"),
    (lambda p: optim.Adam([p], lr=float("inf")), ValueError, "Invalid learning rate: inf"),
    (lambda p: optim.SGD([p], momentum=-1), ValueError, "Invalid momentum value: -1"),
    (lambda p: optim.SGD([p], weight_decay=-1), ValueError, "Invalid weight_decay value: -1"),
    (lambda p: optim.SGD([p], nesterov=True), ValueError, "Nesterov momentum requires a momentum and zero dampening"),
    (
        lambda p: optim.SGD([p], momentum=1, dampening=1, nesterov=True),
        ValueError,
        "zero dampening, got momentum=1 and dampening=1",
    ),
    (
        lambda p: optim.Adam([p], betas=(1, 0)),
        ValueError,
        r"Invalid beta parameter at index 0: 1 \(Adam expects a finite number in \[0, 1\)\)",
    ),
    (lambda p: optim.Adam([p], betas=(0, -1)), ValueError, "Invalid beta parameter at index 1: -1"),
    (lambda p: optim.Adam([p], eps=-1), ValueError, "Invalid epsilon value: -1"),
    (lambda p: optim.Adam([p], weight_decay=-1), ValueError, "Invalid weight_decay value: -1"),
    (
        lambda p: optim.Adam([p], betas=(0.9, tc.tensor(0.99))),
        ValueError,
        "betas must be either both floats or both Tensors, got float and Tensor",
    ),
    (lambda p: optim.AdamW([p], lr=-1), ValueError, r"Invalid learning rate: -1 \(AdamW"),
    (lambda p: optim.RMSprop([p], lr=-1), ValueError, r"Invalid learning rate: -1 \(RMSprop"),
    (lambda p: optim.RMSprop([p], alpha=-1), ValueError, "Invalid alpha value: -1"),
    (lambda p: optim.RMSprop([p], eps=-1), ValueError, "Invalid epsilon value: -1"),
    (lambda p: optim.RMSprop([p], momentum=-1), ValueError, "Invalid momentum value: -1"),
    (lambda p: optim.RMSprop([p], weight_decay=-1), ValueError, "Invalid weight_decay value: -1"),
    (lambda p: optim.Adagrad([p], lr=-1), ValueError, r"Invalid learning rate: -1 \(Adagrad"),
    (lambda p: optim.Adagrad([p], lr_decay=-1), ValueError, "Invalid lr_decay value: -1"),
    (lambda p: optim.Adagrad([p], eps=-1), ValueError, "Invalid epsilon value: -1"),
    (lambda p: optim.Adagrad([p], weight_decay=-1), ValueError, "Invalid weight_decay value: -1"),
    (
        lambda p: optim.Adagrad([p], initial_accumulator_value=-1),
        ValueError,
        "Invalid initial_accumulator_value value: -1",
    ),
    (lambda p: optim.Adadelta([p], lr=-1), ValueError, r"Invalid learning rate: -1 \(Adadelta"),
    (
        lambda p: optim.Adadelta([p], rho=1.1),
        ValueError,
        r"Invalid rho value: 1.1 \(Adadelta expects a number in \[0, 1\]\)",
    ),
    (lambda p: optim.Adadelta([p], rho=-1), ValueError, "Invalid rho value: -1"),
    (lambda p: optim.Adadelta([p], eps=-1), ValueError, "Invalid epsilon value: -1"),
    (lambda p: optim.Adadelta([p], weight_decay=-1), ValueError, "Invalid weight_decay value: -1"),
]


@pytest.mark.parametrize(("make", "kind", "text"), REFUSED, ids=[str(i) for i in range(len(REFUSED))])
def test_refused_with_a_message(make, kind, text):
    with pytest.raises(kind, match=text):
        make(parameter(1, 2))


KINDS = [optim.SGD, optim.Adam, optim.AdamW, optim.RMSprop, optim.Adagrad, optim.Adadelta]


def test_groups_have_settings_of_their_own():
    a, b = parameter(1), parameter(1)
    optimizer = optim.SGD([{"params": [a], "lr": 0.5}, {"params": b}], lr=0.1)
    (a + b).sum().backward()
    optimizer.step()
    assert (a.item(), b.item()) == pytest.approx((0.5, 0.9))
    optimizer.param_groups[1]["lr"] = 1
    optimizer.step()
    assert (a.item(), b.item()) == pytest.approx((0, -0.1))


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


def test_a_graph_made_before_a_step_refuses_to_run_backward_after_it():
    p = parameter(1, 2)
    optimizer = optim.SGD([p], lr=0.1)
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


MAKERS = [
    lambda p: optim.SGD(p, 0.01, momentum=0.9),
    lambda p: optim.Adam(p, 0.01, amsgrad=True),
    lambda p: optim.AdamW(p, 0.01, weight_decay=0.5),
    lambda p: optim.RMSprop(p, 0.01, centered=True, momentum=0.9),
    lambda p: optim.Adagrad(p, 0.01, lr_decay=0.3, initial_accumulator_value=2),
    lambda p: optim.Adadelta(p, 0.01, rho=0.5),
]


@pytest.mark.parametrize("make", MAKERS)
def test_resuming_from_a_state_dict_equals_never_stopping(make):
    through, first = [parameter(1, 2), parameter(3)], [parameter(1, 2), parameter(3)]
    whole, before = make(through), make(first)
    run(whole, through, 6)
    run(before, first, 3)
    second = [nn.Parameter(p.detach().clone()) for p in first]
    after = make(second)
    after.param_groups[0]["lr"] = 7
    after.load_state_dict(before.state_dict())
    assert after.param_groups[0]["lr"] == 0.01
    run(before, first, 2)  # what was loaded is a copy
    run(after, second, 3, start=3)
    for p, q in zip(through, second, strict=True):
        np.testing.assert_array_equal(p.detach().numpy(), q.detach().numpy())


@pytest.mark.parametrize(
    ("spoil", "text"),
    [
        (lambda state: state["param_groups"].pop(), "different number of parameter groups: expected 1, got 0"),
        (
            lambda state: state["param_groups"][0]["params"].pop(),
            "doesn't match the size of optimizer's group: expected 2 parameters, got 1",
        ),
        (lambda state: state["param_groups"][0].update(lr=-1), "Invalid learning rate: -1"),
        (
            lambda state: state["state"][1].update(momentum_buffer=tc.zeros(5)),
            r"SGD: expected momentum_buffer of shape \(1,\), .* got \(5,\)",
        ),
        (lambda state: state.clear(), "expected a state dict with 'state' and 'param_groups'"),
    ],
)
def test_a_state_that_does_not_fit_is_refused_and_changes_nothing(spoil, text):
    parameters = [parameter(1, 2), parameter(3)]
    optimizer = MAKERS[0](parameters)
    run(optimizer, parameters, 1)
    state = optimizer.state_dict()
    before = [entry["momentum_buffer"].tolist() for entry in optimizer.state.values()]
    spoil(state)
    with pytest.raises(ValueError, match=text):
        optimizer.load_state_dict(state)
    assert [entry["momentum_buffer"].tolist() for entry in optimizer.state.values()] == before
    assert optimizer.param_groups[0]["lr"] == 0.01


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


def test_a_tensor_of_one_element_counts_as_its_number():
    p = parameter(1)
    optimizer = optim.Adam([p], lr=tc.tensor([0.5]), betas=(tc.tensor([[0.5]]), tc.tensor(0.75)))
    assert (optimizer.param_groups[0]["lr"], optimizer.param_groups[0]["betas"]) == (0.5, (0.5, 0.75))
    assert type(optimizer.param_groups[0]["lr"]) is float
    optimizer.add_param_group({"params": [parameter(2)], "lr": tc.tensor(2.0)})
    assert optimizer.param_groups[1]["lr"] == 2


def test_the_decay_of_adamw_shrinks_the_parameter_itself():
    p = parameter(2)
    optimizer = optim.AdamW([p], lr=0.1, weight_decay=0.5)
    p.grad = tc.zeros(1, dtype=tc.float64)
    optimizer.step()
    assert p.item() == pytest.approx(2 * 0.95)
    assert optimizer.state[p]["exp_avg"].item() == 0


def test_adamw_keeps_its_decay_decoupled_when_it_takes_over_the_state_of_adam():
    p = parameter(2)
    optimizer = optim.AdamW([p])
    optimizer.load_state_dict(optim.Adam([p], lr=3).state_dict())
    assert optimizer.param_groups[0]["lr"] == 3
    assert optimizer.param_groups[0]["decoupled_weight_decay"] is True


def test_a_centered_step_survives_a_gradient_that_never_changes():
    p = parameter(*range(100))
    optimizer = optim.RMSprop([p], centered=True, alpha=0.5)
    p.grad = tc.linspace(0.1, 3, 100, dtype=tc.float64)  # of some, rounding leaves the variance below 0
    for _ in range(500):
        optimizer.step()
    assert tc.isfinite(p).all().item()


def test_what_schedulers_note_in_the_groups_is_kept():
    p = parameter(1)
    optimizer = optim.SGD([{"params": p, "initial_lr": 3.0}])
    again = optim.SGD([p])
    again.load_state_dict(optimizer.state_dict())
    assert again.param_groups[0]["initial_lr"] == 3


def test_repr_lists_the_settings_of_each_group():
    assert repr(optim.SGD([parameter(1)], lr=0.5)) == (
        "SGD (\nParameter Group 0\n    dampening: 0\n    differentiable: False\n    foreach: None\n    fused: None\n"
        "    lr: 0.5\n    maximize: False\n    momentum: 0\n    nesterov: False\n    weight_decay: 0\n)"
    )


def test_a_blank_line_parts_the_groups_of_a_repr():
    text = repr(optim.SGD([{"params": [parameter(1)]}, {"params": [parameter(2)]}], lr=0.5))
    assert "    weight_decay: 0\n\nParameter Group 1\n    dampening: 0\n" in text


def test_parameters_of_one_shape_do_not_disturb_each_other():
    pair = [parameter(1, 2), parameter(3, 4)]
    together = optim.SGD(pair, 0.01, momentum=0.9, nesterov=True, weight_decay=0.1)
    alone = [parameter(1, 2), parameter(3, 4)]
    apart = [optim.SGD([p], 0.01, momentum=0.9, nesterov=True, weight_decay=0.1) for p in alone]
    run(together, pair, 3)
    for optimizer, p in zip(apart, alone, strict=True):
        run(optimizer, [p], 3)
    for p, q in zip(pair, alone, strict=True):
        assert p.tolist() == q.tolist()


def test_moments_follow_the_names_of_the_parameters():
    one, two = parameter(1), parameter(2)
    before = optim.Adam([("one", one), ("two", two)])
    one.grad, two.grad = tc.ones(1, dtype=tc.float64), 5 * tc.ones(1, dtype=tc.float64)
    before.step()
    after = optim.Adam([("two", two), ("one", one)])
    after.load_state_dict(before.state_dict())
    for p in (one, two):
        assert after.state[p]["exp_avg"].item() == before.state[p]["exp_avg"].item() != 0
    assert after.param_groups[0]["param_names"] == ["two", "one"]
    other = optim.Adam([("one", one), ("three", two)])
    with pytest.raises(ValueError, match="Adam: expected in group 0 the state of three, got that of two"):
        other.load_state_dict(before.state_dict())
    assert not other.state


@pytest.mark.parametrize("own", KINDS)
@pytest.mark.parametrize("given", KINDS)
def test_the_state_of_another_kind_of_optimizer_is_refused(own, given):
    p = parameter(1)
    p.grad = tc.ones(1, dtype=tc.float64)
    source, target = given([p], lr=0.5), own([p], lr=0.25)
    source.step()
    if own is given or {own, given} == {optim.Adam, optim.AdamW}:
        target.load_state_dict(source.state_dict())
        assert target.param_groups[0]["lr"] == 0.5
        return
    with pytest.raises(
        ValueError, match=rf"{own.__name__}: expected the state of a {own.__name__}, got .* another kind"
    ):
        target.load_state_dict(source.state_dict())
    assert target.param_groups[0]["lr"] == 0.25
    assert not target.state


def test_a_shape_that_does_not_fit_names_the_parameter():
    p = parameter(1, 2)
    p.grad = tc.ones(2, dtype=tc.float64)
    source = optim.Adam([("fc.bias", p)])
    source.step()
    target = optim.Adam([("fc.bias", parameter(1, 2, 3))])
    with pytest.raises(
        ValueError, match=r"exp_avg of shape \(3,\), that of parameter 0 \(fc.bias\) of group 0, got \(2"
    ):
        target.load_state_dict(source.state_dict())


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


def test_the_groups_become_those_of_the_state():
    p = parameter(1)
    optimizer = optim.SGD([p], lr=0.5)
    state = optimizer.state_dict()
    optim.lr_scheduler.StepLR(optimizer, 1)
    assert optimizer.param_groups[0]["initial_lr"] == 0.5
    optimizer.load_state_dict(state)
    assert "initial_lr" not in optimizer.param_groups[0]


EVERY = ["SGD", "Adam", "AdamW", "Adagrad", "RMSprop", "Adadelta"]
FUSED = ["SGD", "Adam", "AdamW", "Adagrad"]
CAPTURABLE = ["Adam", "AdamW", "RMSprop", "Adadelta"]


@pytest.mark.parametrize("name", EVERY)
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


@pytest.mark.parametrize("name", EVERY)
def test_a_step_is_not_differentiable(name):
    make = getattr(optim, name)
    with pytest.raises(NotImplementedError, match=f"{name}: there is no differentiable=True: a step overwrites"):
        make([parameter(1)], differentiable=True)
    with pytest.raises(NotImplementedError, match=f"{name}: there is no differentiable=True"):
        make([{"params": [parameter(1)], "differentiable": True}])


@pytest.mark.parametrize("name", FUSED)
def test_fused_and_foreach_exclude_each_other(name):
    with pytest.raises(RuntimeError, match="`fused` and `foreach` cannot be `True` together"):
        getattr(optim, name)([parameter(1)], fused=True, foreach=True)


def test_settings_are_pytorchs():
    torch = pytest.importorskip("torch")
    for name in EVERY:
        ours = getattr(optim, name)([parameter(1)])
        theirs = getattr(torch.optim, name)([torch.zeros(1, requires_grad=True)])
        assert repr(ours) == repr(theirs)


def test_the_old_name_of_the_base_of_schedules_is_that_base():
    from tinygrad_cnn.optim.lr_scheduler import LRScheduler, _LRScheduler

    assert isinstance(optim.lr_scheduler.StepLR(optim.SGD([parameter(1)]), 3), _LRScheduler)
    assert issubclass(_LRScheduler, LRScheduler)
