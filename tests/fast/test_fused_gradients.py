"""Gradients of all inputs at once are those of the VJPs, whichever of them are asked for."""

import itertools
from functools import partial

import numpy as np
import pytest
from fused_programs import CASES, agree, energy, random, tensors
from kernel_forms import needs_compiler

import tinygrad_cnn as tc
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import ops
from tinygrad_cnn.autograd import grad
from tinygrad_cnn.backends.kernels import kernels_of

pytestmark = needs_compiler
every = pytest.mark.parametrize("name", CASES)


@every
def test_equal_those_of_the_vjps(name):
    agree(name, lambda op, *args: energy(op(*args)))


@every
@pytest.mark.parametrize("relu", [False, True])
def test_for_every_choice_of_inputs_that_need_one(name, relu):
    op, arrays = CASES[name]
    last = F.relu if relu else lambda y: y
    with kernels_of("compiled"):
        all_leaves = tensors(arrays)
        expected = grad(energy(last(op(*all_leaves))), all_leaves)
        for wanted in itertools.product([False, True], repeat=3):
            if not any(wanted):
                continue
            leaves = [tc.tensor(array, requires_grad=one) for array, one in zip(arrays, wanted, strict=True)]
            leaves = [leaf if leaf.dtype == tc.float32 else leaf.float().detach() for leaf in leaves]
            for leaf, one in zip(leaves, wanted, strict=True):
                leaf.requires_grad_(one)
            energy(last(op(*leaves))).backward()
            for leaf, one, gradient in zip(leaves, wanted, expected, strict=True):
                assert (leaf.grad is not None) == one
                if one:
                    np.testing.assert_allclose(leaf.grad.numpy(), gradient.numpy(), rtol=1e-5, atol=1e-5)


@every
def test_for_one_of_the_inputs_only(name):
    op, arrays = CASES[name]
    with kernels_of("compiled"):
        leaves = tensors(arrays)
        expected = grad(energy(op(*leaves)), leaves)
        for i in range(3):
            (found,) = grad(energy(op(*leaves)), [leaves[i]])
            np.testing.assert_allclose(found.numpy(), expected[i].numpy(), rtol=1e-5, atol=1e-5)


@every
def test_without_a_bias_or_with_an_input_used_twice(name):
    agree(name, lambda op, x, w, b: energy(op(x, w, None)) + b.sum())
    agree(name, lambda op, x, w, b: energy(op(x * x, w, b)) + (x * x * x).sum() + w.sum())


def test_the_same_tensor_as_two_inputs():
    def program(dtype):
        x = tc.tensor(random(0, 5, 5), dtype=dtype, requires_grad=True)
        return grad(energy(F.linear(x, x, x[0])), [x])[0].numpy()

    with kernels_of("numpy"):
        expected = program(tc.float64)
    with kernels_of("compiled"):
        np.testing.assert_allclose(program(tc.float32), expected, rtol=1e-4, atol=1e-5)


@every
def test_they_are_what_runs_in_float32_only_and_not_when_recorded(name, monkeypatch):
    op, arrays = CASES[name]
    node = getattr(ops, name.split(" ")[0].rstrip(","))
    given = []

    def noting(*args, plain, **how):
        given.append(None if plain is None else plain(*args, **how))
        return given[-1]

    for dtype, mode, used in (
        (tc.float32, "compiled", True),
        (tc.float64, "compiled", False),
        (tc.float32, "numpy", False),
    ):
        with kernels_of(mode):
            leaves = tensors(arrays, dtype)
            total = energy(op(*leaves))
            monkeypatch.setattr(node, "gradients", partial(noting, plain=node.gradients))
            grad(total, leaves)
        assert (given.pop() is not None) == used
        assert given == []
        monkeypatch.undo()
    with kernels_of("compiled"):
        leaves = tensors(arrays)
        total = energy(op(*leaves))
        monkeypatch.setattr(node, "gradients", partial(noting, plain=node.gradients))
        grad(total, leaves, create_graph=True)
    assert given == [None]


@every
def test_none_is_asked_for_where_no_gradient_arrives(name):
    agree(name, lambda op, *args: energy(op(*args).detach() * 2 + args[0].sum()) + args[1].sum() + args[2].sum())


@every
def test_an_empty_batch(name):
    op, (x, w, b) = CASES[name]
    if name == "batch_norm":
        pytest.skip("there are no statistics of an empty batch")
    with kernels_of("compiled"):
        leaves = tensors((x[:0], w, b))
        found = grad(energy(F.relu(op(*leaves))), leaves)
    assert [one.shape for one in found] == [leaf.shape for leaf in leaves]
    assert not any(one.numpy().any() for one in found)


def test_a_gradient_of_another_shape_is_refused(monkeypatch):
    monkeypatch.setattr(ops.sqrt, "fit", None)
    monkeypatch.setattr(ops.sqrt, "gradients", lambda _node, g, _wanted: [g[:1]])
    y = ops.sqrt(tc.ones(3, requires_grad=True))
    with pytest.raises(RuntimeError, match=r"sqrt: .* shape \(1,\), expected \(3,\)"):
        y.sum().backward()
