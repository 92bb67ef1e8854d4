"""The errors of data files are those that callers of the standard library expect."""

import pytest

from tinygrad_cnn import data
from tinygrad_cnn.data.errors import DataError, DownloadError, needed


@pytest.mark.parametrize(("error", "base"), [(DataError, ValueError), (DownloadError, RuntimeError)])
def test_errors_are_caught_by_their_standard_bases(error, base):
    assert getattr(data, error.__name__) is error
    with pytest.raises(base, match="digits.gz: expected"):
        raise error("digits.gz: expected 8 bytes, got 7")


def test_a_damaged_file_is_not_a_failed_download():
    assert not issubclass(DataError, DownloadError)
    assert not issubclass(DownloadError, DataError)


def test_an_optional_module_is_returned_or_its_extra_named():
    assert needed("json", "reading needs json").loads("[1]") == [1]
    message = r'reading needs no_such_module: pip install "tinygrad-cnn\[data\]"'
    with pytest.raises(ModuleNotFoundError, match=message):
        needed("no_such_module", "reading needs no_such_module")
