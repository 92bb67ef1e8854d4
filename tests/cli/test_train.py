"""``tinygrad-cnn train``: the run folder, going on, what it refuses."""

import csv
import os
import re
import signal

import numpy as np
import pytest

from tinygrad_cnn.train import Callback, CheckpointFolder, load_checkpoint
from tinygrad_cnn.train.callbacks.progress import ProgressBar

pytest.importorskip("safetensors")


def rows(run):
    with (run / "history.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def without_seconds(found):
    return [{key: value for key, value in row.items() if key != "seconds"} for row in found]


def weights(run):
    _, state = CheckpointFolder(run / "checkpoints").load()
    return {name: np.asarray(value).tobytes() for name, value in state["model"].items()}


@pytest.fixture
def interrupt(monkeypatch):
    """Press Ctrl-C in the step of this number."""

    def at(step):
        def on_step_end(self, trainer):
            if trainer.step == step:
                os.kill(os.getpid(), signal.SIGINT)

        monkeypatch.setattr(ProgressBar, "on_step_end", on_step_end)

    return at


def test_a_run_folder_holds_everything(cli, toy, tmp_path):
    pytest.importorskip("matplotlib")
    pytest.importorskip("jinja2")
    config = toy()
    result = cli("train", config)
    assert result.code == 0, result.err
    run = tmp_path / "runs" / "toy-001"
    assert {path.name for path in run.iterdir()} == {
        "config.toml", "history.csv", "checkpoints", "report.html", ".lock",
    }  # fmt: skip
    assert (run / "config.toml").read_text(encoding="utf-8") == config.read_text(encoding="utf-8")
    assert [row["epoch"] for row in rows(run)] == ["1", "2"]
    assert {"loss", "accuracy", "validation_loss", "validation_accuracy", "lr"} <= set(rows(run)[0])
    state = load_checkpoint(run / "checkpoints" / "step-00000008.json")
    assert state["config"] == {
        "classes": ["cross", "ring", "diagonals"], "shape": [1, 11, 11], "config": config.read_text(encoding="utf-8"),
    }  # fmt: skip
    assert CheckpointFolder(run / "checkpoints", prefix="best").paths()
    page = (run / "report.html").read_text(encoding="utf-8")
    for part in ("ConvNet2 on toy", "test accuracy", "Confusion matrix", "diagonals", "lr = 0.01", "config.toml"):
        assert part in page
    lines = result.out.splitlines()
    assert lines[:3] == [
        "ConvNet2, 2,771 parameters",
        "toy, 27 training, 6 validation, 30 test images of 1×11×11, 3 classes",
        "run folder runs/toy-001",
    ]
    assert lines[3].startswith("epoch 1/2  loss ")
    assert lines[5].startswith("test accuracy ")
    assert lines[-1] == "open runs/toy-001/report.html in a browser"


@pytest.mark.parametrize("step", [2, 4, 5])
def test_ctrl_c_saves_and_resume_goes_on_as_if_nothing_had_been(cli, toy, tmp_path, interrupt, monkeypatch, step):
    config = toy(("lr = 0.01", "lr = 0.01\n\n[schedule]\nname = 'OneCycleLR'\nmax_lr = 0.02"))
    with monkeypatch.context() as patched:
        patched.setattr(ProgressBar, "on_step_end", Callback.on_step_end)
        assert cli("train", config).code == 0
    interrupt(step)
    result = cli("train", config)
    assert result.code == 130
    run = tmp_path / "runs" / "toy-002"
    where = "after epoch 1" if step == 4 else f"in epoch {1 + step // 4}"
    assert result.out.endswith(
        f"interrupted {where} and saved, step {step}; resume with\n  tinygrad-cnn train --resume runs/toy-002\n"
    )
    assert not (run / "report.html").exists()
    interrupt(-1)
    result = cli("train", "--resume", run)
    assert result.code == 0, result.err
    within = "after epoch 1" if step == 4 else f"within epoch {1 + step // 4}"
    assert f"resuming {within}, step {step}\n" in result.out
    straight = tmp_path / "runs" / "toy-001"
    assert weights(run) == weights(straight)
    assert without_seconds(rows(run)) == without_seconds(rows(straight))
    again = cli("train", "--resume", run)  # a finished run is measured once more
    assert again.code == 0
    assert "resuming after epoch 2, step 8" in again.out
    assert weights(run) == weights(straight)


def test_ctrl_c_in_the_very_last_step_is_no_interruption(cli, toy, interrupt):
    interrupt(8)
    result = cli("train", toy())
    assert result.code == 0
    assert "interrupted" not in result.out


def test_resume_passes_over_a_damaged_checkpoint_and_says_so(cli, toy, tmp_path):
    cli("train", toy())
    run = tmp_path / "runs" / "toy-001"
    before = weights(run)
    (run / "checkpoints" / "step-00000008.json").write_text("{}", encoding="utf-8")
    result = cli("train", "--resume", run)
    assert result.code == 0
    assert "warning: damaged checkpoint skipped: " in result.out
    assert "step-00000008.json" in result.out
    assert "resuming after epoch 1, step 4" in result.out
    assert weights(run) == before


ENDINGS = """
[early_stopping]
patience = 1
min_delta = 1e9

[schedule]
name = "ReduceLROnPlateau"
monitor = "validation_loss"
"""


def test_other_settings_work(cli, toy, tmp_path):
    config = toy(
        ("batch_size = 8", "batch_size = 4\naccumulate = 2\nclip_grad_norm = 1.0\ncheckpoint_every = 1\nseed = 3"),
        ('name = "SGD"\nlr = 0.01', 'name = "Adam"\nbetas = [0.8, 0.99]\n' + ENDINGS),
        ("epochs = 2", "epochs = 9"),
    )  # fmt: skip
    result = cli("train", config)
    assert result.code == 0, result.err
    assert "stopped early: validation_loss has not improved for 1 epochs" in result.out
    run = tmp_path / "runs" / "toy-001"
    assert len(rows(run)) == 2
    state = load_checkpoint(run / "checkpoints" / "step-00000008.json")
    assert state["optimizer"]["param_groups"][0]["betas"] == (0.8, 0.99)
    assert len(CheckpointFolder(run / "checkpoints").paths()) == 3


def test_without_validation_the_last_weights_are_measured(cli, toy, tmp_path):
    result = cli("train", toy(("validation = 6", "")))
    assert "with the weights of the last epoch" in result.out
    assert not CheckpointFolder(tmp_path / "runs" / "toy-001" / "checkpoints", prefix="best").paths()


def test_the_embedded_digits_train(cli, toy):
    config = toy(('name = "ConvNet2"\ninit = "he"', 'name = "LeNet5"'), ('name = "toy"', 'name = "MNIST5k"'),
                 ("validation = 6", "validation = 0.9"), ("batch_size = 8", "batch_size = 100"))  # fmt: skip
    result = cli("train", config)
    assert result.code == 0, result.err
    assert "MNIST5k, 500 training, 4,500 validation, 1,000 test images of 1×28×28, 10 classes" in result.out


def test_a_loss_that_is_not_finite_is_one_line_and_names_the_good_checkpoint(fails, toy):
    error = fails("train", toy(("lr = 0.01", "lr = 1e30"), ("batch_size = 8", "batch_size = 8\ncheckpoint_every = 1")))
    assert re.search(r"not finite|is nan|is inf|got (nan|-?inf) ", error), error
    assert "; the last good checkpoint is runs/toy-001/checkpoints/step-0000000" in error


MODEL = 'name = "ConvNet2"\ninit = "he"'
DATA = 'name = "toy"\nvalidation = 6'
MISTAKES = [
    ("epochs = 2", "epocs = 2", "toy.toml: expected keys among epochs, .*, got 'epocs'; did you mean 'epochs'?"),
    ("epochs = 2", "epochs = 0", "toy.toml: epochs: expected at least 1, got 0"),
    ("epochs = 2", "epochs = 2.5", "toy.toml: epochs: expected int, got 2.5"),
    ("epochs = 2", "epochs = true", "toy.toml: epochs: expected int, got True"),
    ("epochs = 2", "epochs = ", "toy.toml: expected valid TOML"),
    ("epochs = 2", "schedule = 3", "toy.toml: expected schedule as a table, got 3"),
    ("epochs = 2", "num_workers = -1", "num_workers: expected at least 0, got -1"),
    (f"[model]\n{MODEL}", "", "toy.toml: expected a table [model] with name = "),
    ('name = "ConvNet2"', "", 'toy.toml: model: expected name = "…", got None'),
    ("ConvNet2", "Convnet2", "model: expected name among AlexNet, .*, got 'Convnet2'; did you mean 'ConvNet2'?"),
    ('init = "he"', "kernel_size = 3", "model: expected settings among img_sz, .*; did you mean 'kernel_sz'?"),
    ('init = "he"', 'kernel_sz = "3"', "model.kernel_sz: expected int, got '3'"),
    ('init = "he"', 'init = "hi"', "toy.toml: model: .*hi"),
    ('init = "he"', "num_cls = 4", "model: expected scores of 3 classes, (1, 3) for an image, got (1, 4)"),
    ('init = "he"', "img_sz = 12", "model: expected a model for images of 1×11×11: "),
    ('"toy"', '"MNIST6k"', "data: expected name among toy, MNIST5k, .*, got 'MNIST6k'; did you mean 'MNIST5k'?"),
    ("validation = 6", "validation = 33", "data.validation: expected from 1 to 32 of the 33 images, got 33"),
    ("validation = 6", "validation = 1.5", "data.validation: expected a number of images or a share below 1, got 1.5"),
    ("validation = 6", 'validation = "6"', "data.validation: expected a number of images or a share below 1, got '6'"),
    ("validation = 6", "test = 0.1", "data: expected settings of toy among validation, got 'test'"),
    ("validation = 6", "noize = 0.1", "data: expected settings among seed, .*, got 'noize'; did you mean 'noise'?"),
    ("validation = 6", "noise = -1.0", "toy_patterns: expected seed, .* of at least 0"),
    (DATA, 'name = "MNIST5k"\ntest = 0.1', "MNIST5k has a test part of its own"),
    (DATA, 'name = "MNIST"\nroot = "nowhere"', "nowhere"),
    ('"SGD"', '"sgd"', "optimizer: expected name among SGD, .*, got 'sgd'; did you mean 'SGD'?"),
    ("lr = 0.01", "lrr = 0.01", "optimizer: expected settings among lr, .*, got 'lrr'; did you mean 'lr'?"),
    ("lr = 0.01", 'lr = "fast"', "optimizer.lr: expected float, got 'fast'"),
    ("lr = 0.01", "lr = -1", "optimizer: Invalid learning rate: -1"),
    ("lr = 0.01", "[schedule]\nname = 'StepLr'", "schedule: expected name among .*; did you mean 'StepLR'?"),
    ("lr = 0.01", "[schedule]\nname = 'StepLR'", "schedule: expected the setting 'step_size', which has no default"),
    (
        "lr = 0.01",
        "[schedule]\nname = 'StepLR'\nstep = 2",
        "schedule: expected settings among step_size, gamma, every, monitor, got 'step'; did you mean 'step_size'?",
    ),
    ("lr = 0.01", "[schedule]\nname = 'StepLR'\nstep_size = 1\nevery = 'day'", "schedule: LRSchedule: expected every"),
    ("lr = 0.01", "[early_stopping]\npatients = 2", "early_stopping: expected .*; did you mean 'patience'?"),
    ("lr = 0.01", "[early_stopping]\npatience = 0", "early_stopping: EarlyStopping: expected patience of at least 1"),
]


@pytest.mark.parametrize(("old", "new", "error"), MISTAKES)
def test_mistakes_in_a_configuration_are_one_line(fails, toy, tmp_path, old, new, error):
    found = fails("train", toy((old, new)))
    at = 0
    for part in error.split(".*"):
        place = found.find(part, at)
        assert place >= at, found
        at = place + len(part)
    assert not (tmp_path / "runs").exists()


def test_mistakes_on_the_command_line_are_one_line(fails, toy, tmp_path):
    assert fails("train") == "train: expected either CONFIG or --resume RUN; see tinygrad-cnn train --help"
    assert "either CONFIG or --resume" in fails("train", toy(), "--resume", "x")
    assert fails("train", "none.toml") == "none.toml: No such file or directory"
    assert fails("train", "--resume", "none") == "none: expected the folder of a run, which has a config.toml"
    assert "No such option: --quick" in fails("train", "--quick")
    assert "No such command 'tran'. Did you mean 'train'?" in fails("tran")
    (tmp_path / "taken").write_text("", encoding="utf-8")
    assert "taken" in fails("train", toy(), "--out", "taken/runs")


def edit(run, *replacements):
    path = run / "config.toml"
    text = path.read_text(encoding="utf-8")
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("schedule", ["OneCycleLR", "CosineAnnealingLR"])
def test_more_epochs_go_on_along_the_longer_schedule(cli, toy, tmp_path, schedule):
    part = {"OneCycleLR": "\nmax_lr = 0.02", "CosineAnnealingLR": ""}[schedule]
    config = toy(("lr = 0.01", f"lr = 0.01\n\n[schedule]\nname = '{schedule}'{part}"))
    run = tmp_path / "runs" / "toy-001"
    assert cli("train", config).code == 0
    edit(run, ("epochs = 2", "epochs = 4"))
    result = cli("train", "--resume", run)
    assert result.code == 0, result.err
    before, after = (8, 16) if schedule == "OneCycleLR" else (2, 4)
    length = "total_steps" if schedule == "OneCycleLR" else "T_max"
    assert f"warning: the run continues with {schedule}.{length} {before}, now {after}\n" in result.out
    straight = cli("train", toy(("epochs = 2", "epochs = 4"),
                   ("lr = 0.01", f"lr = 0.01\n\n[schedule]\nname = '{schedule}'{part}")))  # fmt: skip
    assert straight.code == 0
    rates = [[row["lr"] for row in rows(tmp_path / "runs" / name)] for name in ("toy-001", "toy-002")]
    assert rates[0][2:] == rates[1][2:]


def test_changed_settings_hold_from_there_on_and_the_report_says_so(cli, toy, tmp_path):
    pytest.importorskip("matplotlib")
    pytest.importorskip("jinja2")
    cli("train", toy())
    run = tmp_path / "runs" / "toy-001"
    edit(run, ("epochs = 2", "epochs = 3\nclip_grad_norm = 1.0"), ("lr = 0.01", "lr = 0.005"),
         ("batch_size = 8", "batch_size = 9"))  # fmt: skip
    result = cli("train", "--resume", run)
    assert result.code == 0, result.err
    assert "optimizer.lr 0.01, now 0.005; ClipGradients added; data.batches 4, now 3; data.batch_size 8, now 9" in (
        result.out
    )
    assert [row["lr"] for row in rows(run)] == ["0.01", "0.01", "0.005"]
    assert [row["step"] for row in rows(run)] == ["4", "8", "11"]
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "from step 9: optimizer.lr 0.01, now 0.005" in page


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (
            ("epochs = 2", "epochs = 2\nseed = 1"),
            "seed: expected 0, with which the run began (step-00000008.json), got 1",
        ),
        (('name = "toy"', 'name = "toy"\nnoise = 0.5'), "data.noise: expected None, with which the run began"),
        (("validation = 6", "validation = 7"), "data.validation: expected 6, with which the run began"),
        (('init = "he"', 'init = "xavier"'), "model.init: expected 'he', with which the run began"),
    ],
)
def test_what_makes_another_run_is_refused(cli, fails, toy, tmp_path, change, error):
    cli("train", toy())
    run = tmp_path / "runs" / "toy-001"
    edit(run, change)
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    found = fails("train", "--resume", run)
    assert error in found
    assert found.endswith("put it back, or train anew with a configuration of its own")
    assert {path: path.read_bytes() for path in before} == before
