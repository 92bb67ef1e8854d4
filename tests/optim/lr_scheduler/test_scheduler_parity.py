"""Every schedule writes PyTorch's rates, step by step, and takes over its state."""

import copy
import math
import re
import warnings

import pytest

import tinygrad_cnn as tc
from tinygrad_cnn import nn, optim

torch = pytest.importorskip("torch")

RATES = [0.05, 1.0, 0.3]
STEPS = 200


def described(value):
    """Return a value's text without addresses, which differ between the processes of pytest-xdist."""
    return re.sub(r" at 0x[0-9a-f]+", "", str(value))


def cool(step):
    return 0.95**step


def wave(step):
    return 1 + math.sin(step)


def bell(step):
    return 1 / (1 + step)


SCHEDULES = [
    ("StepLR", {"step_size": 1}),
    ("StepLR", {"step_size": 30}),
    ("StepLR", {"step_size": 7, "gamma": 0.9}),
    ("StepLR", {"step_size": 400, "gamma": 0.5}),
    ("MultiStepLR", {"milestones": []}),
    ("MultiStepLR", {"milestones": [30, 80]}),
    ("MultiStepLR", {"milestones": [80, 2, 2, 150, 1], "gamma": 0.5}),
    ("ExponentialLR", {"gamma": 0.9}),
    ("ExponentialLR", {"gamma": 1.01}),
    ("CosineAnnealingLR", {"T_max": 200}),
    ("CosineAnnealingLR", {"T_max": 10}),
    ("CosineAnnealingLR", {"T_max": 1}),
    ("CosineAnnealingLR", {"T_max": 7, "eta_min": 0.01}),
    ("CosineAnnealingLR", {"T_max": 50, "eta_min": 0.5}),
    ("ConstantLR", {}),
    ("ConstantLR", {"factor": 0.5, "total_iters": 1}),
    ("ConstantLR", {"factor": 1.0, "total_iters": 40}),
    ("LinearLR", {}),
    ("LinearLR", {"start_factor": 0.001, "total_iters": 150}),
    ("LinearLR", {"start_factor": 1.0, "end_factor": 0.0, "total_iters": 100}),
    ("LinearLR", {"start_factor": 0.5, "end_factor": 0.25, "total_iters": 0}),
    ("LambdaLR", {"lr_lambda": cool}),
    ("LambdaLR", {"lr_lambda": [cool, wave, bell]}),
    ("CosineAnnealingWarmRestarts", {"T_0": 1}),
    ("CosineAnnealingWarmRestarts", {"T_0": 7}),
    ("CosineAnnealingWarmRestarts", {"T_0": 5, "T_mult": 3, "eta_min": 0.01}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 7}),
    ("CyclicLR", {"base_lr": [0.1, 0.2, 0.3], "max_lr": [1, 2, 3], "step_size_up": 3, "step_size_down": 10}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 7, "mode": "triangular2", "max_momentum": 0.95}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 7, "mode": "exp_range", "gamma": 0.99}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 7, "scale_fn": bell, "scale_mode": "iterations"}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 7, "scale_fn": bell, "cycle_momentum": False}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 7, "scale_fn": bell, "mode": "bell"}),
    ("OneCycleLR", {"max_lr": 0.1, "total_steps": STEPS}),
    ("OneCycleLR", {"max_lr": [0.1, 2, 0.5], "epochs": 21, "steps_per_epoch": 10, "anneal_strategy": "linear"}),
    ("OneCycleLR", {"max_lr": 1.0, "total_steps": STEPS, "three_phase": True, "pct_start": 0.4}),
    ("OneCycleLR", {"max_lr": 1.0, "total_steps": STEPS, "pct_start": 0.0, "div_factor": 10, "final_div_factor": 3}),
    ("OneCycleLR", {"max_lr": 1.0, "total_steps": STEPS, "pct_start": 0.9, "cycle_momentum": False}),
    (
        "OneCycleLR",
        {"max_lr": 1.0, "total_steps": STEPS, "base_momentum": [0.5, 0.6, 0.7], "max_momentum": [0.8, 0.9, 0.99]},
    ),
]

SEQUENCES = [
    ([("LinearLR", {"total_iters": 20}), ("CosineAnnealingLR", {"T_max": 100})], [20]),
    ([("ConstantLR", {}), ("ExponentialLR", {"gamma": 0.9}), ("StepLR", {"step_size": 10})], [5, 60]),
    ([("LambdaLR", {"lr_lambda": cool}), ("MultiStepLR", {"milestones": [3, 30]})], [50]),
    ([("ExponentialLR", {"gamma": 0.9}), ("OneCycleLR", {"max_lr": 2.0, "total_steps": 150})], [100]),
    ([("StepLR", {"step_size": 10}), ("LambdaLR", {"lr_lambda": bell})], [0]),
    ([("ConstantLR", {"factor": 0.5}), ("LambdaLR", {"lr_lambda": bell})], [1]),
    ([("CosineAnnealingLR", {"T_max": 9, "eta_min": 0.01}), ("LinearLR", {"end_factor": 0.1})], [15]),
    ([("ExponentialLR", {"gamma": 0.99})], []),
]

METRICS = {
    "falling": [1 / (1 + i) for i in range(STEPS)],
    "flat": [1.0] * STEPS,
    "slow": [1 - i * 1e-5 for i in range(STEPS)],
    "rough": [math.sin(i * 1.7) * 5 for i in range(STEPS)],
    "nan": [float("nan") if i % 3 else float(i) for i in range(STEPS)],
}

PLATEAUS = [
    {},
    {"mode": "max"},
    {"patience": 0, "factor": 0.5},
    {"patience": 3, "cooldown": 4, "min_lr": 1e-4},
    {"patience": 2, "threshold": 0.1, "threshold_mode": "abs", "min_lr": [0.1, 0.2, 0.01]},
    {"mode": "max", "patience": 1, "threshold_mode": "abs", "eps": 0.01},
    {"mode": "max", "patience": 1, "threshold": 0.5},
]


def optimizers(name="SGD", rates=RATES):
    """Return the same optimizer here and there, one parameter a group."""
    pair = []
    for library, parameter in ((optim, nn.Parameter(tc.zeros(2))), (torch.optim, torch.nn.Parameter(torch.zeros(2)))):
        groups = [{"params": [copy.deepcopy(parameter)], "lr": rate} for rate in rates]
        pair.append(getattr(library, name)(groups, lr=0.7))
    return pair


def schedules(optimizer, library, name, arguments):
    return getattr(library.lr_scheduler, name)(optimizer, **arguments)


def both(name, arguments, kind="SGD"):
    ours, theirs = optimizers(kind)
    return schedules(ours, optim, name, arguments), schedules(theirs, torch.optim, name, arguments)


def settings(scheduler):
    """Return what schedules write into the groups."""
    keys = ("lr", "initial_lr", "max_lr", "min_lr", "momentum", "betas", "base_momentum", "max_momentum")
    return [{key: group[key] for key in keys if key in group} for group in scheduler.optimizer.param_groups]


def assert_equal(ours, theirs):
    assert settings(ours) == settings(theirs)
    assert ours.get_last_lr() == theirs.get_last_lr()


def follow(ours, theirs, steps, *metrics):
    for i in range(steps):
        for one in (ours, theirs):
            one.optimizer.step()
            one.step(*(values[i] for values in metrics))
        assert_equal(ours, theirs)


@pytest.mark.parametrize(("name", "arguments"), SCHEDULES, ids=described)
@pytest.mark.parametrize("kind", ["SGD", "Adam"])
def test_two_hundred_steps(name, arguments, kind):
    ours, theirs = both(name, arguments, kind)
    assert_equal(ours, theirs)
    follow(ours, theirs, STEPS)
    assert ours.last_epoch == STEPS


@pytest.mark.parametrize(("parts", "milestones"), SEQUENCES, ids=described)
def test_one_after_another(parts, milestones):
    pair = []
    for optimizer, library in zip(optimizers(), (optim, torch.optim), strict=True):
        made = [schedules(optimizer, library, *part) for part in parts]
        pair.append(library.lr_scheduler.SequentialLR(optimizer, made, milestones))
    assert_equal(*pair)
    follow(*pair, STEPS)


CHAINS = [
    [("ConstantLR", {"factor": 0.1, "total_iters": 20}), ("ExponentialLR", {"gamma": 0.9})],
    [("StepLR", {"step_size": 10}), ("CosineAnnealingLR", {"T_max": 30}), ("LinearLR", {"total_iters": 9})],
    [("ExponentialLR", {"gamma": 0.99})],
]


def chains(parts):
    pair = []
    for optimizer, library in zip(optimizers(), (optim, torch.optim), strict=True):
        made = [schedules(optimizer, library, *part) for part in parts]
        pair.append(library.lr_scheduler.ChainedScheduler(made, optimizer=optimizer))
    return pair


@pytest.mark.parametrize("parts", CHAINS, ids=described)
def test_several_at_once(parts):
    pair = chains(parts)
    assert_equal(*pair)
    follow(*pair, STEPS)


def test_the_state_of_a_chain_of_pytorchs_is_taken_over():
    ours, theirs = chains(CHAINS[1])
    for _ in range(13):
        theirs.optimizer.step()
        theirs.step()
    ours.optimizer.load_state_dict(theirs.optimizer.state_dict())
    ours.load_state_dict(theirs.state_dict())
    assert_equal(ours, theirs)
    follow(ours, theirs, 50)


@pytest.mark.parametrize("name", ["CosineAnnealingWarmRestarts", "CyclicLR", "ChainedScheduler"])
def test_states_have_pytorchs_keys_and_values(name):
    arguments = {"CosineAnnealingWarmRestarts": {"T_0": 4, "T_mult": 2}, "CyclicLR": {"base_lr": 0.1, "max_lr": 1.0}}
    ours, theirs = chains(CHAINS[0]) if name == "ChainedScheduler" else both(name, arguments[name])
    follow(ours, theirs, 9)
    assert plain(ours.state_dict()) == plain(theirs.state_dict())


def plain(state):
    """Return a state without what only one of the two keeps for itself."""
    if isinstance(state, dict):
        return {key: plain(value) for key, value in state.items() if key not in ("_is_initial", "_initial_step")}
    return [plain(one) for one in state] if isinstance(state, list) else state


def test_restarts_go_on_within_an_epoch():
    ours, theirs = both("CosineAnnealingWarmRestarts", {"T_0": 3, "T_mult": 2})
    for epoch in (0.25, 1.5, 2.99, 3.0, 4.75, 8.5, 9.0, 40.125, 0.5):
        ours.step(epoch)
        theirs.step(epoch)
        assert_equal(ours, theirs)
    for one in (ours, theirs):
        with pytest.raises(ValueError, match="Expected non-negative epoch, but got -1"):
            one.step(-1)


class Bell:
    """A scale that keeps something."""

    def __init__(self, width):
        self.width = width

    def __call__(self, x):
        return 1 / (self.width + x)


def test_a_callable_scale_is_saved_and_loaded():
    arguments = {"base_lr": 0.1, "max_lr": 1.0, "step_size_up": 3}
    ours, theirs = both("CyclicLR", {**arguments, "scale_fn": Bell(2)})
    follow(ours, theirs, 5)
    again, _ = both("CyclicLR", {**arguments, "scale_fn": Bell(7)})
    again.load_state_dict(theirs.state_dict())
    again.optimizer.load_state_dict(ours.optimizer.state_dict())
    follow(again, theirs, 9)


def test_sequences_may_be_nested():
    pair = []
    for optimizer, library in zip(optimizers(), (optim, torch.optim), strict=True):
        make = library.lr_scheduler
        inner = make.SequentialLR(optimizer, [make.LinearLR(optimizer), make.StepLR(optimizer, 10)], [6])
        with pytest.warns(UserWarning, match="before `optimizer.step"):  # the inner one takes its first step again
            pair.append(make.SequentialLR(optimizer, [inner, make.ExponentialLR(optimizer, 0.8)], [30]))
    assert_equal(*pair)
    follow(*pair, 60)


@pytest.mark.parametrize("arguments", PLATEAUS, ids=described)
@pytest.mark.parametrize("metrics", METRICS)
def test_plateaus(arguments, metrics):
    ours, theirs = both("ReduceLROnPlateau", arguments)
    follow(ours, theirs, STEPS, METRICS[metrics])
    kept = {"best", "num_bad_epochs", "cooldown_counter", "last_epoch"}
    for key in kept:
        assert getattr(ours, key) == pytest.approx(getattr(theirs, key), nan_ok=True)


def test_two_schedules_act_on_one_optimizer():
    mine, reference = optimizers()
    ours = [optim.lr_scheduler.CosineAnnealingLR(mine, 20), optim.lr_scheduler.StepLR(mine, 7, 0.5)]
    theirs = [
        torch.optim.lr_scheduler.CosineAnnealingLR(reference, 20),
        torch.optim.lr_scheduler.StepLR(reference, 7, 0.5),
    ]
    for _ in range(60):
        mine.step()
        reference.step()
        for own, other in zip(ours, theirs, strict=True):
            own.step()
            other.step()
            assert_equal(own, other)


@pytest.mark.parametrize(("name", "arguments"), SCHEDULES, ids=described)
def test_a_schedule_made_after_another_starts_from_the_same_rates(name, arguments):
    pair = optimizers()
    for optimizer, library in zip(pair, (optim, torch.optim), strict=True):
        library.lr_scheduler.ExponentialLR(optimizer, 0.5)
        for group in optimizer.param_groups:
            group["lr"] *= 3  # no longer the rate that was noted first
    made = [schedules(one, library, name, arguments) for one, library in zip(pair, (optim, torch.optim), strict=True)]
    assert_equal(*made)
    follow(*made, 20)


@pytest.mark.parametrize(("name", "arguments"), [one for one in SCHEDULES if one[0] != "LambdaLR"], ids=described)
def test_the_state_of_pytorch_is_taken_over(name, arguments):
    ours, theirs = both(name, arguments)
    for _ in range(37):
        theirs.optimizer.step()
        theirs.step()
    ours.optimizer.load_state_dict(theirs.optimizer.state_dict())
    ours.load_state_dict(theirs.state_dict())
    assert_equal(ours, theirs)
    follow(ours, theirs, 50)


@pytest.mark.parametrize(("name", "arguments"), SCHEDULES, ids=described)
def test_resuming_at_a_step(name, arguments):
    ours, theirs = both(name, arguments)
    for one in (ours, theirs):
        for _ in range(12):
            one.optimizer.step()
            one.step()
    again = [
        schedules(one.optimizer, library, name, {**arguments, "last_epoch": 12})
        for one, library in ((ours, optim), (theirs, torch.optim))
    ]
    assert_equal(*again)
    follow(*again, 50)


@pytest.mark.parametrize(
    ("name", "arguments"), [one for one in SCHEDULES if one[1].get("total_iters") != 0], ids=described
)  # a line over no steps: a division by zero there
def test_a_step_may_be_named(name, arguments):
    ours, theirs = both(name, arguments)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for epoch in (3, 17, 4, 5, 0, 100, 40, 1, 60):
            ours.step(epoch)
            theirs.step(epoch)
            assert_equal(ours, theirs)


REFUSED = [
    ("StepLR", {"optimizer": 1, "step_size": 2}),
    ("LambdaLR", {"lr_lambda": [cool]}),
    ("ConstantLR", {"factor": 1.1}),
    ("ConstantLR", {"factor": -0.1}),
    ("LinearLR", {"start_factor": 1.1}),
    ("LinearLR", {"start_factor": 0}),
    ("LinearLR", {"end_factor": 1.1}),
    ("LinearLR", {"end_factor": -0.1}),
    ("OneCycleLR", {"optimizer": 1, "max_lr": 1, "total_steps": 10}),
    ("OneCycleLR", {"max_lr": 1}),
    ("OneCycleLR", {"max_lr": 1, "epochs": 3}),
    ("OneCycleLR", {"max_lr": 1, "total_steps": 0}),
    ("OneCycleLR", {"max_lr": 1, "total_steps": 1.5}),
    ("OneCycleLR", {"max_lr": 1, "epochs": 0, "steps_per_epoch": 2}),
    ("OneCycleLR", {"max_lr": 1, "epochs": 2, "steps_per_epoch": 2.5}),
    ("OneCycleLR", {"max_lr": 1, "total_steps": 10, "pct_start": 1}),
    ("OneCycleLR", {"max_lr": 1, "total_steps": 10, "pct_start": 1.5}),
    ("OneCycleLR", {"max_lr": 1, "total_steps": 10, "anneal_strategy": "sin"}),
    ("OneCycleLR", {"max_lr": [1, 2], "total_steps": 10}),
    ("OneCycleLR", {"max_lr": 1, "total_steps": 10, "max_momentum": [0.9]}),
    ("ReduceLROnPlateau", {"optimizer": 1}),
    ("ReduceLROnPlateau", {"factor": 1.0}),
    ("ReduceLROnPlateau", {"mode": "least"}),
    ("ReduceLROnPlateau", {"threshold_mode": "part"}),
    ("ReduceLROnPlateau", {"min_lr": [0.1]}),
    ("CosineAnnealingLR", {"T_max": 5, "last_epoch": 3}),
    ("CosineAnnealingWarmRestarts", {"T_0": 0}),
    ("CosineAnnealingWarmRestarts", {"T_0": 2.0}),
    ("CosineAnnealingWarmRestarts", {"T_0": 2, "T_mult": 0}),
    ("CosineAnnealingWarmRestarts", {"T_0": 2, "T_mult": 1.5}),
    ("CosineAnnealingWarmRestarts", {"T_0": 2, "eta_min": "0"}),
    ("CyclicLR", {"optimizer": 1, "base_lr": 0.1, "max_lr": 1}),
    ("CyclicLR", {"base_lr": 0.1, "max_lr": 1, "mode": "square"}),
    ("CyclicLR", {"base_lr": [0.1], "max_lr": 1}),
    ("CyclicLR", {"base_lr": 0.1, "max_lr": 1, "base_momentum": [0.1]}),
    ("ChainedScheduler", {"schedulers": []}),
    ("ChainedScheduler", {"schedulers": [1]}),
    ("SequentialLR", {"schedulers": [], "milestones": []}),
    ("SequentialLR", {"schedulers": [1], "milestones": []}),
]


@pytest.mark.parametrize(("name", "arguments"), REFUSED, ids=described)
def test_what_pytorch_refuses_is_refused_alike(name, arguments):
    kinds = []
    for optimizer, library in zip(optimizers(), (optim, torch.optim), strict=True):
        with pytest.raises(Exception, match=r".") as caught:
            getattr(library.lr_scheduler, name)(**{"optimizer": optimizer, **arguments})
        kinds.append(caught.type)
    assert kinds[0] is kinds[1]
