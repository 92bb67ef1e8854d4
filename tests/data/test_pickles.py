"""The pickle reader builds what it may, and nothing else can be done to it."""

import collections
import fractions
import pickle
import struct
import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from tinygrad_cnn.data import DataError
from tinygrad_cnn.data.pickles import parse_pickle, read_pickle

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
DTYPES = ["u1", "i2", ">i4", "<i8", "f4", ">f8", "?"]


def same(got, expected):
    if isinstance(expected, np.ndarray):
        assert got.dtype == expected.dtype.newbyteorder("=")
        assert got.flags.writeable
        np.testing.assert_array_equal(got, expected)
    elif isinstance(expected, dict):
        assert list(got) == list(expected)
        for key in expected:
            same(got[key], expected[key])
    elif isinstance(expected, list | tuple):
        assert type(got) is type(expected)
        assert len(got) == len(expected)
        for one, other in zip(got, expected, strict=True):
            same(one, other)
    else:
        assert type(got) is type(expected)
        assert got == expected


scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=5), st.binary(max_size=5)
)
numpy_arrays = st.sampled_from(DTYPES).flatmap(
    lambda dtype: arrays(
        dtype,
        array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
        elements={"allow_nan": False} if "f" in dtype else None,
    )
)
values = st.recursive(
    scalars | numpy_arrays,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(value=values, protocol=st.sampled_from(PROTOCOLS))
@settings(max_examples=200)
def test_round_trip(value, protocol):
    same(parse_pickle(pickle.dumps(value, protocol), "p"), value)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_fortran_order_and_one_array_twice(protocol):
    array = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    got = parse_pickle(pickle.dumps([array, array], protocol), "p")
    np.testing.assert_array_equal(got[0], array)
    assert got[0] is got[1]
    first, (second,) = parse_pickle(pickle.dumps((array, (array,)), protocol), "p")
    np.testing.assert_array_equal(first, array)
    assert first is second


def test_reads_what_python_2_wrote(tmp_path):
    """The form of CIFAR's own files: protocol 2, byte strings, an array whose bytes are a string."""
    pixels = bytes(range(12))
    path = tmp_path / "batch"
    path.write_bytes(
        b"\x80\x02}q\x01(U\x04dataq\x02cnumpy.core.multiarray\n_reconstruct\nq\x03cnumpy\nndarray\nq\x04K\x00\x85"
        b"U\x01b\x87Rq\x05(K\x01K\x03K\x04\x86cnumpy\ndtype\nq\x06U\x02u1K\x00K\x01\x87Rq\x07(K\x03U\x01|NNNJ\xff\xff"
        b"\xff\xffJ\xff\xff\xff\xffK\x00tb\x89U\x0c" + pixels + b"tbU\x06labelsq\x08]q\x09(K\x06K\x09K\x09eu."
    )
    got = read_pickle(path)
    assert got["labels"] == [6, 9, 9]
    assert got["data"].tolist() == np.arange(12).reshape(3, 4).tolist()


class Evil:
    def __reduce__(self):
        return (eval, ("open('/tmp/evil', 'w')",))


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("value", "match"),
    [
        (Evil(), r"refers to NumPy arrays only, got (builtins|__builtin__).eval, which is not loaded"),
        (print, r"got (builtins|__builtin__).print, which"),
        (fractions.Fraction(1, 2), "got fractions.Fraction"),
        (collections.OrderedDict(a=1), "got collections.OrderedDict"),
        (np.array([Evil()]), r"eval|a dtype among"),
        (np.array(["a"]), "expected an array of a dtype among b1, f2"),
        (
            np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f4")]),
            "a dtype among|an unfinished dtype or array",
        ),
        (np.datetime64("2020-01-01"), "numpy.*scalar|a dtype among"),
        ({(1, 2): 3}, "expected strings, bytes and numbers as keys, got tuple"),
        ({1, 2}, r"got the step EMPTY_SET|got (builtins|__builtin__).set"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_refuses_everything_else(value, protocol, match):
    with pytest.raises(DataError, match=match):
        parse_pickle(pickle.dumps(value, protocol), "p")


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "p: expected a whole pickle, got a damaged one"),
        (b"hello", "got a damaged one"),
        (b"N", "got a damaged one"),
        (b".", "got a damaged one"),
        (b"cnumpy\nndarray\n\x85.", "got an unfinished dtype or array"),
        (b"]cnumpy\nndarray\n\x85\x85a.", "got an unfinished dtype or array"),
        (b"}K\x01cnumpy\nndarray\n\x85s.", "got an unfinished dtype or array"),
        (b"(.", "got an unfinished dtype or array"),
        (b"cnumpy\nndarray\n.", "got an unfinished dtype or array"),
        (b"cos\nsystem\n(S'ls'\ntR.", "got os.system, which is not loaded"),
        (b"(S'ls'\nios\nsystem\n.", "got the step INST"),
        (b"Pabc\n.", "got the step PERSID"),
        (b"\x80\x02\x82\x01.", "got the step EXT1"),
        (b"\x80\x02cnumpy\nndarray\n)\x81.", "got the step NEWOBJ"),
        (
            b"cnumpy\nndarray\n(I3\ntR.",
            "expected an array, a dtype or Latin-1 bytes, got another call of numpy.ndarray",
        ),
        (b"c_codecs\nencode\n(V\\u0101\nVlatin1\ntR.", "got a damaged one"),
        (b"c_codecs\nencode\n(Vabc\nVzip\ntR.", "got another call of _codecs.encode"),
        (b"]K\x01K\x02a.", "expected a list to add to, got int"),
        (b"K\x01(K\x02K\x03u.", "expected a dict and pairs to add to it, got int"),
        (b"}(K\x02u.", "expected a dict and pairs"),
        (b"j\xff\xff\xff\xff.", "got a damaged one"),
        (b"S'\\q'\n.", "got a damaged one"),
        (b"\x80\x05\x96" + struct.pack("<Q", 2**62) + b"x.", "got a damaged one"),
        (b"\x80\x04\x8e" + struct.pack("<Q", 2**62) + b"x.", "got a damaged one"),
        (b"\x80\x02\x8b" + struct.pack("<i", 2**31 - 1) + b"x.", "got a damaged one"),
        (b"I" + b"9" * 100_000 + b"\n.", "got a damaged one"),
    ],
)
def test_hostile_programs(content, match):
    with pytest.raises(DataError, match=match):
        parse_pickle(content, "p")


def state(shape, dtype="u1", order="|", data=b"abcd"):
    """A pickle of an array in pieces that do not fit."""
    return (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n"
        + pickle.dumps(shape, 0)[:-1]
        + f"cnumpy\ndtype\n(S'{dtype}'\nI0\nI1\ntR(I3\nS'{order}'\nNNNI-1\nI-1\nI0\ntb".encode()
        + b"I00\n"
        + pickle.dumps(data, 2)[2:-1]
        + b"tb."
    )


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"shape": (5,)}, r"expected 5 bytes for an array of shape \(5,\), got 4"),
        ({"shape": (2**40, 2**40)}, "expected .* bytes for an array of shape"),
        ({"shape": (-2, -2)}, r"expected a shape, got \(-2, -2\)"),
        ({"shape": [4]}, "expected a shape"),
        ({"shape": (4.0,)}, "expected a shape"),
        ({"shape": (1,), "dtype": "O8"}, "expected an array of a dtype among"),
        ({"shape": (1,), "dtype": "V4"}, "expected an array of a dtype among"),
        ({"shape": (1,), "dtype": "u4", "order": "?"}, "expected an array of a dtype among"),
        ({"shape": (4,), "data": 7}, "expected 4 bytes .* got int"),
    ],
)
def test_arrays_whose_parts_do_not_fit(arguments, match):
    assert parse_pickle(state((4,)), "p").tolist() == [97, 98, 99, 100]
    with pytest.raises(DataError, match=match):
        parse_pickle(state(**arguments), "p")


def test_a_huge_memo_index_takes_no_memory():
    tracemalloc.start()
    assert parse_pickle(b"K\x01r\xff\xff\xff\xff.", "p") == 1
    assert tracemalloc.get_traced_memory()[1] < 10**6
    tracemalloc.stop()


COLLIDING = [(2**61 - 1) * k for k in range(1, 50_001)]
"""Integers that share one hash: a dict of them takes minutes."""


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"N" + b"".join(b"p%d\n" % place for place in COLLIDING) + b".", "memo index below 4,294,967,296"),
        (b"Np-1\n.", "memo index"),
        (b"}(" + b"".join(b"L%dL\nN" % key for key in COLLIDING) + b"u.", "integers of at most 64 bits as keys"),
    ],
)
def test_integers_chosen_to_share_a_hash_take_no_time(content, match):
    begin = time.process_time()
    with pytest.raises(DataError, match=match):
        parse_pickle(content, "p")
    assert time.process_time() - begin < 2  # of this process, however busy the machine


def test_a_message_about_a_damaged_pickle_is_short():
    with pytest.raises(DataError, match="damaged") as caught:
        parse_pickle(b"F" + b"x" * 10**5 + b"\n.", "p")
    assert len(str(caught.value)) < 500


def doubled(first, twice):
    """A value of the one before twice, 60 times over: 2⁶⁰ values for whoever goes through it."""
    steps = (b"%bq%c0" % (twice.replace(b"#", b"h%c" % i), i + 1) for i in range(60))
    return first + b"q\x000" + b"".join(steps) + b"h%c" % 60


LISTS, TUPLES = doubled(b"]", b"(##l"), doubled(b")", b"##\x86")


@pytest.mark.parametrize(
    "content",
    [
        b"]" * 100_000 + b"a" * 99_999 + b".",
        b")" + b"\x85" * 100_000 + b".",
        b"]q\x00h\x00a.",  # a list that holds itself
        LISTS + b".",
        TUPLES + b".",
        b"}U\x01a" + LISTS + b"s.",
    ],
)
def test_what_is_too_deep_or_too_often_the_same(content):
    with pytest.raises(DataError, match="p: expected at most 64 levels and [0-9,]+ values, got more"):
        parse_pickle(content, "p")


ARRAY = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR"
DTYPE = b"cnumpy\ndtype\n(S'u1'\nI0\nI1\ntR"


@pytest.mark.parametrize("value", [TUPLES, b")" + b"\x85" * 100_000], ids=["often", "deep"])
@pytest.mark.parametrize(
    "around",
    [
        b"%sU\x01a\x93.",  # as a module's name
        b"c_codecs\nencode\nU\x01a%s\x86R.",  # as an encoding
        ARRAY + b"(I1\n%s" + DTYPE + b"I00\nU\x01atb.",  # as a shape
        ARRAY + b"(I1\n(%st" + DTYPE + b"I00\nU\x01atb.",  # as a length in a shape
        ARRAY + b"(I1\n(I1\nt" + DTYPE + b"(I3\n%sNNNtbI00\nU\x01atb.",  # as a byte order
        b"cnumpy.core.numeric\n_frombuffer\n(U\x01a" + DTYPE + b"(I1\nt%stR0N.",  # as the order of an array's axes
    ],
)
def test_a_deep_or_large_value_where_a_name_or_number_belongs(value, around):
    content = around.replace(b"%s", value)
    try:
        assert parse_pickle(content, "p") is None
    except DataError as error:
        assert len(str(error)) < 500  # noqa: PT017


@pytest.mark.parametrize(
    "repeat",
    [
        b"c_codecs\nencode\n(h\x00U\x06latin1tR",
        ARRAY + b"(I1\n(I1000000\nt" + DTYPE + b"I00\nh\x00tb",
    ],
    ids=["text", "array"],
)
def test_one_content_copied_again_and_again(repeat):
    text = b"X" + struct.pack("<I", 10**6) + b"a" * 10**6 + b"q\x00"
    tracemalloc.start()
    with pytest.raises(DataError, match="expected arrays and texts of at most twice the bytes of the file, got more"):
        parse_pickle(b"(" + text + repeat * 1000 + b"l.", "p")
    assert tracemalloc.get_traced_memory()[1] < 10**7
    tracemalloc.stop()


def test_steps_are_counted(monkeypatch):
    monkeypatch.setattr("tinygrad_cnn.data.pickles._MAX_STEPS", 1000)
    with pytest.raises(DataError, match="expected a pickle of at most 1,000 steps, got more"):
        parse_pickle(b"N0" * 1000 + b"N.", "p")


@given(st.binary(max_size=60))
@settings(max_examples=300)
def test_any_bytes(content):
    try:
        parse_pickle(content, "p")
    except DataError as error:
        assert str(error).startswith("p: expected ")  # noqa: PT017


@given(
    protocol=st.sampled_from(PROTOCOLS),
    cut=st.integers(0, 400),
    flips=st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 255)), max_size=4),
)
@settings(max_examples=500)
def test_damaged_pickles(protocol, cut, flips):
    value = {"data": np.arange(24, dtype=np.uint8).reshape(2, 12), "labels": [3, 4], b"names": ("a", "b", None, 1.5)}
    content = bytearray(pickle.dumps(value, protocol))[: cut or None]
    for place, bits in flips:
        content[place % len(content)] ^= bits
    try:
        parse_pickle(bytes(content), "p")
    except DataError as error:
        assert str(error).startswith("p: expected ")  # noqa: PT017


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate((1 << 30) + 1)
    with pytest.raises(DataError, match="expected a pickle of at most 1,073,741,824 bytes, got 1,073,741,825"):
        read_pickle(path)
