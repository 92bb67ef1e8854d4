"""Plain-loop references for convolution and pooling: slow, obvious, and written without looking at the kernels."""

from itertools import product

import numpy as np


def out_size(size, kernel, stride, padding, dilation):
    """Count the places where the window lies wholly inside the padded input."""
    length = size + sum(padding)
    return sum(start + dilation * (kernel - 1) < length for start in range(0, length, stride))


def out_shape(h, w, kernel_size, stride, padding, dilation):
    return tuple(out_size(*axis) for axis in zip((h, w), kernel_size, stride, padding, dilation, strict=True))


def places(h, w, kernel_size, stride, padding, dilation):
    """Yield (i, j, k, l, row, column) for every tap (k, l) of the window at (i, j); row and column count from the
    input's corner and may lie on the padding.
    """
    oh, ow = out_shape(h, w, kernel_size, stride, padding, dilation)
    for i, j, k, m in product(range(oh), range(ow), *map(range, kernel_size)):
        row = i * stride[0] + k * dilation[0] - padding[0][0]
        column = j * stride[1] + m * dilation[1] - padding[1][0]
        yield i, j, k, m, row, column


def _connections(c, o, groups, h, w, kernel_size, stride, padding, dilation):
    """Yield (o, i, j, c, row, column, (o, c_in_group, k, l)) for every weight that joins an input to an output."""
    for i, j, k, m, row, column in places(h, w, kernel_size, stride, padding, dilation):
        if not (0 <= row < h and 0 <= column < w):
            continue
        for out, channel in product(range(o), range(c // groups)):
            source = out // (o // groups) * (c // groups) + channel
            yield out, i, j, source, row, column, (out, channel, k, m)


def conv2d(x, w, b, *, stride, padding, dilation, groups):
    (n, c, height, width), (o, _, kh, kw) = x.shape, w.shape
    y = np.zeros((n, o, *out_shape(height, width, (kh, kw), stride, padding, dilation)))
    for out, i, j, source, row, column, tap in _connections(
        c, o, groups, height, width, (kh, kw), stride, padding, dilation
    ):
        for image in range(n):
            y[image, out, i, j] += w[tap] * x[image, source, row, column]
    if b is not None:
        for out in range(o):
            y[:, out] += b[out]
    return y


def conv2d_input(g, w, *, input_size, stride, padding, dilation, groups):
    (n, o), (_, cg, kh, kw) = g.shape[:2], w.shape
    gx = np.zeros((n, cg * groups, *input_size))
    for out, i, j, source, row, column, tap in _connections(
        cg * groups, o, groups, *input_size, (kh, kw), stride, padding, dilation
    ):
        for image in range(n):
            gx[image, source, row, column] += w[tap] * g[image, out, i, j]
    return gx


def conv2d_weight(x, g, *, kernel_size, stride, padding, dilation, groups):
    (n, c, height, width), o = x.shape, g.shape[1]
    gw = np.zeros((o, c // groups, *kernel_size))
    for out, i, j, source, row, column, tap in _connections(
        c, o, groups, height, width, kernel_size, stride, padding, dilation
    ):
        for image in range(n):
            gw[tap] += x[image, source, row, column] * g[image, out, i, j]
    return gw


def max_taps(x, *, kernel_size, stride, padding, dilation):
    """Return (values, winning tap, winner's flat index) of every window, each (N, C, OH, OW)."""
    n, c, h, w = x.shape
    shape = (n, c, *out_shape(h, w, kernel_size, stride, padding, dilation))
    y, taps, flat = np.full(shape, -np.inf), np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for i, j, k, m, row, column in places(h, w, kernel_size, stride, padding, dilation):
        if not (0 <= row < h and 0 <= column < w):
            continue
        for image, channel in product(range(n), range(c)):
            if x[image, channel, row, column] > y[image, channel, i, j]:
                y[image, channel, i, j] = x[image, channel, row, column]
                taps[image, channel, i, j] = k * kernel_size[1] + m
                flat[image, channel, i, j] = row * w + column
    return y, taps, flat


def max_pool2d(x, **how):
    return max_taps(x, **how)[0]


def max_pool2d_scatter(g, taps, *, input_size, kernel_size, stride, padding, dilation):
    n, c = g.shape[:2]
    gx = np.zeros((n, c, *input_size))
    for i, j, k, m, row, column in places(*input_size, kernel_size, stride, padding, dilation):
        for image, channel in product(range(n), range(c)):
            if taps[image, channel, i, j] == k * kernel_size[1] + m:
                gx[image, channel, row, column] += g[image, channel, i, j]
    return gx


def max_pool2d_gather(x, taps, *, kernel_size, stride, padding, dilation):
    n, c, h, w = x.shape
    y = np.zeros(taps.shape)
    for i, j, k, m, row, column in places(h, w, kernel_size, stride, padding, dilation):
        for image, channel in product(range(n), range(c)):
            if taps[image, channel, i, j] == k * kernel_size[1] + m:
                y[image, channel, i, j] = x[image, channel, row, column]
    return y


def _window_counts(input_size, kernel_size, stride, padding, counted, divisor_override):
    """Return what each window is divided by: the cells of it on the input and the counted padding."""
    h, w = input_size
    counts = np.zeros(out_shape(h, w, kernel_size, stride, padding, (1, 1)))
    for i, j, _, _, row, column in places(h, w, kernel_size, stride, padding, (1, 1)):
        rows = -counted[0][0] <= row < h + counted[0][1]
        counts[i, j] += rows and -counted[1][0] <= column < w + counted[1][1]
    return counts if divisor_override is None else np.full(counts.shape, divisor_override)


def avg_pool2d(x, *, kernel_size, stride, padding, counted, divisor_override):
    n, c, h, w = x.shape
    counts = _window_counts((h, w), kernel_size, stride, padding, counted, divisor_override)
    y = np.zeros((n, c, *counts.shape))
    for i, j, _, _, row, column in places(h, w, kernel_size, stride, padding, (1, 1)):
        if 0 <= row < h and 0 <= column < w:
            y[:, :, i, j] += x[:, :, row, column]
    return y / counts


def avg_pool2d_input(g, *, input_size, kernel_size, stride, padding, counted, divisor_override):
    counts = _window_counts(input_size, kernel_size, stride, padding, counted, divisor_override)
    gx = np.zeros((*g.shape[:2], *input_size))
    for i, j, _, _, row, column in places(*input_size, kernel_size, stride, padding, (1, 1)):
        if 0 <= row < input_size[0] and 0 <= column < input_size[1]:
            gx[:, :, row, column] += g[:, :, i, j] / counts[i, j]
    return gx


def index_add(g, index, shape):
    """Add g into zeros at `index`, one element at a time."""
    out = np.zeros(shape)
    positions = np.arange(out.size).reshape(shape)[index]
    for place, value in zip(np.ravel(positions), np.ravel(g), strict=True):
        out.flat[place] += value
    return out


def index_set(x, value, index):
    """Write `value`, of the shape of x[index], one element at a time into a copy of x."""
    out = x.copy()
    positions = np.arange(out.size).reshape(x.shape)[index]
    for place, one in zip(np.ravel(positions), np.ravel(value), strict=True):
        out.flat[place] = one
    return out


def set_where(x, value, read):
    """Write `value`, of the shape of read(x), where `read` finds each element of x."""
    out = x.copy()
    for place, one in zip(np.ravel(read(np.arange(x.size).reshape(x.shape))), np.ravel(value), strict=True):
        out.flat[place] = one
    return out


def gather(x, dim, index):
    out = np.zeros(index.shape)
    for place in np.ndindex(index.shape):
        source = list(place)
        source[dim] = index[place]
        out[place] = x[tuple(source)]
    return out


def scatter_add(g, dim, index, shape):
    out = np.zeros(shape)
    for place in np.ndindex(index.shape):
        target = list(place)
        target[dim] = index[place]
        out[tuple(target)] += g[place]
    return out


def cross_entropy(x, target, reduction):
    losses = np.zeros(target.shape)
    for place in np.ndindex(target.shape):
        scores = x[(place[0], slice(None), *place[1:])]
        losses[place] = -np.log(np.exp(scores[target[place]]) / np.sum(np.exp(scores)))
    mean = losses.sum() / losses.size if losses.size else np.nan
    return {"none": losses, "sum": losses.sum(), "mean": mean}[reduction]


def cross_entropy_input(g, x, target, reduction):
    """Compute g · (softmax(x) − one-hot), g shared out evenly among the places for the mean."""
    p = np.exp(x) / np.exp(x).sum(1, keepdims=True)
    for place in np.ndindex(target.shape):
        p[(place[0], target[place], *place[1:])] -= 1
    part = np.expand_dims(g, 1) if reduction == "none" else g
    return p * part / (target.size if reduction == "mean" and target.size else 1)


def soft_cross_entropy(x, q, reduction, count):
    losses = np.zeros((x.shape[0], *x.shape[2:]))
    for n, c, *rest in np.ndindex(x.shape):
        scores = x[(n, slice(None), *rest)]
        losses[(n, *rest)] -= q[(n, c, *rest)] * np.log(np.exp(scores[c]) / np.sum(np.exp(scores)))
    return {"none": losses, "sum": losses.sum(), "mean": losses.sum() / count}[reduction]


def nll_loss(x, target, share, reduction, count):
    losses = np.zeros(target.shape)
    for place in np.ndindex(target.shape):
        losses[place] = -share[place] * x[(place[0], target[place], *place[1:])]
    return {"none": losses, "sum": losses.sum(), "mean": losses.sum() / count}[reduction]


def huber(d, delta):
    losses = np.zeros(d.shape)
    for place in np.ndindex(d.shape):
        far = abs(d[place]) > delta
        losses[place] = delta * abs(d[place]) - delta**2 / 2 if far else d[place] ** 2 / 2
    return losses


def binary_cross_entropy(x, target, weight=None, pos_weight=None):
    positive = target * np.log(x) * (1 if pos_weight is None else pos_weight)
    return -(positive + (1 - target) * np.log(1 - x)) * (1 if weight is None else weight)


def unfold(x, *, kernel_size, stride, padding, dilation):
    n, c, h, w = x.shape
    oh, ow = out_shape(h, w, kernel_size, stride, padding, dilation)
    columns = np.zeros((n, c, *kernel_size, oh, ow))
    for i, j, k, m, row, column in places(h, w, kernel_size, stride, padding, dilation):
        if 0 <= row < h and 0 <= column < w:
            columns[:, :, k, m, i, j] = x[:, :, row, column]
    return columns.reshape(n, c * kernel_size[0] * kernel_size[1], oh * ow)


def fold(x, *, input_size, kernel_size, stride, padding, dilation):
    oh, ow = out_shape(*input_size, kernel_size, stride, padding, dilation)
    columns = x.reshape(len(x), x.shape[1] // (kernel_size[0] * kernel_size[1]), *kernel_size, oh, ow)
    out = np.zeros((*columns.shape[:2], *input_size))
    for i, j, k, m, row, column in places(*input_size, kernel_size, stride, padding, dilation):
        if 0 <= row < input_size[0] and 0 <= column < input_size[1]:
            out[:, :, row, column] += columns[:, :, k, m, i, j]
    return out


def adaptive(x, output_size, reduce):
    """Apply `reduce`, of (N, C, elements), to the window of every output place."""
    (n, c, h, w), (oh, ow) = x.shape, output_size
    y = np.zeros((n, c, oh, ow))
    for i, j in product(range(oh), range(ow)):
        rows = slice(int(np.floor(i * h / oh)), int(np.ceil((i + 1) * h / oh)))
        columns = slice(int(np.floor(j * w / ow)), int(np.ceil((j + 1) * w / ow)))
        window = x[:, :, rows, columns]
        y[:, :, i, j] = reduce(window.reshape(n, c, window.shape[2] * window.shape[3]))
    return y


def transpose_of(linear, shape, g):
    """Return the transpose of the linear function `linear` of one image (1, 1, ...) of `shape`, applied to g."""
    out = np.zeros((*g.shape[:2], *shape))
    for place in np.ndindex(shape):
        unit = np.zeros((1, 1, *shape))
        unit[(0, 0, *place)] = 1
        out[(slice(None), slice(None), *place)] = (g * linear(unit)).sum(axis=tuple(range(2, g.ndim)))
    return out


def standardize(x, dims, eps):
    return (x - x.mean(dims, keepdims=True)) / np.sqrt(x.var(dims, keepdims=True) + eps)


def standardize_input(g, x, w, dims, eps):
    """Multiply w·g by the Jacobian of `standardize`, entry by entry."""
    a = g if w is None else g * w
    count = np.prod([x.shape[dim] for dim in dims])
    normal = standardize(x, dims, eps)
    r = 1 / np.sqrt(x.var(dims, keepdims=True) + eps)
    out = np.zeros(x.shape)
    for i, j in product(np.ndindex(x.shape), repeat=2):
        if all(p == q for axis, (p, q) in enumerate(zip(i, j, strict=True)) if axis not in dims):
            scale = np.broadcast_to(r, x.shape)[i]
            out[i] += a[j] * scale * ((i == j) - 1 / count - normal[i] * normal[j] / count)
    return out
