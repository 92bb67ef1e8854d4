"""The layer configurations of `CnnBasicModel`: what is refused, and how."""

import pytest

from tinygrad_cnn.models import CnnBasicModel


@pytest.mark.parametrize(
    ("hconfigs", "error", "text"),
    [
        ("conv", TypeError, r"hconfigs: expected a list of layers, got 'conv'"),
        ({"full": 3}, TypeError, r"hconfigs: expected a list of layers, got {'full': 3}"),
        ([30, 2.5], TypeError, r"hconfigs\[1\]: expected a width or \[kind, {options}\], such as .* got 2\.5"),
        ([True], TypeError, r"hconfigs\[0\]: expected a width or .* got True"),
        (["conv"], TypeError, r"hconfigs\[0\]: expected a width or .* got 'conv'"),
        ([[]], TypeError, r"hconfigs\[0\]: expected a width or .* got \[\]"),
        ([0], ValueError, r"hconfigs\[0\]: expected width of at least 1, got 0"),
        ([["pool", {}]], ValueError, r"\[0\]: expected the kind as one of 'full', 'conv', 'max', 'avg', got 'pool'"),
        ([[["conv"], {}]], ValueError, r"\[0\]: expected the kind as one of .* got \['conv'\]"),
        ([["conv", 5]], TypeError, r"hconfigs\[0\]: expected the options of 'conv' as a dict, got 5"),
        ([["conv", {"ksize": 5}]], ValueError, r"hconfigs\[0\]: 'conv' needs the option 'chn', got 'ksize'"),
        ([["max"]], ValueError, r"hconfigs\[0\]: 'max' needs the option 'stride', got no options"),
        ([["avg", {"strid": 2}]], ValueError, r"options of 'avg' among 'stride', 'actfunc', got 'strid'"),
        ([["full", {"width": "30"}]], TypeError, r"hconfigs\[0\]: expected width as an int, got '30'"),
        ([["conv", {"ksize": [3], "chn": 2}]], ValueError, r"expected ksize as a number or a pair, got \[3\]"),
        ([["conv", {"ksize": [3, 0], "chn": 2}]], ValueError, r"expected ksize of at least 1, got 0"),
        ([["full", {"width": 3, "actfunc": "elu"}]], ValueError, r"actfunc as one of 'none', 'relu', 'sigmoid', "),
        ([30, ["max", {"stride": 2}]], ValueError, r"\[1\]: expected 'max' before every full layer.* vector of 30"),
        ([["max", {"stride": [4, 5]}]], ValueError, r"\[0\]: expected stride that divides .* of 96×96 .* got 4×5"),
    ],
)  # fmt: skip
def test_refusals(hconfigs, error, text):
    with pytest.raises(error, match=text):
        CnnBasicModel(hconfigs)
