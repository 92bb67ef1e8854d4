"""What is resumed is compared with what was saved: a test for each row of the table in docs/training.md."""

import functools
import os
import signal
import warnings
from types import SimpleNamespace

import pytest

import tinygrad_cnn as tg
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn, optim
from tinygrad_cnn.data import DataLoader, TensorDataset
from tinygrad_cnn.optim.lr_scheduler import OneCycleLR, ReduceLROnPlateau, SequentialLR, StepLR
from tinygrad_cnn.train import Accuracy, Callback, Checkpoints, ClipGradients, EarlyStopping, LRSchedule, Trainer, setup

pytest.importorskip("safetensors")


class Interrupt(Callback):
    def __init__(self, step):
        self.step = step

    def on_step_end(self, trainer):
        if trainer.step == self.step:
            os.kill(os.getpid(), signal.SIGINT)


def loader(samples=24, batch_size=6, **kwargs):
    x = tg.randn(samples, 2, generator=tg.Generator().manual_seed(1))
    return DataLoader(TensorDataset(x, (x.sum(1) > 0).long()), batch_size=batch_size, **{"shuffle": True, **kwargs})


def sgd(p, lr=0.1, momentum=0.9, **kwargs):
    return optim.SGD(p, lr=lr, momentum=momentum, **kwargs)


def make(*callbacks, model=None, optimizer=sgd, schedule=(), loss=F.cross_entropy, seed=0, **kwargs):
    tg.manual_seed(seed)
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 2)) if model is None else model
    made = optimizer(model.parameters())
    schedules = [LRSchedule(*arguments) for arguments in (one(made) for one in schedule)]
    return Trainer(model, made, loss, callbacks=[*schedules, *callbacks], **kwargs)


def saved(folder, *callbacks, epochs=2, data=None, stop=None, **kwargs):
    """Train, save, and return the trainer."""
    extra = [] if stop is None else [Interrupt(stop)]
    run = make(*callbacks, Checkpoints(folder), *extra, **kwargs)
    run.fit(data or loader(), epochs)
    return run


def resumed(folder, text, *callbacks, epochs=2, data=None, **kwargs):
    """Go on, and return the trainer after it said `text`; None for no warning."""
    run = make(*callbacks, Checkpoints(folder), **kwargs)
    if text is None:
        run.fit(data or loader(), epochs, resume=folder)
    else:
        with pytest.warns(UserWarning, match=text):
            run.fit(data or loader(), epochs, resume=folder)
    return run


def refused(folder, text, *callbacks, data=None, **kwargs):
    run = make(*callbacks, Checkpoints(folder), seed=3, **kwargs)
    before = [p.tolist() for p in run.model.parameters()]
    with pytest.raises(ValueError, match=text):
        run.fit(data or loader(), 3, resume=folder)
    assert [p.tolist() for p in run.model.parameters()] == before
    assert (run.step, run.history.changes) == (0, [])


def test_nothing_is_said_where_nothing_differs(tmp_path):
    saved(tmp_path, ClipGradients(1.0), stop=3, schedule=[lambda o: (StepLR(o, 2),)], metrics={"a": Accuracy()})
    run = resumed(tmp_path, None, ClipGradients(1.0), schedule=[lambda o: (StepLR(o, 2),)], metrics={"a": Accuracy()},
                  seed=7)  # fmt: skip
    assert run.history.changes == []


@pytest.mark.parametrize(
    ("model", "text"),
    [
        (lambda: nn.Sequential(nn.Linear(2, 4), nn.Linear(4, 2)), r"0.weight: expected shape \(4, 2\), got \(3, 2\)"),
        (lambda: nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2)), "missing keys: 2.weight"),
        (lambda: nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 2)).double(), "same dtypes, got 0.weight in float32, now"),
    ],
)
def test_another_model_is_refused(tmp_path, model, text):
    saved(tmp_path)
    refused(tmp_path, text, model=model())


class Two(nn.Module):
    def __init__(self, names):
        super().__init__()
        for name in names:
            setattr(self, name, nn.Linear(2, 2))

    def forward(self, x):
        return self.second(self.first(x))


@pytest.mark.parametrize("named", [False, True])
def test_moments_follow_their_parameters_by_name(tmp_path, named):
    def adam(model):
        made = optim.Adam(model.named_parameters() if named else model.parameters(), lr=0.1)
        return Trainer(model, made, F.cross_entropy, callbacks=[Checkpoints(tmp_path)])

    one, other = adam(Two(["first", "second"])), adam(Two(["second", "first"]))
    one.fit(loader(), 2)
    other.fit(loader(), 2, resume=tmp_path)
    for key in ("exp_avg", "exp_avg_sq"):
        for layer in ("first", "second"):
            then = one.optimizer.state[getattr(one.model, layer).weight][key]
            assert other.optimizer.state[getattr(other.model, layer).weight][key].tolist() == then.tolist()


def test_parameters_in_other_groups_are_refused(tmp_path):
    def grouped(*order):
        def build(p):
            p = list(p)
            return sgd([{"params": [p[i] for i in group]} for group in order])

        return build

    saved(tmp_path, optimizer=grouped([0, 1], [2, 3]))
    refused(
        tmp_path,
        r"SGD: expected in group 0 the state of 1.weight, got that of 0.bias",
        optimizer=grouped([0, 2], [1, 3]),
    )
    refused(tmp_path, "different number of parameter groups: expected 1, got 2")
    refused(tmp_path, "doesn't match the size", optimizer=grouped([0], [1, 2, 3]))


def test_another_kind_of_optimizer_is_refused(tmp_path):
    saved(tmp_path)
    refused(tmp_path, "expected the state of the optimizer Adam, got that of SGD", optimizer=optim.Adam)


def test_settings_of_the_optimizer_hold_from_here_on(tmp_path):
    saved(tmp_path)
    changed = functools.partial(sgd, lr=0.02, weight_decay=0.5)
    run = resumed(tmp_path, "continues with optimizer.lr 0.1, now 0.02; optimizer.weight_decay 0, now 0.5$", epochs=3,
                  optimizer=changed)  # fmt: skip
    assert run.history.column("lr") == [0.1, 0.1, 0.02]
    assert run.optimizer.param_groups[0]["weight_decay"] == 0.5
    assert run.optimizer.param_groups[0]["momentum"] == 0.9
    assert run.history.changes == [
        "from step 9: optimizer.lr 0.1, now 0.02", "from step 9: optimizer.weight_decay 0, now 0.5",
    ]  # fmt: skip
    again = resumed(tmp_path, None, optimizer=changed, epochs=4)  # compared with what it went on with
    assert again.history.changes == run.history.changes


def test_a_rate_that_was_changed_by_hand_stays(tmp_path):
    run = saved(tmp_path)
    run.optimizer.param_groups[0]["lr"] = 0.05
    run.fit(loader(), 3)
    assert resumed(tmp_path, None, epochs=4).history.column("lr") == [0.1, 0.1, 0.05, 0.05]


SCHEDULES = {
    "StepLR": (lambda gamma: lambda o: (StepLR(o, 1, gamma),), "StepLR.gamma 0.5, now 0.25"),
    "by steps": (lambda gamma: lambda o: (StepLR(o, 3, gamma), "step"), "StepLR.gamma 0.5, now 0.25"),
    "OneCycleLR": (lambda gamma: lambda o: (OneCycleLR(o, 0.5, pct_start=gamma, total_steps=16), "step"),
                   "other settings of OneCycleLR"),
    "ReduceLROnPlateau": (lambda gamma: lambda o: (ReduceLROnPlateau(o, "max", gamma, patience=0), "epoch", "margin"),
                          "ReduceLROnPlateau.factor 0.5, now 0.25"),
    "SequentialLR": (lambda gamma: lambda o: (SequentialLR(o, [StepLR(o, 1, gamma), StepLR(o, 2, gamma)], [2]),),
                     "other settings of SequentialLR"),
}  # fmt: skip


class Other(Callback):
    """A name for the loss that does not say which way is better."""

    def on_epoch_end(self, trainer):
        trainer.history.rows[-1]["margin"] = trainer.history.rows[-1]["loss"]


@pytest.mark.parametrize("name", SCHEDULES)
def test_settings_of_a_schedule_hold_as_if_it_had_been_so_from_the_start(tmp_path, name):
    schedule, text = SCHEDULES[name]

    def with_name(run):
        run.callbacks.insert(0, Other())
        return run

    first = with_name(make(Checkpoints(tmp_path), schedule=[schedule(0.5)]))
    first.fit(loader(), 2)
    run = with_name(make(Checkpoints(tmp_path), schedule=[schedule(0.25)]))
    with pytest.warns(UserWarning, match=text):
        run.fit(loader(), 4, resume=tmp_path)
    straight = with_name(make(schedule=[schedule(0.25)]))
    straight.fit(loader(), 4)
    if name == "ReduceLROnPlateau":  # it follows the losses that were measured, at the rates that there were
        assert run.optimizer.param_groups[0]["lr"] < 0.1
    else:
        assert run.history.column("lr")[2:] == straight.history.column("lr")[2:]
        assert run.optimizer.param_groups[0]["momentum"] == straight.optimizer.param_groups[0]["momentum"]
    assert run.history.column("lr")[:2] == first.history.column("lr")


def test_a_rate_with_a_schedule_holds_as_if_it_had_been_so_from_the_start(tmp_path):
    schedule = [lambda o: (StepLR(o, 1, 0.5),)]
    saved(tmp_path, schedule=schedule)
    run = resumed(tmp_path, "continues with optimizer.lr 0.1, now 0.8$", schedule=schedule, epochs=4,
                  optimizer=functools.partial(sgd, lr=0.8))  # fmt: skip
    assert run.history.column("lr") == pytest.approx([0.1, 0.05, 0.2, 0.1])


def test_more_epochs_with_a_cycle_over_the_whole_run(tmp_path):
    def cycle(steps):
        return [lambda o: (OneCycleLR(o, 0.5, total_steps=steps), "step")]

    saved(tmp_path, schedule=cycle(8))
    run = resumed(tmp_path, "OneCycleLR.total_steps 8, now 16", epochs=4, schedule=cycle(16))
    straight = make(schedule=cycle(16))
    straight.fit(loader(), 4)
    assert run.history.column("lr")[2:] == straight.history.column("lr")[2:]
    refused(tmp_path, "Tried to step 13 times. The specified number of total steps is 12", schedule=cycle(12))


def test_another_schedule_is_refused(tmp_path):
    saved(tmp_path, schedule=[lambda o: (StepLR(o, 1),)])
    refused(tmp_path, r"expected the states of callbacks none, got \['LRSchedule'\]")
    refused(tmp_path, "the state of a ExponentialLR, got that of a StepLR",
            schedule=[lambda o: (optim.lr_scheduler.ExponentialLR(o, 0.5),)])  # fmt: skip
    refused(tmp_path, "expected the state of every='step', got 'epoch'", schedule=[lambda o: (StepLR(o, 1), "step")])


DATA = {
    "batch size": ({"batch_size": 4}, "data.batch_size 6, now 4"),
    "order": ({"shuffle": False}, "data.order 'RandomSampler', now 'SequentialSampler'"),
    "samples": ({"samples": 23}, "data.samples 24, now 23"),
    "drop_last": ({"drop_last": True}, "data.drop_last False, now True"),
}


@pytest.mark.parametrize("name", DATA)
def test_another_loader_holds_from_the_next_epoch_on_and_is_refused_within_one(tmp_path, name):
    changes, text = DATA[name]
    saved(tmp_path / "between", epochs=1)
    run = resumed(tmp_path / "between", text, data=loader(**changes))
    assert run.step == 4 + len(loader(**changes))
    saved(tmp_path / "within", stop=6)
    refused(tmp_path / "within", f"from within an epoch, got .*{text}.*: the rest of the epoch cannot be determined",
            data=loader(**changes))  # fmt: skip


def test_the_way_of_a_step_and_of_measuring_it_holds_from_here_on(tmp_path):
    saved(tmp_path)
    run = resumed(tmp_path, "trainer.accumulate 1, now 2; trainer.loss 'cross_entropy', now 'nll_loss'$", epochs=3,
                  accumulate=2, loss=F.nll_loss)  # fmt: skip
    assert run.step == 8 + 2


def test_other_metrics_are_refused(tmp_path):
    saved(tmp_path, metrics={"a": Accuracy()})
    refused(tmp_path, r"expected metrics \['b'\], got \['a'\]", metrics={"b": Accuracy()})


def test_settings_of_callbacks_hold_from_here_on(tmp_path):
    saved(tmp_path, ClipGradients(1.0), EarlyStopping("loss", patience=3))
    resumed(tmp_path, "ClipGradients.max_norm 1.0, now 2.0; EarlyStopping.patience 3, now 4", ClipGradients(2.0),
            EarlyStopping("loss", patience=4))  # fmt: skip
    resumed(tmp_path, "ClipGradients left out", EarlyStopping("loss", patience=4), epochs=3)
    refused(tmp_path, r"expected a state for 'loss' \(max\), got 'loss' \(min\)", EarlyStopping("loss", 4, "max"))


def test_the_description_of_a_run_is_compared(tmp_path):
    saved(tmp_path, config={"seed": 1, "note": "a\nb"})
    run = resumed(tmp_path, "continues with config.seed 1, now 2$", config={"seed": 2, "note": "other\n"}, epochs=3)
    assert run.history.changes == ["from step 9: config.seed 1, now 2"]


def test_random_streams_go_on_whatever_the_seed(tmp_path):
    straight = make()
    straight.fit(loader(), 3)
    saved(tmp_path)
    assert resumed(tmp_path, None, seed=5, epochs=3).history.loss == straight.history.loss


def test_a_run_that_was_refused_is_compared_anew(tmp_path):
    saved(tmp_path / "a")
    saved(tmp_path / "b", optimizer=functools.partial(sgd, lr=0.2))
    run = make(optimizer=functools.partial(sgd, lr=0.3), metrics={"a": Accuracy()})
    with pytest.raises(ValueError, match="metrics"):
        run.resume(tmp_path / "a")
    run.running.metrics.clear()
    run.optimizer.param_groups[0]["lr"] = 0.2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run.resume(tmp_path / "b")
    assert run.step == 8


def test_another_loader_in_a_later_fit_is_the_one_that_is_compared(tmp_path):
    run = saved(tmp_path, epochs=1)
    run.callbacks += [Interrupt(7)]
    run.fit(loader(batch_size=4), 3)
    assert run.batch == 3
    assert resumed(tmp_path, None, data=loader(batch_size=4)).step == 4 + 6


# --- the comparison itself ------------------------------------------------------------------------------------------

SAME = {"model": {}, "optimizer": [], "schedules": {}, "callbacks": {}, "data": None, "steps": {}, "config": {}}


def test_only_numbers_and_lines_of_text_are_compared():
    values = {"a": 1, "b": 2.5, "c": True, "d": None, "e": "line", "f": "two\nlines", "g": [1], 8: 3}
    assert setup._plain(values) == {"a": 1, "b": 2.5, "c": True, "d": None, "e": "line", "8": 3}


def test_of_a_plain_iterable_only_its_length_is_known():
    nothing = dict.fromkeys(("batch_size", "drop_last", "order", "samples"))
    assert setup._data([1, 2, 3]) == {"batches": 3, **nothing}


def test_a_loader_is_compared_only_where_both_are_known():
    known = {**SAME, "data": {"batches": 3}}
    assert setup.differences(SAME, known, within=True) == []
    assert setup.differences(known, SAME, within=True) == []


@pytest.mark.parametrize("count", [1, 2, 3])
def test_groups_are_numbered_if_there_are_several(count):
    then, now = ({**SAME, "optimizer": [{"lr": rate}] * count} for rate in (0.1, 0.2))
    places = ["optimizer"] if count == 1 else [f"optimizer group {i}" for i in range(count)]
    assert setup.differences(then, now, within=False) == [f"{place}.lr 0.1, now 0.2" for place in places]


def test_callbacks_steps_and_config_are_named_in_this_order():
    then = {**SAME, "callbacks": {"A": {}, "B": {"n": 1}}, "steps": {"accumulate": 1}, "config": {"old": 1}}
    now = {**SAME, "callbacks": {"B": {"n": 2}, "C": {}}, "steps": {"accumulate": 2}, "config": {"new": 2}}
    assert setup.differences(then, now, within=False) == [
        "A left out", "B.n 1, now 2", "C added", "trainer.accumulate 1, now 2", "config.old 1, now None",
        "config.new None, now 2",
    ]  # fmt: skip


def test_parameters_without_names_stay_in_their_order():
    state = {"state": {}, "param_groups": [{"lr": 0.1, "params": [0, 1]}]}
    assert setup.arranged("SGD", state, [[None, None]], [[None, None]]) == state
    found = setup.arranged("SGD", state, [["a", "b"]], [["b", "a"]])
    assert found["param_groups"] == [{"lr": 0.1, "params": [1, 0]}]


class Recording(Callback):
    """A schedule that notes what it is told."""

    def __init__(self):
        self.told = []

    def state_dict(self):
        return {}

    def load_state_dict(self, state):
        self.told.append(state)

    def after_step(self):
        self.told.append("step")

    def after_epoch(self, row):
        self.told.append(row)


AGAIN = [{"kind": "now"}, "step", "step", {"step": 2}, "step"]


@pytest.mark.parametrize(
    ("changed", "kind", "told"),
    [
        ({}, "now", []),
        ({"weight_decay": 0.5}, "now", []),
        ({"lr": 0.5}, "now", AGAIN),
        ({"lr": 0.5, "weight_decay": 0.5}, "now", AGAIN),
        ({}, "then", AGAIN),
    ],
)
def test_schedules_run_again_if_they_or_settings_that_they_read_differ(changed, kind, told):
    schedule = Recording()
    old = {"lr": 0.1, "weight_decay": 0.0}
    then, now = ({**SAME, "optimizer": [old]}, {**SAME, "optimizer": [{**old, **changed}]})
    run = SimpleNamespace(
        optimizer=SimpleNamespace(param_groups=[dict(old)]), step=3, named_callbacks=lambda: {"a": schedule},
        history=SimpleNamespace(rows=[{"step": 2}]),
    )  # fmt: skip
    setup.reapply(run, then, now)
    assert run.optimizer.param_groups == [{**old, **changed}]
    setup.reapply(run, {**then, "schedules": {"a": {"kind": kind}}}, {**now, "schedules": {"a": {"kind": "now"}}})
    assert schedule.told == told
    assert run.optimizer.param_groups == [{**old, **changed}]
