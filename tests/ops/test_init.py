"""What holds for every operation, over every row of the table in `op_samples`."""

from collections import defaultdict

import numpy as np
import pytest
from kernel_forms import needs_compiler
from op_samples import SAMPLES

import tinygrad_cnn
from tinygrad_cnn.autograd import grad, no_grad, registry
from tinygrad_cnn.backends.kernels import kernels_of
from tinygrad_cnn.creation import from_numpy, ones_like
from tinygrad_cnn.gradcheck import gradcheck, gradgradcheck
from tinygrad_cnn.tensor import Tensor

# Only the package's own: tests of the engine may register operations of theirs.
OPS = {name: op for name, op in registry.items() if op.__wrapped__.__module__.startswith(tinygrad_cnn.__name__)}

every = pytest.mark.parametrize("sample", SAMPLES, ids=str)
differentiable = pytest.mark.parametrize(
    "sample",
    [
        one
        for one in SAMPLES
        if OPS[one.op].differentiable
        and one.case != "to int64"
        and any(array.dtype.kind == "f" for array in one.inputs)
    ],
    ids=str,
)


def is_float(array):
    return array.dtype.kind == "f"


def tensors(inputs, wanted=None):
    """Return leaves over `inputs`; the floating-point ones, or only those at `wanted`, require gradients."""
    made = [from_numpy(np.asarray(array)) for array in inputs]
    for i, one in enumerate(made):
        one.requires_grad = is_float(one.array) and (wanted is None or i in wanted)
    return made


def upstream(output):
    return from_numpy(np.random.default_rng(1).standard_normal(output.shape).astype(output.dtype))


def forward_and_gradients(sample, inputs):
    """Return the output and the gradient of each floating-point input as arrays."""
    leaves = tensors(inputs)
    output = sample.call(*leaves)
    wanted = [leaf for leaf in leaves if leaf.requires_grad]
    if not output.requires_grad:
        return output.array, []
    return output.array, [one.array for one in grad(output, wanted, upstream(output))]


@pytest.fixture
def calls(monkeypatch):
    """Count VJP calls by (operation, input)."""
    counts = defaultdict(int)

    def counting(name, i, vjp):
        def call(*args, **attrs):
            counts[name, i] += 1
            return vjp(*args, **attrs)

        return call

    def counting_n(name, vjp):
        return lambda n, *args, **attrs: counting(name, n, vjp)(n, *args, **attrs)

    for name, op in OPS.items():
        monkeypatch.setattr(op, "gradients", None)  # the VJPs are the definition; joint gradients have their own tests
        spied = [vjp if vjp is None else counting(name, i, vjp) for i, vjp in enumerate(op.vjps)]
        monkeypatch.setattr(op, "vjps", spied)
        if op.variadic is not None:
            monkeypatch.setattr(op, "variadic", counting_n(name, op.variadic))
    return counts


@every
def test_forward_equals_the_reference(sample):
    expected = np.asarray(sample.reference(*sample.inputs))
    found = sample.call(*tensors(sample.inputs))
    assert isinstance(found, Tensor)
    assert found.shape == expected.shape
    assert found.dtype.kind == expected.dtype.kind or sample.fixed_dtype
    np.testing.assert_allclose(found.array, expected, rtol=1e-12, atol=1e-12)


@every
def test_the_row_runs_the_operation_it_is_filed_under(sample, monkeypatch):
    op, ran = OPS[sample.op], []
    kernel = op.kernel
    monkeypatch.setattr(op, "kernel", lambda *args, **attrs: ran.append(1) or kernel(*args, **attrs))
    sample.call(*tensors(sample.inputs))
    assert ran


@differentiable
def test_first_order_gradients(sample):
    assert gradcheck(sample.call, tensors(sample.inputs), atol=1e-8, rtol=1e-6)


@differentiable
def test_second_order_gradients(sample):
    assert gradgradcheck(sample.call, tensors(sample.inputs), atol=1e-7, rtol=1e-6)


@pytest.mark.parametrize("sample", [one for one in SAMPLES if one.third], ids=str)
def test_third_order_gradients(sample):
    def gradients(*args):
        wanted = [arg for arg in args if arg.requires_grad]
        output = sample.call(*args)
        return grad(output, wanted, upstream(output), create_graph=True)

    leaves = tensors([array[:2] for array in sample.inputs] if sample.op == "cross_entropy" else sample.inputs)
    assert any(one.requires_grad for one in gradients(*leaves))
    assert gradgradcheck(gradients, leaves, atol=1e-6, rtol=1e-5)


@every
def test_arrays_give_arrays_with_the_same_numbers(sample):
    found = sample.call(*sample.inputs)
    expected = sample.call(*tensors(sample.inputs)).array
    assert isinstance(found, np.ndarray if expected.ndim else np.ndarray | np.generic)
    np.testing.assert_array_equal(found, expected)


@every
def test_float32_stays_float32(sample, monkeypatch):
    op = OPS[sample.op]
    returned = []

    def noting(vjp):
        return lambda *args, **attrs: returned.append(vjp(*args, **attrs)) or returned[-1]

    monkeypatch.setattr(op, "vjps", [vjp and noting(vjp) for vjp in op.vjps])
    monkeypatch.setattr(op, "variadic", op.variadic and noting(op.variadic))
    monkeypatch.setattr(op, "gradients", None)  # they would compute without VJPs
    inputs = [array.astype(np.float32) if is_float(array) else array for array in sample.inputs]
    leaves = tensors(inputs)
    output = sample.call(*leaves)
    reference = np.asarray(sample.reference(*sample.inputs))
    if not sample.fixed_dtype:
        assert output.dtype == (np.float32 if is_float(reference) else output.dtype)
        np.testing.assert_allclose(output.array, reference, rtol=2e-5, atol=2e-5)
    if output.requires_grad:
        wanted = [leaf for leaf in leaves if leaf.requires_grad]
        gradients = grad(output, wanted, upstream(output), retain_graph=True)
        assert {one.dtype for one in gradients} == {np.dtype(np.float32)}
        with kernels_of("numpy"):  # by the VJPs, which compiled kernels for all gradients at once pass by
            grad(output, wanted, upstream(output), retain_graph=True)
        assert {one.dtype for one in returned} == {np.dtype(np.float32)}  # before the engine converts anything
        again = grad(output, wanted, upstream(output), create_graph=True)
        assert {one.dtype for one in again} == {np.dtype(np.float32)}


@needs_compiler
@every
def test_numpy_and_compiled_kernels_agree(sample):
    inputs = [array.astype(np.float32) if is_float(array) else array for array in sample.inputs]
    with kernels_of("numpy"):
        expected, expected_gradients = forward_and_gradients(sample, inputs)
    with kernels_of("compiled"):
        found, gradients = forward_and_gradients(sample, inputs)
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-5)
    for one, other in zip(gradients, expected_gradients, strict=True):
        assert (one.shape, one.dtype) == (other.shape, other.dtype)
        np.testing.assert_allclose(one, other, rtol=5e-5, atol=5e-5)


@every
def test_memory_layout_does_not_matter(sample):
    spread = [np.repeat(array, 2, axis=-1)[..., ::2] if array.ndim else array for array in sample.inputs]
    turned = [array.T.copy().T for array in sample.inputs]
    flipped = [np.flip(np.flip(array).copy()) for array in sample.inputs]
    output, gradients = forward_and_gradients(sample, sample.inputs)
    for inputs in (spread, turned, flipped):
        again, found = forward_and_gradients(sample, inputs)
        np.testing.assert_allclose(again, output, rtol=1e-12, atol=1e-12)
        for one, expected in zip(found, gradients, strict=True):
            np.testing.assert_allclose(one, expected, rtol=1e-12, atol=1e-12)


@every
def test_inputs_and_upstream_are_not_written_to(sample):
    inputs = [array.copy() for array in sample.inputs]
    for array in inputs:
        array.flags.writeable = False
    leaves = tensors(inputs)
    output = sample.call(*leaves)
    if output.requires_grad:
        weight = upstream(output)
        weight.array.flags.writeable = False
        grad(output, [leaf for leaf in leaves if leaf.requires_grad], weight)
    for array, original in zip(inputs, sample.inputs, strict=True):
        np.testing.assert_array_equal(array, original)


@pytest.mark.parametrize("sample", [one for one in SAMPLES if one.batch], ids=str)
def test_empty_batch(sample):
    inputs = [
        array if axis is None else np.take(array, [], axis)
        for array, axis in zip(sample.inputs, sample.batch, strict=True)
    ]
    output, gradients = forward_and_gradients(sample, inputs)
    expected = np.asarray(sample.reference(*inputs))
    assert output.shape == expected.shape
    np.testing.assert_array_equal(output, expected)
    for gradient, array in zip(gradients, [array for array in inputs if is_float(array)], strict=False):
        np.testing.assert_array_equal(gradient, np.zeros(array.shape))


@differentiable
def test_only_needed_gradients_are_computed(sample, calls):
    floats = [i for i, array in enumerate(sample.inputs) if is_float(array)]
    spent = []
    for i in floats:
        calls.clear()
        leaves = tensors(sample.inputs, {i})
        output = sample.call(*leaves)
        output.backward(upstream(output))
        assert leaves[i].grad is not None
        assert all(leaf.grad is None for leaf in leaves if leaf is not leaves[i])
        spent.append({place for name, place in calls if name == sample.op})
    assert all(spent)
    for i, one in enumerate(spent):
        assert all(one.isdisjoint(other) for other in spent[i + 1 :])


@differentiable
def test_nothing_is_recorded_without_need(sample):
    assert not sample.call(*tensors(sample.inputs, ())).requires_grad
    with no_grad():
        assert not sample.call(*tensors(sample.inputs)).requires_grad


@pytest.mark.parametrize("name", [name for name, op in OPS.items() if not op.differentiable])
def test_piecewise_constant_operations_record_nothing(name):
    rows = [sample for sample in SAMPLES if sample.op == name]
    assert not any(sample.call(*tensors(sample.inputs)).requires_grad for sample in rows)
    assert OPS[name].vjps == []


# --- the table is complete ------------------------------------------------------------------------------------------


def test_every_operation_has_rows():
    assert set(OPS) == {sample.op for sample in SAMPLES}


def test_rows_have_names_of_their_own():
    names = [str(sample) for sample in SAMPLES]
    assert sorted(set(names)) == sorted(names)


def test_every_vjp_is_called_by_some_row(calls):
    for sample in SAMPLES:
        if OPS[sample.op].differentiable:
            output = sample.call(*tensors(sample.inputs))
            if output.requires_grad:
                output.backward(ones_like(output))
    defined = {(name, i) for name, op in OPS.items() for i, vjp in enumerate(op.vjps) if vjp is not None}
    defined |= {(name, i) for name, op in OPS.items() if op.variadic for i in range(3)}
    assert {place for place, count in calls.items() if count} == defined


_FEATURES = {
    "kernel not square": lambda a: a["kernel_size"][0] != a["kernel_size"][1],
    "input not square": lambda a: a["input_size"][0] != a["input_size"][1],
    "stride unlike the kernel": lambda a: a["stride"] != a["kernel_size"],
    "stride of two unequal steps": lambda a: a["stride"][0] != a["stride"][1],
    "overlap": lambda a: a["stride"][0] < a["kernel_size"][0],
    "rows left over": lambda a: (
        a["stride"][0] > 1
        and (a["input_size"][0] + sum(a["padding"][0]) - a.get("dilation", (1, 1))[0] * (a["kernel_size"][0] - 1) - 1)
        % a["stride"][0]
    ),
    "padding": lambda a: all(map(any, a["padding"])),
    "asymmetric padding": lambda a: a["padding"][0][0] != a["padding"][0][1],
    "dilation": lambda a: a["dilation"][0] > 1 and a["dilation"][0] != a["dilation"][1],
    "groups": lambda a: a["groups"] > 1,
    "divisor": lambda a: a["divisor_override"] is not None,
    "padding not counted": lambda a: a["counted"] != a["padding"],
}
_OPTIONAL = {
    "dilation": "dilation",
    "groups": "groups",
    "divisor": "divisor_override",
    "padding not counted": "counted",
}


WINDOWED = sorted({sample.op for sample in SAMPLES if sample.attrs})
_CASES = [
    (name, feature)
    for name in WINDOWED
    for feature in _FEATURES
    if _OPTIONAL.get(feature, "stride") in next(sample.attrs for sample in SAMPLES if sample.op == name)
]


@pytest.mark.parametrize(("name", "feature"), _CASES)
def test_windowed_operations_have_rows_with(name, feature):
    assert any(_FEATURES[feature](sample.attrs) for sample in SAMPLES if sample.op == name)


def test_all_windowed_operations_give_their_geometry():
    slid = ("conv", "max_pool", "avg_pool", "unfold", "fold")
    assert sorted(name for name in OPS if name.startswith(slid) and not name.endswith("1d")) == WINDOWED
