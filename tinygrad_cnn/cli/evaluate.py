"""``tinygrad-cnn evaluate``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tinygrad_cnn.cli.checks import ConfigError
from tinygrad_cnn.cli.console import counted, make_console, print_table
from tinygrad_cnn.cli.run_report import class_table
from tinygrad_cnn.cli.runs import load_trained
from tinygrad_cnn.cli.sets import build_loader, build_sets
from tinygrad_cnn.nn import functional as F
from tinygrad_cnn.optim import SGD
from tinygrad_cnn.train import Accuracy, ConfusionMatrix, Metric, Trainer


class Part(StrEnum):
    """A part of the data."""

    train = "train"
    validation = "validation"
    test = "test"


class Weights(StrEnum):
    """Which of the saved weights."""

    best = "best"
    last = "last"


def evaluate(
    run: Annotated[Path, typer.Argument(help="Folder of a run.", metavar="RUN")],
    part: Annotated[Part, typer.Option(help="Part of the data to measure on.")] = Part.test,
    weights: Annotated[Weights | None, typer.Option(help="Weights to measure; the best if there are such.")] = None,
) -> None:
    """Measure a trained model: loss, accuracy, and how well each class is told apart."""
    console = make_console()
    trained = load_trained(run, weights.value if weights else None)
    sets = build_sets(trained.config)
    dataset = {"train": sets.train, "validation": sets.validation, "test": sets.test}[part.value]
    if dataset is None:
        raise ConfigError(f"{trained.config.path}: data: expected validation = …, for this run holds out none")
    metrics: dict[str, Metric] = {"accuracy": Accuracy(), "confusion": ConfusionMatrix(len(trained.classes))}
    if len(trained.classes) > 10:
        metrics["top5"] = Accuracy(top_k=5)
    trainer = Trainer(trained.model, SGD(trained.model.parameters(), lr=0.0), F.cross_entropy, metrics=metrics)
    found = trainer.evaluate(build_loader(trained.config, dataset))
    images = counted(len(dataset), f"{part.value} image")
    console.print(f"{trained.checkpoint.stem}, trained for {counted(trained.epoch, 'epoch')}, on {images}")
    top5 = f", top-5 accuracy {found['top5']:.4f}" if "top5" in found else ""
    console.print(f"loss {found['loss']:.4f}, accuracy {found['accuracy']:.4f}{top5}")
    print_table(console, class_table(found["confusion"], trained.classes), numbers=(1, 2))
