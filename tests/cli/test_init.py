"""No command ends in a traceback, and a run that fails before anything is saved leaves no folder."""

import errno
import os
import signal
import subprocess
import sys

import pytest

from tinygrad_cnn.train import CheckpointFolder
from tinygrad_cnn.train.checkpoint import save_checkpoint

pytest.importorskip("safetensors")

MODEL = 'name = "ConvNet2"\ninit = "he"'
DIGITS = [(MODEL, 'name = "SimpleConvNet"')]
DATA = '"toy"\nvalidation = 6'


def digits(transforms):
    return [*DIGITS, (DATA, f'"MNIST5k"\ntransforms = {transforms}')]


CASES = [
    (digits('[{name = "Normalize"}]'), "data.transforms.Normalize: expected the setting 'mean'"),
    (digits('[{name = "Normalize", mean = [0.5], std = [0.5]}]'), "use ToTensor first"),
    (digits('["ToPILImage"]'), "the transforms do not take an image of this data set"),
    (digits("[" + '{name = "RandomApply", transforms = [' * 40 + "]}" * 40 + "]"), "within at most 20 others"),
    (digits('[{name = "Resize", size = 1000000000}]'), "there is not enough memory for this"),
    ([('"SGD"\nlr = 0.01', '"Adam"\nbetas = [0.9]')], "optimizer.betas: expected list of 2 float, got [0.9]"),
    ([('init = "he"', "kernel_num = 900000000000")], "there is not enough memory for this"),
    ([('init = "he"', "kernel_num = 90000000000000000000000000")], "model: "),
    ([("validation = 6", "train_per_class = 100000000000000")], "there is not enough memory for this"),
    ([("validation = 6", f"train_per_class = {10**30}")], "toy.toml: data: "),
    ([("validation = 6", "train_per_class = 0")], "expected an image or more to train with"),
    ([("validation = 6", "test_per_class = 0")], "expected an image or more to train with"),
    ([("validation = 6", "noise = nan")], "expected finite noise and contrast, got nan"),
    ([("validation = 6", "noise = 1e308")], "expected finite noise and contrast, got 1e+308"),
    ([("validation = 6", "validation = nan")], "data.validation: expected a number of images or a share below 1"),
    ([("batch_size = 8", "batch_size = 1" + "0" * 30)], "batch_size: expected at most"),
    ([("batch_size = 8", "num_workers = 100000")], "num_workers: expected at most 256, got 100,000"),
    ([("batch_size = 8", f"clip_grad_norm = {'[' * 300}{']' * 300}")], "clip_grad_norm: expected float, got [[["),
    ([("lr = 0.01", "lr = 1e30")], "the loss is nan at step 2"),
    (
        [("lr = 0.01", "[schedule]\nname = 'OneCycleLR'\nmax_lr = 0.1\ntotal_steps = 2")],
        "schedule: OneCycleLR: expected total_steps of at least 8, the steps of this run, got 2",
    ),
    (
        [("lr = 0.01", "[schedule]\nname = 'CyclicLR'\nbase_lr = 0.1\nmax_lr = 1.0\nscale_fn = 'x'")],
        "schedule: expected settings among base_lr",
    ),
    (
        [("lr = 0.01", "[schedule]\nname = 'MultiStepLR'\nmilestones = ['a']")],
        "schedule.milestones: expected list of int, got ['a']",
    ),
    ([("lr = 0.01", "[early_stopping]\nmonitor = 'acuracy'")], "did you mean 'accuracy'?"),
]


@pytest.mark.parametrize(("changes", "message"), CASES)
def test_mistakes_and_too_large_requests_are_one_line_and_leave_nothing(fails, toy, tmp_path, changes, message):
    found = fails("train", toy(*changes))
    assert message in found
    assert len(found) < 700
    assert not list(tmp_path.glob("runs/*"))


def test_weights_that_are_not_finite_are_said_to_be(cli, fails, toy, tmp_path):
    cli("train", toy())
    folder = tmp_path / "runs" / "toy-001" / "checkpoints"
    for prefix in ("best", "step"):
        path, state = CheckpointFolder(folder, prefix=prefix).load()
        state["model"]["conv1.weight"].array[0] = float("nan")
        save_checkpoint(path.with_suffix(""), state)
    pillow = pytest.importorskip("PIL.Image")
    pillow.new("L", (11, 11)).save("a.png")
    for command in (("evaluate", "runs/toy-001"), ("predict", "a.png")):
        for weights in ("best", "last"):
            assert "expected finite weights" in fails(*command, "--weights", weights)
            assert "conv1.weight" in fails(*command, "--weights", weights)


def test_scores_that_are_not_finite_are_said_to_be(cli, fails, toy, tmp_path):
    cli("train", toy())
    path, state = CheckpointFolder(tmp_path / "runs" / "toy-001" / "checkpoints").load()
    state["model"]["conv1.weight"].array[...] = 3e38
    save_checkpoint(path.with_suffix(""), state)
    pillow = pytest.importorskip("PIL.Image")
    pillow.new("L", (11, 11), 255).save("a.png")
    assert "a.png: expected finite scores" in fails("predict", "a.png", "--weights", "last")


@pytest.mark.parametrize("written", range(1, 22, 2))
def test_a_full_disk_is_one_line_and_nothing_later_trips_over_what_is_left(
    cli, fails, toy, tmp_path, monkeypatch, written
):
    config, run, real, count = toy(), tmp_path / "runs" / "toy-001", os.fsync, iter(range(1000))

    def full(number):
        if next(count) >= written:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(number)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        found = fails("train", config)
    assert os.strerror(errno.ENOSPC) in found
    assert found.startswith("runs/toy-001/")
    if run.exists():
        assert cli("evaluate", run).code == 0
        assert cli("train", "--resume", run).code == 0
        assert (run / "report.html").is_file()
    else:
        assert cli("train", config).code == 0


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, ({bytes}, {bytes}))
sys.argv = ["tinygrad-cnn", "train", "toy.toml"]
from tinygrad_cnn.cli import main
main()
"""

UTF8 = {**os.environ, "PYTHONIOENCODING": "utf-8"}
"""For commands whose output is read here, whatever the locale."""


@pytest.mark.skipif(os.name != "posix", reason="limits the size of files")
@pytest.mark.parametrize(("size", "file"), [(100, "config.toml"), (5000, "safetensors"), (20_000, "report.html")])
def test_a_file_that_cannot_be_written_is_named(toy, tmp_path, size, file):
    toy()
    done = subprocess.run(
        [sys.executable, "-c", LIMITED.format(bytes=size)], cwd=tmp_path, capture_output=True, encoding="utf-8",
        env=UTF8, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 2, done
    assert done.stderr.count("\n") == 1
    assert file in done.stderr
    assert (tmp_path / "runs" / "toy-001").exists() == (file == "report.html")


COMMAND = """
import os, signal, sys

event, word = sys.argv[1:]
pressed = []

def press(what, arguments):
    if not pressed and what == event and word in str(arguments[0]):
        pressed.append(True)
        os.kill(os.getpid(), signal.SIGINT)

sys.addaudithook(press)
sys.argv = ["tinygrad-cnn", "train", "toy.toml"]
from tinygrad_cnn.cli import main
main()
"""
"""Train, and press Ctrl-C at the first event of a name that concerns a module or a file of a name."""


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
@pytest.mark.parametrize(
    ("event", "word"),
    [
        ("import", "numpy"), ("import", "tinygrad_cnn.cli.app"), ("import", "typer"), ("open", "toy.toml"),
        ("open", "config.toml"), ("os.mkdir", "checkpoints"), ("open", "step-"), ("open", "history.csv"),
    ],
)  # fmt: skip
def test_ctrl_c_at_any_moment_is_said_in_words(toy, tmp_path, event, word):
    toy(("epochs = 2", "epochs = 100000"))
    run = subprocess.run(
        [sys.executable, "-c", COMMAND, event, word], capture_output=True, cwd=tmp_path, encoding="utf-8", env=UTF8,
        timeout=300, check=False,
    )  # fmt: skip
    out, errors = run.stdout, run.stderr
    assert run.returncode in (130, -signal.SIGINT)
    assert errors == "tinygrad-cnn: interrupted\n" or (errors == "" and "resume with\n" in out), (out, errors)
    for made in tmp_path.glob("runs/*"):
        assert "resume with\n" in out, made


def test_ctrl_c_outside_of_training_is_said(cli, monkeypatch):
    def stop(*_args, **_more):
        raise KeyboardInterrupt

    monkeypatch.setattr("tinygrad_cnn.cli.summary.build_model", stop)
    found = cli("summary", "LeNet5")
    assert (found.code, found.err) == (130, "tinygrad-cnn: interrupted\n")


def test_warnings_are_one_line_without_the_code(cli, monkeypatch):
    import warnings

    from tinygrad_cnn.cli import summary

    build = summary.build_model

    def warn(*args):
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("look\nhere", UserWarning, stacklevel=1)
        return build(*args)

    monkeypatch.setattr(summary, "build_model", warn)
    assert cli("summary", "LeNet5").err == "tinygrad-cnn: warning: look here\n"


@pytest.mark.parametrize("columns", [20, 30, 45, 60])
def test_no_command_cuts_a_number_or_a_name_in_a_narrow_terminal(cli, toy, monkeypatch, columns):
    wide = {
        command: cli(*command).out for command in [("train", toy()), ("evaluate", "runs/toy-001"), ("data", "list")]
    }
    monkeypatch.setenv("COLUMNS", str(columns))
    for command, before in wide.items():
        out = cli(*command).out
        assert "…" not in out
        numbers = [word for word in before.split() if any(c.isdigit() for c in word) and "/" not in word]
        missing = set(numbers) - set(out.split())
        assert not [word for word in missing if not word.startswith("0.")], missing  # seconds vary
    out = cli("summary", "LeNet5").out
    for number in ("61,706", "416,520", "58,408", "117,600", "48,120"):
        assert number in out
