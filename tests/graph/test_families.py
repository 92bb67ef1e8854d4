"""Every operation has a family."""

from __future__ import annotations

from tinygrad_cnn.autograd import registry
from tinygrad_cnn.graph.families import FAMILIES, family


def test_every_operation_has_a_family():
    ours = [op for op in registry.values() if op.__wrapped__.__module__.startswith("tinygrad_cnn.")]
    assert len(ours) > 40
    assert {op.name for op in ours if family(op) not in FAMILIES} == set()
    assert family(registry["conv2d_weight"]) == "convolution"
    assert family(registry["max_pool2d"]) == "pooling"
    assert family(registry["softmax"]) == "activation"
    assert family(registry["sum_to"]) == "shape"
