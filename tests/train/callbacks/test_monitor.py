"""Which way a measured name gets better."""

import pytest

from tinygrad_cnn import nn, optim
from tinygrad_cnn.optim.lr_scheduler import ReduceLROnPlateau
from tinygrad_cnn.train import Checkpoints, EarlyStopping, History, LRSchedule
from tinygrad_cnn.train.callbacks.monitor import Best, known_mode

LOWER = ["loss", "validation_loss", "val_loss", "valLoss", "MSE", "test-error", "top5_error", "perplexity", "word err",
         "f1_loss", "error_rate"]  # fmt: skip
HIGHER = ["accuracy", "validation_accuracy", "valAcc", "test.precision", "recall", "F1", "val_f1", "AUROC", "mAP",
          "mIoU",          "top5", "dice_score"]  # fmt: skip
UNKNOWN = ["fed", "lr", "margin", "neg_mean_squared_error", "negative loss", "", "classes", "lossless"]


@pytest.mark.parametrize(("names", "mode"), [(LOWER, "min"), (HIGHER, "max"), (UNKNOWN, None)])
def test_the_name_says_so(names, mode):
    assert {name: known_mode(name) for name in names} == dict.fromkeys(names, mode)


def test_all_that_watch_a_name_share_the_rule(tmp_path):
    pytest.importorskip("safetensors")
    optimizer = optim.SGD(nn.Linear(1, 1).parameters(), lr=0.1)
    for monitor, mode in (("validation_loss", "min"), ("validation_accuracy", "max")):
        assert EarlyStopping(monitor).mode == Checkpoints(tmp_path, monitor=monitor).mode == mode
        LRSchedule(ReduceLROnPlateau(optimizer, mode), monitor=monitor)
        other = "min" if mode == "max" else "max"
        assert EarlyStopping(monitor, mode=other).mode == other
        with pytest.raises(ValueError, match=f"ReduceLROnPlateau with mode='{mode}' to watch '{monitor}', got"):
            LRSchedule(ReduceLROnPlateau(optimizer, other), monitor=monitor)
    LRSchedule(ReduceLROnPlateau(optimizer, "max"), monitor="fed")
    for make in (EarlyStopping, lambda monitor: Checkpoints(tmp_path, monitor=monitor)):
        with pytest.raises(ValueError, match="expected mode='min' or mode='max', for the name 'fed' does not say"):
            make(monitor="fed")


def test_of_equal_scores_the_one_with_the_lower_loss_is_better():
    def bests(mode, rows, **kwargs):
        best, history, found = Best("x", "test_accuracy", mode, **kwargs), History(), []
        for number, (score, loss) in enumerate(rows, start=1):
            history.rows.append({"epoch": number, "loss": 9 - number, "test_accuracy": score, "test_loss": loss})
            found.append(best.improved(history))
        return found, best.epoch

    rows = [(0.5, 2.0), (0.5, 1.5), (0.5, 1.7), (0.5, float("nan")), (0.4, 0.1)]
    assert bests(None, rows) == ([True, True, False, False, False], 2)
    assert bests(None, rows, min_delta=0.1) == ([True, False, False, False, False], 1)


def test_a_misspelt_name_gets_a_suggestion():
    history = History([], [{"epoch": 1, "loss": 1.0, "validation_loss": 2.0}])
    with pytest.raises(ValueError, match="monitor among epoch, loss.*got 'val_loss'; did you mean 'validation_loss'"):
        Best("EarlyStopping", "val_loss", None).improved(history)
    with pytest.raises(KeyError, match="got 'validation_los'; did you mean 'validation_loss'"):
        history.column("validation_los")


def test_a_state_of_the_other_mode_is_refused():
    state = EarlyStopping("fed", mode="max").state_dict()
    with pytest.raises(ValueError, match=r"expected a state for 'fed' \(min\), got 'fed' \(max\)"):
        EarlyStopping("fed", mode="min").load_state_dict(state)


def test_the_best_value_goes_on_from_its_state():
    history = History([], [{"epoch": 3, "loss": 1.5, "accuracy": 0.5}])
    done, fresh = Best("x", "accuracy", None), Best("x", "accuracy", None)
    assert fresh.state_dict()["value"] is None
    fresh.load_state_dict(fresh.state_dict())
    assert fresh.value is None
    assert done.improved(history)
    fresh.load_state_dict(done.state_dict())
    assert (fresh.value, fresh.epoch) == (0.5, 3)
    assert not fresh.improved(history)  # the loss of the best epoch is known too
    history.rows[0]["loss"] = 1.25
    assert fresh.improved(history)
    with pytest.raises(ValueError, match="x: expected a state with monitor, mode, value, epoch, loss, got nothing"):
        fresh.load_state_dict({})


def test_a_margin_counts_in_both_directions():
    for mode, values in (("max", (1.0, 1.4, 1.6)), ("min", (2.0, 1.6, 1.4))):
        best = Best("x", "fed", mode, min_delta=0.5)
        rows = [{"epoch": i, "fed": value} for i, value in enumerate(values, start=1)]
        assert [best.improved(History([], rows[:i])) for i in (1, 2, 3)] == [True, False, True]
