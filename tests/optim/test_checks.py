"""What optimizers check: settings, names, and gradients that are not finite, before anything is changed."""

import numpy as np
import pytest
from optim_cases import KINDS, OPTIMIZERS, parameter

import tinygrad_cnn as tc
from tinygrad_cnn import nn, optim


def pair(*shapes, named=False):
    parameters = [nn.Parameter(tc.ones(shape)) for shape in shapes]
    for p in parameters:
        p.grad = tc.ones(p.shape)
    return [(f"layer.{i}", p) for i, p in enumerate(parameters)] if named else parameters


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nothing_is_changed(kind, bad):
    parameters = pair(3, (2, 2))
    optimizer = kind(parameters, lr=0.5)
    optimizer.step(error_if_nonfinite=True)
    before = [p.tolist() for p in parameters]
    state = {key: np.array(value) for key, value in optimizer.state.get(parameters[0], {}).items()}
    parameters[1].grad.array[1, 0] = bad
    with pytest.raises(RuntimeError, match=rf"{kind.__name__}: expected finite gradients, got {bad} at index \(1, 0\)"):
        optimizer.step(error_if_nonfinite=True)
    assert [p.tolist() for p in parameters] == before
    for key, value in state.items():
        np.testing.assert_array_equal(np.array(optimizer.state[parameters[0]][key]), value)
    parameters[1].grad.array[1, 0] = 1
    optimizer.step(error_if_nonfinite=True)
    assert [p.tolist() for p in parameters] != before


def test_the_message_says_which_parameter():
    first, second = pair(3), pair(2, (2, 3))
    second[1].grad.array[1] = np.nan
    optimizer = optim.SGD([{"params": first}, {"params": second}])
    with pytest.raises(
        RuntimeError, match=r"of that of parameter 1 of group 1, of shape \(2, 3\); 3 of its 6 elements"
    ):
        optimizer.step(error_if_nonfinite=True)


def test_the_message_names_a_named_parameter():
    parameters = pair(3, 2, named=True)
    parameters[1][1].grad.array[0] = np.inf
    with pytest.raises(RuntimeError, match=r"got inf at index \(0,\) of that of parameter 1 \(layer.1\) of group 0"):
        optim.Adam(parameters).step(error_if_nonfinite=True)


def test_a_parameter_of_no_axes():
    p = nn.Parameter(tc.tensor(1.0))
    p.grad = tc.tensor(float("nan"))
    with pytest.raises(RuntimeError, match=r"got nan at index \(\) .* of shape \(\); 1 of its 1 elements"):
        optim.SGD([p]).step(error_if_nonfinite=True)


def test_the_gradients_of_a_closure_are_looked_at():
    p = nn.Parameter(tc.zeros(1))
    optimizer = optim.SGD([p])

    def closure():
        optimizer.zero_grad()
        loss = p.sqrt().sum()
        loss.backward()
        return loss

    with pytest.raises(RuntimeError, match="got inf"):
        optimizer.step(closure, error_if_nonfinite=True)
    assert p.item() == 0


def test_unless_asked_the_step_is_taken():
    (p,) = pair(2)
    p.grad.array[0] = np.inf
    optim.SGD([p], lr=1).step()
    assert p.tolist() == [-np.inf, 0]


def test_a_parameter_without_a_gradient_is_finite():
    p, q = pair(2, 2)
    q.grad = None
    optim.SGD([q, p], lr=1).step(error_if_nonfinite=True)
    assert p.tolist() == [0, 0]


REFUSED = [
    (lambda p: optim.SGD([{"params": frozenset({p})}]), TypeError, "need to be organized in ordered collections"),
    (lambda p: optim.SGD([{"params": "w"}]), TypeError, "should be an iterable of Tensors, but got str"),
    (lambda p: optim.SGD([("w", p, 1)]), TypeError, r"should be \(name, tensor\) pairs, .* \(str, Parameter, int\)"),
    (lambda p: optim.SGD([("w",)]), TypeError, r"should be \(name, tensor\) pairs, .* \(str\)"),
    (
        lambda p: optim.Adam([p], betas=(0.9, tc.ones(2))),
        ValueError,
        "betas must be either both floats or both Tensors",
    ),
    (
        lambda p: optim.Adam([p], betas=(tc.tensor(0.9), tc.ones(2))),
        ValueError,
        r"Tensor betas\[1\] must be 1-element \(Adam got one of shape \(2,\)\)",
    ),
    (lambda p: optim.SGD([{"params": {p}}]), TypeError, "need to be organized in ordered collections"),
    (lambda p: optim.SGD([{"params": 3}]), TypeError, "should be an iterable of Tensors, but got int"),
    (lambda p: optim.SGD([("w", p), p * 1]), ValueError, "Some param names are missing: got 1 .* among 2 parameters"),
    (lambda p: optim.SGD([(p, "w")]), TypeError, r"should be \(name, tensor\) pairs, .* \(Parameter, str\)"),
    (lambda p: optim.SGD([p], lr=tc.ones(2)), ValueError, r"Tensor lr must be 1-element \(SGD got .* shape \(2,\)"),
    (
        lambda p: optim.SGD([{"params": [p], "lr": tc.ones(2)}]),
        ValueError,
        "Tensor lr must be 1-element",
    ),
]


@pytest.mark.parametrize(("make", "kind", "text"), REFUSED, ids=[str(i) for i in range(len(REFUSED))])
def test_refused_with_a_message(make, kind, text):
    with pytest.raises(kind, match=text):
        make(parameter(1, 2))


def test_a_tensor_of_one_element_counts_as_its_number():
    p = parameter(1)
    optimizer = optim.Adam([p], lr=tc.tensor([0.5]), betas=(tc.tensor([[0.5]]), tc.tensor(0.75)))
    assert (optimizer.param_groups[0]["lr"], optimizer.param_groups[0]["betas"]) == (0.5, (0.5, 0.75))
    assert type(optimizer.param_groups[0]["lr"]) is float
    optimizer.add_param_group({"params": [parameter(2)], "lr": tc.tensor(2.0)})
    assert optimizer.param_groups[1]["lr"] == 2


FUSED = ["SGD", "Adam", "AdamW", "Adagrad"]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_step_is_not_differentiable(name):
    make = getattr(optim, name)
    with pytest.raises(NotImplementedError, match=f"{name}: there is no differentiable=True: a step overwrites"):
        make([parameter(1)], differentiable=True)
    with pytest.raises(NotImplementedError, match=f"{name}: there is no differentiable=True"):
        make([{"params": [parameter(1)], "differentiable": True}])


@pytest.mark.parametrize("name", FUSED)
def test_fused_and_foreach_exclude_each_other(name):
    with pytest.raises(RuntimeError, match="`fused` and `foreach` cannot be `True` together"):
        getattr(optim, name)([parameter(1)], fused=True, foreach=True)


def test_the_first_of_several_elements_is_named():
    p = parameter(1, 2, 3)
    p.grad = tc.tensor([1.0, np.inf, np.nan], dtype=tc.float64)
    with pytest.raises(RuntimeError, match=r"got inf at index \(1,\) .* 2 of its 3 elements"):
        optim.SGD([p]).step(error_if_nonfinite=True)
