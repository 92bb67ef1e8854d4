"""What every schedule promises: warnings, refusals and states."""

import copy
import warnings

import pytest
from schedule_cases import SCHEDULES, rates, sequence, sgd

import tinygrad_cnn as tc
from tinygrad_cnn import nn, optim
from tinygrad_cnn.optim import lr_scheduler


@pytest.mark.parametrize(
    ("make", "fits"),
    [
        (lambda o: lr_scheduler.StepLR(o, 1), True),
        (lambda o: lr_scheduler.ExponentialLR(o, 0.1), True),
        (lambda o: lr_scheduler.CosineAnnealingLR(o, 1), False),
        (lambda o: lr_scheduler.LambdaLR(o, lambda step: 1.0), False),
        (lambda o: lr_scheduler.OneCycleLR(o, 1, 9), False),
    ],
)
def test_a_group_that_came_later_follows_if_its_rate_says_all(make, fits):
    scheduler = make(sgd(1.0))
    rates(scheduler, 1)
    scheduler.optimizer.add_param_group({"params": nn.Parameter(tc.zeros(1)), "lr": 2.0})
    if fits:
        scheduler.step()
        assert scheduler.get_last_lr()[1] == pytest.approx(0.2)
    else:
        with pytest.raises(ValueError, match="LR: parameter group 1 came after the scheduler was made"):
            scheduler.step()


def test_a_schedule_before_the_optimizer_warns_once():
    scheduler = lr_scheduler.StepLR(sgd(1.0), 2)
    with pytest.warns(UserWarning, match=r"`lr_scheduler.step\(\)` before `optimizer.step\(\)`") as noted:
        scheduler.step()
    assert noted[0].filename == __file__
    scheduler.step()  # warnings are errors here
    after = lr_scheduler.StepLR(sgd(1.0), 2)
    after.optimizer.step()
    after.step()


def test_of_an_optimizer_with_a_step_of_its_own_nothing_is_assumed():
    class Still(optim.Optimizer):
        def step(self, closure=None, **_):
            return closure

    scheduler = lr_scheduler.ExponentialLR(Still([nn.Parameter(tc.zeros(1))], {"lr": 1.0}), 0.5)
    scheduler.optimizer.step()
    scheduler.step()
    assert scheduler.get_last_lr() == [0.5]


def test_asking_for_the_next_rates_warns():
    scheduler = lr_scheduler.ExponentialLR(sgd(1.0, 2.0), 0.5)
    with pytest.warns(UserWarning, match=r"please use `get_last_lr\(\)`") as noted:
        assert scheduler.get_lr() == [0.5, 1.0]
    assert noted[0].filename == __file__
    assert scheduler.get_last_lr() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("make", "arguments"),
    [(lambda o: lr_scheduler.StepLR(o, 2), ()), (lr_scheduler.ReduceLROnPlateau, (1.0,))],
)
def test_naming_the_step_is_deprecated(make, arguments):
    scheduler = make(sgd(1.0))
    scheduler.optimizer.step()
    with pytest.warns(UserWarning, match="epoch parameter .* is deprecated") as noted:
        scheduler.step(*arguments, epoch=5)
    assert noted[0].filename == __file__
    assert scheduler.last_epoch == 5


def test_a_schedule_of_ones_own_defines_get_lr():
    class Halves(lr_scheduler.LRScheduler):
        def get_lr(self):
            return [base / 2**self.last_epoch for base in self.base_lrs]

    assert rates(Halves(sgd(1.0)), 3) == [1, 0.5, 0.25, 0.125]
    optimizer = sgd(1.0)
    parts = [lr_scheduler.ConstantLR(optimizer, 1.0), Halves(optimizer)]
    assert rates(lr_scheduler.SequentialLR(optimizer, parts, [2]), 3) == [1, 1, 1, 0.5]
    with pytest.raises(NotImplementedError, match="LRScheduler defines neither get_lr nor _next_lr"):
        lr_scheduler.LRScheduler(sgd(1.0))


REFUSED = [
    (lambda o: lr_scheduler.StepLR("SGD", 1), TypeError, "str is not an Optimizer, which StepLR expects"),
    (
        lambda o: lr_scheduler.StepLR(o, 1, last_epoch=4),
        KeyError,
        r"'initial_lr' is not specified in param_groups\[0\] when resuming StepLR with last_epoch=4",
    ),
]


@pytest.mark.parametrize(("make", "kind", "text"), REFUSED, ids=[str(i) for i in range(len(REFUSED))])
def test_refused_with_a_message(make, kind, text):
    with pytest.raises(kind, match=text):
        make(sgd(1.0, 2.0))


RESUMED = {name: make for name, make in SCHEDULES.items() if name != "ReduceLROnPlateau"}  # which needs a metric


@pytest.mark.parametrize("make", RESUMED.values(), ids=RESUMED)
@pytest.mark.parametrize("stop", [1, 3, 5])
def test_resuming_from_a_state_dict_equals_never_stopping(make, stop):
    whole, before = make(sgd(1.0, 2.0)), make(sgd(1.0, 2.0))
    rates(whole, stop)
    rates(before, stop)
    after = make(sgd(5.0, 6.0))
    after.optimizer.load_state_dict(before.optimizer.state_dict())
    state = before.state_dict()
    after.load_state_dict(state)
    kept = copy.deepcopy(state)
    assert rates(whole, 8).expected == rates(after, 8).expected
    assert whole.get_last_lr() == after.get_last_lr()
    assert after.optimizer.param_groups[1]["initial_lr"] == whole.optimizer.param_groups[1]["initial_lr"]
    assert state == kept
    held = copy.deepcopy(after.state_dict())
    for value in state.values():
        if isinstance(value, list):
            value.clear()
    assert after.state_dict() == held  # what was loaded is a copy


@pytest.mark.parametrize(
    ("make", "other", "text"),
    [
        (SCHEDULES["StepLR"], SCHEDULES["ExponentialLR"], "StepLR: expected a state with step_size, got gamma"),
        (
            SCHEDULES["ExponentialLR"],
            lambda o: SCHEDULES["ExponentialLR"](sgd(1.0)),
            "expected base_lrs for 2 parameter groups, got 1",
        ),
        (sequence, SCHEDULES["StepLR"], "SequentialLR: expected the states of 2 schedulers, got none"),
    ],
)
def test_a_state_that_does_not_fit_is_refused_and_changes_nothing(make, other, text):
    scheduler = make(sgd(1.0, 2.0))
    before = copy.deepcopy(scheduler.state_dict())
    with pytest.raises(ValueError, match=text):
        scheduler.load_state_dict(other(sgd(1.0, 2.0)).state_dict())
    assert scheduler.state_dict() == before


def test_schedules_are_made_without_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for make in SCHEDULES.values():
            make(sgd(1.0, 2.0))


def test_a_repr_is_one_line_with_settings_and_present_rates():
    optimizer = optim.SGD([nn.Parameter(tc.ones(1))], lr=0.5)
    assert repr(optim.lr_scheduler.StepLR(optimizer, 3)) == "StepLR(step_size=3, gamma=0.1, last_epoch=0, lr=[0.5])"
    assert repr(optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=2)).startswith(
        "ReduceLROnPlateau(mode='min', factor=0.1, patience=2, "
    )


def test_schedules_name_the_module_that_users_import_them_from():
    for name in optim.lr_scheduler.__all__:
        kind = getattr(optim.lr_scheduler, name)
        assert kind.__module__ == optim.lr_scheduler.__name__


def test_a_state_may_lack_what_a_schedule_keeps_for_itself():
    scheduler = lr_scheduler.StepLR(sgd(1.0), 2)
    scheduler.load_state_dict({"base_lrs": [3.0], "last_epoch": 7, "step_size": 4, "gamma": 0.5})
    assert (scheduler.base_lrs, scheduler.last_epoch, scheduler.step_size) == ([3.0], 7, 4)
