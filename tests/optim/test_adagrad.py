"""`Adagrad`: its settings, and the sum of squares it starts from."""

import pytest
from optim_cases import parameter

from tinygrad_cnn import optim

REFUSED = [
    (lambda p: optim.Adagrad([p], lr=-1), ValueError, r"Invalid learning rate: -1 \(Adagrad"),
    (lambda p: optim.Adagrad([p], lr_decay=-1), ValueError, "Invalid lr_decay value: -1"),
    (lambda p: optim.Adagrad([p], eps=-1), ValueError, "Invalid epsilon value: -1"),
    (lambda p: optim.Adagrad([p], weight_decay=-1), ValueError, "Invalid weight_decay value: -1"),
    (
        lambda p: optim.Adagrad([p], initial_accumulator_value=-1),
        ValueError,
        "Invalid initial_accumulator_value value: -1",
    ),
]


@pytest.mark.parametrize(("make", "kind", "text"), REFUSED, ids=[str(i) for i in range(len(REFUSED))])
def test_refused_with_a_message(make, kind, text):
    with pytest.raises(kind, match=text):
        make(parameter(1, 2))
