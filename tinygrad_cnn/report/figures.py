"""Figures as SVG text: training curves, learned filters, feature maps."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_cnn._types import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOURS = ("#1f5fa8", "#d1701c", "#3a8a5f", "#8a4f9e", "#6b7280")
"""Distinguishable in print and with common forms of colour blindness."""

_STYLE: Any = {
    "svg.hashsalt": "tinygrad_cnn",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#8a94a0",
    "axes.labelcolor": "#1c2430",
    "axes.grid": True,
    "grid.color": "#e4e8ec",
    "xtick.color": "#5b6675",
    "ytick.color": "#5b6675",
    "text.color": "#1c2430",
    "legend.frameon": False,
}


def _figure(width: float, height: float) -> Figure:
    """Return an empty figure of `width` × `height` inches outside pyplot's global state."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _styled() -> AbstractContextManager[None]:
    """Return the context that every figure is drawn in."""
    try:
        import matplotlib as mpl
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError('figures need matplotlib: pip install "tinygrad-cnn[report]"') from error
    return mpl.rc_context(_STYLE)


def _plain(text: str) -> str:
    """Return `text` escaped so that matplotlib does not read the text between two dollar signs as a formula."""
    return text.replace("$", r"\$")


def _svg(figure: Figure) -> str:
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()


def smooth(values: Sequence[float], span: int) -> Array:
    """Return the mean of the last `span` values at each position, of fewer at the beginning."""
    total = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(ends - span, 0)
    return np.asarray((total[ends] - total[starts]) / (ends - starts))


def line_plot(
    curves: Mapping[str, Sequence[float]],
    *,
    xlabel: str,
    ylabel: str,
    reference: tuple[str, float] | None = None,
    logy: bool = False,
) -> str:
    """Return curves over their index as SVG.

    Args:
        curves: the values by name.
        xlabel: name of the index.
        ylabel: name and unit of the values.
        reference: name and height of a dashed horizontal line.
        logy: whether the vertical axis is logarithmic.
    """
    with _styled():
        figure = _figure(7.5, 3.4)
        axes = figure.subplots()
        for i, (name, values) in enumerate(curves.items()):
            axes.plot(values, label=_plain(name), color=_COLOURS[i % len(_COLOURS)], linewidth=1.6)
        if reference is not None:
            axes.axhline(reference[1], label=_plain(reference[0]), color="#8a94a0", linestyle="--", linewidth=1)
        if logy:
            axes.set_yscale("log")
        axes.set(xlabel=_plain(xlabel), ylabel=_plain(ylabel))
        axes.legend()
        return _svg(figure)


def training_curves(
    loss: Sequence[float],
    metrics: Mapping[str, Sequence[float]],
    steps_per_epoch: int,
    ends: Sequence[float] | None = None,
) -> str:
    """Return the loss of every step with its running mean, and metrics over epochs with markers, as SVG.

    Args:
        loss: of each step.
        metrics: the values after each epoch, by name.
        steps_per_epoch: number of steps of the running mean.
        ends: the last step of each epoch, if the epochs differ in length.
    """
    with _styled():
        figure = _figure(10, 3.6)
        left, right = figure.subplots(1, 2)
        steps = np.arange(1, len(loss) + 1)
        epochs = steps / max(steps_per_epoch, 1) if not ends else np.interp(steps, [0, *ends], np.arange(len(ends) + 1))
        left.plot(epochs, loss, color=_COLOURS[0], alpha=0.25, linewidth=0.8, label="each mini-batch")
        left.plot(epochs, smooth(loss, steps_per_epoch), color=_COLOURS[0], linewidth=1.8, label="mean over an epoch")
        left.set(xlabel="epoch", ylabel="training loss", yscale="log")
        left.legend()
        for i, (name, values) in enumerate(metrics.items()):
            look = {"marker": "os^D"[i % 4], "markersize": 5, "color": _COLOURS[i % len(_COLOURS)]}
            right.plot(np.arange(1, len(values) + 1), values, label=_plain(name), **look)
        right.set(xlabel="epoch", ylabel="accuracy")
        right.xaxis.get_major_locator().set_params(integer=True)
        right.legend()
        return _svg(figure)


def filters(weight: Array, *, columns: int = 10) -> str:
    """Return the filters of a convolution as SVG, one grey-scale image each, all on one symmetric scale.

    Args:
        weight: (O, C, KH, KW); three input channels are shown as colours, any other number by their mean.
        columns: number of images in a row.
    """
    return filter_rows({"": weight}, columns=columns)


def filter_rows(weights: Mapping[str, Array], *, columns: int = 10) -> str:
    """Return several sets of filters below each other as SVG, each with its own symmetric scale, as in `filters`."""
    blocks = {  # (O, KH, KW), or (O, KH, KW, 3) for filters over three channels
        name: weight.transpose(0, 2, 3, 1) if weight.shape[1] == 3 else weight.mean(axis=1)
        for name, weight in weights.items()
    }
    rows = [math.ceil(len(images) / columns) for images in blocks.values()]
    with _styled():
        figure = _figure(columns * 0.8 + 0.4, sum(rows) * 0.8 + 0.45 * len(blocks) + 0.1)
        subfigures = figure.subfigures(len(blocks), 1, height_ratios=rows, squeeze=False)[:, 0]
        for (name, images), subfigure, count in zip(blocks.items(), subfigures, rows, strict=True):
            if name:
                subfigure.suptitle(_plain(name), fontsize=10)
            limit = float(np.abs(images).max()) or 1.0
            grid = subfigure.subplots(count, columns, squeeze=False)
            for axes in grid.flat:
                axes.axis("off")
            for axes, image in zip(grid.flat, images, strict=False):
                shown = (image / limit + 1) / 2 if image.ndim == 3 else image
                axes.imshow(shown, cmap="gray", vmin=-limit, vmax=limit, interpolation="nearest")
        return _svg(figure)


def feature_maps(
    images: Array,
    layers: Mapping[str, Array],
    probabilities: Array,
    truth: Sequence[int],
    classes: Sequence[str],
    *,
    channels: int = 8,
) -> str:
    """Return, for each image, its maps in every layer and the class probabilities with guess and truth, as SVG.

    Args:
        images: (N, 1, H, W) or (N, 3, H, W) with values in [0, 1].
        layers: (N, C, h, w) by layer name; the first `channels` of each are shown.
        probabilities: (N, classes).
        truth: the true class of each image.
        classes: names of the classes.
        channels: number of maps of a layer to show.
    """
    n = len(images)
    with _styled():
        figure = _figure(11, 1.0 * n * len(layers) + 0.3 * n)
        for subfigure, i in zip(figure.subfigures(n, 1, squeeze=False)[:, 0], range(n), strict=True):
            grid = subfigure.add_gridspec(len(layers), channels + 6)
            picture = subfigure.add_subplot(grid[:, :2])
            shown = images[i].transpose(1, 2, 0) if images.shape[1] == 3 else images[i, 0]
            picture.imshow(shown, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
            picture.axis("off")
            guess = int(probabilities[i].argmax())
            right = guess == truth[i]
            picture.set_title(
                _plain(f"truth {classes[truth[i]]}, guess {classes[guess]}"),
                fontsize=10,
                color=_COLOURS[2] if right else "#b3261e",
            )
            for row, (name, maps) in enumerate(layers.items()):
                for k in range(min(channels, maps.shape[1])):
                    axes = subfigure.add_subplot(grid[row, 2 + k])
                    axes.imshow(maps[i, k], cmap="viridis", interpolation="nearest")
                    axes.set_xticks([])
                    axes.set_yticks([])
                    axes.grid(False)
                    for spine in axes.spines.values():
                        spine.set_visible(False)
                    if k == 0:
                        axes.set_ylabel(_plain(name), fontsize=9)
            bars = subfigure.add_subplot(grid[:, channels + 2 :])
            positions = np.arange(len(classes))
            colours = [_COLOURS[2] if k == truth[i] else "#b3261e" if k == guess else "#b9c3ce" for k in positions]
            bars.barh(positions, 100 * probabilities[i], color=colours, height=0.7)
            for k in range(len(classes)):
                if probabilities[i, k] >= 0.005:
                    bars.text(
                        100 * probabilities[i, k] + 2, k, f"{100 * probabilities[i, k]:.1f} %", va="center", fontsize=8
                    )
            bars.set(
                yticks=positions, yticklabels=[_plain(name) for name in classes], xlim=(0, 125), xticks=[0, 50, 100]
            )
            bars.invert_yaxis()
            bars.set_xlabel("probability (%)", fontsize=9)
            bars.tick_params(labelsize=8)
            bars.grid(axis="y", visible=False)
        return _svg(figure)
