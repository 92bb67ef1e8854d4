"""The geometry of windows as C takes it."""

import pytest

from tinygrad_cnn.fast.windows import as_given

NO_PADDING = ((0, 0), (0, 0))


def test_ordinary_geometry_is_passed_on():
    assert as_given((9, 9), (3, 3), (2, 1), ((1, 0), (2, 0)), (1, 2), (4, 7)) == (2, 1, 1, 2, 1, 2)


def test_numbers_of_any_size_become_no_larger_than_the_padded_plane():
    found = as_given((4, 5), (1, 1), (2**70, 3), NO_PADDING, (2**70, 1), (1, 2))
    assert max(found) <= 5


@pytest.mark.parametrize(
    ("size", "padding", "outputs"),
    [
        ((4, 5), NO_PADDING, (0, 3)),
        ((2**16, 2**16), NO_PADDING, (2**16 - 2, 2**16 - 2)),
        ((4, 5), ((2**40, 2**40), (0, 0)), (2**41, 3)),
    ],
    ids=["no output", "a plane beyond 32-bit offsets", "far padding"],
)
def test_what_is_left_to_numpy(size, padding, outputs):
    assert as_given(size, (3, 3), (1, 1), padding, (1, 1), outputs) == ()
