"""`Callback`: states, reprs, and packages that callbacks need."""

import sys

import pytest
from fed_runs import Feed

import tinygrad_cnn as tg
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn, optim
from tinygrad_cnn.optim.lr_scheduler import StepLR
from tinygrad_cnn.train import (
    Callback,
    Checkpoints,
    ClipGradients,
    EarlyStopping,
    LRSchedule,
    ProgressBar,
    TensorBoard,
    Trainer,
)


@pytest.mark.parametrize(("package", "make", "extra"), [
    ("tensorboardX", lambda: TensorBoard("logs"), "tensorboard"), ("rich", ProgressBar, "cli"),
        ("safetensors", lambda: Checkpoints("folder"), "weights"),
])  # fmt: skip
def test_a_missing_package_is_named(monkeypatch, package, make, extra):
    for name in list(sys.modules):
        if name.split(".")[0] == package:
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ModuleNotFoundError, match=rf'needs {package}: pip install "tinygrad-cnn\[{extra}\]"'):
        make()


def test_a_callback_without_a_state_refuses_one():
    with pytest.raises(ValueError, match="Callback: expected a state with nothing in it, got x"):
        Callback().load_state_dict({"x": 1})


def test_reprs_are_one_line_with_what_was_given(tmp_path):
    pytest.importorskip("safetensors")
    optimizer = optim.SGD(nn.Linear(2, 2).parameters(), lr=0.5)
    assert repr(EarlyStopping(patience=2)) == (
        "EarlyStopping(monitor='validation_loss', patience=2, mode='min', min_delta=0.0, restore_best=False)"
    )
    assert repr(ClipGradients(max_norm=1.0)) == "ClipGradients(max_norm=1.0, clip_value=None)"
    assert repr(LRSchedule(StepLR(optimizer, 3))) == (
        "LRSchedule(scheduler=StepLR(step_size=3, gamma=0.1, last_epoch=0, lr=[0.5]), every='epoch', monitor=None)"
    )
    assert repr(Checkpoints(tmp_path, monitor="loss")) == (
        f"Checkpoints(folder={tmp_path!r}, every_steps=None, keep=3, monitor='loss', mode='min', restore_best=False)"
    )
    assert repr(Feed(1)) == "Feed(numbers=(1,))"


def test_a_plain_callback_takes_part_in_a_run_and_remembers_nothing():
    model = nn.Linear(2, 2)
    run = Trainer(model, optim.SGD(model.parameters(), lr=0.1), F.cross_entropy, callbacks=[Callback()])
    assert len(run.fit([(tg.ones(1, 2), tg.tensor([0]))], 1).rows) == 1
    assert run.callbacks[0].state_dict() == {}
    run.callbacks[0].load_state_dict({})
    with pytest.raises(ValueError, match="Callback: expected a state with nothing in it, got list"):
        run.callbacks[0].load_state_dict([])
