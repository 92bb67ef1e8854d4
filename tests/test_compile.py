"""`compile` gives back what it is given."""

import tinygrad_cnn as tg
from tinygrad_cnn import nn


def test_a_model_and_a_function_stay_what_they_are():
    model = nn.Linear(2, 2)
    assert tg.compile(model, mode="max-autotune") is model
    assert tg.compile(abs) is abs


def test_it_decorates():
    @tg.compile
    def one():
        return 1

    @tg.compile(fullgraph=True)
    def two():
        return 2

    assert (one(), two()) == (1, 2)
