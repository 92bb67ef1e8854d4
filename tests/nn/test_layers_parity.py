"""Layers and losses are PyTorch's: arguments, text, state_dicts, outputs, gradients, running statistics."""

import inspect

import numpy as np
import pytest

import tinygrad_cnn as tc
from tinygrad_cnn import nn

torch = pytest.importorskip("torch")

IMAGES, SEQUENCES, ROWS = (2, 4, 7, 6), (2, 4, 9), (5, 6)

LAYERS = [
    ("Linear", (6, 3), {}, ROWS),
    ("Conv1d", (4, 6, 3), {"stride": 2, "padding": 1, "groups": 2}, SEQUENCES),
    ("Conv1d", (4, 2, 4), {"padding": "same", "dilation": 2, "bias": False}, SEQUENCES),
    ("Conv1d", (4, 2, 3), {"padding": 2, "padding_mode": "reflect"}, SEQUENCES),
    ("Conv2d", (4, 6, (3, 2)), {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2), "groups": 2}, IMAGES),
    ("Conv2d", (4, 3, (3, 2)), {"padding": (2, 1), "padding_mode": "reflect", "stride": 2}, IMAGES),
    ("Conv2d", (4, 3, (2, 4)), {"padding": "same", "padding_mode": "replicate"}, IMAGES),
    ("Conv2d", (4, 3, 3), {"padding": 1, "padding_mode": "replicate", "bias": False}, (4, 5, 7)),
    ("ConvTranspose2d", (4, 6, (3, 2)), {"stride": (2, 3), "padding": (1, 0), "output_padding": (1, 2)}, IMAGES),
    ("ConvTranspose2d", (4, 2, 3), {"groups": 2, "bias": False, "dilation": (2, 1)}, IMAGES),
    ("MaxPool1d", (3,), {"stride": 2, "padding": 1, "ceil_mode": True}, SEQUENCES),
    ("MaxPool1d", (2,), {"dilation": 2}, SEQUENCES),
    ("MaxPool2d", ((3, 2),), {"stride": 2, "padding": 1, "ceil_mode": True}, IMAGES),
    ("AvgPool1d", (3,), {"stride": 2, "padding": 1, "ceil_mode": True, "count_include_pad": False}, SEQUENCES),
    ("AvgPool2d", ((3, 2),), {"stride": 2, "padding": 1, "divisor_override": 5}, IMAGES),
    ("AdaptiveAvgPool2d", ((3, None),), {}, IMAGES),
    ("AdaptiveAvgPool2d", (4,), {}, IMAGES),
    ("AdaptiveMaxPool2d", ((3, 4),), {}, IMAGES),
    ("BatchNorm1d", (6,), {}, ROWS),
    ("BatchNorm1d", (4,), {"momentum": None, "eps": 0.1}, SEQUENCES),
    ("BatchNorm2d", (4,), {"momentum": 0.3}, IMAGES),
    ("BatchNorm2d", (4,), {"affine": False}, IMAGES),
    ("BatchNorm2d", (4,), {"bias": False, "track_running_stats": False}, IMAGES),
    ("LayerNorm", (6,), {"eps": 0.1}, ROWS),
    ("LayerNorm", ((7, 6),), {"bias": False}, IMAGES),
    ("LayerNorm", ([6],), {"elementwise_affine": False}, IMAGES),
    ("GroupNorm", (2, 4), {"eps": 0.1}, IMAGES),
    ("GroupNorm", (4, 4), {"affine": False}, IMAGES),
    ("GroupNorm", (1, 4), {"bias": False}, SEQUENCES),
    ("Dropout", (0.0,), {"inplace": True}, ROWS),
    ("Dropout2d", (1.0,), {}, IMAGES),
    ("Flatten", (), {}, IMAGES),
    ("Unflatten", (1, (2, -1)), {}, ROWS),
    ("Unflatten", (-1, (3, 2)), {}, ROWS),
    ("Identity", (3, "anything"), {"at": "all"}, ROWS),
    ("Upsample", (), {"scale_factor": 2}, IMAGES),
    ("Upsample", (), {"scale_factor": (1.5, 0.7)}, IMAGES),
    ("Upsample", ((3, 11),), {}, IMAGES),
    ("ZeroPad2d", (1,), {}, IMAGES),
    ("ZeroPad2d", ((1, 2, 0, -3),), {}, IMAGES),
    ("ReLU", (), {}, ROWS),
    ("ReLU6", (), {}, ROWS),
    ("LeakyReLU", (0.3,), {}, ROWS),
    ("ELU", (1.5,), {}, ROWS),
    ("GELU", (), {}, ROWS),
    ("GELU", ("tanh",), {}, ROWS),
    ("SiLU", (), {}, ROWS),
    ("Softplus", (), {"beta": 2.0, "threshold": 1.0}, ROWS),
    ("Hardtanh", (-0.5, 0.25), {}, ROWS),
    ("LogSigmoid", (), {}, ROWS),
    ("Sigmoid", (), {}, ROWS),
    ("Tanh", (), {}, ROWS),
    ("Softmax", (-1,), {}, ROWS),
    ("LogSoftmax", (0,), {}, ROWS),
]


MODULES = [name for name in nn.__all__ if name[0].isupper() and issubclass(getattr(nn, name), nn.Module)]


def named(rows):
    return [pytest.param(*row, id=f"{row[0]}-{i}") for i, row in enumerate(rows)]


def twins(name, args, options):
    """Return the layer in both, in float64 and with the same, random, parameters and buffers."""
    rng = np.random.default_rng(2)
    ours, theirs = getattr(nn, name)(*args, **options).double(), getattr(torch.nn, name)(*args, **options).double()
    assert repr(ours) == repr(theirs)
    mine, other = ours.state_dict(), theirs.state_dict()
    assert list(mine) == list(other)
    for key, value in other.items():
        assert mine[key].shape == tuple(value.shape), key
        assert str(mine[key].dtype) == str(value.dtype).removeprefix("torch."), key
        if value.is_floating_point():
            value.copy_(torch.tensor(rng.uniform(0.5, 1.5, size=tuple(value.shape))))
    ours.load_state_dict({key: value.numpy() for key, value in other.items()})
    return ours, theirs


def close(ours, theirs):
    np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), rtol=1e-10, atol=1e-13)


def run_both(ours, theirs, *shapes):
    """Compare the outputs and the gradients of inputs and parameters."""
    rng = np.random.default_rng(1)
    arrays = [rng.normal(size=shape) for shape in shapes]
    mine = [tc.tensor(a, requires_grad=True) for a in arrays]
    other = [torch.tensor(a, requires_grad=True) for a in arrays]
    y, expected = ours(*mine), theirs(*other)
    assert y.shape == tuple(expected.shape)
    close(y, expected)
    g = rng.normal(size=y.shape)
    y.backward(tc.tensor(g))
    expected.backward(torch.tensor(g))
    for a, b in zip([*mine, *ours.parameters()], [*other, *theirs.parameters()], strict=True):
        close(a.grad, b.grad)


@pytest.mark.parametrize(("name", "args", "options", "shape"), named(LAYERS))
def test_a_layer_in_training_and_in_evaluation_mode(name, args, options, shape):
    ours, theirs = twins(name, args, options)
    for _ in range(2):
        run_both(ours, theirs, shape)
        ours.zero_grad()
        theirs.zero_grad()
    for key, value in theirs.state_dict().items():  # the running statistics moved alike
        close(ours.state_dict()[key], value)
    ours.eval()
    theirs.eval()
    run_both(ours, theirs, shape)


W = np.array([0.5, 2.0, 1.0, 0.25])
LOSSES = [
    ("CrossEntropyLoss", (W,), {"ignore_index": 1, "label_smoothing": 0.2}, "classes"),
    ("CrossEntropyLoss", (), {"reduction": "none"}, "classes"),
    ("NLLLoss", (W,), {"ignore_index": 1}, "classes"),
    ("NLLLoss", (), {"reduction": "sum"}, "classes"),
    ("MSELoss", (), {"reduction": "none"}, "numbers"),
    ("L1Loss", (), {}, "numbers"),
    ("SmoothL1Loss", (), {"beta": 0.5}, "numbers"),
    ("HuberLoss", ("sum", 0.7), {}, "numbers"),
    ("BCELoss", (W,), {"reduction": "sum"}, "probabilities"),
    ("BCEWithLogitsLoss", (W,), {"pos_weight": W[::-1].copy()}, "probabilities"),
]


@pytest.mark.parametrize(("name", "args", "options", "kind"), named(LOSSES))
def test_a_loss(name, args, options, kind):
    rng = np.random.default_rng(3)
    target = {"classes": rng.integers(0, 4, size=5), "numbers": rng.normal(size=(5, 4)), "probabilities": None}[kind]
    if target is None:
        target = rng.uniform(size=(5, 4))

    def made(library, tensor):
        def convert(x):
            return tensor(x) if isinstance(x, np.ndarray) else x

        return getattr(library, name)(*map(convert, args), **{key: convert(x) for key, x in options.items()})

    ours, theirs = made(nn, tc.tensor), made(torch.nn, torch.tensor)
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    x = rng.uniform(0.1, 0.9, size=(5, 4))
    mine, other = tc.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    loss, expected = ours(mine, tc.tensor(target)), theirs(other, torch.tensor(target))
    close(loss, expected)
    loss.sum().backward()
    expected.sum().backward()
    close(mine.grad, other.grad)


def test_every_activation_and_loss_function_has_a_module():
    modules = {name.lower() for name in nn.__all__}
    activations = {"elu", "gelu", "hardtanh", "leaky_relu", "log_softmax", "logsigmoid", "relu", "relu6", "sigmoid"}
    activations |= {"silu", "softmax", "softplus", "tanh"}
    assert activations <= set(nn.functional.__all__)
    losses = {name for name in nn.functional.__all__ if name.endswith("_loss")}
    assert {name.replace("_", "") for name in activations | losses} <= modules
    assert {"crossentropyloss", "bceloss", "bcewithlogitsloss"} <= modules


@pytest.mark.parametrize("name", MODULES)
def test_arguments_have_the_names_order_and_defaults_of_pytorch(name):
    def arguments(cls):
        found = inspect.signature(cls).parameters.values()
        return {p.name: p.default for p in found if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}

    ours, theirs = arguments(getattr(nn, name)), arguments(getattr(torch.nn, name))
    assert ours == {key: theirs[key] for key in ours}
    assert list(ours) == [key for key in theirs if key in ours]


@pytest.mark.parametrize("size", [(13, 15), (14, 14), [2, 6, 14, 16]])
def test_output_size_chooses_among_what_a_convolution_would_bring_back(size):
    ours, theirs = twins("ConvTranspose2d", (4, 6, 3), {"stride": (2, 3), "padding": (1, 2), "output_padding": 1})
    x = np.random.default_rng(0).normal(size=IMAGES)
    y, expected = ours(tc.tensor(x), output_size=size), theirs(torch.tensor(x), output_size=size)
    assert y.shape[2:] == tuple(size[-2:])
    close(y, expected)


def test_the_places_of_the_maxima():
    x = np.random.default_rng(0).normal(size=IMAGES)
    for name, args, data in [
        ("MaxPool1d", (2,), x[0]),
        ("MaxPool2d", ((3, 2),), x),
        ("AdaptiveMaxPool2d", (3,), x),
    ]:
        ours, theirs = getattr(nn, name)(*args, return_indices=True), getattr(torch.nn, name)(
            *args, return_indices=True
        )  # fmt: skip
        for a, b in zip(ours(tc.tensor(data)), theirs(torch.tensor(data)), strict=True):
            np.testing.assert_array_equal(a.numpy(), b.numpy())


@pytest.mark.parametrize(
    ("name", "args", "options"),
    [
        ("Conv1d", (8, 300, 5), {"groups": 4}),
        ("ConvTranspose2d", (60, 40, (3, 2)), {"groups": 4}),
        ("Embedding", (200, 60), {}),
        ("BatchNorm2d", (5,), {}),
        ("LayerNorm", ((3, 4),), {}),
        ("GroupNorm", (2, 6), {}),
        ("LazyLinear", (400,), {}),
        ("LazyConv2d", (400, (3, 2)), {}),
    ],
)
def test_initial_values_are_distributed_as_by_pytorch(name, args, options):
    tc.manual_seed(1)
    torch.manual_seed(1)
    ours, theirs = getattr(nn, name)(*args, **options), getattr(torch.nn, name)(*args, **options)
    if name.startswith("Lazy"):
        ours(tc.zeros(1, 8, 9, 30))
        theirs(torch.zeros(1, 8, 9, 30))
    for (key, a), b in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        mine, other = a.detach().numpy().ravel(), b.detach().numpy().ravel()
        levels = np.linspace(0.05, 0.95, 10)
        width = max(np.ptp(other), 1e-6)
        wanted = np.quantile(other, levels)
        np.testing.assert_allclose(
            np.quantile(mine, levels), wanted, atol=3 * width / np.sqrt(mine.size), err_msg=f"{name}.{key}"
        )
        if name != "Embedding":
            assert np.abs(mine).max() == pytest.approx(np.abs(other).max(), rel=0.05)
