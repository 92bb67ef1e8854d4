"""Memory without names, and values taken apart and put together in it."""

import os
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tinygrad_cnn import tensor
from tinygrad_cnn.data.workers.shared_memory import SUPPORTED, Packed, Segment, unpack

Sample = namedtuple("Sample", "image label")


@given(
    st.recursive(
        arrays.arrays(st.sampled_from(["u1", "f4", "i8", "?"]), arrays.array_shapes(min_dims=0, min_side=0))
        | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=8,
    ),
    st.booleans(),
)
def test_a_value_comes_back(value, copy):
    packed = Packed(value)
    memory = bytearray(packed.size)
    packed.write(memory)
    equal(unpack(memory, packed.layout, copy), value)


def equal(one, other):
    assert type(one) is type(other)
    if isinstance(one, np.ndarray):
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        np.testing.assert_array_equal(one, other)
    elif isinstance(one, list | dict):
        assert len(one) == len(other)
        for key in range(len(one)) if isinstance(one, list) else one:
            equal(one[key], other[key])
    else:
        assert one == other


def test_tensors_and_views():
    base = np.arange(24.0).reshape(4, 6)
    value = Sample(tensor(base), [base.T, base[::2, 1:]])
    packed = Packed(value)
    memory = bytearray(packed.size)
    packed.write(memory)
    twin = unpack(memory, packed.layout)
    assert isinstance(twin, Sample)
    np.testing.assert_array_equal(twin.image.numpy(), base)
    np.testing.assert_array_equal(twin.label[0], base.T)
    np.testing.assert_array_equal(twin.label[1], base[::2, 1:])
    twin.image.add_(1)  # its own memory, to be written to
    np.testing.assert_array_equal(unpack(memory, packed.layout).image.numpy(), base)


def test_arrays_are_not_part_of_the_pickle():
    packed = Packed([np.zeros(100_000), tensor(np.zeros(50_000))])
    assert packed.layout[1:] == (800_000, 400_000)
    assert packed.layout[0] < 1000


@pytest.mark.skipif(not SUPPORTED, reason="this system shares no files")
def test_segments_share_or_not():
    first = Segment(10_000)
    assert first.size == 10_000
    twin = Segment(descriptor=os.dup(first._file))
    private = Segment(descriptor=os.dup(first._file), private=True)
    first.memory[5] = 7
    assert (twin.memory[5], private.memory[5]) == (7, 7)
    private.memory[5] = 9
    assert (first.memory[5], private.memory[5]) == (7, 9)
    for one in (first, twin, private):
        one.close()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files in /proc")
def test_closing_leaves_no_open_file():
    before = len(list(Path("/proc/self/fd").iterdir()))
    segment = Segment(100)
    assert len(list(Path("/proc/self/fd").iterdir())) > before
    segment.seal()
    segment.seal()
    segment.memory[0] = 1
    segment.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
