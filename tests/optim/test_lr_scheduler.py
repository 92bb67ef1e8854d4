"""What every schedule promises: the rates it writes, its warnings, its refusals and its state."""

import copy
import warnings

import pytest

import tinygrad_cnn as tc
from tinygrad_cnn import nn, optim
from tinygrad_cnn.optim import lr_scheduler


def sgd(*rates, **settings):
    return optim.SGD([{"params": nn.Parameter(tc.zeros(1)), "lr": rate} for rate in rates], **settings)


def rates(scheduler, steps):
    """Return the first group's rates, beginning with the present one."""
    found = [scheduler.optimizer.param_groups[0]["lr"]]
    for _ in range(steps):
        scheduler.optimizer.step()
        scheduler.step()
        found.append(scheduler.optimizer.param_groups[0]["lr"])
    return pytest.approx(found)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda o: lr_scheduler.StepLR(o, 2), [1, 1, 0.1, 0.1, 0.01]),
        (lambda o: lr_scheduler.MultiStepLR(o, [1, 3, 3], 0.5), [1, 0.5, 0.5, 0.125, 0.125]),
        (lambda o: lr_scheduler.ExponentialLR(o, 0.5), [1, 0.5, 0.25, 0.125, 0.0625]),
        (lambda o: lr_scheduler.CosineAnnealingLR(o, 2, 0.5), [1, 0.75, 0.5, 0.75, 1]),
        (lambda o: lr_scheduler.ConstantLR(o, 0.5, 2), [0.5, 0.5, 1, 1, 1]),
        (lambda o: lr_scheduler.ConstantLR(o, 0.0, 2), [0, 0, 1, 1, 1]),
        (lambda o: lr_scheduler.LinearLR(o, 0.25, total_iters=3), [0.25, 0.5, 0.75, 1, 1]),
        (lambda o: lr_scheduler.LambdaLR(o, lambda step: 1 / (1 + step)), [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5]),
        (
            lambda o: lr_scheduler.OneCycleLR(
                o, 4, 5, pct_start=0.6, anneal_strategy="linear", div_factor=4, final_div_factor=2
            ),
            [1, 2.5, 4, 2.25, 0.5],
        ),
        (  # the first phase is one step long: it ends where it begins
            lambda o: lr_scheduler.OneCycleLR(o, 4, 5, pct_start=0.2, anneal_strategy="linear"),
            [4, 3.000004, 2.000008, 1.000012, 0.000016],
        ),
        (
            lambda o: lr_scheduler.SequentialLR(
                o, [lr_scheduler.ConstantLR(o, 0.5, 9), lr_scheduler.ExponentialLR(o, 0.1)], [2]
            ),
            [0.5, 0.5, 1, 0.1, 0.01],
        ),
    ],
)
def test_the_rates_of_the_first_steps(make, expected):
    assert rates(make(sgd(1.0, momentum=0.9)), 4) == expected


def test_the_rate_falls_when_the_metric_stops_improving():
    scheduler = lr_scheduler.ReduceLROnPlateau(sgd(1.0, 0.2), patience=1, factor=0.5, min_lr=0.15)
    found = []
    for metric in [3, tc.tensor(2.0), 2, 2, 1, 1, 1, 1, 1]:
        scheduler.step(metric)
        found.append(scheduler.get_last_lr())
    assert [a for a, _ in found] == [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.15]
    assert [b for _, b in found] == [0.2, 0.2, 0.2, 0.15, 0.15, 0.15, 0.15, 0.15, 0.15]


def test_a_group_that_came_later_may_be_reduced_too():
    optimizer = sgd(1.0)
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, patience=0)
    optimizer.add_param_group({"params": nn.Parameter(tc.zeros(1)), "lr": 2.0})
    scheduler.step(1)
    scheduler.step(1)
    assert scheduler.get_last_lr() == [0.1, 0.2]
    strict = lr_scheduler.ReduceLROnPlateau(sgd(1.0), patience=0, min_lr=[0.1])
    strict.optimizer.add_param_group({"params": nn.Parameter(tc.zeros(1))})
    strict.step(1)
    with pytest.raises(RuntimeError, match=r"number of param groups in the `optimizer` \(2\) differs .* \(1\)"):
        strict.step(1)


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


def test_one_cycle_turns_the_momentum_the_other_way():
    for optimizer, momentum in [
        (sgd(1.0, momentum=0.5), lambda group: group["momentum"]),
        (optim.Adam([nn.Parameter(tc.zeros(1))], betas=(0.5, 0.7)), lambda group: group["betas"][0]),
    ]:
        scheduler = lr_scheduler.OneCycleLR(optimizer, 4, 5, pct_start=0.6)
        found = [momentum(optimizer.param_groups[0])]
        for _ in range(4):
            optimizer.step()
            scheduler.step()
            found.append(momentum(optimizer.param_groups[0]))
        assert found == pytest.approx([0.95, 0.9, 0.85, 0.9, 0.95])
        if "betas" in optimizer.param_groups[0]:
            assert optimizer.param_groups[0]["betas"][1] == 0.7


def test_one_cycle_ends():
    scheduler = lr_scheduler.OneCycleLR(sgd(1.0), 1, total_steps=2)
    rates(scheduler, 2)
    with pytest.raises(ValueError, match=r"Tried to step 3 times. The specified number of total steps is 2"):
        scheduler.step()


def test_a_schedule_before_the_optimizer_warns_once():
    scheduler = lr_scheduler.StepLR(sgd(1.0), 2)
    with pytest.warns(UserWarning, match=r"`lr_scheduler.step\(\)` before `optimizer.step\(\)`"):
        scheduler.step()
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
    with pytest.warns(UserWarning, match=r"please use `get_last_lr\(\)`"):
        assert scheduler.get_lr() == [0.5, 1.0]
    assert scheduler.get_last_lr() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("make", "arguments"),
    [(lambda o: lr_scheduler.StepLR(o, 2), ()), (lr_scheduler.ReduceLROnPlateau, (1.0,))],
)
def test_naming_the_step_is_deprecated(make, arguments):
    scheduler = make(sgd(1.0))
    scheduler.optimizer.step()
    with pytest.warns(UserWarning, match="epoch parameter .* is deprecated"):
        scheduler.step(*arguments, epoch=5)
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
    (lambda o: lr_scheduler.StepLR(o, 0), ValueError, "StepLR: expected a positive step_size, got 0"),
    (lambda o: lr_scheduler.CosineAnnealingLR(o, 0), ValueError, "expected a positive T_max, got 0"),
    (lambda o: lr_scheduler.StepLR("SGD", 1), TypeError, "str is not an Optimizer, which StepLR expects"),
    (lambda o: lr_scheduler.LambdaLR(1, abs), TypeError, "int is not an Optimizer"),
    (lambda o: lr_scheduler.LambdaLR(o, [abs] * 3), ValueError, "Expected 2 lr_lambdas, but got 3"),
    (
        lambda o: lr_scheduler.StepLR(o, 1, last_epoch=4),
        KeyError,
        r"'initial_lr' is not specified in param_groups\[0\] when resuming StepLR with last_epoch=4",
    ),
    (lambda o: lr_scheduler.ConstantLR(o, 2), ValueError, "expected to be between 0 and 1, got 2"),
    (lambda o: lr_scheduler.LinearLR(o, 0), ValueError, "greater than 0 and less or equal to 1, got 0"),
    (lambda o: lr_scheduler.LinearLR(o, end_factor=2), ValueError, "Ending .* between 0 and 1, got 2"),
    (lambda o: lr_scheduler.OneCycleLR(o, 1), ValueError, "define either total_steps OR"),
    (lambda o: lr_scheduler.OneCycleLR(o, 1, 0), ValueError, "Expected positive integer total_steps, but got 0"),
    (lambda o: lr_scheduler.OneCycleLR(o, [1], 9), ValueError, "max_lr has 1 values, param_groups has 2"),
    (lambda o: lr_scheduler.OneCycleLR(o, 1, 9, pct_start=2.0), ValueError, "float between 0 and 1 pct_start.* 2.0"),
    (
        lambda o: lr_scheduler.OneCycleLR(o, 1, 9, anneal_strategy="sin"),
        ValueError,
        "'cos' or 'linear', instead got sin",
    ),
    (
        lambda o: lr_scheduler.OneCycleLR(optim.Adagrad([nn.Parameter(tc.zeros(1))]), 1, 9),
        ValueError,
        "must support momentum or beta1 with `cycle_momentum` option enabled; Adagrad does not",
    ),
    (lambda o: lr_scheduler.ReduceLROnPlateau(o, factor=1), ValueError, "Factor should be < 1.0, got 1"),
    (lambda o: lr_scheduler.ReduceLROnPlateau(o, "least"), ValueError, "mode least is unknown! Use 'min' or 'max'"),
    (lambda o: lr_scheduler.ReduceLROnPlateau(o, threshold_mode="x"), ValueError, "threshold mode x is unknown"),
    (lambda o: lr_scheduler.ReduceLROnPlateau(o, min_lr=[1]), ValueError, "expected 2 min_lrs, got 1"),
    (lambda o: lr_scheduler.SequentialLR(o, [], []), ValueError, "at least one scheduler"),
    (lambda o: lr_scheduler.SequentialLR(o, [1], []), TypeError, "at index 0 should have `optimizer`"),
    (
        lambda o: lr_scheduler.SequentialLR(o, [lr_scheduler.ReduceLROnPlateau(o)], []),
        ValueError,
        "does not support `ReduceLROnPlateau` .* one at index 0",
    ),
    (
        lambda o: lr_scheduler.SequentialLR(o, [lr_scheduler.StepLR(sgd(1.0), 1)], []),
        ValueError,
        "same optimizer, but scheduler StepLR at index 0",
    ),
    (
        lambda o: lr_scheduler.SequentialLR(o, [lr_scheduler.StepLR(o, 1)], [3]),
        ValueError,
        "number of schedulers 1 and the number of milestones to be equal to 1",
    ),
]


@pytest.mark.parametrize(("make", "kind", "text"), REFUSED, ids=[str(i) for i in range(len(REFUSED))])
def test_refused_with_a_message(make, kind, text):
    with pytest.raises(kind, match=text):
        make(sgd(1.0, 2.0))


class Cool:
    """A function of the step with something to keep."""

    def __init__(self, factor):
        self.factor = factor

    def __call__(self, step):
        return self.factor**step


def sequence(optimizer):
    parts = [lr_scheduler.LinearLR(optimizer, total_iters=3), lr_scheduler.ExponentialLR(optimizer, 0.9)]
    return lr_scheduler.SequentialLR(optimizer, parts, [3])


MAKERS = [
    lambda o: lr_scheduler.StepLR(o, 3),
    lambda o: lr_scheduler.MultiStepLR(o, [2, 7, 7]),
    lambda o: lr_scheduler.ExponentialLR(o, 0.9),
    lambda o: lr_scheduler.CosineAnnealingLR(o, 6, 0.1),
    lambda o: lr_scheduler.ConstantLR(o, total_iters=7),
    lambda o: lr_scheduler.LinearLR(o, total_iters=7),
    lambda o: lr_scheduler.LambdaLR(o, [Cool(0.9), lambda step: 1 / (1 + step)]),
    lambda o: lr_scheduler.OneCycleLR(o, 2, 20),
    sequence,
]


@pytest.mark.parametrize("make", MAKERS)
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


def test_the_plateau_is_remembered():
    before = lr_scheduler.ReduceLROnPlateau(sgd(1.0), "max", patience=2)
    for _ in range(3):
        before.step(1.0)
    after = lr_scheduler.ReduceLROnPlateau(sgd(1.0))
    after.load_state_dict(before.state_dict())
    assert (after.mode, after.mode_worse, after.best) == ("max", -float("inf"), 1)
    after.step(1.0)
    assert after.get_last_lr() == [0.1]


def test_attributes_of_a_callable_object_are_kept_and_functions_are_not():
    before = lr_scheduler.LambdaLR(sgd(1.0, 2.0), [Cool(0.25), lambda step: 1.0])
    assert before.state_dict()["lr_lambdas"] == [{"factor": 0.25}, None]
    after = lr_scheduler.LambdaLR(sgd(1.0, 2.0), [Cool(0.5), lambda step: 2.0])
    after.load_state_dict(before.state_dict())
    assert after.lr_lambdas[0].factor == 0.25
    assert after.lr_lambdas[1](0) == 2


@pytest.mark.parametrize(
    ("make", "other", "text"),
    [
        (MAKERS[0], MAKERS[2], "StepLR: expected a state with step_size, got gamma"),
        (MAKERS[2], lambda o: MAKERS[2](sgd(1.0)), "expected base_lrs for 2 parameter groups, got 1"),
        (sequence, MAKERS[0], "SequentialLR: expected the states of 2 schedulers, got none"),
    ],
)
def test_a_state_that_does_not_fit_is_refused_and_changes_nothing(make, other, text):
    scheduler = make(sgd(1.0, 2.0))
    before = copy.deepcopy(scheduler.state_dict())
    with pytest.raises(ValueError, match=text):
        scheduler.load_state_dict(other(sgd(1.0, 2.0)).state_dict())
    assert scheduler.state_dict() == before


def test_a_sequence_is_loaded_whole_or_not_at_all():
    scheduler = sequence(sgd(1.0))
    rates(scheduler, 2)
    before = copy.deepcopy(scheduler.state_dict())
    state = sequence(sgd(1.0)).state_dict()
    del state["_schedulers"][1]["gamma"]
    with pytest.raises(ValueError, match="ExponentialLR: expected a state with gamma"):
        scheduler.load_state_dict(state)
    assert scheduler.state_dict() == before


def test_schedules_are_made_without_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for make in MAKERS:
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
