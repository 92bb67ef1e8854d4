"""Names that `data.transforms` lacks: the error says what to use instead."""

import pytest

from tinygrad_cnn.data import transforms


def test_missing_names_say_what_to_use_instead():
    for name, instead in transforms._DECLINED.items():
        with pytest.raises(AttributeError, match=f"transforms.{name}: not part of this package; use "):
            getattr(transforms, name)
        assert instead
    with pytest.raises(AttributeError, match="did you mean 'RandomHorizontalFlip'"):
        transforms.RandomHorizontalFlipp  # noqa: B018
    with pytest.raises(ImportError):
        from tinygrad_cnn.data.transforms import RandomHorizontalFlipp  # noqa: F401
