"""What holds for functions of several files: dtypes, and one node for each in the graph."""

import tinygrad_cnn as tc
import tinygrad_cnn.nn.functional as F


def test_float32_in_float32_out():
    x = tc.randn(2, 3, 6, 6)
    for y in (F.conv2d(x, tc.randn(4, 3, 3, 3)), F.avg_pool2d(x, 2), F.max_pool2d(x, 2), F.softmax(x, 1)):
        assert y.dtype == tc.float32
    for option in ({}, {"label_smoothing": 0.1}, {"weight": tc.ones(3)}, {"ignore_index": 1}):
        assert F.cross_entropy(tc.randn(2, 3), tc.tensor([0, 1]), **option).dtype == tc.float32


def test_each_is_one_operation_in_the_graph():
    x, line = tc.randn(2, 3, 6, 6, requires_grad=True), tc.randn(2, 3, 6, requires_grad=True)
    made = {
        "conv1d": F.conv1d(line, tc.randn(2, 3, 2)),
        "conv_transpose2d": F.conv_transpose2d(x, tc.randn(3, 2, 2, 2)),
        "unfold": F.unfold(x, 2),
        "fold": F.fold(tc.randn(1, 4, 9, requires_grad=True), 4, 2),
        "max_pool1d": F.max_pool1d(line, 2),
        "avg_pool1d": F.avg_pool1d(line, 2),
        "adaptive_avg_pool2d": F.adaptive_avg_pool2d(x, 2),
        "adaptive_max_pool2d": F.adaptive_max_pool2d(x, 2),
        "pad": F.pad(x, (1, 1)),
        "interpolate": F.interpolate(x, 3),
    }
    assert [y.grad_fn.op.name for y in made.values()] == list(made)
    assert all(y.grad_fn.parents[0].__class__ is tc.Tensor for y in made.values())
