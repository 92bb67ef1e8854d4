"""What reading data costs: images a second by threads and by processes, and what it leaves of a training step's rate.

    python -m benchmarks.input_pipeline                       all parts, about two minutes
    python -m benchmarks.input_pipeline --part arrays         one of: arrays, jpeg, step
    python -m benchmarks.input_pipeline --flowers FLOWERS.zip where the photographs are

arrays  digits in memory, batches of 100: as they are, and cropped, flipped and scaled by transforms of a whole batch
jpeg    a folder of photographs, 128×128 JPEG, batches of 64: decoded by Pillow, then cropped, flipped and scaled one by
        one by NumPy; and the same with a transform that is a loop in Python
step    conv 30@5×5, ReLU, max-pool, FC 100, ReLU, FC 10, Adam, batch 100: steps a second on batches that lie ready, and
        on those of a loader

Run it on a machine that does nothing else. Rates are the best of several rounds.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_cnn as tg
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn.data import DataLoader, Dataset, TensorDataset, current_generator, default_collate
from tinygrad_cnn.models import SimpleConvNet
from tinygrad_cnn.optim import Adam

FLOWERS = Path("/work/shared/data/flowers.zip")
WAYS = [(0, "thread"), (1, "thread"), (2, "thread"), (1, "multiprocessing"), (2, "multiprocessing")]
ROUNDS = 6
MEAN, STD = np.float32(0.45), np.float32(0.25)


class Digits(Dataset[Any]):
    """Random images in memory, uint8 (N, 1, 28, 28), changed by whole batches: crop, flip, scale."""

    def __init__(self, count: int) -> None:
        random_source = np.random.default_rng(0)
        self.images = random_source.integers(0, 256, (count, 1, 28, 28), dtype=np.uint8)
        self.labels = random_source.integers(0, 10, count)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[tg.Tensor, tg.Tensor]:
        images, labels = self.batch([index])
        return images[0], labels[0]

    def batch(self, indices: list[int]) -> list[tg.Tensor]:
        """Return the changed images and the labels at `indices`."""
        rows = np.array(indices)
        draw = current_generator()
        padded = np.zeros((len(rows), 1, 32, 32), np.uint8)
        padded[..., 2:30, 2:30] = self.images[rows]
        windows = np.lib.stride_tricks.sliding_window_view(padded, (28, 28), axis=(2, 3))
        top, left = draw.integers(5, size=(2, len(rows)))
        images = windows[np.arange(len(rows)), :, top, left]  # (N, 1, 28, 28)
        flipped = draw.random(len(rows)) < 0.5
        images[flipped] = images[flipped][..., ::-1]
        return [tg.from_numpy((images / np.float32(255) - MEAN) / STD), tg.from_numpy(self.labels[rows])]


class Photographs(Dataset[Any]):
    """The JPEG files of a folder with one folder for each class, decoded when they are read."""

    def __init__(self, root: Path, in_python: bool) -> None:
        names = sorted(folder.name for folder in root.iterdir() if folder.is_dir())
        self.files = [(str(file), names.index(file.parent.name)) for file in sorted(root.glob("*/*.jpg"))]
        self.in_python = in_python

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> tuple[np.ndarray, int]:
        from PIL import Image

        path, label = self.files[index]
        with Image.open(path) as file:
            image = np.asarray(file.convert("RGB"))  # (128, 128, 3)
        draw = current_generator()
        top, left = draw.integers(33, size=2)
        image = image[top : top + 96, left : left + 96]
        if draw.random() < 0.5:
            image = image[:, ::-1]
        x = (image.transpose(2, 0, 1) / np.float32(255) - MEAN) / STD  # (3, 96, 96)
        if self.in_python:
            noise = random.Random(int(draw.integers(2**32)))
            for _ in range(100):  # erase 100 points, one after the other
                x[:, noise.randrange(96), noise.randrange(96)] = noise.gauss(0, 1)
                sum(i * i for i in range(100))
        return x, label


def endless(loader: DataLoader) -> Iterator[list[tg.Tensor]]:
    """Yield batches, epoch after epoch."""
    while True:
        yield from loader


def take(batches: Iterator[list[tg.Tensor]]) -> int:
    """Read the next batch and return how many images it has."""
    return len(next(batches)[0])


def rate(work: Callable[[], int], seconds: float, rounds: int = 3) -> float:
    """Return how many units `work` does a second, the best of several rounds after a warm-up of half a round."""
    best = 0.0
    for number in range(rounds + 1):
        limit = seconds / rounds / (1 if number else 2)
        start, units = time.perf_counter(), 0
        while (passed := time.perf_counter() - start) < limit:
            units += work()
        best = max(best, units / passed if number else 0.0)
    return best


def loader_of(dataset: Dataset[Any], batch_size: int, workers: int, method: str) -> DataLoader:
    """Return a loader that keeps its workers."""
    return DataLoader(
        dataset,
        batch_size,
        shuffle=True,
        drop_last=True,
        num_workers=workers,
        persistent_workers=workers > 0,
        worker_method=method,
    )


def name_of(workers: int, method: str) -> str:
    """Return how a way of reading is called in the tables."""
    if not workers:
        return "no workers"
    kind, plural = ("thread", "s") if method == "thread" else ("process", "es")
    return f"{workers} {kind}{plural if workers > 1 else ''}"


def reading(title: str, dataset: Dataset[Any], batch_size: int, seconds: float) -> None:
    """Print the rate of reading a data set in every way."""
    print(f"{title}, batches of {batch_size}")
    for workers, method in WAYS:
        batches = endless(loader_of(dataset, batch_size, workers, method))
        found = rate(partial(take, batches), seconds)
        print(f"  {name_of(workers, method):12} {found:10,.0f} images/s")


def arrays(seconds: float) -> None:
    """Measure images that lie in memory."""
    digits = Digits(20000)
    plain = TensorDataset(tg.from_numpy(digits.images / np.float32(255)), tg.from_numpy(digits.labels))
    reading("arrays, as they are", plain, 100, seconds)
    samples = DataLoader(plain, 100, shuffle=True, collate_fn=lambda batch: default_collate(batch))
    batches = endless(samples)
    print(f"  {'one by one':12} {rate(partial(take, batches), seconds):10,.0f} images/s")
    reading("arrays, transformed by whole batches", digits, 100, seconds)


def jpeg(flowers: Path, seconds: float) -> None:
    """Measure photographs in files."""
    with tempfile.TemporaryDirectory() as folder:
        root = unpacked(flowers, Path(folder))
        if root is None:
            return
        reading("JPEG, NumPy transforms", Photographs(root, False), 64, seconds)
        reading("JPEG, transforms in Python", Photographs(root, True), 64, seconds)


def unpacked(flowers: Path, folder: Path) -> Path | None:
    """Return where the photographs are after unpacking; None, with a message, without them or Pillow."""
    try:
        import PIL  # noqa: F401
    except ModuleNotFoundError:
        print("jpeg: skipped, Pillow is not installed")
        return None
    if not flowers.is_file():
        print(f"jpeg: skipped, there is no {flowers}; name the file with --flowers")
        return None
    with zipfile.ZipFile(flowers) as archive:
        archive.extractall(folder)
    return next(path.parent.parent for path in folder.rglob("*.jpg"))


def trainer(channels: int, side: int) -> Callable[[list[tg.Tensor]], int]:
    """Return a function that takes one step on a batch."""
    tg.manual_seed(0)
    net = SimpleConvNet((channels, side, side))
    optimizer = Adam(net.parameters())

    def step(batch: list[tg.Tensor]) -> int:
        x, t = batch
        optimizer.zero_grad()
        F.cross_entropy(net(x), t).backward()
        optimizer.step()
        return 1

    return step


def trained(step: Callable[[list[tg.Tensor]], int], batches: Iterator[list[tg.Tensor]]) -> int:
    """Take a step on the next batch."""
    return step(next(batches))


def shares(title: str, step: Callable[[list[tg.Tensor]], int], dataset: Dataset[Any], seconds: float) -> None:
    """Print a step's rate on batches that lie ready and on those of a loader, and the share of the one in the other.

    The ways take turns, so that a machine that becomes slower meanwhile does so for all of them.
    """
    ready = [batch for batch, _ in zip(loader_of(dataset, 100, 0, "thread"), range(10), strict=False)]
    turn: Iterator[list[tg.Tensor]] = iter(())

    def from_memory() -> int:
        nonlocal turn
        batch = next(turn, None)
        if batch is None:
            turn = iter(ready)
            batch = next(turn)
        return step(batch)

    ways = {"in memory": from_memory}
    for workers, method in WAYS:
        batches = endless(loader_of(dataset, 100, workers, method))
        ways[name_of(workers, method)] = partial(trained, step, batches)
    found = dict.fromkeys(ways, 0.0)
    for number in range(ROUNDS + 1):
        for name, work in ways.items():
            measured = rate(work, seconds / ROUNDS, rounds=1)
            found[name] = max(found[name], measured if number else 0.0)
    print(f"{title}, batches of 100")
    for name, steps in found.items():
        print(f"  {name:12} {steps:10,.1f} steps/s   {steps / found['in memory']:6.1%}")


def steps(flowers: Path, seconds: float) -> None:
    """Measure training steps."""
    digits = Digits(20000)
    plain = TensorDataset(tg.from_numpy(digits.images / np.float32(255)), tg.from_numpy(digits.labels))
    shares("a step of 1×28×28, arrays as they are", trainer(1, 28), plain, seconds)
    shares("a step of 1×28×28, arrays transformed by whole batches", trainer(1, 28), digits, seconds)
    with tempfile.TemporaryDirectory() as folder:
        root = unpacked(flowers, Path(folder))
        if root is not None:
            shares("a step of 3×96×96, JPEG, NumPy transforms", trainer(3, 96), Photographs(root, False), seconds)


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=["arrays", "jpeg", "step"])
    parser.add_argument("--flowers", type=Path, default=FLOWERS)
    parser.add_argument("--seconds", type=float, default=3.0, help="for each line of the tables")
    options = parser.parse_args()
    tg.manual_seed(0)
    if options.part in (None, "arrays"):
        arrays(options.seconds)
    if options.part in (None, "jpeg"):
        jpeg(options.flowers, options.seconds)
    if options.part in (None, "step"):
        steps(options.flowers, options.seconds)


if __name__ == "__main__":
    main()
