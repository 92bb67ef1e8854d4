"""Questions about tensors, asked of tensors and of anything else."""

import numpy as np
import pytest

import tinygrad_cnn as tg


def test_is_tensor():
    assert tg.is_tensor(tg.zeros(2))
    assert tg.is_tensor(tg.nn.Parameter(tg.zeros(2)))
    assert not tg.is_tensor(np.zeros(2))
    assert not tg.is_tensor(1.0)


def test_answers_are_those_of_the_methods():
    assert tg.numel(tg.zeros(2, 3)) == 6
    assert tg.is_floating_point(tg.zeros(2))
    assert not tg.is_floating_point(tg.tensor([1, 2]))


@pytest.mark.parametrize("question", [tg.numel, tg.is_floating_point])
def test_arrays_are_refused(question):
    with pytest.raises(TypeError, match=f"{question.__name__}: expected input as a tensor, got ndarray"):
        question(np.zeros(2))
