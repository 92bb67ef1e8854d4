"""``tinygrad-cnn train``."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tinygrad_cnn._files import replacing
from tinygrad_cnn._startup import INTERRUPTED
from tinygrad_cnn.cli import runs
from tinygrad_cnn.cli.building import build_early_stopping, build_model, build_optimizer, build_schedule, check_fit
from tinygrad_cnn.cli.checks import ConfigError
from tinygrad_cnn.cli.config import Config, read_config
from tinygrad_cnn.cli.console import make_console
from tinygrad_cnn.cli.run_report import write_report
from tinygrad_cnn.cli.sets import Sets, build_loader, build_sets
from tinygrad_cnn.demo import get_kernels_ready
from tinygrad_cnn.nn import Module
from tinygrad_cnn.nn import functional as F
from tinygrad_cnn.random import manual_seed
from tinygrad_cnn.train import (
    Accuracy,
    Callback,
    Checkpoints,
    ClipGradients,
    ConfusionMatrix,
    HistoryFile,
    ProgressBar,
    Trainer,
)


def train(
    config: Annotated[
        Path | None,
        typer.Argument(help="TOML file: model, data, optimizer, schedule, epochs, seed.", metavar="[CONFIG]"),
    ] = None,
    resume: Annotated[Path | None, typer.Option(help="Resume the run in this folder.", metavar="RUN")] = None,
    out: Annotated[Path, typer.Option(help="Folder in which to make a numbered folder for the run.")] = Path("runs"),
) -> None:
    """Train the model of CONFIG, or resume a run that was stopped.

    The run folder gets config.toml, history.csv, checkpoints and report.html. A second run never overwrites the first.
    Ctrl-C finishes the current step and saves; --resume then continues as if the run had never stopped.
    """
    console = make_console()
    if config is not None and resume is None:
        path = config
    elif resume is not None and config is None:
        path = runs.check_run(resume) / runs.CONFIG
    else:
        raise ConfigError("train: expected either CONFIG or --resume RUN; see tinygrad-cnn train --help")
    settings = read_config(path)
    get_kernels_ready(console)
    sys.exit(run_training(settings, resume, out, path.stem, console))


def run_training(config: Config, run: Path | None, out: Path, name: str, console: Console) -> int:
    """Train, measure, report; return the exit code. Nothing is written before all settings are checked."""
    if run is not None:
        runs.check_same_run(config, run)
    sets = build_sets(config)
    manual_seed(config.seed)
    model = build_model(config.place("model"), config.model)
    check_fit(config.place("model"), model, sets.shape, len(sets.classes))
    loader = build_loader(config, sets.train, training=True)
    optimizer = build_optimizer(config, model)
    steps = -(-len(loader) // config.accumulate)
    callbacks = build_schedule(config, optimizer, steps) + build_early_stopping(config)
    if config.clip_grad_norm is not None:
        callbacks.append(ClipGradients(max_norm=config.clip_grad_norm))

    resumed = run is not None
    if run is None:
        run = runs.new_run(out, name)
    elif runs.begin_again(run):
        console.print("no checkpoint to resume from: starting again")
    checkpoints = Checkpoints(
        run / runs.CHECKPOINTS, config.checkpoint_every, config.keep_checkpoints,
        monitor=None if sets.validation is None else "validation_accuracy",
    )  # fmt: skip
    callbacks += [checkpoints, HistoryFile(run / runs.HISTORY), _Resumed(console), ProgressBar(console)]
    trainer = Trainer(
        model, optimizer, F.cross_entropy, metrics={"accuracy": Accuracy()}, callbacks=callbacks,
        accumulate=config.accumulate,
        config={"classes": sets.classes, "shape": list(sets.shape), "config": config.text},
    )  # fmt: skip
    _introduce(console, config, sets, model, run)
    validation = None if sets.validation is None else build_loader(config, sets.validation)
    with runs.undone_unless_saved(run, new=not resumed), runs.only_trainer(run), warnings.catch_warnings():
        if not resumed:
            with replacing(run / runs.CONFIG) as part:
                part.write_text(config.text, encoding="utf-8")
        (run / runs.CHECKPOINTS).mkdir(exist_ok=True)
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = lambda message, *_args, **_more: console.print(f"warning: {message}")
        history = trainer.fit(
            loader, config.epochs, validation=validation, resume=run / runs.CHECKPOINTS if resumed else None
        )
    if history.interrupted and trainer.epoch < config.epochs:
        where = f"in epoch {trainer.epoch + 1}" if trainer.batch else f"after epoch {trainer.epoch}"
        console.print(f"interrupted {where} and saved, step {trainer.step:,}; resume with")
        console.print(f"  tinygrad-cnn train --resume {run}")
        return INTERRUPTED
    if history.stopped and not history.interrupted:
        console.print(f"stopped early: {history.stopped}")
    _finish(console, config, sets, trainer, checkpoints, run, steps)
    return 0


class _Resumed(Callback):
    """Prints where a resumed run continues."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def on_fit_start(self, trainer: Trainer) -> None:
        """Print the epoch and the step."""
        if trainer.step:
            where = f"within epoch {trainer.epoch + 1}" if trainer.batch else f"after epoch {trainer.epoch}"
            self.console.print(f"resuming {where}, step {trainer.step:,}")


def _introduce(console: Console, config: Config, sets: Sets, model: Module, run: Path) -> None:
    parameters = sum(p.numel() for p in model.parameters())
    counts = [f"{len(sets.train):,} training", f"{len(sets.test):,} test images of {'×'.join(map(str, sets.shape))}"]
    if sets.validation is not None:
        counts.insert(1, f"{len(sets.validation):,} validation")
    console.print(f"{config.model[0]}, {parameters:,} parameters")
    console.print(f"{config.data[0]}, {', '.join(counts)}, {len(sets.classes)} classes")
    console.print(f"run folder {run}")


def _finish(
    console: Console, config: Config, sets: Sets, trainer: Trainer, checkpoints: Checkpoints, run: Path, steps: int
) -> None:
    """Measure on the test set, with the weights of the best validation epoch if there is one, and write the report."""
    weights = "the weights of the last epoch"
    if checkpoints.best_folder.paths():
        weights = f"the weights of epoch {checkpoints.load_best(trainer.model)}, the best on the validation set"
    metrics = {"accuracy": Accuracy(), "confusion": ConfusionMatrix(len(sets.classes))}
    measured = trainer.evaluate(build_loader(config, sets.test), metrics)
    console.print(f"test accuracy {measured['accuracy']:.4f}, loss {measured['loss']:.4f}, with {weights}")
    try:
        of_run = trainer.history, steps, measured, sets.classes, weights
        report = write_report(run / runs.REPORT, config, trainer.model, sets.shape, *of_run)
    except ModuleNotFoundError as error:
        console.print(f"no report: {error}")
    else:
        console.print(f"open {report} in a browser")
