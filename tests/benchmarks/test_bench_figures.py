"""How figures are made: medians, memory, costs, the roof, units."""

import math
import time

import numpy as np
import pytest

import tinygrad_cnn
from benchmarks import memory, quiet, timing, units
from benchmarks.cost import Cost, network_cost
from benchmarks.layers import compare
from benchmarks.networks import NETWORKS
from benchmarks.roofline import SIZES, bandwidth_for, measure


def test_repetitions_fill_the_time_and_are_three_at_least():
    assert len(timing.durations(lambda: time.sleep(0.01), 0)) == timing.LEAST
    begin = time.perf_counter()
    found = timing.durations(lambda: None, 0.05)
    assert 0.05 <= time.perf_counter() - begin < 10
    assert len(found) > 100


def test_a_single_slow_repetition_does_not_count(monkeypatch):
    slow = iter([0.1, 0, 0] * 10)
    monkeypatch.setattr(timing, "LEAST", 3)
    found = timing.medians(lambda: time.sleep(next(slow)), 0)
    assert len(found) == timing.BOXES
    assert max(found) < 0.05


def test_best_and_spread():
    runs = [{"medians": [3.0, 2.0], "first_s": 7.0}, {"medians": [4.0, 6.0], "first_s": 5.0}]
    assert timing.best(runs) == 2.0
    assert timing.best(runs, "first_s") == 5.0
    assert timing.spread(runs) == 3.0


def test_the_peak_of_memory_counts_what_is_freed_again():
    level = memory.restart()
    if level is None:
        pytest.skip("this system does not tell")
    held = np.ones(8_000_000)  # 64 MB, touched
    del held
    assert 60e6 < memory.above(level) < 80e6
    if level.files:  # Linux can start anew
        assert memory.above(memory.restart()) < 10e6


def test_own_work_is_not_that_of_others(monkeypatch):
    watch = quiet.Watch()
    if watch.others() is None:
        pytest.skip("this system does not tell")
    end = time.perf_counter() + 0.2
    while time.perf_counter() < end:
        pass
    assert 0 <= watch.others() < 16
    busy = quiet._busy()
    monkeypatch.setattr(quiet, "_busy", lambda: busy + 1000)
    assert "measure again on a quiet machine" in watch.text()
    monkeypatch.setattr(quiet, "_busy", lambda: None)
    assert watch.text() == "what else ran meanwhile is not known"


def test_the_cost_of_the_smallest_network_by_hand():
    conv, linear = 8 * 16 * 49 * 25, 8 * 784 * 3  # multiply-adds; the convolution comes first: no input gradient
    weights = 16 * 25 + 16 + 784 * 3 + 3
    elements = 2 * 8 * 121 + 5 * (8 * 16 * 49 + 8 * 3) + 6 * weights
    assert network_cost(NETWORKS["W0"]) == Cost(2 * (2 * conv + 3 * linear), 4 * elements)


def test_the_roof_is_the_higher_of_both_bounds():
    cost = Cost(flops=100, bytes=10)
    assert cost.least_seconds(peak=10, bandwidth=10) == 10
    assert cost.least_seconds(peak=1000, bandwidth=10) == 1


def test_the_roof_is_measured():
    found = measure(tinygrad_cnn, threads=1, seconds=0.05)
    assert set(found["gemm"]) == {"numpy", "framework"}
    assert all(1e8 < rate < 1e14 for rate in (*found["gemm"].values(), *found["bandwidth"].values()))
    assert bandwidth_for(SIZES[0], {str(size): float(size) for size in SIZES}) == SIZES[0]
    assert bandwidth_for(SIZES[0] + 1, {str(size): float(size) for size in SIZES}) == SIZES[1]
    assert bandwidth_for(SIZES[-1] + 1, {str(size): float(size) for size in SIZES}) == SIZES[-1]


def test_layers_have_the_gradients_that_the_network_needs():
    rows = compare("W0", ["ours"], threads=1, rounds=1, seconds=0.01)
    assert [row["kind"] for row in rows] == ["Conv2d", "ReLU", "Flatten", "Linear"]
    conv, linear = 8 * 16 * 49 * 25, 8 * 784 * 3
    assert [row["flops"] for row in rows] == [2 * 2 * conv, 0, 0, 2 * 3 * linear]
    assert all(row["ours"]["forward"] > 0 and row["ours"]["backward"] > 0 for row in rows)
    first = compare("W2a", ["ours"], threads=1, rounds=1, seconds=0.01)[0]
    assert first["kind"] == "Flatten"
    assert first["ours"]["backward"] is None


def test_units():
    assert [units.significant(x) for x in (0, 0.01234, 1.234, 123.4, 1234.5)] == ["0", "0.0123", "1.23", "123", "1234"]
    assert (units.ms(0.00025), units.ms(None)) == ("0.250", "–")
    assert (units.mb(1_500_000), units.mb(None)) == ("1.5", "–")
    assert (units.ratio(1, 2), units.ratio(1, None)) == ("0.50", "–")
    assert units.percent(0.123) == "12\N{NO-BREAK SPACE}%"
    assert math.isclose(units.geometric_mean([0.5, 2, 8]), 2)
    with pytest.raises(ValueError, match="one value or more"):
        units.geometric_mean([])
