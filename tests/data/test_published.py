"""The list of published files: complete, and in the form that `catalog` reads."""

import re

import pytest

from tinygrad_cnn.data.published import ENTRIES


@pytest.mark.parametrize("name", list(ENTRIES))
def test_entries_are_complete(name):
    entry = ENTRIES[name]
    assert entry.name == name
    assert entry.title
    assert entry.about
    assert all(re.fullmatch(r"https?://.+/", mirror) for mirror in entry.mirrors)
    forms = [entry, entry.other_form] if entry.other_form else [entry]
    for file in [file for form in forms for file in form.files] + ([entry.archive] if entry.archive else []):
        assert re.fullmatch(r"|sha256:[0-9a-f]{64}|md5:[0-9a-f]{32}", file.checksum)
        assert re.fullmatch(r"|sha256:[0-9a-f]{64}", file.content)
        if entry.mirrors and (entry.archive is None or file is entry.archive):
            assert file.checksum
            assert file.size > 0


def test_sizes_follow_from_the_formats():
    mnist, cifar10, cifar100 = (ENTRIES[name] for name in ("mnist", "cifar10", "cifar100"))
    assert mnist.download_size == 9_912_422 + 28_881 + 1_648_877 + 4_542
    assert cifar10.download_size == 170_052_171
    assert [file.size for file in cifar10.files] == [10_000 * 3073] * 6
    assert [file.size for file in cifar100.files] == [50_000 * 3074, 10_000 * 3074]
    assert ENTRIES["flowers"].download_size == 0


def test_no_checksum_is_there_twice():
    sums = [file.checksum for entry in ENTRIES.values() for file in entry.files if file.checksum]
    assert len(set(sums)) == len(sums)


def test_what_comes_with_the_package_has_no_files():
    assert [name for name, entry in ENTRIES.items() if not entry.files] == ["mnist5k", "toy"]
