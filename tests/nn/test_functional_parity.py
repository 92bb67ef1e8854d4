"""`nn.functional` gives PyTorch's numbers and gradients, option by option."""

import numpy as np
import pytest

import tinygrad_cnn as tc
import tinygrad_cnn.nn.functional as F

torch = pytest.importorskip("torch")
TF = torch.nn.functional
rng = np.random.default_rng(0)


def compare(name, arrays, *constants, rtol=1e-12, **options):
    """Run `name` in both on the same float64 inputs, and compare the outputs and every gradient."""
    ours = [tc.tensor(a, requires_grad=True) for a in arrays]
    theirs = [torch.tensor(a, requires_grad=True) for a in arrays]
    fix_ours = {k: tc.tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
    fix_theirs = {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
    y = getattr(F, name)(*ours, *[tc.tensor(c) for c in constants], **fix_ours)
    expected = getattr(TF, name)(*theirs, *[torch.tensor(c) for c in constants], **fix_theirs)
    assert y.shape == tuple(expected.shape)
    np.testing.assert_allclose(y.detach().numpy(), expected.detach().numpy(), rtol=rtol, atol=1e-14)
    g = rng.normal(size=y.shape)
    y.backward(tc.tensor(g))
    expected.backward(torch.tensor(g))
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), rtol=rtol, atol=1e-13)


def normal(*shape):
    return rng.normal(size=shape)


@pytest.mark.parametrize(
    ("x", "w", "b"),
    [
        ((5, 4), (3, 4), (3,)),
        ((5, 4), (3, 4), None),
        ((4,), (3, 4), (3,)),
        ((2, 5, 4), (3, 4), (3,)),
        ((5, 4), (4,), None),
        ((0, 4), (3, 4), (3,)),
    ],
)
def test_linear(x, w, b):
    compare("linear", [normal(*x), normal(*w)] + ([] if b is None else [normal(*b)]))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"stride": 2},
        {"stride": (2, 3), "padding": (1, 2)},
        {"padding": "valid"},
        {"padding": "same"},
        {"padding": "same", "dilation": (2, 1)},
        {"dilation": (1, 2), "padding": 1},
        {"groups": 2},
        {"groups": 4, "stride": 2, "padding": 1},
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
@pytest.mark.parametrize("kernel", [(3, 2), (4, 3)])
def test_conv2d(options, kernel):
    groups = options.get("groups", 1)
    compare("conv2d", [normal(2, 4, 9, 8), normal(8, 4 // groups, *kernel), normal(8)], rtol=1e-10, **options)


def test_conv2d_of_one_image_and_of_none():
    compare("conv2d", [normal(3, 7, 6), normal(2, 3, 3, 2), normal(2)], rtol=1e-10)
    compare("conv2d", [normal(0, 3, 7, 6), normal(2, 3, 3, 2), normal(2)])


POOLS = [
    {"kernel_size": 2},
    {"kernel_size": (3, 2), "stride": (2, 1)},
    {"kernel_size": 3, "stride": 2, "padding": 1},
    {"kernel_size": (2, 3), "stride": 3, "ceil_mode": True},
    {"kernel_size": (3, 2), "stride": (2, 3), "padding": (1, 0), "ceil_mode": True},
    {"kernel_size": 2, "stride": 3, "padding": 1, "ceil_mode": True},
]


@pytest.mark.parametrize("options", POOLS, ids=str)
@pytest.mark.parametrize("shape", [(2, 3, 7, 8), (3, 8, 7), (1, 1, 4, 5)])
def test_max_pool2d(options, shape):
    compare("max_pool2d", [normal(*shape)], **options)


@pytest.mark.parametrize("options", [*POOLS, {"kernel_size": (3, 2), "dilation": (2, 3), "padding": 1}], ids=str)
@pytest.mark.parametrize("recorded", [True, False])
@pytest.mark.parametrize("shape", [(2, 3, 7, 8), (3, 8, 7)])
def test_max_pool2d_indices(options, recorded, shape):
    x = normal(*shape)
    y, indices = F.max_pool2d(tc.tensor(x, requires_grad=recorded), return_indices=True, **options)
    expected, places = TF.max_pool2d(torch.tensor(x), return_indices=True, **options)
    np.testing.assert_array_equal(y.detach().numpy(), expected.numpy())
    np.testing.assert_array_equal(indices.numpy(), places.numpy())
    assert indices.dtype == tc.int64


@pytest.mark.parametrize("options", POOLS, ids=str)
@pytest.mark.parametrize("more", [{}, {"count_include_pad": False}, {"divisor_override": 5}], ids=str)
@pytest.mark.parametrize("shape", [(2, 3, 7, 8), (3, 8, 7)])
def test_avg_pool2d(options, more, shape):
    compare("avg_pool2d", [normal(*shape)], **options, **more)


@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh"])
def test_activations(name):
    compare(name, [normal(3, 4) * 10])


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize(("shape", "dim"), [((3, 4), 1), ((3, 4), 0), ((2, 3, 4), -2), ((), 0), ((5,), -1)])
def test_softmax(name, shape, dim):
    compare(name, [normal(*shape) * 30], dim=dim, rtol=1e-10)


@pytest.mark.parametrize("ndim", [0, 1, 2, 3, 4])
def test_softmax_guesses_the_axis_that_pytorch_guesses_and_warns(ndim):
    x = normal(*[3, 2, 4, 5][:ndim])
    with pytest.warns(UserWarning, match=r"softmax: the axis is left to be guessed, and dim=[01] is taken"):
        y = F.softmax(tc.tensor(x))
    with pytest.warns(UserWarning, match="Implicit dimension"):
        expected = TF.softmax(torch.tensor(x))
    np.testing.assert_allclose(y.numpy(), expected.numpy(), rtol=1e-12)


CLASSES = {(6, 4): (6,), (4,): (), (3, 4, 2): (3, 2), (2, 4, 3, 2): (2, 3, 2)}


def targets(shape, ignored=None):
    target = rng.integers(0, 4, size=shape)
    if ignored is not None and shape:  # the mean over one place, ignored, has a test of its own
        target = np.where(rng.random(shape) < 0.4, ignored, target)
    return np.asarray(target, np.int64)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("shape", CLASSES, ids=str)
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("ignored", [None, -100, 2])
def test_cross_entropy_with_indices(reduction, shape, smoothing, weighted, ignored):
    options = {"reduction": reduction, "label_smoothing": smoothing}
    if weighted:
        options["weight"] = rng.random(4)
    if ignored is not None:
        options["ignore_index"] = ignored
    compare("cross_entropy", [normal(*shape) * 5], targets(CLASSES[shape], ignored), rtol=1e-9, **options)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("shape", CLASSES, ids=str)
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize("weighted", [False, True])
def test_cross_entropy_with_distributions_also_differentiates_them(reduction, shape, smoothing, weighted):
    options = {"reduction": reduction, "label_smoothing": smoothing}
    if weighted:
        options["weight"] = rng.random(4)
    compare("cross_entropy", [normal(*shape) * 5, rng.random(shape)], rtol=1e-9, **options)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("shape", CLASSES, ids=str)
@pytest.mark.parametrize("weighted", [False, True])
def test_nll_loss(reduction, shape, weighted):
    options = {"reduction": reduction} | ({"weight": rng.random(4)} if weighted else {})
    compare("nll_loss", [normal(*shape)], targets(CLASSES[shape]), rtol=1e-10, **options)


@pytest.mark.parametrize("target", [np.full(3, -100), np.zeros(0, np.int64)], ids=["all ignored", "empty"])
def test_the_mean_over_no_places_is_nan_without_a_warning(target):
    x = normal(len(target), 4)
    assert np.isnan(F.cross_entropy(tc.tensor(x), tc.tensor(target)).item())
    assert np.isnan(TF.cross_entropy(torch.tensor(x), torch.tensor(target)).item())


def test_an_ignored_place_sends_no_gradient_even_where_its_scores_are_infinite():
    x = tc.tensor([[0.0, -np.inf], [0.5, 1.0]], requires_grad=True)
    F.cross_entropy(x, tc.tensor([-100, 1])).backward()
    assert x.grad.numpy()[0].tolist() == [0, 0]
    assert np.isfinite(x.grad.numpy()).all()


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_mse_loss(reduction):
    compare("mse_loss", [normal(3, 4), normal(3, 4)], reduction=reduction)


def test_mse_loss_warns_and_broadcasts_where_shapes_differ():
    x, t = normal(4, 1), normal(4)
    with pytest.warns(UserWarning, match=r"mse_loss: expected one shape, got input \(4, 1\) and target \(4,\)"):
        loss = F.mse_loss(tc.tensor(x), tc.tensor(t))
    with pytest.warns(UserWarning, match="Using a target size"):
        expected = TF.mse_loss(torch.tensor(x), torch.tensor(t))
    assert loss.item() == pytest.approx(expected.item(), rel=1e-12)
