"""What a user reads when a layer gets no tensor: which layer, what came, and whose `return` may be missing."""

import numpy as np
import pytest

import tinygrad_cnn as tc
from tinygrad_cnn import nn

LAYERS = [
    nn.Linear(3, 3), nn.Conv1d(3, 3, 1), nn.Conv2d(3, 3, 1), nn.ConvTranspose2d(3, 3, 1), nn.BatchNorm1d(3),
    nn.BatchNorm2d(3), nn.InstanceNorm2d(3), nn.LayerNorm(3), nn.GroupNorm(1, 3), nn.LocalResponseNorm(2),
    nn.MaxPool1d(2), nn.MaxPool2d(2), nn.AvgPool2d(2), nn.AdaptiveAvgPool2d(1), nn.ReLU(), nn.Hardtanh(), nn.SELU(),
    nn.PReLU(), nn.Softmax(1), nn.Dropout(), nn.Dropout(0.0), nn.Dropout().eval(), nn.Dropout2d(), nn.Flatten(),
    nn.Unflatten(1, (1, 3)), nn.Upsample(2), nn.PixelShuffle(1), nn.ZeroPad2d(1), nn.Embedding(3, 3),
    nn.LazyLinear(3), nn.LazyConv2d(3, 1), nn.LazyBatchNorm2d(),
]  # fmt: skip

ODD = [
    (None, "got None; did the model's forward forget `return`?"),
    ("cat", r"got 'cat' \(str\)"),
    ([1.0, 2.0], r"got a list of 2; make it a tensor with tensor\(x\)"),
    (np.ones((2, 3)), r"got an array \(2, 3\) of float64; make it a tensor with from_numpy\(x\) or tensor\(x\)"),
    ((tc.ones(2, 3), tc.ones(4)), r"got a tuple of \(2, 3\) and \(4,\); pass one of them, or join them with cat"),
]


class Forgets(nn.Module):
    def forward(self, x):
        x * 2


def told(model):
    with pytest.raises((AttributeError, TypeError)) as caught:
        model(tc.ones(2, 3))
    return "\n".join([str(caught.value), *getattr(caught.value, "__notes__", [])])


class Views(nn.Module):
    def forward(self, x):
        return x.view(-1)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.block = Forgets()
        self.fc = nn.Linear(3, 3)

    def forward(self, x):
        return self.fc(self.block(x))


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
@pytest.mark.parametrize(("value", "text"), ODD, ids=lambda value: type(value).__name__)
def test_every_layer_says_what_it_got(layer, value, text):
    kind = type(layer).__name__
    with pytest.raises(TypeError, match=rf"expected input as a tensor, got \w+\nin (layer )?{kind}\(.*\): {text}"):
        layer(value)


def test_the_module_before_it_in_a_row_is_named():
    model = nn.Sequential(Forgets(), nn.Linear(3, 3))
    expected = r"in model.1 Linear(in_features=3, out_features=3, bias=True): got None; did model.0's forward"
    assert f"{expected} forget `return`?" in told(model)


def test_a_fused_layer_is_named_too():
    model = nn.Sequential(nn.ReLU(), Forgets(), nn.Linear(3, 3), nn.ReLU())
    assert "in model.2 Linear" in told(model)
    assert "did model.1's forward forget `return`?" in told(model)


def test_a_module_of_the_users_own_gets_a_note():
    model = nn.Sequential(nn.Sequential(Forgets()), Views())
    assert told(model).splitlines() == [
        "'NoneType' object has no attribute 'view'",
        "in model.1 Views(): got None; did model.0's forward forget `return`?",
    ]


def test_in_a_forward_of_the_users_own_the_layer_is_named():
    assert told(Net()).endswith(
        "in model.fc Linear(in_features=3, out_features=3, bias=True): got None; "
        "did the forward of the module before it forget `return`?"
    )


def test_a_loss_asks_for_the_models_return():
    criterion = nn.MSELoss()
    with pytest.raises(TypeError, match="MSELoss\\(\\): got None; did the model's forward forget `return`"):
        criterion(nn.Sequential(Forgets())(tc.ones(2)), tc.ones(2))


def test_a_slip_in_the_users_code_is_left_alone():
    class Slips(nn.Module):
        def forward(self, x):
            return x.veiw(-1)

    with pytest.raises(AttributeError) as caught:
        nn.Sequential(Slips())(tc.ones(2))
    assert not getattr(caught.value, "__notes__", [])
    assert "\n" not in str(caught.value)
