"""The benchmark runs, on a small scale, and says what it skips."""

import re

import numpy as np
import pytest

from benchmarks import input_pipeline as pipeline
from tinygrad_cnn.data import DataLoader
from tinygrad_cnn.random import manual_seed


def rates(text):
    return [float(number.replace(",", "")) for number in re.findall(r"([\d,.]+) (?:images|steps)/s", text)]


@pytest.fixture
def _threads_only(monkeypatch):
    monkeypatch.setattr(pipeline, "WAYS", [(0, "thread"), (2, "thread")])
    monkeypatch.setattr(pipeline, "ROUNDS", 1)


@pytest.mark.usefixtures("_threads_only")
def test_arrays(capsys):
    pipeline.arrays(0.01)
    text = capsys.readouterr().out
    assert "2 threads" in text
    assert len(rates(text)) == 5
    assert min(rates(text)) > 0


@pytest.mark.usefixtures("_threads_only")
def test_a_folder_of_photographs(tmp_path, capsys):
    image = pytest.importorskip("PIL.Image")
    for name in ("daisy", "rose"):
        (tmp_path / name).mkdir()
        for number in range(60):
            pixels = np.full((128, 128, 3), number, np.uint8)
            image.fromarray(pixels).save(tmp_path / name / f"{number}.jpg")
    photographs = pipeline.Photographs(tmp_path, in_python=True)
    x, label = photographs[119]
    assert (x.shape, x.dtype, label) == ((3, 96, 96), np.float32, 1)
    photographs.in_python = False
    pipeline.shares("steps", lambda batch: len(batch) // 2, photographs, 0.01)
    text = capsys.readouterr().out
    assert re.search(r"in memory .* 100\.0%", text)
    assert len(rates(text)) == 3


def test_without_photographs(tmp_path, capsys):
    pytest.importorskip("PIL")
    pipeline.jpeg(tmp_path / "none.zip", 0.01)
    assert (
        capsys.readouterr().out == f"jpeg: skipped, there is no {tmp_path / 'none.zip'}; name the file with --flowers\n"
    )


def test_digits_are_the_same_whoever_reads_them():
    def read(workers):
        manual_seed(0)
        return [x.numpy() for x, _ in DataLoader(pipeline.Digits(40), 10, shuffle=True, num_workers=workers)]

    for one, other in zip(read(0), read(2), strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.shape == (10, 1, 28, 28)
