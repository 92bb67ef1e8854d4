"""No file does more than be refused: whatever is changed in one, its reader names it, soon, in little memory."""

import gzip
import io
import json
import pickle
import struct
import tarfile
import time
import tracemalloc
import warnings
import zipfile

import numpy as np
import pytest
from fuzz.budget import budget
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_cnn.data import CIFAR10, DataError, read_idx, write_idx
from tinygrad_cnn.data.archives import open_zip, read_member, unpack_tar
from tinygrad_cnn.data.image_files import load_image
from tinygrad_cnn.data.pickles import read_pickle
from tinygrad_cnn.interop import load_file, save_file
from tinygrad_cnn.models.config_file import read_config
from tinygrad_cnn.train.checkpoint import load_checkpoint, save_checkpoint

SECONDS = 10
BYTES = 1 << 26
"""What a small file may take: 64 MB."""

EXTREME = st.sampled_from(
    [b"\xff" * 4, b"\xff" * 8, bytes(8), struct.pack("<I", 2**31), struct.pack(">I", 2**31), struct.pack("<Q", 2**40),
     struct.pack(">Q", 2**62), b"9" * 30, b"[" * 50, b"(" * 50, b"\x85" * 50, b"}" * 5, b"\n", b"\x00"]
)  # fmt: skip
CHANGE = st.tuples(
    st.sampled_from(["set", "cut", "insert", "over", "repeat", "swap"]),
    st.integers(0, 10**6),
    st.one_of(EXTREME, st.binary(min_size=1, max_size=4)),
    st.integers(1, 40),
)
CHANGES = st.lists(CHANGE, min_size=1, max_size=4)


def changed(content, changes):
    """Return the content with bytes set, cut, put in, put over others, repeated or exchanged."""
    data = bytearray(content)
    for kind, where, piece, length in changes:
        place = where % (len(data) + 1)
        if kind == "set" and place < len(data):
            data[place] = piece[0]
        elif kind == "cut":
            del data[place : place + length]
        elif kind == "insert":
            data[place:place] = piece
        elif kind == "over":
            data[place : place + len(piece)] = piece
        elif kind == "repeat":
            data[place:place] = data[place : place + length] * length
        elif kind == "swap":
            data[place : place + 2 * length] = data[place + length : place + 2 * length] + data[place : place + length]
    return bytes(data)


def refused_or_read(read, path, *errors, within=BYTES):
    """Read a file; what is raised is one of `errors` and names it."""
    tracemalloc.start()
    begin = time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's own, of metadata it does not understand
            read(path)
    except errors as error:
        assert path.stem in str(error)  # noqa: PT017
        assert len(str(error)) < 2000  # noqa: PT017
    finally:
        taken, peak = time.process_time() - begin, tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert taken < SECONDS
    assert peak < within


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("packed", [False, True])
def test_idx(folder, packed):
    whole = folder / f"whole.{'gz' if packed else 'idx'}"
    write_idx(whole, np.arange(60, dtype=np.int16).reshape(3, 4, 5))
    content = whole.read_bytes()

    @budget(60)
    @given(CHANGES)
    def run(changes):
        inner = gzip.compress(changed(gzip.decompress(content), changes)) if packed else changed(content, changes)
        refused_or_read(read_idx, write(folder, "damaged.idx", inner), DataError)
        refused_or_read(read_idx, write(folder, "damaged.idx", changed(content, changes)), DataError)

    run()


def test_pickles(folder):
    value = {
        "data": np.arange(24, dtype=np.uint8).reshape(2, 12),
        "labels": [3, (4, (5,))],
        b"n": ("a", None, 1.5, 2**70),
    }

    @budget(150)
    @given(st.integers(0, 5), CHANGES)
    def run(protocol, changes):
        content = changed(pickle.dumps(value, protocol), changes)
        refused_or_read(read_pickle, write(folder, "damaged.pickle", content), DataError)

    run()


STEPS = st.sampled_from(
    [b"(", b")", b"]", b"}", b"l", b"t", b"d", b"e", b"u", b"a", b"s", b"0", b"2", b"\x94", b"\x85", b"\x86", b"\x87",
     b"q\x00", b"q\x01", b"h\x00", b"h\x01", b"R", b"b", b"\x93", b"N", b"K\x05", b"M\xff\xff", b"U\x01a", b"I1\n",
     b"cnumpy\nndarray\n", b"cnumpy\ndtype\n", b"cnumpy.core.multiarray\n_reconstruct\n", b"c_codecs\nencode\n",
     b"cnumpy.core.numeric\n_frombuffer\n", b"U\x02u1", b"U\x06latin1"]
)  # fmt: skip


def test_programs_for_the_pickle_machine(folder):
    @budget(300)
    @given(st.lists(STEPS, max_size=60), st.integers(1, 30))
    def run(steps, times):
        content = b"".join(steps) * times + b"."
        refused_or_read(read_pickle, write(folder, "program.pickle", content), DataError)

    run()


def test_cifar(folder):
    for name in CIFAR10._parts[True]:
        write(folder, name, pickle.dumps({"data": np.zeros((1, 3072), np.uint8), "labels": [1]}, 2))
    content = (folder / "data_batch_1").read_bytes()

    @budget(40)
    @given(CHANGES)
    def run(changes):
        path = write(folder, "data_batch_1", changed(content, changes))
        refused_or_read(lambda path: CIFAR10(path.parent), path, DataError)

    run()


def test_zip(folder):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/b.txt", b"hello" * 100)
        archive.writestr("a/c.bin", bytes(20_000_000))
    content = buffer.getvalue()

    def read(path):
        with open_zip(path) as (archive, members):
            for member in members:
                read_member(archive, member, str(path))

    @budget(40)
    @given(CHANGES)
    def run(changes):
        # The large member is over the usual ratio, unless a changed header tells another length.
        refused_or_read(read, write(folder, "damaged.zip", changed(content, changes)), DataError)

    run()


def test_tar(folder):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in ("x/wanted", "y/" + "long" * 40):
            member = tarfile.TarInfo(name)
            member.size = 700
            archive.addfile(member, io.BytesIO(bytes(range(100)) * 7))
    content = buffer.getvalue()

    @budget(60)
    @given(CHANGES, st.booleans())
    def run(changes, outside):
        packed = changed(gzip.compress(content, 1), changes) if outside else gzip.compress(changed(content, changes), 1)
        path = write(folder, "damaged.tar.gz", packed)
        refused_or_read(lambda path: unpack_tar(path, folder / "out", {"wanted": 700}), path, DataError)
        assert {one.name for one in folder.parent.iterdir()} == {folder.name} | before

    before = {one.name for one in folder.parent.iterdir()} - {folder.name}
    run()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM"])
def test_images(folder, kind):
    image = pytest.importorskip("PIL.Image")
    buffer = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    image.fromarray(pixels).save(buffer, kind)

    @budget(40)
    @given(CHANGES)
    def run(changes):
        path = write(folder, "damaged.picture", changed(buffer.getvalue(), changes))
        refused_or_read(load_image, path, DataError, within=1 << 28)

    run()


MODELS = {
    "json": b'{"hconfigs": [["conv", {"ksize": [3, 3], "chn": 6}], ["max", {"stride": 2}]], "input_size": [1, 8, 8]}',
    "toml": b'hconfigs = [["conv", {ksize = 3, chn = 6, actfunc = "relu"}], 30]\nnum_classes = 2\n',
    "yaml": b"hconfigs:\n  - &c [conv, {ksize: 3, chn: 6}]\n  - *c\n  - 30\nnum_classes: 2\n",
}


@pytest.mark.parametrize("kind", list(MODELS))
def test_model_files(folder, kind):
    if kind == "yaml":
        pytest.importorskip("yaml")

    @budget(60)
    @given(CHANGES)
    def run(changes):
        path = write(folder, f"damaged.{kind}", changed(MODELS[kind], changes))
        refused_or_read(read_config, path, ValueError, TypeError)

    run()


def test_safetensors_and_checkpoints(folder):
    pytest.importorskip("safetensors")
    save_file({"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.zeros(3, bool)}, folder / "whole.safetensors")
    content = (folder / "whole.safetensors").read_bytes()
    save_checkpoint(folder / "state", {"x": np.arange(3), "deep": [{"y": 1.5}, (2, None)]})
    state = {name: (folder / f"state.{name}").read_bytes() for name in ("json", "safetensors")}

    @budget(60)
    @given(CHANGES, st.sampled_from(["json", "safetensors"]))
    def run(changes, part):
        refused_or_read(load_file, write(folder, "damaged.safetensors", changed(content, changes)), ValueError)
        for name, data in state.items():
            write(folder, f"state.{name}", changed(data, changes) if name == part else data)
        refused_or_read(load_checkpoint, folder / "state.json", ValueError)

    run()
    assert json.loads(state["json"])["format"]
