"""`Adadelta`: its settings, and the first step."""

import pytest
from optim_cases import parameter

from tinygrad_cnn import optim

REFUSED = [
    (lambda p: optim.Adadelta([p], lr=-1), ValueError, r"Invalid learning rate: -1 \(Adadelta"),
    (
        lambda p: optim.Adadelta([p], rho=1.1),
        ValueError,
        r"Invalid rho value: 1.1 \(Adadelta expects a number in \[0, 1\]\)",
    ),
    (lambda p: optim.Adadelta([p], rho=-1), ValueError, "Invalid rho value: -1"),
    (lambda p: optim.Adadelta([p], eps=-1), ValueError, "Invalid epsilon value: -1"),
    (lambda p: optim.Adadelta([p], weight_decay=-1), ValueError, "Invalid weight_decay value: -1"),
]


@pytest.mark.parametrize(("make", "kind", "text"), REFUSED, ids=[str(i) for i in range(len(REFUSED))])
def test_refused_with_a_message(make, kind, text):
    with pytest.raises(kind, match=text):
        make(parameter(1, 2))
