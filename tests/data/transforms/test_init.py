"""Names that `data.transforms` lacks: the error says what to use instead."""

import pytest

from tinygrad_cnn.data import transforms
from tinygrad_cnn.declined import read_tables


def test_missing_names_say_what_to_use_instead():
    table = read_tables()["in data.transforms"]
    assert len(table) > 20
    for name, instead in table.items():
        with pytest.raises(AttributeError, match=f"transforms.{name}: not part of this package; {instead}"):
            getattr(transforms, name)
    with pytest.raises(AttributeError, match="did you mean 'RandomHorizontalFlip'"):
        transforms.RandomHorizontalFlipp  # noqa: B018
    with pytest.raises(ImportError):
        from tinygrad_cnn.data.transforms import RandomHorizontalFlipp  # noqa: F401
