"""`Tensor`: what it is, values in and out, dtypes, operators, in-place changes, errors."""

import copy

import numpy as np
import pytest

import tinygrad_cnn as tg
from tinygrad_cnn import ops


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (1.5, tg.float32),
        ([1.0, 2.0], tg.float32),
        (3, tg.int64),
        ([[1, 2], [3, 4]], tg.int64),
        (True, np.bool_),
        (np.float64(2), tg.float64),
        (np.zeros(2, np.uint8), np.uint8),
        ([], tg.float32),
        ([1.0, 2], tg.float32),
    ],
)
def test_dtype_of_data(data, dtype):
    assert tg.tensor(data).dtype == dtype


def test_default_dtype_applies_to_floats_and_creation():
    tg.set_default_dtype(tg.float64)
    assert tg.tensor(1.5).dtype == tg.float64
    assert tg.zeros(2).dtype == tg.float64
    with pytest.raises(TypeError, match="floating-point dtype, got int64"):
        tg.set_default_dtype(tg.int64)


@pytest.mark.parametrize(
    ("data", "kind", "message"),
    [
        ("abc", TypeError, "expected numbers, got str"),
        ([[1, 2], [3]], ValueError, "equal lengths"),
        ([1 + 2j], TypeError, "expected real numbers, got an array of complex128"),
        (None, TypeError, "expected numbers, got NoneType"),
    ],
)
def test_bad_data_is_refused(data, kind, message):
    with pytest.raises(kind, match=message):
        tg.tensor(data)


def test_unsupported_dtype_lists_the_supported_ones():
    with pytest.raises(TypeError, match="complex128 is not supported; expected one of bool.*float64"):
        tg.tensor([1.0], dtype=np.complex128)
    with pytest.raises(TypeError, match="expected a dtype.*'nonsense'"):
        tg.zeros(2, dtype="nonsense")


def test_tensor_copies_and_from_numpy_shares():
    array = np.zeros(3)
    copied, shared, same = tg.tensor(array), tg.from_numpy(array), tg.as_tensor(array)
    array[0] = 7
    assert copied.tolist() == [0, 0, 0]
    assert shared.tolist() == same.tolist() == [7, 0, 0]
    assert shared.numpy() is array
    with pytest.raises(TypeError, match="expected an ndarray, got list"):
        tg.from_numpy([1])


def test_only_floating_point_can_require_gradients():
    with pytest.raises(RuntimeError, match="only floating-point tensors can require gradients, got int64"):
        tg.tensor([1, 2], requires_grad=True)


def test_requires_grad_can_be_set_on_leaves_only():
    w = tg.randn(2) * 3
    w.requires_grad = True
    (w * w).sum().backward()
    assert w.grad.tolist() == (2 * w).tolist()
    with pytest.raises(RuntimeError, match="leaves only"):
        (w * 2).requires_grad = False


def test_a_leaf_first_used_as_a_constant_can_become_a_parameter():
    x, w = tg.ones(2, requires_grad=True), tg.ones(2)
    (x * w).sum().backward()
    w.requires_grad_()
    (x * w).sum().backward()
    assert w.grad.tolist() == [1.0, 1.0]


def test_reading_grad_of_a_result_warns():
    y = tg.ones(2, requires_grad=True) * 2
    with pytest.warns(UserWarning, match=r"not a leaf.*\(2,\).*mul"):
        assert y.grad is None


def test_assigning_grad_is_checked():
    w = tg.ones(2, requires_grad=True)
    w.grad = tg.zeros(2)
    with pytest.raises(RuntimeError, match=r"expected shape \(2,\) and dtype float32, got \(3,\)"):
        w.grad = tg.zeros(3)
    with pytest.raises(TypeError, match="expected a tensor or None, got ndarray"):
        w.grad = np.zeros(2)


def test_data_shares_memory_and_is_unrecorded():
    w = tg.ones(2, requires_grad=True)
    w.data -= 0.5
    assert w.tolist() == [0.5, 0.5]
    w.data = tg.zeros(2)
    assert w.tolist() == [0.0, 0.0]
    assert w.requires_grad
    with pytest.raises(TypeError, match="expected a tensor, got float"):
        w.data = 1.0


def test_sizes():
    x = tg.zeros(2, 3, 4)
    assert x.shape == x.size() == (2, 3, 4)
    assert (x.size(1), x.size(-1), x.dim(), x.ndim, x.numel(), len(x)) == (3, 4, 3, 3, 24, 2)


def test_python_numbers_out():
    assert tg.tensor([[2.5]]).item() == 2.5
    assert isinstance(tg.tensor(2).item(), int)
    assert float(tg.tensor(2)) == 2.0
    assert int(tg.tensor(2.7)) == 2
    assert [10, 20, 30][tg.tensor(1)] == 20
    assert f"{tg.tensor(1.23456):.2f}" == "1.23"
    assert bool(tg.tensor(0.0)) is False
    with pytest.raises(RuntimeError, match=r"one element, got shape \(2,\)"):
        tg.zeros(2).item()
    with pytest.raises(RuntimeError, match="ambiguous"):
        bool(tg.zeros(2))
    with pytest.raises(TypeError, match="only integer tensors"):
        [1][tg.tensor(0.0)]
    with pytest.raises(TypeError, match="0-d"):
        len(tg.tensor(0.0))
    with pytest.raises(TypeError, match="0-d"):
        iter(tg.tensor(0.0))


def test_iteration_keeps_the_graph():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    a, b = x
    (a * b).backward()
    assert x.grad.tolist() == [2.0, 1.0]


def test_repr_reads_like_pytorch():
    assert repr(tg.tensor([[1.0, 2.5], [3, 4]])) == "tensor([[1. , 2.5],\n        [3. , 4. ]])"
    assert repr(tg.tensor([1.0], requires_grad=True)) == "tensor([1.], requires_grad=True)"
    assert repr(tg.tensor([1.0], dtype=tg.float64)) == "tensor([1.], dtype=float64)"
    assert repr(tg.tensor(2.0, requires_grad=True) * 2) == "tensor(4., grad_fn=<mul>)"
    assert repr(tg.tensor([True, False])) == "tensor([ True, False])"


def test_operators_and_their_reflections():
    x = tg.tensor([2.0, 4.0])
    cases = {
        "x + 1": [3, 5], "1 + x": [3, 5], "x - 1": [1, 3], "1 - x": [-1, -3], "x * 3": [6, 12], "3 * x": [6, 12],
        "x / 2": [1, 2], "8 / x": [4, 2], "x ** 2": [4, 16], "2 ** x": [4, 16], "-x": [-2, -4], "abs(-x)": [2, 4],
        "x == 2": [True, False], "x != 2": [False, True], "x < 4": [True, False], "x <= 2": [True, False],
        "x > 2": [False, True], "x >= 4": [False, True], "(x > 1) & (x > 3)": [False, True],
        "(x > 3) | (x < 3)": [True, True], "~(x > 3)": [True, False], "x @ x": 20.0,
    }  # fmt: skip
    for text, expected in cases.items():
        assert eval(text, {"x": x}).tolist() == expected, text


def test_numpy_arrays_and_scalars_mix_in():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    for y in (np.float64(3) * x, x * np.float64(3), np.float32(3) * x):
        assert isinstance(y, tg.Tensor)
        assert y.dtype == tg.float32
        assert y.requires_grad
    y = np.array([3.0, 4.0], np.float32) * x
    y.sum().backward()
    assert x.grad.tolist() == [3.0, 4.0]


def test_numpy_functions_stay_on_the_tape_or_say_what_to_call():
    x = tg.tensor([1.0, 4.0], requires_grad=True)
    np.sqrt(x).sum().backward()
    assert x.grad.tolist() == [0.5, 0.25]
    with pytest.raises(TypeError, match=r"numpy\.cbrt on a tensor.*not recorded"):
        np.cbrt(x)
    with pytest.raises(TypeError, match="not recorded"):
        np.add(x, 1, out=np.zeros(2))
    with pytest.raises(RuntimeError, match=r"would become a constant.*detach"):
        np.asarray(x)
    with pytest.raises(RuntimeError, match=r"use \.detach\(\)\.numpy\(\)"):
        x.numpy()
    assert np.asarray(tg.ones(2)).tolist() == [1.0, 1.0]


def test_to_accepts_pytorchs_forms():
    x = tg.ones(2)
    for y in (
        x.to(tg.float64), x.to("cpu", tg.float64), x.to(device="cpu", dtype=tg.float64),
        x.to(tg.device("cpu"), tg.float64),
        x.to(tg.zeros(1, dtype=tg.float64)), x.double(), x.type_as(tg.zeros(1, dtype=tg.float64)),
    ):  # fmt: skip
        assert y.dtype == tg.float64
    assert x.to("cpu") is x
    assert x.cpu() is x
    assert x.to(tg.float32) is x
    assert (x.long().dtype, x.int().dtype, x.byte().dtype, x.bool().dtype) == (tg.int64, np.int32, np.uint8, np.bool_)
    assert str(x.device) == "cpu"
    with pytest.raises(RuntimeError, match="computes on the CPU, expected device 'cpu', got 'cuda:0'"):
        x.to("cuda:0")


def test_gradient_flows_back_through_a_change_of_dtype():
    x = tg.ones(2, requires_grad=True)
    (x.double() * 2).sum().backward()
    assert x.grad.dtype == tg.float32
    assert x.grad.tolist() == [2.0, 2.0]


def test_view_shares_memory_or_refuses():
    x = tg.arange(6)
    x.view(2, 3)[0, 0] = 9
    assert x[0].item() == 9
    assert x.view(3, -1).shape == (3, 2)
    assert x.view(2, 3).view_as(tg.zeros(6)).shape == (6,)
    with pytest.raises(RuntimeError, match=r"without copying; use \.reshape\(\)"):
        x.view(2, 3).t().view(6)


def test_contiguous_copies_only_when_needed():
    x = tg.zeros(2, 3)
    assert x.contiguous() is x
    assert x.t().contiguous().numpy().flags.c_contiguous


def test_deepcopy_is_for_leaves():
    w = tg.ones(2, requires_grad=True)
    (w * 3).sum().backward()
    twin = copy.deepcopy(w)
    twin.data += 1
    assert w.tolist() == [1.0, 1.0]
    assert twin.requires_grad
    assert twin.grad.tolist() == [3.0, 3.0]
    with pytest.raises(RuntimeError, match="only leaves can be deep-copied"):
        copy.deepcopy(w * 2)


def test_barebones_update_changes_the_parameter_itself():
    w = tg.ones(2, requires_grad=True)
    alias = w
    (w * 3).sum().backward()
    with tg.no_grad():
        for p in [w]:
            p -= 0.1 * p.grad
            p.grad.zero_()
    assert alias.tolist() == pytest.approx([0.7, 0.7])
    assert w.requires_grad
    assert w.grad.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda x: x.add_(1), [2.0, 3.0]), (lambda x: x.sub_(1), [0.0, 1.0]), (lambda x: x.mul_(3), [3.0, 6.0]),
        (lambda x: x.div_(2), [0.5, 1.0]), (lambda x: x.fill_(5), [5.0, 5.0]), (lambda x: x.zero_(), [0.0, 0.0]),
        (lambda x: x.copy_(tg.tensor([8, 9])), [8.0, 9.0]), (lambda x: x.add_(x, alpha=2), [3.0, 6.0]),
        (lambda x: x.sub_(x, alpha=0.5), [0.5, 1.0]),
    ],
)  # fmt: skip
def test_changes_in_place(change, expected):
    x = tg.tensor([1.0, 2.0])
    memory = x.numpy()
    assert change(x) is x
    assert x.numpy() is memory
    assert x.tolist() == expected
    assert x._version == 1


def test_item_assignment():
    x = tg.zeros(2, 3)
    x[0] = 1
    x[:, 1] = tg.tensor([5.0, 6.0])
    x[x == 0] = -1
    assert x.tolist() == [[1, 5, 1], [-1, 6, -1]]
    with pytest.raises(RuntimeError, match=r"setitem: cannot write shape \(4,\) into a tensor of shape \(2, 3\)"):
        x[0] = tg.zeros(4)
    with pytest.raises(IndexError, match="setitem"):
        x[5] = 0


def test_in_place_change_of_a_leaf_is_refused_while_recording():
    w = tg.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"add_: a leaf that requires a gradient.*no_grad"):
        w += 1
    with pytest.raises(RuntimeError, match=r"mul_: a view of a leaf that requires a gradient, of shape \(2,\)"):
        w.view(2, 1).mul_(2)
    with pytest.raises(RuntimeError, match="setitem: a leaf"):
        w[0] = 3.0
    assert w.tolist() == [1.0, 1.0]


def test_expanded_memory_is_not_written():
    with pytest.raises(RuntimeError, match=r"mul_: .*memory that cannot be written.*x\.clone\(\)"):
        tg.ones(1, 3).expand(2, 3).mul_(2)


def test_integers_refuse_fractions_in_place():
    with pytest.raises(RuntimeError, match="div_: a float32 result does not fit into a tensor of int64"):
        tg.tensor([1, 2]).div_(2)


def test_every_differentiable_method_matches_its_function():
    x = tg.rand(2, 3, dtype=tg.float64) + 0.5
    for name in ("exp", "log", "sqrt", "abs", "neg", "sign", "relu", "sigmoid", "tanh", "sum", "mean", "amax", "amin",
                 "argmax", "argmin", "flatten", "t", "squeeze"):  # fmt: skip
        np.testing.assert_array_equal(getattr(x, name)().numpy(), getattr(ops, name)(x).numpy(), err_msg=name)


def test_a_number_in_a_text():
    loss = tg.tensor(1.5, requires_grad=True) * 2
    assert f"{loss}" == "3.0"
    assert f"{loss:.3f}" == "3.000"
    assert f"{tg.tensor(3)}" == "3"
    assert f"{tg.tensor([1.5])}" == "tensor([1.5])"
    with pytest.raises(TypeError, match=r"format '\.3f': expected a tensor without axes, got shape \(1,\)"):
        f"{tg.tensor([1.5]):.3f}"
