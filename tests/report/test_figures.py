"""Figures are SVG, reproducible, and show what they are given."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from tinygrad_cnn.report import feature_maps, filter_rows, filters, line_plot, training_curves
from tinygrad_cnn.report.figures import smooth

pytest.importorskip("matplotlib")


def images_in(svg):
    root = ET.fromstring(svg)
    return len(list(root.iter("{http://www.w3.org/2000/svg}image")))


def comments(svg):
    """Matplotlib draws text as shapes and leaves the words in comments."""
    return [part.split("-->")[0].strip() for part in svg.split("<!--")[1:]]


def test_smooth_is_a_running_mean():
    assert smooth([1, 2, 3, 4], 2).tolist() == [1.0, 1.5, 2.5, 3.5]
    assert smooth([5.0], 10).tolist() == [5.0]


def test_line_plot_names_curves_and_axes():
    svg = line_plot({"a curve": [1, 2], "b curve": [2, 1]}, xlabel="epoch", ylabel="loss", reference=("ln 3", 1.0986))
    assert {"a curve", "b curve", "ln 3", "epoch", "loss"} <= set(comments(svg))
    assert svg == line_plot(
        {"a curve": [1, 2], "b curve": [2, 1]}, xlabel="epoch", ylabel="loss", reference=("ln 3", 1.0986)
    )


def test_training_curves_show_every_metric():
    svg = training_curves([3.0, 2.0, 1.0, 0.5], {"train": [0.5, 0.9], "test": [0.4, 0.8]}, steps_per_epoch=2)
    assert {"train", "test", "training loss", "accuracy"} <= set(comments(svg))


def test_epochs_of_other_lengths_are_drawn_where_they_end():
    loss, metrics = [3.0, 2.0, 1.0, 0.5], {"train": [0.5, 0.9]}
    even = training_curves(loss, metrics, 2)
    assert training_curves(loss, metrics, 2, ends=[2, 4]) == even
    assert training_curves(loss, metrics, 2, ends=[3, 4]) != even


@pytest.mark.parametrize("channels", [1, 3, 5])
def test_filters_are_one_image_each(channels):
    assert images_in(filters(np.random.default_rng(0).standard_normal((7, channels, 3, 3)), columns=4)) == 7
    assert images_in(filters(np.zeros((2, channels, 3, 3)))) == 2


def test_filter_rows_name_their_sets():
    svg = filter_rows({"3 × 3": np.ones((4, 1, 3, 3)), "5 × 5": np.ones((6, 1, 5, 5))}, columns=3)
    assert images_in(svg) == 10
    assert {"3 × 3", "5 × 5"} <= set(comments(svg))


@pytest.mark.parametrize("channels", [1, 3])
def test_feature_maps_show_guess_truth_and_percentages(channels):
    svg = feature_maps(
        np.zeros((2, channels, 6, 6)),
        {"conv1": np.ones((2, 3, 4, 4)), "pool1": np.ones((2, 9, 2, 2))},
        np.array([[0.9, 0.1], [0.25, 0.75]]),
        [0, 0],
        ["cat", "dog"],
    )
    assert images_in(svg) == 2 * (1 + 3 + 8)
    assert {"truth cat, guess cat", "truth cat, guess dog", "90.0 %", "25.0 %", "conv1", "pool1"} <= set(comments(svg))


def test_dollar_signs_are_no_formulas():
    name = "$x^2$ and $y_1$"
    svg = line_plot({name: [1, 2]}, xlabel=name, ylabel="$", reference=("a $ b $", 1.5))
    assert comments(svg).count(name) == 2
    assert {"$", "a $ b $"} <= set(comments(svg))
    maps = feature_maps(
        np.zeros((1, 1, 4, 4)), {"$layer$": np.zeros((1, 2, 3, 3))}, np.array([[0.3, 0.7]]), [0], ["$\\frac$", "$b$"]
    )
    assert {"$layer$", "$\\frac$", "$b$", "truth $\\frac$, guess $b$"} <= set(comments(maps))
