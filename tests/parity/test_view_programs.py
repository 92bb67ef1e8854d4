"""Random programs of views and changes in place give PyTorch's values, gradients of two orders, and kinds of error."""

import random

import pytest
import view_programs
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.filterwarnings("ignore")  # PyTorch warns of writes into expanded tensors

PART = st.integers(0, 109)
PROGRAM = st.lists(st.tuples(PART, PART, PART, PART), max_size=10)


@settings(max_examples=80, deadline=None)
@given(program=PROGRAM, shapes=st.tuples(PART, PART))
def test_programs(program, shapes):
    torch = pytest.importorskip("torch")
    import tinygrad_cnn

    assert view_programs.run(torch, tinygrad_cnn, program, shapes) is None


@pytest.mark.parametrize("seed", range(3))
def test_longer_programs(ours, torch, seed):
    source = random.Random(seed)
    for _ in range(120):
        program = view_programs.random_program(source)
        assert view_programs.run(torch, ours, program, (source.randrange(7), source.randrange(7))) is None
