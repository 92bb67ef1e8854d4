"""Convolution, pooling, padding, resizing and normalisation give PyTorch's numbers and gradients."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_cnn as tc
from tinygrad_cnn import nn
from tinygrad_cnn.nn import functional as F

torch = pytest.importorskip("torch")

LENGTHS = st.integers(1, 9)


def both(x, call):
    """Return the outputs here and there, and the gradients of their squares."""
    ours, theirs = tc.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y, z = call(F, ours), call(torch.nn.functional, theirs)
    (y * y).sum().backward()
    (z * z).sum().backward()
    return y.detach().numpy(), z.detach().numpy(), ours.grad.numpy(), theirs.grad.numpy()


TF = torch.nn.functional

rng = np.random.default_rng(0)


def normal(*shape):
    return rng.normal(size=shape)


def compare(name, arrays, *args, rtol=1e-10, **options):
    """Run `name` in both on the same float64 inputs, and compare the outputs and gradients of two orders."""
    ours = [tc.tensor(a, requires_grad=True) for a in arrays]
    theirs = [torch.tensor(a, requires_grad=True) for a in arrays]
    y = getattr(F, name)(*ours, *args, **options)
    expected = getattr(TF, name)(*theirs, *args, **options)
    assert y.shape == tuple(expected.shape)
    np.testing.assert_allclose(y.detach().numpy(), expected.detach().numpy(), rtol=rtol, atol=1e-13)
    g = normal(*y.shape)
    one = tc.autograd.grad(y * y, ours, tc.tensor(g), create_graph=True)
    two = torch.autograd.grad(expected * expected, theirs, torch.tensor(g), create_graph=True)
    for a, b in zip(one, two, strict=True):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=rtol, atol=1e-11)
    ours_again = tc.autograd.grad(sum((a * a).sum() for a in one), ours)
    theirs_again = torch.autograd.grad(sum((b * b).sum() for b in two), theirs)
    for a, b in zip(ours_again, theirs_again, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-7, atol=1e-8)


POOLS = [
    {"kernel_size": 2},
    {"kernel_size": (3,), "stride": 2, "padding": 1},
    {"kernel_size": 2, "stride": 3, "padding": 1, "ceil_mode": True},
]

SHAPES = [(4, 3), (3, 3, 4), (2, 3, 2, 3)]


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.tuples(LENGTHS, LENGTHS, st.floats(0.3, 3)), min_size=1, max_size=2),
    scaled=st.booleans(),
    align=st.sampled_from([None, False, True]),
    recompute=st.sampled_from([None, False, True]),
    seed=st.integers(0, 99),
)
def test_linear_resizing_is_pytorchs(sizes, scaled, align, recompute, seed):
    shape = (2, 2, *[before for before, _, _ in sizes])
    x = np.random.default_rng(seed).normal(size=shape)
    mode = {1: "linear", 2: "bilinear"}[len(sizes)]
    if scaled:
        factors = tuple([max(factor, 1 / before) for before, _, factor in sizes])
        how = {"scale_factor": factors, "recompute_scale_factor": recompute}
    else:
        how = {"size": tuple([after for _, after, _ in sizes])}
    y, expected, grad, gradient = both(x, lambda f, x: f.interpolate(x, mode=mode, align_corners=align, **how))
    np.testing.assert_allclose(y, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(grad, gradient, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("align", [False, True])
@pytest.mark.parametrize("scale", [2, 1.7, 0.6, (3.3, 0.4)])
def test_float32_places_are_pytorchs(scale, align):
    x = np.random.default_rng(0).normal(size=(1, 3, 37, 41)).astype("float32")
    y, expected, grad, gradient = both(
        x, lambda f, x: f.interpolate(x, scale_factor=scale, mode="bilinear", align_corners=align)
    )
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=2e-6)
    np.testing.assert_allclose(grad, gradient, rtol=1e-5, atol=2e-5)


@settings(max_examples=30, deadline=None)
@given(
    r=st.integers(1, 3), lead=st.lists(st.integers(1, 2), max_size=2), c=st.integers(1, 2), h=LENGTHS, w=LENGTHS
)  # fmt: skip
def test_shuffled_pixels_are_pytorchs_and_come_back(r, lead, c, h, w):
    shape = (*lead, c * r * r, h, w)
    x = np.arange(np.prod(shape), dtype=float).reshape(shape)
    y = F.pixel_shuffle(tc.tensor(x), r)
    np.testing.assert_array_equal(y.numpy(), torch.pixel_shuffle(torch.tensor(x), r).numpy())
    np.testing.assert_array_equal(F.pixel_unshuffle(y, r).numpy(), x)
    np.testing.assert_array_equal(nn.PixelUnshuffle(r)(nn.PixelShuffle(r)(tc.tensor(x))).numpy(), x)


@settings(max_examples=40, deadline=None)
@given(
    sizes=st.lists(st.tuples(LENGTHS, st.integers(-3, 6), st.integers(-3, 6)), min_size=1, max_size=2),
    seed=st.integers(0, 99),
)
def test_circles_are_pytorchs(sizes, seed):
    pad = [n for _, before, after in reversed(sizes) for n in (before, after)]
    for size, before, after in sizes:
        kept = size + min(before, 0) + min(after, 0)
        if kept < 1 or max(before, after) > kept:
            return
    x = np.random.default_rng(seed).normal(size=(2, 2, *[size for size, _, _ in sizes]))
    y, expected, grad, gradient = both(x, lambda f, x: f.pad(x, pad, mode="circular"))
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_allclose(grad, gradient, rtol=1e-12)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"stride": (2,), "padding": 2},
        {"padding": "same", "dilation": 2},
        {"padding": "valid"},
        {"groups": 2, "stride": 3, "padding": (1,)},
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
@pytest.mark.parametrize("batch", [(2,), (), (0,)], ids=str)
def test_conv1d(options, batch):
    compare("conv1d", [normal(*batch, 4, 9), normal(6, 4 // options.get("groups", 1), 4), normal(6)], **options)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"stride": (2, 3)},
        {"stride": 2, "padding": 1, "output_padding": 1},
        {"stride": (3, 4), "output_padding": (2, 3)},
        {"stride": (4, 3), "padding": (1, 0), "output_padding": (3, 2)},
        {"dilation": (3, 2), "output_padding": (2, 1), "padding": (0, 2)},
        {"groups": 2, "stride": 2, "padding": (1, 2)},
    ],
    ids=str,
)
@pytest.mark.parametrize("batch", [(2,), ()], ids=str)
def test_conv_transpose2d(options, batch):
    compare(
        "conv_transpose2d",
        [normal(*batch, 4, 3, 4), normal(4, 3, 2, 3), normal(3 * options.get("groups", 1))],
        **options,
    )


def test_conv_transpose2d_where_output_padding_outweighs_the_input():
    options = {"stride": 5, "padding": 2, "output_padding": 4}
    compare("conv_transpose2d", [normal(1, 1, 1, 1), normal(1, 1, 1, 1)], **options)


@pytest.mark.parametrize("options", [{}, {"stride": 2, "padding": 1}, {"dilation": (2, 1), "padding": (0, 1)}], ids=str)
@pytest.mark.parametrize("batch", [(2,), ()], ids=str)
def test_unfold_and_fold(options, batch):
    x = normal(*batch, 2, 6, 5)
    compare("unfold", [x], (2, 3), **options)
    columns = TF.unfold(torch.tensor(x), (2, 3), **options)
    compare("fold", [normal(*columns.shape)], (6, 5), (2, 3), **options)


@pytest.mark.parametrize("options", [*POOLS, {"kernel_size": 3, "dilation": 2, "padding": 1}], ids=str)
@pytest.mark.parametrize("shape", [(2, 3, 8), (3, 7)], ids=str)
def test_max_pool1d(options, shape):
    compare("max_pool1d", [normal(*shape)], **options)
    x = normal(*shape)
    for recorded in (True, False):
        y, indices = F.max_pool1d(tc.tensor(x, requires_grad=recorded), return_indices=True, **options)
        expected, places = TF.max_pool1d(torch.tensor(x), return_indices=True, **options)
        np.testing.assert_array_equal(y.detach().numpy(), expected.numpy())
        np.testing.assert_array_equal(indices.numpy(), places.numpy())


@pytest.mark.parametrize("options", POOLS, ids=str)
@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize("shape", [(2, 3, 8), (3, 7)], ids=str)
def test_avg_pool1d(options, counted, shape):
    compare("avg_pool1d", [normal(*shape)], count_include_pad=counted, **options)


@pytest.mark.parametrize("divisor", [2, -3])
def test_averages_of_integers_round_toward_zero(divisor):
    x = rng.integers(-9, 9, (1, 2, 4, 6))
    y = F.avg_pool2d(tc.tensor(x), (2, 3), divisor_override=divisor)
    expected = TF.avg_pool2d(torch.tensor(x), (2, 3), divisor_override=divisor)
    assert y.dtype == tc.int64
    np.testing.assert_array_equal(y.numpy(), expected.numpy())


@pytest.mark.parametrize("size", [1, 3, (2, None), (None, 4), (7, 2)], ids=str)
@pytest.mark.parametrize("shape", [(2, 3, 5, 8), (3, 6, 4), (0, 2, 4, 4)], ids=str)
def test_adaptive_pooling(size, shape):
    compare("adaptive_avg_pool2d", [normal(*shape)], size)
    compare("adaptive_max_pool2d", [normal(*shape)], size)
    x = normal(*shape)
    for recorded in (True, False):
        y, indices = F.adaptive_max_pool2d(tc.tensor(x, requires_grad=recorded), size, return_indices=True)
        expected, places = TF.adaptive_max_pool2d(torch.tensor(x), size, return_indices=True)
        np.testing.assert_array_equal(y.detach().numpy(), expected.numpy())
        np.testing.assert_array_equal(indices.numpy(), places.numpy())


@pytest.mark.parametrize(
    ("shape", "pad", "options"),
    [
        ((2, 3), (1, 2), {"value": 1.5}),
        ((2, 3), (0, 0), {}),
        ((2, 3), (), {}),
        ((2, 3), (-1, 2, -2, 0), {}),
        ((2, 3), (-3, 0), {}),
        ((3, 4), (3, 2), {"mode": "reflect"}),
        ((2, 3, 4), (1, 3, 2, 0), {"mode": "reflect"}),
        ((2, 3, 4), (-1, 3, 2, -1), {"mode": "reflect"}),
        ((2, 3, 4), (5, 2), {"mode": "replicate"}),
        ((1, 2, 3, 4), (-2, 5, 2, -1), {"mode": "replicate"}),
        ((1, 2, 2, 3, 4), (1, 1, 2, 0, 1, 1), {"mode": "replicate"}),
    ],
    ids=str,
)
def test_pad(shape, pad, options):
    compare("pad", [normal(*shape)], pad, **options)


@pytest.mark.parametrize(
    "options",
    [
        {"size": 7},
        {"size": (3, 10)},
        {"scale_factor": 2},
        {"scale_factor": (0.6, 2.7)},
        {"scale_factor": (0.6, 2.7), "recompute_scale_factor": True},
    ],
    ids=str,
)
def test_interpolate(options):
    compare("interpolate", [normal(2, 2, 5, 4)], **options)


def test_interpolate_picks_the_places_that_pytorch_picks():
    for size in range(1, 40):
        x = np.arange(float(size)).reshape(1, 1, size)
        for outputs in (1, 3, 7, 29, 30, 49, 61):
            expected = TF.interpolate(torch.tensor(x), outputs).numpy()
            np.testing.assert_array_equal(F.interpolate(tc.tensor(x), outputs).numpy(), expected)
        for scale in (0.7, 1.1, 1.3, 3.3):
            if int(size * scale):
                expected = TF.interpolate(torch.tensor(x), scale_factor=scale).numpy()
                np.testing.assert_array_equal(F.interpolate(tc.tensor(x), scale_factor=scale).numpy(), expected)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("training", [True, False])
def test_batch_norm(shape, affine, training):
    arrays = [normal(*shape) * 3 + 10] + ([normal(3), normal(3)] if affine else [])
    statistics = normal(3), rng.uniform(0.5, 2, 3)
    ours, theirs = [tc.tensor(one) for one in statistics], [torch.tensor(one) for one in statistics]

    class Both:
        """The function with the running statistics of its own framework in their place."""

        @staticmethod
        def of(function, mean, var):
            return lambda x, *rest, **options: function(x, mean, var, *rest, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(F, "batch_norm", Both.of(F.batch_norm, *ours))
        patch.setattr(TF, "batch_norm", Both.of(TF.batch_norm, *theirs))
        compare("batch_norm", arrays, training=training, momentum=0.3, eps=1e-3, rtol=1e-9)
    for one, other, before in zip(ours, theirs, statistics, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-12)
        assert (one.numpy() == before).all() != training


@pytest.mark.parametrize("affine", [True, False])
def test_layer_norm_and_group_norm(affine):
    compare("layer_norm", [normal(3, 2, 4)], (2, 4), *([] if affine else [None, None]), eps=1e-2)
    weights = [normal(4), normal(4)] if affine else []
    compare("group_norm", [normal(2, 4, 3)], 2, rtol=1e-9)
    if affine:
        x, w, b = normal(2, 4, 3), *weights
        tensors = [tc.tensor(one, requires_grad=True) for one in (x, w, b)]
        others = [torch.tensor(one, requires_grad=True) for one in (x, w, b)]
        g = normal(2, 4, 3)
        F.group_norm(tensors[0], 2, *tensors[1:]).backward(tc.tensor(g))
        TF.group_norm(others[0], 2, *others[1:]).backward(torch.tensor(g))
        for one, other in zip(tensors, others, strict=True):
            np.testing.assert_allclose(one.grad.numpy(), other.grad.numpy(), rtol=1e-9, atol=1e-12)


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


POOLS_2D = [
    {"kernel_size": 2},
    {"kernel_size": (3, 2), "stride": (2, 1)},
    {"kernel_size": 3, "stride": 2, "padding": 1},
    {"kernel_size": (2, 3), "stride": 3, "ceil_mode": True},
    {"kernel_size": (3, 2), "stride": (2, 3), "padding": (1, 0), "ceil_mode": True},
    {"kernel_size": 2, "stride": 3, "padding": 1, "ceil_mode": True},
]


@pytest.mark.parametrize("options", POOLS_2D, ids=str)
@pytest.mark.parametrize("shape", [(2, 3, 7, 8), (3, 8, 7), (1, 1, 4, 5)])
def test_max_pool2d(options, shape):
    compare("max_pool2d", [normal(*shape)], **options)


@pytest.mark.parametrize("options", [*POOLS_2D, {"kernel_size": (3, 2), "dilation": (2, 3), "padding": 1}], ids=str)
@pytest.mark.parametrize("recorded", [True, False])
@pytest.mark.parametrize("shape", [(2, 3, 7, 8), (3, 8, 7)])
def test_max_pool2d_indices(options, recorded, shape):
    x = normal(*shape)
    y, indices = F.max_pool2d(tc.tensor(x, requires_grad=recorded), return_indices=True, **options)
    expected, places = TF.max_pool2d(torch.tensor(x), return_indices=True, **options)
    np.testing.assert_array_equal(y.detach().numpy(), expected.numpy())
    np.testing.assert_array_equal(indices.numpy(), places.numpy())
    assert indices.dtype == tc.int64


@pytest.mark.parametrize("options", POOLS_2D, ids=str)
@pytest.mark.parametrize("more", [{}, {"count_include_pad": False}, {"divisor_override": 5}], ids=str)
@pytest.mark.parametrize("shape", [(2, 3, 7, 8), (3, 8, 7)])
def test_avg_pool2d(options, more, shape):
    compare("avg_pool2d", [normal(*shape)], **options, **more)
