"""Questions about tensors, as functions."""

import numpy as np
import pytest

import tinygrad_cnn as tg


def test_what_is_a_tensor():
    assert tg.is_tensor(tg.zeros(2))
    assert tg.is_tensor(tg.nn.Parameter(tg.zeros(2)))
    assert not any(tg.is_tensor(one) for one in (np.zeros(2), [1.0], 2.0, None))


@pytest.mark.parametrize(
    ("dtype", "floating"),
    [(tg.float16, True), (tg.float32, True), (tg.float64, True), (tg.int64, False), (bool, False)],
)
def test_floating_point_is_told_by_the_dtype(dtype, floating):
    assert tg.is_floating_point(tg.zeros(2, dtype=dtype)) is floating


@pytest.mark.parametrize(("shape", "count"), [((), 1), ((2, 0), 0), ((2, 3), 6)])
def test_elements_are_counted(shape, count):
    assert tg.numel(tg.zeros(shape)) == count


@pytest.mark.parametrize("question", [tg.is_floating_point, tg.numel])
def test_what_is_no_tensor_is_refused_by_name(question):
    with pytest.raises(TypeError, match=f"{question.__name__}: expected input as a tensor, got ndarray"):
        question(np.zeros(2))
