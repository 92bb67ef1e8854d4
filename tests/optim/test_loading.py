"""What an optimizer takes over of a state, and what it refuses."""

import numpy as np
import pytest
from optim_cases import LIKE_PYTORCHS, OPTIMIZERS, parameter, run

import tinygrad_cnn as tc
from tinygrad_cnn import nn, optim


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
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
    optimizer = OPTIMIZERS["SGD"](parameters)
    run(optimizer, parameters, 1)
    state = optimizer.state_dict()
    before = [entry["momentum_buffer"].tolist() for entry in optimizer.state.values()]
    spoil(state)
    with pytest.raises(ValueError, match=text):
        optimizer.load_state_dict(state)
    assert [entry["momentum_buffer"].tolist() for entry in optimizer.state.values()] == before
    assert optimizer.param_groups[0]["lr"] == 0.01


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


@pytest.mark.parametrize("own", LIKE_PYTORCHS)
@pytest.mark.parametrize("given", LIKE_PYTORCHS)
def test_the_state_of_another_kind_of_optimizer_is_refused(own, given):
    own, given = getattr(optim, own), getattr(optim, given)
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


def test_the_groups_become_those_of_the_state():
    p = parameter(1)
    optimizer = optim.SGD([p], lr=0.5)
    state = optimizer.state_dict()
    optim.lr_scheduler.StepLR(optimizer, 1)
    assert optimizer.param_groups[0]["initial_lr"] == 0.5
    optimizer.load_state_dict(state)
    assert "initial_lr" not in optimizer.param_groups[0]


def test_what_schedulers_note_in_the_groups_is_kept():
    p = parameter(1)
    optimizer = optim.SGD([{"params": p, "initial_lr": 3.0}])
    again = optim.SGD([p])
    again.load_state_dict(optimizer.state_dict())
    assert again.param_groups[0]["initial_lr"] == 3


def test_a_state_is_a_mapping():
    with pytest.raises(ValueError, match="SGD: expected a state dict with 'state' and 'param_groups', got \\["):
        optim.SGD([parameter(1)]).load_state_dict(["state", "param_groups"])


def test_a_setting_in_a_state_is_one_number():
    optimizer = optim.SGD([parameter(1)])
    state = optimizer.state_dict()
    state["param_groups"][0]["lr"] = tc.ones(2)
    with pytest.raises(ValueError, match=r"Tensor lr must be 1-element \(SGD got one of shape \(2,\)\)"):
        optimizer.load_state_dict(state)
    state["param_groups"][0]["lr"] = tc.tensor([0.25])
    optimizer.load_state_dict(state)
    assert optimizer.param_groups[0]["lr"] == 0.25


def test_settings_keep_their_order_and_those_that_an_older_state_lacks_stay():
    optimizer = optim.SGD([parameter(1)], maximize=True)
    before = dict(optimizer.param_groups[0])
    (group,) = optimizer.state_dict()["param_groups"]
    older = {key: group[key] for key in reversed(group) if key not in ("maximize", "foreach", "fused")}
    optimizer.load_state_dict({"state": {}, "param_groups": [{**older, "note": 1}]})
    assert optimizer.param_groups[0] == {**before, "note": 1}
    assert list(optimizer.param_groups[0]) == [*before, "note"]


def test_the_state_of_another_kind_is_told_by_the_settings_of_each():
    p = parameter(1)
    with pytest.raises(ValueError, match=r"its groups have no momentum, dampening, nesterov, but betas, eps, amsgrad$"):
        optim.SGD([p]).load_state_dict(optim.Adam([p]).state_dict())


@pytest.mark.parametrize(("count", "text"), [(5, "w0, w1, w2, w3, w4, got"), (7, "w0, w1, w2, w3, w4 and 2 more, got")])
def test_of_many_missing_names_the_first_five_are_given(count, text):
    mine = optim.SGD([(f"w{i}", parameter(i)) for i in range(count)])
    other = optim.SGD([(f"v{i}", parameter(i)) for i in range(count)])
    with pytest.raises(ValueError, match=f"the state of {text} that of v0, v1"):
        mine.load_state_dict(other.state_dict())


def test_a_state_may_hold_arrays_which_take_the_dtype_of_the_parameter():
    p = parameter(1, 2)
    optimizer = optim.Adam([p])
    state = optimizer.state_dict()
    moments = {key: np.array([3, 4], dtype=np.float32) for key in ("exp_avg", "exp_avg_sq")}
    state["state"] = {0: {"step": np.array(5), **moments}}
    optimizer.load_state_dict(state)
    assert optimizer.state[p]["step"] == 5
    assert optimizer.state[p]["exp_avg"].dtype == tc.float64
    assert optimizer.state[p]["exp_avg_sq"].tolist() == [3, 4]
    state["state"][0]["exp_avg"] = np.ones(3)
    with pytest.raises(ValueError, match=r"Adam: expected exp_avg of shape \(2,\), that of parameter 0 of group 0"):
        optimizer.load_state_dict(state)
