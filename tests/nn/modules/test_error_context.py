"""What a user reads when a model and its input do not fit: which layer, what came, what made it, and what would fit."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest

import tinygrad_cnn as tc
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn


def lenet(features=256, channels=1):
    return nn.Sequential(
        nn.Conv2d(channels, 6, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(features, 10),
    )  # fmt: skip


def told(model, *inputs):
    """Return the two lines of the error: what the function says, and where it was."""
    with pytest.raises((IndexError, RuntimeError, TypeError, ValueError)) as caught:
        model(*inputs)
    assert not getattr(caught.value, "__notes__", [])
    what, where = str(caught.value).splitlines()
    return what, where


class Blocks(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList([nn.Sequential(nn.Linear(8, 8), nn.ReLU()), nn.Linear(9, 8)])

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return x


class Functional(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(tc.zeros(5, 3))

    def forward(self, x):
        return F.linear(F.relu(x @ x.t()).reshape(-1, 2), self.w)


class Sums(nn.Module):
    def forward(self, x):
        return x[:, :3] + F.relu(x)[:, 2:]


class Joins(nn.Module):
    def forward(self, x):
        return tc.cat([x, x.t()], 1)


def run(program):
    """Return the last lines that a program which fails writes to the terminal."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, encoding="utf-8", timeout=60
    )
    assert done.returncode == 1
    return done.stderr.splitlines()


def test_wrong_number_of_features_after_flatten():
    model = lenet(400)
    what, where = told(model, tc.zeros(4, 1, 36, 36))
    assert what == (
        "linear: expected input with a last axis of 400 (weight (10, 400)), got (4, 576); "
        "Linear(in_features=576, out_features=10) would fit"
    )
    assert where == (
        "in model.7 Linear(in_features=400, out_features=10, bias=True): got (4, 576) after Flatten of (4, 16, 6, 6); "
        "images of the size that gives 5×5 positions here would fit too (transforms.Resize)"
    )
    model[7] = nn.Linear(in_features=576, out_features=10)
    assert model(tc.zeros(4, 1, 36, 36)).shape == (4, 10)


def test_without_a_graph_the_view_still_knows_what_was_flattened():
    model = lenet(400)
    with tc.no_grad():
        _, where = told(model, tc.zeros(4, 1, 36, 36))
    assert "got (4, 576) after reshape of (4, 16, 6, 6); images of the size that gives 5×5 positions" in where
    model.eval()
    with tc.no_grad():
        _, where = told(model, tc.zeros(4, 1, 12, 12))
    assert where == "in model.3 Conv2d(6, 16, kernel_size=(5, 5), stride=(1, 1)): got (4, 6, 4, 4)"


@pytest.mark.parametrize(
    ("channels", "shape", "fix"),
    [
        (3, (4, 28, 28, 3), "; channels come before height and width here: x.permute(0, 3, 1, 2)"),
        (3, (28, 28, 3), "; channels come before height and width here: x.permute(2, 0, 1)[None]"),
        (1, (4, 28, 28), "; grey images of shape (N, H, W) need a channel axis: x.unsqueeze(1)"),
        (1, (28, 28), "; one grey image (H, W) needs a batch and a channel axis: x[None, None]"),
        (1, (4, 3, 28, 28), "; in_channels=3 would fit"),
    ],
)
def test_wrong_channels(channels, shape, fix):
    model, x = lenet(channels=channels), tc.zeros(shape)
    what, where = told(model, x)
    assert what.startswith(f"conv2d: expected input (N, C, H, W) with C = {channels} ")
    assert what.endswith(f", got {shape}{fix}")
    assert where == f"in model.0 {model[0]!r}: got {shape}"
    if "x" in fix:
        expression = fix.split(": ")[-1]
        if expression.startswith("x"):
            assert model(eval(expression)).shape[-1] == 10


@pytest.mark.parametrize(
    ("features", "fix"),
    [
        (864, "; flatten it first: x.flatten(1)"),
        (800, "; after x.flatten(1), Linear(in_features=864, out_features=10) would fit"),
    ],
)
def test_forgotten_flatten(features, fix):
    model = nn.Sequential(nn.Conv2d(1, 6, 5), nn.MaxPool2d(2), nn.Linear(features, 10))
    what, where = told(model, tc.zeros(4, 1, 28, 28))
    assert what.endswith(f"got (4, 6, 12, 12){fix}")
    assert where.endswith("got (4, 6, 12, 12) after MaxPool2d of (4, 6, 24, 24)")


def test_forgotten_batch_axis():
    model, x = lenet(), tc.zeros(1, 28, 28)
    what, where = told(model, x)
    assert what.endswith("got (16, 16); one image without a batch axis? Give the model x.unsqueeze(0)")
    assert where.endswith("got (16, 16) after Flatten of (16, 4, 4)")
    assert model(x.unsqueeze(0)).shape == (1, 10)


def test_image_too_small_for_the_layers():
    model = lenet()
    what, where = told(model, tc.zeros(4, 1, 12, 12))
    assert "got a window of (5, 5) on (4, 4)" in what
    assert what.endswith("use a smaller kernel_size, more padding or a larger input")
    assert where.startswith("in model.3 Conv2d(6, 16, ")
    assert where.endswith("got (4, 6, 4, 4) after MaxPool2d of (4, 6, 8, 8)")
    pools = nn.Sequential(*[nn.MaxPool2d(2) for _ in range(3)])
    what, where = told(pools, tc.zeros(1, 1, 4, 4, requires_grad=True))
    assert "max_pool2d: expected a window no larger than the padded input, got a window of (2, 2) on (1, 1)" in what
    assert where.startswith("in model.2 MaxPool2d(")
    assert where.endswith("got (1, 1, 1, 1) after MaxPool2d of (1, 1, 2, 2)")


@pytest.mark.parametrize("model", [nn.Sequential(nn.Conv2d(1, 2, 3)), nn.Sequential(nn.Flatten(), nn.Linear(16, 2))])
def test_bytes_and_doubles_into_a_model_of_floats(model):
    what, where = told(model, tc.zeros(2, 1, 4, 4, dtype=tc.uint8))
    assert what.endswith(
        "expected tensors of one dtype, got input uint8, weight float32, bias float32; convert with input.float(), "
        "images of bytes with input.float() / 255"
    )
    assert " of uint8" in where
    assert told(model, tc.zeros(2, 1, 4, 4, dtype=tc.int64))[0].endswith("; convert with input.float()")
    what, where = told(model, tc.tensor(np.zeros((2, 1, 4, 4))))
    assert what.endswith("; convert with input.float(), or the others with .double()")
    assert " of float64" in where


def test_targets_that_cross_entropy_refuses():
    criterion, scores, labels = nn.CrossEntropyLoss(), tc.zeros(4, 10), tc.tensor([1, 2, 3, 4])
    what, where = told(criterion, scores, F.one_hot(labels, 10))
    assert what.endswith("got int64 of shape (4, 10); turn one-hot rows into indices with target.argmax(1)")
    assert where == "in model CrossEntropyLoss(): got (4, 10) and (4, 10) of int64"
    what, _ = told(criterion, scores, F.one_hot(labels, 9))
    assert what.endswith("got (4, 9); turn one-hot rows into indices with target.argmax(1)")
    what, _ = told(criterion, scores, labels.float())
    assert what.endswith("of an integer dtype, such as int64, got float32; convert indices with .long()")
    what, _ = told(criterion, scores, labels.unsqueeze(1))
    assert what.endswith("got (4, 1); drop the axis of length 1 with target.squeeze(1)")
    what, _ = told(criterion, scores, labels + 6)
    assert what.endswith("got 10 at target[3]")


def test_batch_norm_of_the_wrong_kind():
    model = nn.Sequential(nn.Conv2d(1, 6, 5), nn.BatchNorm1d(6))
    what, where = told(model, tc.zeros(4, 1, 28, 28))
    assert what == "BatchNorm1d: expected input (N, C) or (N, C, L), got (4, 6, 24, 24); BatchNorm2d takes images"
    assert where.startswith("in model.1 BatchNorm1d(6, ")
    assert where.endswith("got (4, 6, 24, 24) after Conv2d of (4, 1, 28, 28)")
    model = nn.Sequential(nn.Flatten(), nn.BatchNorm2d(6))
    assert told(model, tc.zeros(4, 6))[0].endswith("got (4, 6); BatchNorm1d takes rows and sequences")


@pytest.mark.parametrize(
    ("make", "path", "text"),
    [
        (Blocks, ".blocks.1", "Linear(in_features=9, out_features=8, bias=True): got (4, 8) after ReLU of (4, 8)"),
        (Functional, "", "Functional(): linear got (8, 2) after reshape of (4, 4)"),
        (Sums, "", "Sums(): add got (4, 3) after getitem of (4, 8) and (4, 6) after getitem of (4, 8)"),
        (Joins, "", "Joins(): cat got (4, 8) and (8, 4) after permute of (4, 8)"),
    ],
)
def test_the_path_and_the_function_are_named_wherever_the_layer_is(make, path, text):
    x = tc.ones(4, 8, requires_grad=True)
    assert told(make(), x)[1] == f"in model{path} {text}"
    assert told(nn.Sequential(nn.Identity(), make()), x)[1] == f"in model.1{path} {text}"


def test_a_model_without_a_variable_goes_by_its_class():
    with pytest.raises(RuntimeError, match=r"\nin Blocks\.blocks\.1 Linear\("):
        Blocks()(tc.ones(4, 8))
    with pytest.raises(RuntimeError, match=r"\nin Linear\(in_features=3, "):
        nn.Linear(3, 2)(tc.ones(1))


def test_arguments_that_forward_does_not_take():
    net = nn.Sequential(nn.ReLU())
    with pytest.raises(TypeError, match=r"missing 1 required positional argument: 'input'\nin net Sequential$"):
        net()


def test_an_output_of_a_function_with_several_is_named_by_the_function():
    class Split(tc.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x[:, :1] * 1, x[:, 1:] * 1

        @staticmethod
        def backward(ctx, g, h):
            return tc.cat([g, h], 1)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(3, 2)

        def forward(self, x):
            return self.fc(Split.apply(x)[1])

    assert told(Net(), tc.ones(2, 8, requires_grad=True))[1].endswith("got (2, 7) after Split of (2, 8)")


def test_a_hooked_input_comes_from_nowhere():
    class Net(nn.Module):
        def forward(self, x):
            return F.linear(x, tc.ones(2, 3))

    net = Net()
    net.register_full_backward_hook(lambda *_: None)
    assert told(net, tc.ones(1, 2, requires_grad=True))[1] == "in model Net(): linear got (1, 2) and (2, 3)"


def test_an_error_of_the_users_own_keeps_its_text_and_gets_a_note():
    class Picky(nn.Module):
        def forward(self, x):
            raise ValueError("not today")

    net = nn.Sequential(nn.Flatten(), Picky())
    with pytest.raises(ValueError, match="not today") as caught:
        net(tc.ones(2, 2, 2))
    assert str(caught.value) == "not today"
    assert caught.value.__notes__ == ["in net.1 Picky(): got (2, 4) after reshape of (2, 2, 2)"]


def test_other_exceptions_and_endless_recursion_pass_untouched():
    class Asks(nn.Module):
        def forward(self, x):
            return {}["key"]

    class Endless(nn.Module):
        def forward(self, x):
            return self(x)

    for net, kind in ((Asks(), KeyError), (Endless(), RecursionError)):
        with pytest.raises(kind) as caught:
            net(tc.ones(1))
        assert "in net" not in str(caught.value)
        assert not getattr(caught.value, "__notes__", [])
    assert tc.autograd.current_scope() is None


def test_what_the_terminal_shows():
    lines = run("""
        import tinygrad_cnn as tc
        from tinygrad_cnn import nn
        model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(100, 10))
        model(tc.zeros(8, 1, 8, 8))
    """)
    assert lines[-2] == (
        "RuntimeError: linear: expected input with a last axis of 100 (weight (10, 100)), got (8, 72); "
        "Linear(in_features=72, out_features=10) would fit"
    )
    assert lines[-1] == (
        "in model.2 Linear(in_features=100, out_features=10, bias=True): got (8, 72) after Flatten of (8, 2, 6, 6)"
    )


def test_the_terminal_shows_notes_and_near_misses():
    lines = run("""
        from tinygrad_cnn import nn
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.encoder = nn.Linear(2, 2)
            def forward(self, x):
                return self.encoder.wieght
        Net()(1)
    """)
    assert lines[-1] == "AttributeError: 'Linear' object has no attribute 'wieght'. Did you mean: 'weight'?"
