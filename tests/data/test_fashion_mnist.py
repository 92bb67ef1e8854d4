"""Fashion-MNIST: the files of MNIST, but never MNIST's own."""

import numpy as np
import pytest

from tinygrad_cnn.data import MNIST, FashionMNIST, write_idx


def save(folder):
    for part, count in (("train", 3), ("t10k", 2)):
        write_idx(folder / f"{part}-images-idx3-ubyte.gz", np.full((count, 28, 28), count, np.uint8))
        write_idx(folder / f"{part}-labels-idx1-ubyte.gz", np.arange(count, dtype=np.uint8))


@pytest.mark.parametrize("place", ["FashionMNIST/raw", "fashion_mnist", "fashion-mnist"])
def test_reads_its_files(tmp_path, place):
    save(tmp_path / place)
    train, test = FashionMNIST(tmp_path), FashionMNIST(tmp_path, train=False)
    assert (len(train), len(test)) == (3, 2)
    assert train[1][1] == 1
    assert test.data.array.max() == 2
    assert train.classes[9] == "Ankle boot"
    assert train.class_to_idx["Trouser"] == 1
    assert repr(test).splitlines() == [
        "Dataset FashionMNIST", "    Number of datapoints: 2", f"    Root location: {tmp_path}", "    Split: Test"
    ]  # fmt: skip


def test_is_not_mistaken_for_mnist(tmp_path):
    save(tmp_path)
    save(tmp_path / "MNIST" / "raw")
    with pytest.raises(
        FileNotFoundError, match="FashionMNIST: expected the file train-images-idx3-ubyte, plain or .gz"
    ):
        FashionMNIST(tmp_path)
    save(tmp_path / "new" / "FashionMNIST" / "raw")
    with pytest.raises(FileNotFoundError, match="MNIST: expected the file"):
        MNIST(tmp_path / "new")
