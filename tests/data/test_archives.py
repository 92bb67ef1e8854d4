"""Hostile and damaged archives: an error that names the file, and nothing on the disk."""

import gzip
import io
import stat
import struct
import tarfile
import tracemalloc
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tinygrad_cnn.data import DataError
from tinygrad_cnn.data.archives import open_zip, read_member, unpack_tar


def make_zip(path, files, **arguments):
    with zipfile.ZipFile(path, "w", **arguments) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return path


def read_all(path):
    with open_zip(path) as (archive, members):
        return {member.filename: read_member(archive, member, str(path)) for member in members}


def test_reads_members_but_no_folders(tmp_path):
    path = make_zip(tmp_path / "a.zip", [("a/", b""), ("a/b.txt", b"hello"), ("c", b"")])
    assert read_all(path) == {"a/b.txt": b"hello", "c": b""}


@pytest.mark.parametrize("name", ["/etc/passwd", "../a", "a/../../b", "..\\a", "C:\\a", "C:a", "\\a", ".."])
def test_paths_that_lead_out(tmp_path, name):
    with pytest.raises(DataError, match="a.zip: expected files inside the archive's own folder, got the path"):
        read_all(make_zip(tmp_path / "a.zip", [("ok", b"1"), (name, b"2")]))


def test_symbolic_links(tmp_path):
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(DataError, match="a.zip: expected files and folders only, got the symbolic link 'link'"):
        read_all(make_zip(tmp_path / "a.zip", [(link, b"/etc/passwd")]))


def test_bombs(tmp_path):
    path = make_zip(tmp_path / "a.zip", [("zeros", bytes(10**7))], compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(
        DataError, match=r"expected at most 100 times the [\d,]+ bytes of the file, got 10,000,000 bytes"
    ):
        read_all(path)


def test_a_member_that_promises_too_much(tmp_path):
    content = bytearray(make_zip(tmp_path / "a.zip", [("zeros", b"0" * 100)]).read_bytes())
    directory = content.index(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = (2**31).to_bytes(4, "little")
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(DataError, match=r"expected files of at most 268,435,456 bytes, got 'zeros' of 2,147,483,648"):
        read_all(tmp_path / "a.zip")


def test_a_name_twice(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = make_zip(tmp_path / "a.zip", [("a", b"1"), ("a", b"2")])
    with pytest.raises(DataError, match="expected each file once, got 'a' twice"):
        read_all(path)


def test_encrypted_members(tmp_path):
    content = bytearray(make_zip(tmp_path / "a.zip", [("a", b"1")]).read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(DataError, match="expected files that are not encrypted, got 'a'"):
        read_all(tmp_path / "a.zip")


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_other_ways_of_packing(tmp_path, method):
    path = make_zip(tmp_path / "a.zip", [("a", b"1")], compression=method)
    with pytest.raises(
        DataError, match=f"expected files that are stored or deflated, got 'a' packed by method {method}"
    ):
        read_all(path)


def test_too_many_members(tmp_path, monkeypatch):
    monkeypatch.setattr("tinygrad_cnn.data.archives._MAX_MEMBERS", 2)
    with pytest.raises(DataError, match="expected at most 2 files, got 3"):
        read_all(make_zip(tmp_path / "a.zip", [(name, b"") for name in "abc"]))


def test_a_member_without_a_name(tmp_path):
    content = make_zip(tmp_path / "a.zip", [("a", b"1")]).read_bytes()
    directory = content.index(b"PK\x01\x02")
    nameless = (
        content[: directory + 28] + b"\0\0" + content[directory + 30 : directory + 46] + content[directory + 47 :]
    )
    (tmp_path / "a.zip").write_bytes(nameless)
    with pytest.raises(DataError, match="a.zip: expected"):
        read_all(tmp_path / "a.zip")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"not a zip file at all"])
def test_no_zip_file(tmp_path, content):
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(DataError, match="a.zip: expected a zip file, got none or a damaged one"):
        read_all(tmp_path / "a.zip")


def test_a_missing_file_is_an_ordinary_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_all(tmp_path / "a.zip")


@given(data=st.data(), method=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
def test_damaged_zip_files(tmp_path, data, method):
    path = make_zip(tmp_path / "a.zip", [("a/b.jpg", b"abc" * 20), ("a/c.jpg", bytes(range(100)))], compression=method)
    content = bytearray(path.read_bytes())
    for place, bits in data.draw(st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 255)), max_size=4)):
        content[place % len(content)] ^= bits
    path.write_bytes(content[data.draw(st.integers(0, 20)) : data.draw(st.integers(0, 400)) or None])
    try:
        read_all(path)
    except DataError as error:
        assert str(path) in str(error)  # noqa: PT017
    assert [file.name for file in tmp_path.iterdir()] == ["a.zip"]


def make_tar(path, members):
    with tarfile.open(path, "w:gz") as archive:
        for member, content in members:
            info = tarfile.TarInfo(member) if isinstance(member, str) else member
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def test_only_what_is_wanted_is_unpacked(tmp_path):
    path = make_tar(tmp_path / "a.tar.gz", [("x/one", b"1"), ("../two", b"22"), ("/etc/passwd", b"root"), ("y/z", b"")])
    unpack_tar(path, tmp_path / "out", {"one": 1, "two": 2})
    assert {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()} == {"one": b"1", "two": b"22"}
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.tar.gz", "out"]


def link(name, kind):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, "/etc/passwd"
    return info


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_in_a_tar(tmp_path, kind):
    path = make_tar(tmp_path / "a.tar.gz", [(link("one", kind), b"")])
    with pytest.raises(DataError, match="a.tar.gz: expected one as a file of 0 bytes, got a link or folder"):
        unpack_tar(path, tmp_path / "out", {"one": 0})
    assert not (tmp_path / "out").exists()


def test_a_member_of_another_length(tmp_path):
    path = make_tar(tmp_path / "a.tar.gz", [("one", b"123")])
    with pytest.raises(DataError, match="expected one as a file of 2 bytes, got 3"):
        unpack_tar(path, tmp_path / "out", {"one": 2})
    with pytest.raises(DataError, match="expected it to hold two, got no such file"):
        unpack_tar(path, tmp_path / "out", {"two": 3})


@given(cut=st.integers(1, 2000), flip=st.none() | st.tuples(st.integers(0, 10**6), st.integers(1, 255)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
def test_damaged_tar_files_leave_no_half_file(tmp_path, cut, flip):
    import random

    content = random.Random(0).randbytes(1500)
    path = make_tar(tmp_path / "a.tar.gz", [("one", content)])
    packed = bytearray(path.read_bytes()[:cut])
    if flip is not None:
        packed[flip[0] % len(packed)] ^= flip[1]
    path.write_bytes(packed)
    out = tmp_path / "out"
    try:
        unpack_tar(path, out, {"one": len(content)})
    except DataError as error:
        assert str(path) in str(error)  # noqa: PT017
    left = list(out.iterdir()) if out.exists() else []
    assert [file.name for file in left] in ([], ["one"])
    for file in left:
        assert len(file.read_bytes()) == len(content)
        file.unlink()


def test_a_member_that_unpacks_to_more_than_it_promises(tmp_path):
    """zipfile's own read() would unpack up to 2 GiB before it cuts off."""
    path = make_zip(tmp_path / "a.zip", [("a", bytes(100_000_000))], compression=zipfile.ZIP_DEFLATED)
    content = path.read_bytes().replace(struct.pack("<I", 100_000_000), struct.pack("<I", 1000))
    path.write_bytes(content)
    tracemalloc.start()
    with pytest.raises(DataError, match="a.zip: expected 'a' whole, got a damaged one"):
        read_all(path)
    assert tracemalloc.get_traced_memory()[1] < 2 * 10**7
    tracemalloc.stop()


@pytest.mark.parametrize("kind", ["header", "content"])
def test_a_tar_that_unpacks_to_far_too_much(tmp_path, kind):
    """A pax header has a length of its own, which tarfile reads at once."""
    size = 200_000_000
    member = tarfile.TarInfo("pax" if kind == "header" else "large")
    member.size, member.type = size, tarfile.XHDTYPE if kind == "header" else tarfile.REGTYPE
    with gzip.open(tmp_path / "a.tar.gz", "wb", 1) as file:
        file.write(member.tobuf(tarfile.USTAR_FORMAT))
        for _ in range(size // 10**6):
            file.write(bytes(10**6))
    tracemalloc.start()
    with pytest.raises(DataError, match="a.tar.gz: expected at most [0-9,]+ bytes when unpacked, got"):
        unpack_tar(tmp_path / "a.tar.gz", tmp_path, {"wanted": 3})
    assert tracemalloc.get_traced_memory()[1] < 10**7
    tracemalloc.stop()
