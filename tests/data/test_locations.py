"""Where data sets are kept: as told, as the environment says, or in the user's cache."""

import sys
from pathlib import Path

import pytest

from tinygrad_cnn.data import data_root


def test_a_folder_that_is_named_is_taken():
    assert data_root("data") == Path("data")


def test_the_environment_variable_names_the_default(monkeypatch, tmp_path):
    monkeypatch.setenv("TINYGRAD_CNN_DATA", str(tmp_path))
    assert data_root() == tmp_path
    assert data_root("other") == Path("other")
    monkeypatch.setenv("TINYGRAD_CNN_DATA", "~/sets")
    assert data_root() == Path.home() / "sets"


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"XDG_CACHE_HOME": "/var/cache/me"}, Path("/var/cache/me")),
        ("linux", {}, Path.home() / ".cache"),
        ("darwin", {"XDG_CACHE_HOME": "/elsewhere"}, Path.home() / "Library" / "Caches"),
        ("win32", {"LOCALAPPDATA": "/local"}, Path("/local")),
        ("win32", {}, Path.home() / "AppData" / "Local"),
    ],
)
def test_the_users_cache_otherwise(monkeypatch, platform, variables, expected):
    for name in ("TINYGRAD_CNN_DATA", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert data_root() == expected / "tinygrad-cnn"
