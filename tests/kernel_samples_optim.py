"""The samples of the optimizers' steps: each equation written once more, in float64."""

from itertools import product

import numpy as np
from c_constants import around, constants
from guarded import beside_nan
from kernel_forms import float32, near
from kernel_samples import LANES, WIDTHS, call, sample

OPTIM = constants("optim")
SIZES = {
    "n": (*WIDTHS, 4 * LANES + 1, *around(OPTIM.CHUNK)[1:]),
    "parameters": (1, OPTIM.FEW_TASKS + 1),
    "decay": (0.0, 0.1),
}


def _options(count):
    """Return every choice of `count` settings that are on or off; the last is always `maximize`."""
    return {"options": tuple(product((0, 1), repeat=count))}


def _step(name, columns, expected, *settings, n=5, parameters=2, positive=()):
    """Take a step from random arrays and compare all arrays of each parameter with what `expected` makes of them."""
    tables = [[beside_nan(float32(10 * p + k, n)) for k in range(columns)] for p in range(parameters)]
    for table in tables:
        for k in positive:
            np.abs(table[k], out=table[k])
    wanted = [expected(*(a.astype(float) for a in table)) for table in tables]
    call(name, tuple(a for table in tables for a in table), columns, *settings)
    for table, result in zip(tables, wanted, strict=True):
        for k, (found, exact) in enumerate(zip(table, result, strict=True)):
            near(found, exact, 5 if k == 0 else None)


def _penalized(p, g, decay, maximize):
    return (-g if maximize else g) + decay * p


@sample(**SIZES, **_options(4))
def sgd_step(options=(1, 0, 0, 0), decay=0.1, **sizes):
    (moving, nesterov, first, maximize), momentum = options, 0.9 * options[0]

    def expected(p, g, *velocity):
        d = _penalized(p, g, decay, maximize)
        if not moving:
            return p - 0.1 * d, g
        v = d if first else momentum * velocity[0] + 0.7 * d
        return p - 0.1 * (d + momentum * v if nesterov else v), g, v

    _step("sgd_step", 2 + moving, expected, 0.1, momentum, 0.3, decay, nesterov, maximize, first, **sizes)


@sample(**SIZES, **_options(3))
def adam_step(options=(0, 0, 0), decay=0.1, **sizes):
    amsgrad, decoupled, maximize = options

    def expected(p, g, m, v, *most):
        kept = p * (1 - decay) if decoupled else p
        d = _penalized(p, g, 0 if decoupled else decay, maximize)
        m, v = 0.6 * m + 0.4 * d, 0.8 * v + 0.2 * d * d
        most = [np.maximum(most[0], v)] if most else []
        return kept - 0.1 * m / (np.sqrt(most[0] if most else v) * 1.5 + 0.1), g, m, v, *most

    settings = (0.1, 0.6, 0.8, 0.1, 1.5, decay, amsgrad, maximize, decoupled)
    _step("adam_step", 4 + amsgrad, expected, *settings, positive=range(3, 4 + amsgrad), **sizes)


@sample(**SIZES, **_options(3))
def rmsprop_step(options=(1, 0, 0), decay=0.1, **sizes):
    (moving, centered, maximize), momentum = options, 0.9 * options[0]

    def expected(p, g, v, *rest):
        rest, d = list(rest), _penalized(p, g, decay, maximize)
        v = spread = 0.8 * v + 0.2 * d * d
        if centered:
            rest[0] = 0.8 * rest[0] + 0.2 * d
            spread = np.maximum(v - rest[0] ** 2, 0)
        step = d / (np.sqrt(spread) + 0.1)
        if moving:
            rest[-1] = step = step + momentum * rest[-1]
        return p - 0.1 * step, g, v, *rest

    settings = (0.1, 0.8, 0.1, momentum, decay, centered, maximize)
    _step("rmsprop_step", 3 + moving + centered, expected, *settings, positive=(2,), **sizes)


@sample(**SIZES, **_options(1))
def adagrad_step(options=(0,), decay=0.1, **sizes):
    (maximize,) = options

    def expected(p, g, s):
        d = _penalized(p, g, decay, maximize)
        s = s + d * d
        return p - 0.1 * d / (np.sqrt(s) + 0.1), g, s

    _step("adagrad_step", 3, expected, 0.1, 0.1, decay, maximize, positive=(2,), **sizes)


@sample(**SIZES, **_options(1))
def adadelta_step(options=(0,), decay=0.1, **sizes):
    (maximize,) = options

    def expected(p, g, v, u):
        d = _penalized(p, g, decay, maximize)
        v = 0.8 * v + 0.2 * d * d
        step = np.sqrt(u + 0.1) / np.sqrt(v + 0.1) * d
        return p - 0.5 * step, g, v, 0.8 * u + 0.2 * step * step

    _step("adadelta_step", 4, expected, 0.5, 0.8, 0.1, decay, maximize, positive=(2, 3), **sizes)
