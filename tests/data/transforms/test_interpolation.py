"""`InterpolationMode`: by member or by value."""

import pytest

from tinygrad_cnn.data.transforms import InterpolationMode, RandomRotation, Resize


def test_member_and_value_are_the_same():
    assert Resize(3, InterpolationMode.BICUBIC).interpolation is Resize(3, "bicubic").interpolation
    assert InterpolationMode.NEAREST.value == "nearest"


def test_what_a_transform_has_not():
    with pytest.raises(ValueError, match="RandomRotation: expected interpolation as one of nearest, bilinear, got"):
        RandomRotation(3, InterpolationMode.BICUBIC)
