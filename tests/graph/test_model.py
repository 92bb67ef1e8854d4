"""The plain data of a graph: equal for equal programs, and immutable."""

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from tinygrad_cnn.graph import Value, trace


def test_graphs_of_equal_programs_are_equal(run, another_run):
    assert trace(run.loss) == trace(another_run.loss)
    assert trace(run.loss) != trace(another_run.loss * 2)


def test_elements_do_not_count_in_a_comparison():
    value = Value("value1", "leaf", "a", (), np.dtype("float32"), None)
    assert replace(value, data=np.ones(2), grad=np.ones(2)) == value
    assert replace(value, name="b") != value


def test_a_graph_cannot_be_changed(run):
    with pytest.raises(FrozenInstanceError):
        trace(run.loss).operations = 3
