"""Layers and parameters in plain containers: what is told of them, and where."""

import re

import pytest

import tinygrad_cnn as tc
from tinygrad_cnn import nn, optim
from tinygrad_cnn.graph import draw
from tinygrad_cnn.report import summary


class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(3, 3), nn.ReLU()]
        self.heads = {"a": nn.Linear(3, 2)}
        self.scales = (nn.Parameter(tc.ones(3)),)
        self.fc = nn.Linear(3, 3)
        self.also = [self.fc, self.fc.weight, 1, "two"]

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.heads["a"](self.fc(x) * self.scales[0])


TOLD = [
    r"Plain.layers is a plain list: what it holds \(Linear, ReLU\) is not registered, .* use nn.ModuleList",
    r"Plain.heads is a plain dict: what it holds \(Linear\) is not registered, .* use nn.ModuleDict",
    r"Plain.scales is a plain tuple: what it holds \(Parameter\) is not registered, .* use an attribute for each",
]


def test_summary_and_draw_warn_of_each():
    model = Plain()
    for use in (lambda: summary(model, (1, 3)), lambda: draw(model(tc.ones(1, 3)).sum())):
        with pytest.warns(UserWarning, match="Plain") as caught:
            use()
        assert len(caught) == 3
        for text, one in zip(TOLD, caught, strict=True):
            assert re.search(text, str(one.message))
            assert one.filename == __file__


def test_the_path_of_the_holder_is_named():
    with pytest.warns(UserWarning, match=r"summary: Sequential.0.(layers|heads|scales) is a plain"):
        summary(nn.Sequential(Plain()), (1, 3))


def test_registered_ones_are_no_reason_to_warn(recwarn):
    model = nn.Sequential(nn.Linear(3, 3), nn.ReLU())
    model.by_name = {"first": model[0], "others": [model[1]]}
    summary(model, (1, 3))
    draw(model(tc.ones(1, 3)).sum())
    assert not list(recwarn)


def test_an_optimizer_without_parameters_says_where_they_are_not_found():
    class Empty(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = [nn.Linear(3, 3)]

    with pytest.raises(ValueError, match="empty parameter list; .* in nn.ModuleList .* none in a plain list or dict"):
        optim.SGD(Empty().parameters())
