"""Random programs of views and changes in place, run step by step in two frameworks that must agree.

A program is a list of steps, and a step a few small numbers, which choose an operation, the tensor that it works on and
its arguments: any numbers are a program, so that a test can draw them and make a failing program shorter.
"""

from __future__ import annotations

import contextlib
import random

import numpy as np

SHAPES = [(), (3,), (2, 3), (2, 1, 3), (1,), (1, 1), (1, 3)]
CONSTANTS = [-1.5, 0.5, 2.0, -0.25]

Step = tuple[int, int, int, int]
"""Numbers that choose the operation, the tensor, another tensor, and a detail; those above 99 run under no_grad."""


def index(t, k):
    return t[k % max(t.shape[0], 1)] if t.ndim else t[0]


def ellipsis(t, _):
    return t[...]


def every(t, _):
    return t[()]


def some(t, k):
    return t[k % 2 :] if k % 3 else t[..., k % 2 :]


def last(t, _):
    return t[..., 0]


def new_axis(t, k):
    return t[None] if k % 2 else t[..., None]


def view(t, _):
    return t.view(-1)


def reshape(t, k):
    return t.reshape(-1, 1) if k % 2 else t.reshape(t.shape)


def flatten(t, _):
    return t.flatten()


def transpose(t, _):
    return t.transpose(0, -1)


def permute(t, _):
    return t.permute(list(reversed(range(t.ndim))))


def squeeze(t, k):
    return t.squeeze(0) if k % 2 else t.squeeze()


def unsqueeze(t, k):
    return t.unsqueeze(k % (t.ndim + 1))


def expand(t, _):
    return t.expand(2, *t.shape)


def detach(t, _):
    return t.detach()


VIEWS = [index, ellipsis, every, some, last, new_axis, view, reshape, flatten, transpose, permute, squeeze, unsqueeze]
VIEWS += [expand, detach]


def times(t, u, _):
    return t * u


def plus(t, u, k):
    return t + u if k % 2 else t - u


def scaled(t, _, k):
    return t * CONSTANTS[k % 4]


def total(t, _, k):
    return t.sum() if k % 2 else t.mean()


def total_of_axis(t, _, k):
    return t.sum(k % max(t.ndim, 1), keepdim=k % 3 == 0)


def bent(t, _, k):
    return t.tanh() if k % 3 == 0 else t.relu() if k % 3 == 1 else t.clone()


def quotient(t, _, k):
    return t / CONSTANTS[k % 4]


RESULTS = [times, plus, scaled, total, total_of_axis, bent, quotient]


def add_(t, u, k):
    return t.add_(u) if k % 2 else t.sub_(u, alpha=2)


def add_number(t, _, k):
    t += CONSTANTS[k % 4]
    return t


def mul_(t, u, _):
    return t.mul_(u)


def mul_number(t, _, k):
    t *= CONSTANTS[k % 4]
    return t


def div_number(t, _, k):
    t /= CONSTANTS[k % 4]
    return t


def div_(t, u, _):
    return t.div_(u.detach().abs() + 1)


def zero_(t, _, _k):
    return t.zero_()


def fill_(t, _, k):
    return t.fill_(CONSTANTS[k % 4])


def copy_(t, u, _):
    return t.copy_(u)


def relu_(t, _, _k):
    return t.relu_()


def tanh_(t, _, k):
    return t.tanh_() if k % 2 else t.sigmoid_()


def neg_(t, _, k):
    return t.neg_() if k % 2 else t.abs_()


def clamp_(t, _, _k):
    return t.clamp_(-0.7, 0.6)


def pow_(t, _, _k):
    return t.pow_(2)


def set_all(t, u, k):
    if k % 2:
        t[...] = u
    else:
        t[()] = CONSTANTS[k % 4]
    return t


def set_first(t, u, k):
    if k % 2:
        t[0] = u
    else:
        t[0] = CONSTANTS[k % 4]
    return t


def set_slice(t, u, k):
    if k % 2:
        t[..., :1] = u
    else:
        t[1:] = CONSTANTS[k % 4]
    return t


def set_masked(t, u, k):
    if k % 2:
        t[t.detach() > 0] = CONSTANTS[k % 4]
    else:
        t[t.detach() > 0] = u.detach().sum()
    return t


def masked_fill_(t, u, k):
    return t.masked_fill_(t.detach() > 0.1, CONSTANTS[k % 4] if k % 2 else u.sum())


CHANGES = [add_, add_number, mul_, mul_number, div_number, div_, zero_, fill_, copy_, relu_, tanh_, neg_, clamp_, pow_]
CHANGES += [set_all, set_first, set_slice, set_masked, masked_fill_]

OPERATIONS = [*VIEWS * 2, *RESULTS * 2, *CHANGES * 2]


def random_program(source: random.Random) -> list[Step]:
    return [tuple(source.randrange(110) for _ in range(4)) for _ in range(source.randrange(2, 12))]


def run(torch, ours, program, shapes):
    """Run `program` on leaves of `shapes` in both frameworks, and return what differed, None if nothing."""
    frameworks = (torch, ours)
    source = np.random.default_rng(len(program))
    values = [source.uniform(-1.4, 1.4, SHAPES[shape % len(SHAPES)]) for shape in shapes]
    leaves = [[one.tensor(value, dtype=one.float64, requires_grad=True) for value in values] for one in frameworks]
    pools = [
        [*[leaf * 1 for leaf in own], own[0], one.ones(2, 3, dtype=one.float64)]
        for one, own in zip(frameworks, leaves, strict=True)
    ]
    said = [
        f"t2, another = leaves {[value.tolist() for value in values]}",
        "t0, t1 = t2 * 1, another * 1; t3 = ones(2, 3)",
    ]
    for chosen, target, other, detail in program:
        operation = OPERATIONS[chosen % len(OPERATIONS)]
        i, j = target % len(pools[0]), other % len(pools[0])
        if operation in CHANGES and np.shares_memory(pools[1][i].array, pools[1][j].array):
            continue  # PyTorch refuses to differentiate what reads the memory that it overwrites
        unrecorded = chosen > 99 and operation not in VIEWS
        said.append(f"t{len(pools[0])} = {operation.__name__}(t{i}, t{j}, {detail}){' under no_grad' * unrecorded}")
        found = []
        for one, pool in zip(frameworks, pools, strict=True):
            with one.no_grad() if unrecorded else contextlib.nullcontext():
                args = (pool[i], detail) if operation in VIEWS else (pool[i], pool[j], detail)
                try:
                    found.append(operation(*args))
                except (RuntimeError, IndexError, TypeError, ValueError) as error:
                    found.append(error)
        different = _differ(found)
        if different:
            return "\n".join([*said, different])
        if any(isinstance(one, Exception) for one in found):
            if all(isinstance(one, Exception) for one in found):
                continue
            return None  # it ran in one of them, and may: the two states differ now
        for result, pool in zip(found, pools, strict=True):
            pool.append(result)
        for k, pair in enumerate(zip(*pools, strict=True)):
            states = [(one.detach().numpy(), one.requires_grad, one.is_leaf) for one in pair]
            if not _close(*[state[0] for state in states]) or states[0][1:] != states[1][1:]:
                return "\n".join([*said, f"t{k}, requires_grad, is_leaf: expected {states[0]}", f"got {states[1]}"])
    different = _differ([_gradients(*one) for one in zip(frameworks, leaves, pools, strict=True)])
    return "\n".join([*said, "gradients", different]) if different else None


def _gradients(framework, leaves, pool):
    """Return the gradients of a sum over all tensors with respect to the leaves, of first and second order."""
    try:
        loss = sum((t * CONSTANTS[k % 4] * t).sum() for k, t in enumerate(pool))
        first = framework.autograd.grad(loss, leaves, create_graph=True, allow_unused=True)
        squares = sum((g * g).sum() for g in first if g is not None and g.requires_grad)
        recorded = isinstance(squares, framework.Tensor)
        second = framework.autograd.grad(squares, leaves, allow_unused=True) if recorded else ()
        return [np.asarray(0.0 if g is None else g.detach().clone().tolist()) for g in (*first, *second)]
    except RuntimeError as error:
        return error


def _close(a, b):
    return np.allclose(a, b, rtol=1e-7, atol=1e-9, equal_nan=True)


REFUSED_THERE = "modified by an inplace operation"
"""PyTorch overwrites what an earlier operation in place has saved; here each saves a copy."""

REFUSED_HERE = "looks at memory that cannot be written"
"""PyTorch lets some operations write into an expanded tensor, whose elements share memory."""


def _differ(found):
    """Return how the two of `found`, results or errors, differ, None if they do not."""
    expected, got = found
    if isinstance(expected, Exception) or isinstance(got, Exception):
        allowed = REFUSED_THERE in str(expected) or REFUSED_HERE in str(got)
        leaf = isinstance(expected, IndexError) and "requires a gradient" in str(got)  # either may be said first
        same = type(expected) is type(got) or allowed or leaf
    else:
        same = not isinstance(expected, list) or all(_close(a, b) for a, b in zip(expected, got, strict=True))
    return None if same else f"expected {expected!r}\ngot {got!r}"
