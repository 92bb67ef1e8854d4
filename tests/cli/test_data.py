"""``tinygrad-cnn data``: it lists, fetches and checks, here from a server on this machine."""

import hashlib

import pytest
import real_data
from file_server import serving

from tinygrad_cnn.data.published import ENTRIES, DataFile, Entry

CONTENTS = {"images.gz": b"some images", "labels.gz": b"some labels"}


@pytest.fixture
def server():
    with serving() as server:
        server.files.update(CONTENTS)
        yield server


@pytest.fixture
def digits(server, monkeypatch):
    """A set in the catalogue that the server has."""
    files = [DataFile(name, len(content), f"sha256:{hashlib.sha256(content).hexdigest()}")
             for name, content in CONTENTS.items()]  # fmt: skip
    entry = Entry("digits", "Digits", "70,000 grey images 28×28", "home", tuple(files), ("raw",), (server.url,))
    monkeypatch.setitem(ENTRIES, "digits", entry)


def test_list(cli):
    lines = cli("data", "list").out.splitlines()
    assert [line.split()[0] for line in lines] == ["name", *ENTRIES]
    assert lines[1].strip().split(maxsplit=1) == [
        "mnist", "handwritten digits, 60,000 + 10,000 grey images 28×28, 10 classes",
    ]  # fmt: skip


def test_get_fetches_what_is_missing_and_says_where_it_is(cli, digits, server, tmp_path, monkeypatch):
    pytest.importorskip("pooch")
    paths = [f"there/raw/{name}" for name in CONTENTS]
    result = cli("data", "get", "digits", "--root", "there")
    assert result.code == 0, result.err
    assert result.out.splitlines() == paths
    assert [(tmp_path / path).read_bytes() for path in paths] == list(CONTENTS.values())
    asked = len(server.requests)
    monkeypatch.setenv("TINYGRAD_CNN_DATA", "there")
    assert cli("data", "get", "digits").out.splitlines() == paths
    assert len(server.requests) == asked
    assert cli("data", "get", "mnist5k").out == "mnist5k comes with the package\n"


@pytest.mark.parametrize(("labels", "status", "code"), [(b"some labels", "ok", 0), (None, "missing", 1),
                                                        (b"other labels", "damaged", 1)])  # fmt: skip
def test_verify(cli, digits, tmp_path, labels, status, code):
    folder = tmp_path / "there" / "raw"
    folder.mkdir(parents=True)
    (folder / "images.gz").write_bytes(CONTENTS["images.gz"])
    if labels is not None:
        (folder / "labels.gz").write_bytes(labels)
    result = cli("data", "verify", "digits", "--root", "there")
    assert [line.split() for line in result.out.splitlines()] == [["ok", "images.gz"], [status, "labels.gz"]]
    assert result.code == code


def test_verify_what_comes_with_the_package(cli):
    result = cli("data", "verify", "mnist5k")
    assert (result.code, result.out) == (0, "mnist5k comes with the package\n")


@real_data.needs("mnist")
def test_the_real_digits_are_found_and_right(cli):
    result = cli("data", "verify", "mnist", "--root", real_data.ROOT)
    assert result.code == 0, result.out
    assert result.out.count("ok ") == 4
    paths = cli("data", "get", "mnist", "--root", real_data.ROOT).out.splitlines()
    assert [path.rpartition("/")[0] for path in paths] == [str(real_data.ROOT / "mnist")] * 4


@pytest.mark.parametrize("command", ["get", "verify"])
def test_unknown_names(fails, command):
    assert fails("data", command, "mnits") == (
        f"data: expected the name of a data set, one of {', '.join(ENTRIES)}, got 'mnits'; did you mean 'mnist'?"
    )


@pytest.mark.parametrize("name", ["MNIST5k", "mnist5K", "MNIST-5k"])
def test_names_in_any_case(cli, name):
    assert cli("data", "verify", name).code == 0


def test_errors_of_the_catalogue_are_one_line(fails, digits, server):
    pytest.importorskip("pooch")
    server.files.clear()
    assert server.url in fails("data", "get", "digits", "--root", "there")
    assert "flowers.zip" in fails("data", "get", "flowers", "--root", "there")


def test_help(cli):
    assert all(name in cli("data").out for name in ("list", "get", "verify"))
