"""The IDX reader returns exactly what the file says, or a DataError that names the file."""

import gzip
import os
import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from tinygrad_cnn.data import DataError, read_idx, write_idx

NAMES = ["uint8", "int8", "int16", "int32", "float32", "float64"]
CODES = dict(zip(NAMES, [0x08, 0x09, 0x0B, 0x0C, 0x0D, 0x0E], strict=True))


def header(code, *shape):
    return bytes([0, 0, code, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)


@pytest.fixture
def save(tmp_path):
    def save(content, name="digits-idx"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return save


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_reads_bytes_written_by_hand(save, name, pack):
    values = [[1, 2, 3], [4, 5, 100]]
    letter = {"uint8": "B", "int8": "b", "int16": "h", "int32": "i", "float32": "f", "float64": "d"}[name]
    content = header(CODES[name], 2, 3) + struct.pack(f">6{letter}", *np.ravel(values).tolist())
    array = read_idx(save(pack(content)))
    assert array.dtype == np.dtype(name)
    assert array.dtype.isnative
    assert array.flags.writeable
    assert array.tolist() == values


@given(
    data=st.data(),
    name=st.sampled_from(NAMES),
    shape=array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=4),
    suffix=st.sampled_from(["", ".gz"]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
def test_round_trip(tmp_path, data, name, shape, suffix):
    array = data.draw(arrays(name, shape))
    write_idx(tmp_path / f"a{suffix}", array)
    again = read_idx(tmp_path / f"a{suffix}")
    assert again.dtype == array.dtype
    assert again.shape == array.shape
    assert again.tobytes() == array.tobytes()


def test_equal_arrays_give_equal_files(tmp_path):
    array = np.arange(1000, dtype=np.uint8).reshape(10, 100)
    write_idx(tmp_path / "a.gz", array)
    write_idx(tmp_path / "b.gz", np.asfortranarray(array))
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()
    assert (tmp_path / "a.gz").read_bytes()[4:8] == bytes(4), "a date in the gzip header"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.gz", "b.gz"]


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a"
    write_idx(path, np.zeros(3, np.uint8))

    def full(source, target):
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="disk full"):
        write_idx(path, np.ones(5, np.uint8))
    assert read_idx(path).tolist() == [0, 0, 0]
    assert list(tmp_path.iterdir()) == [path]


def test_write_refuses(tmp_path):
    with pytest.raises(TypeError, match=r"write_idx: expected one of uint8, int8, .* got int64"):
        write_idx(tmp_path / "a", np.zeros(3, np.int64))
    with pytest.raises(ValueError, match=r"write_idx: expected 1 to 32 axes, got shape \(\)"):
        write_idx(tmp_path / "a", np.array(1, np.uint8))
    assert list(tmp_path.iterdir()) == []


GOOD = header(0x08, 2, 3) + bytes(range(6))


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "expected an IDX file, beginning 00 00, .* got an empty file"),
        (b"\0\0", "expected an IDX file, .* got 00 00"),
        (b"\x89PNG\r\n", "got 89 50 4E 47"),
        (b"\0\0\x0a\x01" + bytes(8), "got 00 00 0A 01"),
        (b"\0\0\x08\x00", "1 to 32 axes, got 00 00 08 00"),
        (b"\0\0\x08\xff" + bytes(2000), "1 to 32 axes, got 00 00 08 FF"),
        (b"\0\0\x08\x03" + bytes(5), "expected the lengths of 3 axes in 12 bytes, got 5 bytes"),
        (GOOD[:-1], r"expected 6 bytes of uint8 \(2, 3\) after a header of 12, got a file of 17"),
        (GOOD + b"!", "expected 6 bytes .* got a file of 19"),
        (header(0x0E, 2**32 - 1, 2**32 - 1, 2**32 - 1), "expected .* bytes of float64 .* got a file of 16"),
        (header(0x08, *[2**32 - 1] * 8, 0), "expected an array of a possible size, got"),
        (gzip.compress(GOOD[:-1], mtime=0), "expected 6 bytes .* got 5"),
        (gzip.compress(GOOD + b"!", mtime=0), "expected 6 bytes .* got more"),
        (gzip.compress(header(0x08, 2**31, 28, 28), mtime=0), r"expected .* got a gzip file that can hold at most"),
        (gzip.compress(b"", mtime=0), "got an empty file"),
        (gzip.compress(GOOD, mtime=0)[:-3], "expected a whole gzip file, got a damaged one"),
        (gzip.compress(GOOD, mtime=0)[:15], "expected a whole gzip file, got a damaged one"),
        (gzip.compress(GOOD, mtime=0)[:-8] + bytes(8), r"damaged one \(CRC check failed"),
        (gzip.compress(GOOD, mtime=0) + b"trailing", "damaged one"),
        (b"\x1f\x8b", "damaged one"),
    ],
)
def test_refuses(save, content, match):
    path = save(content)
    with pytest.raises(DataError, match=match) as caught:
        read_idx(path)
    assert str(path) in str(caught.value)
    assert isinstance(caught.value, ValueError)


def test_a_promise_is_not_allocated_before_the_file_keeps_it(save, monkeypatch):
    """A gzip that could hold what its header says, but does not, costs no more memory than what it holds."""
    import tracemalloc

    path = save(gzip.compress(header(0x08, 10**8) + bytes(10**6) + np.random.default_rng(0).bytes(10**5)))
    tracemalloc.start()
    with pytest.raises(DataError, match=r"expected 100,000,000 bytes .* got 1,100,000"):
        read_idx(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * 10**6


def test_missing_file_is_an_ordinary_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        read_idx(tmp_path / "nowhere")


@given(data=st.data(), zipped=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None)
def test_damage_is_an_error_or_changes_no_size(tmp_path, data, zipped):
    """Cut or flipped bytes never raise anything but DataError, and what is returned fits its own header."""
    array = np.arange(24, dtype=np.int16).reshape(4, 6)
    content = header(0x0B, 4, 6) + array.astype(">i2").tobytes()
    damaged = bytearray(gzip.compress(content, mtime=0) if zipped else content)
    if data.draw(st.booleans(), "cut"):
        del damaged[data.draw(st.integers(0, len(damaged) - 1)) :]
    flips = data.draw(st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 255)), max_size=4))
    for place, bits in flips:
        if damaged:
            damaged[place % len(damaged)] ^= bits
    path = tmp_path / "damaged"
    path.write_bytes(damaged)
    try:
        result = read_idx(path)
    except DataError:
        return
    if zipped:  # the checksum vouches for the content
        np.testing.assert_array_equal(result, array)
    else:
        head = bytes([0, 0, CODES[result.dtype.name], result.ndim]) + np.array(result.shape, ">u4").tobytes()
        assert head + result.astype(result.dtype.newbyteorder(">")).tobytes() == bytes(damaged)


def test_a_gzip_file_that_promises_far_more_than_images_pack_to(tmp_path):
    path = tmp_path / "a.gz"
    header = bytes([0, 0, 8, 1]) + (400_000_000).to_bytes(4, "big")
    path.write_bytes(gzip.compress(header) + os.urandom(1000) * 400)  # large enough for DEFLATE's largest ratio
    with pytest.raises(DataError, match=r"a.gz: expected 400,000,000 bytes .* got a gzip file that can hold at most"):
        read_idx(path)
