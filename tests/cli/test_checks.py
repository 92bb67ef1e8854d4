"""What a configuration may say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import pytest

from tinygrad_cnn.cli.checks import ConfigError, check_arguments, check_type, nearest


def function(
    size: int | tuple[int, int], rate: float = 0.1, name: str | None = None, odd: dict[str, int] | None = None
):
    """Take arguments of several types."""


def test_arguments_get_the_types_they_are_declared_with():
    given = {"size": [3, 4], "rate": 1, "name": "x", "odd": 5}
    assert check_arguments("here", function, given) == {"size": (3, 4), "rate": 1, "name": "x", "odd": 5}
    for wrong, text in [
        ({}, "here: expected the setting 'size', which has no default"),
        ({"size": 1, "rat": 2}, "here: expected settings among size, rate, name, odd, got 'rat'; did you mean 'rate'?"),
        ({"size": "x"}, "here.size: expected int or list of 2 int, got 'x'"),
        ({"size": 1.0}, "here.size: expected int or list of 2 int, got 1.0"),
        ({"size": True}, "here.size: expected int or list of 2 int, got True"),
        ({"size": [1]}, r"here.size: expected int or list of 2 int, got \[1\]"),
        ({"size": [1, "x"]}, "here.size: expected int or list of 2 int"),
        ({"size": 1, "name": 3}, "here.name: expected str, got 3"),
        ({"size": 1, "rate": [0.1]}, r"here.rate: expected float, got \[0.1\]"),
    ]:
        with pytest.raises(ConfigError, match=text.replace("?", r"\?")):
            check_arguments("here", function, wrong)
    with pytest.raises(ConfigError, match="among size, name, odd, got 'rate'"):
        check_arguments("here", function, {"size": 1, "rate": 1.0}, leave_out=["rate"])


def test_nearest_looks_past_case_and_stays_silent_when_nothing_is_near():
    assert nearest("LENET5", ["LeNet5", "x"]) == "; did you mean 'LeNet5'?"
    assert nearest("zzz", ["LeNet5"]) == ""


def test_lists_stay_lists_where_these_are_declared():
    assert check_type("here", [1], list[int]) == [1]


def test_sequences_and_literals_are_looked_at():
    assert check_type("here", [1, 2, 3], Sequence[int]) == [1, 2, 3]
    assert check_type("here", [1, 2], tuple[int, ...]) == (1, 2)
    assert check_type("here", "mean", Literal["mean", "sum"]) == "mean"
    assert check_type("here", [[1, "x"], 5], Sequence[Any]) == [[1, "x"], 5]
    for value, hint, text in [
        (11, Sequence[int], "expected list of int, got 11"),
        ([1, "x"], tuple[int, ...], "expected list of int"),
        ([0.9], tuple[float, float], r"expected list of 2 float, got \[0.9\]"),
        ("max", Literal["mean", "sum"], "expected 'mean' or 'sum', got 'max'"),
    ]:
        with pytest.raises(ConfigError, match=text):
            check_type("here", value, hint)
