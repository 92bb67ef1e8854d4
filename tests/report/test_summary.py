"""`summarize`: one row a layer, in the order in which they ran."""

import tinygrad_cnn as tg
from tinygrad_cnn import nn
from tinygrad_cnn.models import SimpleConvNet
from tinygrad_cnn.report import summarize


def test_simple_convnet():
    summary = summarize(SimpleConvNet(), (2, 1, 28, 28))
    assert [(row.name, row.kind, row.output, row.parameters) for row in summary.rows] == [
        ("conv1", "Conv2d", (2, 30, 24, 24), 780),
        ("", "relu", (2, 30, 24, 24), 0),
        ("pool1", "MaxPool2d", (2, 30, 12, 12), 0),
        ("", "reshape", (2, 4320), 0),
        ("fc1", "Linear", (2, 100), 432_100),
        ("", "relu", (2, 100), 0),
        ("fc2", "Linear", (2, 10), 1_010),
    ]
    assert summary.parameters == summary.trainable == 433_890
    lines = str(summary).splitlines()
    assert lines[0] == "SimpleConvNet, input 2 × 1 × 28 × 28"
    assert lines[-1] == "433,890 parameters, 433,890 of them trainable"
    assert len({len(line) for line in lines[2:-2]}) == 1


def test_a_layer_alone_nested_layers_and_frozen_parameters():
    assert [row.kind for row in summarize(nn.Linear(3, 2), (1, 3)).rows] == ["Linear"]
    inner = nn.Sequential(nn.Linear(3, 4), nn.ReLU())
    model = nn.Sequential(inner, nn.Linear(4, 2)).double()
    model[1].requires_grad_(False)
    summary = summarize(model, (1, 3))
    assert [row.name for row in summary.rows] == ["0.0", "0.1", "1"]
    assert (summary.parameters, summary.trainable) == (26, 16)


def test_the_model_is_left_as_it_was():
    model = nn.Linear(3, 2)
    model.train()
    summarize(model, (1, 3))
    assert model.training
    assert model.weight.grad is None


def test_a_layer_used_twice_has_two_rows_and_counts_once():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 3)

        def forward(self, x):
            return self.layer(tg.relu(self.layer(x)))

    summary = summarize(Twice(), (1, 3))
    assert [row.kind for row in summary.rows] == ["Linear", "relu", "Linear"]
    assert summary.parameters == 12
