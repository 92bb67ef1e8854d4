"""Functions that draw random numbers are refused, and generators are put back."""

import numpy as np
import pytest
from checked_models import leaf

from tinygrad_cnn.drawing import randn
from tinygrad_cnn.gradcheck import GradcheckError, gradcheck, gradgradcheck


class TestRandomFunctions:
    @pytest.mark.parametrize("seed", range(10))
    def test_one_channel_that_is_seldom_dropped(self, seed):
        import tinygrad_cnn

        tinygrad_cnn.manual_seed(seed)
        x = leaf(1, 1, 2, 2)
        before = x.array.copy()
        for check in (gradcheck, gradgradcheck):
            with pytest.raises(GradcheckError, match="is it random"):
                check(lambda x: tinygrad_cnn.nn.functional.dropout2d(x, 0.1, True) * x, x)
        assert np.array_equal(x.array, before)

    def test_another_source_of_random_numbers(self):
        source = np.random.default_rng(0)
        with pytest.raises(GradcheckError, match="is it random"):
            gradcheck(lambda x: x * float(source.random() < 0.9), leaf(2))

    def test_random_numbers_that_are_the_same_at_each_call(self):
        import tinygrad_cnn

        def seeded(x):
            tinygrad_cnn.manual_seed(5)
            return x * randn(2, dtype="float64")

        assert gradcheck(seeded, leaf(2))
        assert gradgradcheck(lambda x: seeded(x) * x, leaf(2))

    def test_random_numbers_that_do_not_count(self):
        assert gradcheck(lambda x: x * x + 0 * randn(2, dtype="float64"), leaf(2))

    def test_the_generator_is_put_back(self):
        import tinygrad_cnn

        x = leaf(2)
        tinygrad_cnn.manual_seed(3)
        expected = randn(2).tolist()
        tinygrad_cnn.manual_seed(3)
        gradcheck(lambda x: x + 0 * randn(2, dtype="float64"), x)
        assert randn(2).tolist() == expected
