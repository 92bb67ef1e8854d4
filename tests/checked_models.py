"""Small models whose gradients are checked."""

from tinygrad_cnn import ops, randn, tensor
from tinygrad_cnn.gradcheck import check_parameters


class Model:
    """The least that has parameters."""

    def __init__(self, **parameters):
        self.parameters = parameters

    def named_parameters(self):
        return iter(self.parameters.items())

    def __getattr__(self, name):
        return self.parameters[name]


def leaf(*shape):
    return randn(*shape, dtype="float64", requires_grad=True)


def one(value, function):
    """Check a model of one parameter p with `value` and the loss Σ function(p)."""
    model = Model(p=tensor(value, dtype="float64", requires_grad=True))
    (row,) = check_parameters(model, lambda: ops.sum(function(model.p)))
    return row
