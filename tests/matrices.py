"""What tests of compiled products of matrices share: shapes, layouts in memory, and the check of a product."""

import numpy as np
from hypothesis import example
from hypothesis import strategies as st
from kernel_forms import spread_out

SIZES = st.integers(1, 200)
SHAPES = st.tuples(SIZES, SIZES, SIZES)  # rows, depth, columns
LAYOUTS = {
    "rows": np.ascontiguousarray,
    "columns": np.asfortranarray,
    "spread": spread_out,
    "part": lambda a: np.pad(a, 3)[3:-3, 3:-3],
    "backwards": lambda a: np.flip(np.flip(a).copy()),
}
LAYOUT = st.sampled_from(sorted(LAYOUTS))


def near_product(found, *factors, plus=0.0):
    """Check the product of the matrices `factors`, each element to rounding of the sum of the sizes of its terms."""
    a, b = [one.astype(np.float64) for one in factors]
    assert found.dtype == np.float32
    assert found.shape == (a @ b).shape
    assert (abs(found - (a @ b + plus)) <= 1e-6 * (abs(a) @ abs(b) + abs(plus)) + 1e-30).all()


def some_shapes(test):
    for shape in [(1, 1, 1), (3, 1200, 2), (130, 5, 7), (2, 3, 700), (33, 520, 49), (64, 2100, 64)]:
        test = example(shape, "rows", "rows")(test)
    return test
