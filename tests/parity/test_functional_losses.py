"""The losses give PyTorch's numbers and gradients, option by option."""

import warnings

import numpy as np
import pytest

import tinygrad_cnn as tc
import tinygrad_cnn.nn.functional as F

torch = pytest.importorskip("torch")

TF = torch.nn.functional

rng = np.random.default_rng(0)

every_reduction = pytest.mark.parametrize("reduction", ["none", "mean", "sum"])


def normal(*shape):
    return rng.normal(size=shape)


def compare(name, arrays, constants=(), *, rtol=1e-11, twice=True, **options):
    """Compare the output, every gradient, and the gradients of a weighted sum of those."""
    sides = []
    for tensor, functional, grad in ((tc.tensor, F, tc.autograd.grad), (torch.tensor, TF, torch.autograd.grad)):
        leaves = [tensor(array, requires_grad=True) for array in arrays]
        fixed = {key: tensor(value) if isinstance(value, np.ndarray) else value for key, value in options.items()}
        y = getattr(functional, name)(*leaves, *[tensor(one) for one in constants], **fixed)
        g = tensor(np.random.default_rng(1).normal(size=tuple(y.shape)), requires_grad=True)
        first = grad(y, leaves, g, create_graph=True)
        values = [y, *first]
        if twice:
            again = [(one * tensor(np.cos(np.arange(one.numel())).reshape(tuple(one.shape)))).sum() for one in first]
            second = grad(again, [*leaves, g], allow_unused=True)
            shapes = [tuple(one.shape) for one in (*leaves, g)]
            values += [np.zeros(s) if one is None else one for s, one in zip(shapes, second, strict=True)]
        force = {} if tensor is tc.tensor else {"force": True}  # PyTorch's symbolic zeros become arrays only so
        sides.append([one if isinstance(one, np.ndarray) else one.detach().numpy(**force) for one in values])
    for ours, theirs in zip(*sides, strict=True):
        assert ours.shape == theirs.shape
        np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=1e-12)


def uniform(*shape):
    return rng.uniform(0.05, 0.95, size=shape)


CLASSES = {(6, 4): (6,), (4,): (), (3, 4, 2): (3, 2), (2, 4, 3, 2): (2, 3, 2), (2, 4, 1, 3, 2): (2, 1, 3, 2)}


@every_reduction
@pytest.mark.parametrize("shape", [(3, 4), (), (2, 3, 2)], ids=str)
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("mse_loss", {}),
        ("l1_loss", {}),
        ("smooth_l1_loss", {}),
        ("smooth_l1_loss", {"beta": 0.3}),
        ("smooth_l1_loss", {"beta": 0}),
        ("huber_loss", {}),
        ("huber_loss", {"delta": 0.3}),
    ],
    ids=str,
)
def test_distances(name, options, shape, reduction):
    compare(name, [normal(*shape), normal(*shape)], reduction=reduction, **options)


@every_reduction
@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "huber_loss"])
def test_weighted_distances_differentiate_their_weights_too(name, reduction):
    x, t, w = normal(3, 4), normal(3, 4), uniform(3, 4)
    sides = []
    for tensor, functional in ((tc.tensor, F), (torch.tensor, TF)):
        leaves = [tensor(array, requires_grad=True) for array in (x, t, w)]
        y = getattr(functional, name)(*leaves[:2], weight=leaves[2], reduction=reduction)
        (y * y).sum().backward()
        sides.append([y.detach().numpy(), *[leaf.grad.numpy() for leaf in leaves]])
    for ours, theirs in zip(*sides, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-11)


@every_reduction
@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"])
def test_distances_broadcast_after_they_warned(name, reduction):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        compare(name, [normal(4, 1), normal(3)], reduction=reduction)


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "smooth_l1_loss"])
@pytest.mark.parametrize("dtypes", [("f4", "f8"), ("f8", "f4"), ("f4", "i8"), ("i8", "f4")], ids=str)
def test_distances_promote_dtypes(name, dtypes):
    x, t = (rng.integers(-3, 4, size=5).astype(dtype) for dtype in dtypes)
    ours = getattr(F, name)(tc.tensor(x), tc.tensor(t))
    theirs = getattr(TF, name)(torch.tensor(x), torch.tensor(t))
    assert ours.numpy().dtype == theirs.numpy().dtype
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-6)


@every_reduction
@pytest.mark.parametrize("weight", [None, (3, 4), (4,), (3, 1), ()], ids=str)
def test_binary_cross_entropy(reduction, weight):
    options = {} if weight is None else {"weight": np.asarray(uniform(*weight))}
    compare("binary_cross_entropy", [uniform(3, 4)], [uniform(3, 4)], reduction=reduction, rtol=1e-9, **options)
    compare(
        "binary_cross_entropy", [uniform(3, 4), uniform(3, 4)], reduction=reduction, rtol=1e-9, twice=False, **options
    )


@every_reduction
@pytest.mark.parametrize("weight", [None, (3, 4), (4,), (3, 1)], ids=str)
@pytest.mark.parametrize("pos_weight", [None, (3, 4), (4,), ()], ids=str)
def test_binary_cross_entropy_with_logits(reduction, weight, pos_weight):
    options = {"weight": weight, "pos_weight": pos_weight}
    options = {name: np.asarray(uniform(*shape)) for name, shape in options.items() if shape is not None}
    arrays = [normal(3, 4) * 4, uniform(3, 4)]
    compare("binary_cross_entropy_with_logits", arrays, reduction=reduction, rtol=1e-9, **options)


@every_reduction
@pytest.mark.parametrize("shape", CLASSES, ids=str)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("ignored", [None, -100, 2])
def test_nll_loss(reduction, shape, weighted, ignored):
    target = np.asarray(rng.integers(0, 4, size=CLASSES[shape]))
    options = {"reduction": reduction}
    if ignored is not None:
        options["ignore_index"] = ignored
        if shape != (4,):
            target = np.where(rng.random(target.shape) < 0.4, ignored, target)
            target.flat[0] = 1  # never all of them
    if weighted:
        options["weight"] = uniform(4)
    compare("nll_loss", [normal(*shape)], [target], twice=False, **options)


@every_reduction
@pytest.mark.parametrize("name", ["nll_loss", "cross_entropy"])
def test_one_place_may_have_its_class_in_a_vector(reduction, name):
    x = normal(3)
    compare(name, [x], [np.array(1)], reduction=reduction, twice=False)
    ours = getattr(F, name)(tc.tensor(x), tc.tensor([1]), reduction=reduction)
    theirs = getattr(TF, name)(torch.tensor(x), torch.tensor([1]), reduction=reduction)  # it has no gradient there
    assert ours.shape == tuple(theirs.shape) == ()
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-12)


@every_reduction
@pytest.mark.parametrize("shape", CLASSES, ids=str)
@pytest.mark.parametrize("smoothing", [0.0, 0.3, 1.0])
def test_cross_entropy_with_distributions_differentiates_their_weights_too(reduction, shape, smoothing):
    arrays = [normal(*shape) * 5, uniform(*shape), uniform(4)]
    compare("cross_entropy", arrays, reduction=reduction, label_smoothing=smoothing, rtol=1e-9)


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize("target", [np.full(2, -100), np.zeros(0, np.int64)], ids=["all ignored", "empty"])
def test_the_mean_over_no_places_is_nan_and_sends_no_gradient(target, smoothing):
    for name, options in (("cross_entropy", {"label_smoothing": smoothing}), ("nll_loss", {})):
        compare(name, [normal(len(target), 3)], [target], twice=False, **options)


def test_distributions_in_another_dtype_promote():
    x, q = normal(2, 3).astype("f4"), uniform(2, 3)
    ours = F.cross_entropy(tc.tensor(x), tc.tensor(q))
    theirs = TF.cross_entropy(torch.tensor(x), torch.tensor(q))
    assert ours.dtype == theirs.numpy().dtype == np.float64
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-6)


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
        options["weight"] = uniform(4)
    if ignored is not None:
        options["ignore_index"] = ignored
    compare(
        "cross_entropy", [normal(*shape) * 5], [targets(CLASSES[shape], ignored)], rtol=1e-9, twice=False, **options
    )


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("shape", CLASSES, ids=str)
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize("weighted", [False, True])
def test_cross_entropy_with_distributions_also_differentiates_them(reduction, shape, smoothing, weighted):
    options = {"reduction": reduction, "label_smoothing": smoothing}
    if weighted:
        options["weight"] = uniform(4)
    compare("cross_entropy", [normal(*shape) * 5, uniform(*shape)], rtol=1e-9, **options)
