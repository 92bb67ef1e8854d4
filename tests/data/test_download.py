"""Downloading from a server on this machine: mirrors, checksums, cut connections, and no network."""

import hashlib
import socket
import sys

import pytest
from file_server import serving

from tinygrad_cnn.data import DownloadError
from tinygrad_cnn.data.download import download

pytest.importorskip("pooch")

CONTENT = bytes(range(256)) * 4000
SIZE = len(CONTENT)
SUM = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"


@pytest.fixture
def server():
    with serving() as server:
        server.files["a.bin"] = CONTENT
        yield server


@pytest.fixture
def nowhere():
    """An address at which nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{unused.getsockname()[1]}/a.bin"


def fetch(target, *urls, size=SIZE, checksum=SUM, **arguments):
    return download(urls, target, checksum, size, **arguments)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_fetches_once_and_then_needs_no_server(server, tmp_path):
    seen = []
    target = tmp_path / "new" / "a.bin"
    progress = lambda name, done, total: seen.append((name, done, total))  # noqa: E731
    assert fetch(target, server.url + "a.bin", progress=progress) == target
    assert target.read_bytes() == CONTENT
    assert names(target.parent) == ["a.bin"]
    assert seen[-1] == ("a.bin", len(CONTENT), len(CONTENT))
    assert [done for _, done, _ in seen] == sorted({done for _, done, _ in seen})
    assert fetch(target, server.url + "a.bin") == target
    assert len(server.requests) == 1


def test_md5_is_enough(server, tmp_path):
    fetch(tmp_path / "a.bin", server.url + "a.bin", checksum=f"md5:{hashlib.md5(CONTENT).hexdigest()}")
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


def test_a_mirror_that_fails_is_followed_by_the_next(server, nowhere, tmp_path):
    fetch(tmp_path / "a.bin", nowhere, server.url + "missing.bin", server.url + "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == CONTENT
    assert [path for path, _ in server.requests] == ["/missing.bin", "/a.bin"]


def test_a_mirror_with_another_file_is_followed_by_the_next(server, tmp_path):
    server.files["b.bin"] = CONTENT[::-1]
    fetch(tmp_path / "a.bin", server.url + "b.bin", server.url + "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == CONTENT
    assert names(tmp_path) == ["a.bin"]


def test_a_wrong_checksum_leaves_nothing(server, tmp_path):
    server.files["a.bin"] = CONTENT[::-1]
    with pytest.raises(DownloadError, match=r"a.bin: the checksum is wrong: .*does not match") as caught:
        fetch(tmp_path / "a.bin", server.url + "a.bin")
    assert f"put it at {tmp_path / 'a.bin'}" in str(caught.value)
    assert names(tmp_path) == []


@pytest.mark.parametrize("size", [len(CONTENT) - 1, len(CONTENT) // 2])
def test_a_file_that_is_too_long_leaves_nothing(server, tmp_path, size):
    with pytest.raises(DownloadError, match=f"expected {size:,} bytes, got more"):
        fetch(tmp_path / "a.bin", server.url + "a.bin", size=size)
    assert names(tmp_path) == []


def test_a_file_that_is_too_short_is_an_error(server, tmp_path):
    with pytest.raises(DownloadError, match=f"expected {len(CONTENT) + 1:,} bytes, got {len(CONTENT):,}"):
        fetch(tmp_path / "a.bin", server.url + "a.bin", size=len(CONTENT) + 1)
    assert not (tmp_path / "a.bin").exists()


def test_a_file_that_was_there_stays_if_the_download_fails(server, tmp_path):
    (tmp_path / "a.bin").write_bytes(b"old")
    server.files["a.bin"] = CONTENT[::-1]
    with pytest.raises(DownloadError):
        fetch(tmp_path / "a.bin", server.url + "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == b"old"
    server.files["a.bin"] = CONTENT
    fetch(tmp_path / "a.bin", server.url + "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


def test_goes_on_where_the_connection_broke(server, tmp_path):
    server.cut["a.bin"] = 600_000
    with pytest.raises(DownloadError, match=r"the connection broke after [\d,]+ of 1,024,000 bytes"):
        fetch(tmp_path / "a.bin", server.url + "a.bin")
    assert names(tmp_path) == [".a.bin.part"]
    arrived = (tmp_path / ".a.bin.part").stat().st_size
    assert 0 < arrived <= 600_000
    server.cut.clear()
    fetch(tmp_path / "a.bin", server.url + "a.bin")
    assert server.requests == [("/a.bin", None), ("/a.bin", f"bytes={arrived}-")]
    assert (tmp_path / "a.bin").read_bytes() == CONTENT
    assert names(tmp_path) == ["a.bin"]


def test_a_second_mirror_goes_on_where_the_first_broke(tmp_path):
    with serving() as first, serving() as second:
        first.files["a.bin"] = second.files["a.bin"] = CONTENT
        first.cut["a.bin"] = 600_000
        fetch(tmp_path / "a.bin", first.url + "a.bin", second.url + "a.bin")
        assert second.requests[0][1] is not None
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


def test_begins_again_where_the_server_knows_no_ranges(server, tmp_path):
    (tmp_path / ".a.bin.part").write_bytes(b"x" * 1000)
    server.ranges = False
    fetch(tmp_path / "a.bin", server.url + "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("length", [1000, len(CONTENT), len(CONTENT) + 5])
def test_a_beginning_that_does_not_fit_is_thrown_away(server, tmp_path, length):
    (tmp_path / ".a.bin.part").write_bytes(b"x" * length)
    fetch(tmp_path / "a.bin", server.url + "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == CONTENT
    assert names(tmp_path) == ["a.bin"]


def test_a_packed_file_stays_packed_whatever_the_server_calls_it(server, tmp_path):
    import gzip

    packed = gzip.compress(CONTENT)
    server.files["a.gz"] = packed
    server.headers["Content-Encoding"] = "gzip"
    checksum = f"sha256:{hashlib.sha256(packed).hexdigest()}"
    fetch(tmp_path / "a.gz", server.url + "a.gz", size=len(packed), checksum=checksum)
    assert (tmp_path / "a.gz").read_bytes() == packed


def test_without_a_network_the_message_says_where_to_put_the_file(nowhere, tmp_path):
    with pytest.raises(DownloadError) as caught:
        fetch(tmp_path / "a.bin", nowhere, nowhere.replace("a.bin", "mirror/a.bin"))
    text = str(caught.value)
    assert text.startswith("a.bin: expected to download 1,024,000 bytes, got it from nowhere:")
    assert text.count("\n  http://127.0.0.1:") == 2
    assert text.endswith(f"Download it by another way and put it at {tmp_path / 'a.bin'}")


def test_a_bar_is_drawn_when_asked_for(server, tmp_path, capsys):
    fetch(tmp_path / "a.bin", server.url + "a.bin")
    assert capsys.readouterr().err == "", "standard error is no terminal here"
    fetch(tmp_path / "new" / "a.bin", server.url + "a.bin", progress=True)
    shown = capsys.readouterr().err
    assert shown.endswith(f"\ra.bin  [{'#' * 30}] 1.0 of 1.0 MB\n")


def test_without_pooch_the_message_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(ModuleNotFoundError, match=r'downloading needs pooch: pip install "tinygrad-cnn\[data\]"'):
        fetch(tmp_path / "a.bin", "http://127.0.0.1:1/a.bin")
