"""Nodes of the graph: their names, and the way to their inputs."""

import tinygrad_cnn as tg


def leaf(*values):
    return tg.tensor(values, dtype=tg.float64, requires_grad=True)


def test_nodes_lead_to_their_inputs():
    x = leaf(1.0, 2.0)
    y = (x * 2 + x).sum()
    assert y.grad_fn.name() == "SumBackward0"
    ((add, number),) = y.grad_fn.next_functions
    assert (add.name(), number) == ("AddBackward0", 0)
    (mul, _), (end, _) = add.next_functions
    assert mul.next_functions == ((end, 0), (None, 0))
    assert end.variable is x
    assert end.name() == "torch::autograd::AccumulateGrad"
    assert end.next_functions == ()
    assert len({end, mul.next_functions[0][0]}) == 1
    assert "AccumulateGrad of (2,)" in repr(end)
