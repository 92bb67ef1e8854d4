"""The elements of tensors that a graph keeps: which, and what they were computed to be."""

from __future__ import annotations

import math

import numpy as np
from small_network import values

from tinygrad_cnn import ops, tensor
from tinygrad_cnn.autograd import no_grad
from tinygrad_cnn.graph import trace


def test_values_of_small_tensors_before_and_after_backward():
    a, b, c = (tensor(v, requires_grad=True) for v in (2.0, -3.0, 10.0))
    y = (a * b + c).relu()
    for _ in range(2):
        graph = trace(y, params={"a": a, "b": b, "c": c}, values=True)
        flowing = {e.source: e.data.item() for e in graph.edges}
        assert flowing == {"value1": 2.0, "value2": -3.0, "op1": -6.0, "value3": 10.0, "op2": 4.0, "op3": 4.0}
        if y.grad_fn.args is not None:
            assert values(graph)["a"].grad is None
            y.backward()
    assert values(graph)["a"].grad.item() == -3.0
    assert values(graph)["b"].grad.item() == 2.0


def test_results_of_many_elements_are_not_kept(run):
    run.loss.backward()
    graph = trace(run.loss, values=True)
    assert values(graph)["weight"].data.shape == (3, 32)
    assert values(graph)["loss"].data.item() == run.loss.item()
    sizes = {math.prod(e.shape): e.data is None for e in graph.edges}
    assert sizes == {180: True, 18: False, 2: False, 160: True, 96: True, 3: False, 15: True, 5: True, 1: False}


def test_values_are_copies():
    a = tensor([1.0, 2.0], requires_grad=True)
    graph = trace(a * a, values=True)
    with no_grad():
        a.mul_(0.0) if hasattr(a, "mul_") else a.array.fill(0)
    np.testing.assert_array_equal(values(graph)["leaf"].data, [1.0, 2.0])


def test_what_float16_operations_computed_is_computed_again_in_float32():
    x = tensor([300.0, 400.0], dtype="float16", requires_grad=True)
    graph = trace(ops.norm(x) * 1.0, values=True)
    norm = next(edge.data for edge in graph.edges if edge.shape == () and edge.source == "op1")
    assert (norm.dtype, norm.item()) == (np.float16, 500)
