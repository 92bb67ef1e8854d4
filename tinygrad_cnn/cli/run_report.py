"""The report of a run: curves, layers, and how well each class is recognized."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tinygrad_cnn._types import Array, Shape
from tinygrad_cnn.cli.config import Config
from tinygrad_cnn.cli.console import counted
from tinygrad_cnn.nn import Module
from tinygrad_cnn.report import Section, summary, training_curves, write_page
from tinygrad_cnn.train import History

_MOST_CLASSES = 20
"""The most classes for which the report has the whole confusion matrix."""


def class_table(counts: Array, classes: list[str]) -> list[tuple[str, ...]]:
    """Return a row for each class: its name, images, share recognized, and the class most often mistaken for."""
    rows: list[tuple[str, ...]] = [("class", "images", "right", "most often taken for")]
    for i, name in enumerate(classes):
        wrong = counts[i].copy()
        wrong[i] = 0
        total, other = int(counts[i].sum()), int(wrong.argmax())
        right = f"{100 * counts[i, i] / total:.1f} %" if total else "—"
        rows.append((name, f"{total:,}", right, f"{classes[other]}: {wrong[other]}" if wrong[other] else "—"))
    return rows


def write_report(
    path: Path, config: Config, model: Module, shape: Shape, history: History, steps_per_epoch: int,
    measured: Mapping[str, Any], classes: list[str], weights: str,
) -> Path:  # fmt: skip
    """Write the page and return its path.

    Args:
        path: the file.
        config: of the run.
        model: the trained model.
        shape: (C, H, W) of an image.
        history: of the run.
        steps_per_epoch: steps in an epoch.
        measured: "loss", "accuracy" and "confusion" on the test set.
        classes: their names.
        weights: the measured weights, in words.
    """
    curves = {
        label: history.column(name)
        for label, name in (("training, as it went", "accuracy"), ("validation", "validation_accuracy"))
        if name in history.names
    }
    layers = summary(model, (1, *shape))
    counts = measured["confusion"]
    sections = [
        Section(
            "Training",
            svg=training_curves(history.loss, curves, steps_per_epoch, history.column("step")),
            caption="Left: loss of each step, and its mean over an epoch. Right: accuracy.",
        ),
        Section("Epochs", table=_epochs(history)),
        Section("Classes", table=class_table(counts, classes), caption=f"Test set, with {weights}."),
    ]
    if len(classes) <= _MOST_CLASSES:
        head = ("true \\ taken for", *classes)
        rows = [(name, *(str(n) for n in counts[i])) for i, name in enumerate(classes)]
        sections.append(Section("Confusion matrix", table=[head, *rows], caption="Images of the test set."))
    changes = [("changed", line) for line in history.changes]
    sections += [
        Section("The network", table=layers.table(), caption=f"{layers.parameters:,} parameters in total."),
        Section("Configuration", table=[("setting", "value"), *_settings(config), *changes]),
    ]
    return write_page(
        path,
        title=f"{config.model[0]} on {config.data[0]}",
        lead=f"A network trained for {counted(len(history.rows), 'epoch')}, as {path.parent / 'config.toml'} says.",
        facts={
            "test accuracy": f"{100 * measured['accuracy']:.2f} %",
            "test loss": f"{measured['loss']:.4f}",
            "parameters": f"{layers.parameters:,}",
            "training time": f"{history.column('seconds')[-1]:.0f} s",
        },
        sections=sections,
        command=f"tinygrad-cnn train {shlex.quote(str(path.parent / 'config.toml'))}",
    )


def _epochs(history: History) -> list[tuple[str, ...]]:
    names = [name for name in history.names if name != "step"]
    shown = {"epoch": "{:.0f}", "seconds": "{:.1f}", "lr": "{:g}"}
    rows = [tuple(shown.get(name, "{:.4f}").format(row[name]) for name in names) for row in history.rows]
    return [tuple(name.replace("_", " ") for name in names), *rows]


def _settings(config: Config) -> list[tuple[str, str]]:
    rows = [(name, str(value)) for name, value in config.scalars.items() if value is not None]
    for name in ("model", "data", "optimizer", "schedule"):
        part = getattr(config, name)
        if part is not None:
            rows.append((name, ", ".join([part[0], *(f"{key} = {value}" for key, value in part[1].items())])))
    if config.early_stopping is not None:
        rows.append(("early stopping", ", ".join(f"{k} = {v}" for k, v in config.early_stopping.items()) or "yes"))
    return rows
