"""A row of the table of operation samples, and makers of inputs."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Sample:
    """One configuration of one operation.

    Attributes:
        op: its name in the registry.
        case: what is special about this row.
        call: takes tensors, or arrays, and gives the same kind.
        reference: takes arrays and gives the expected array.
        inputs: float64 arrays, with respect to which it is differentiated, or integer and boolean ones.
        batch: for each input the axis that may be empty, None for inputs without; empty if no axis may be.
        attrs: the geometry, for convolution and pooling.
        third: whether third order is checked as well.
        fixed_dtype: whether the output's dtype is chosen by an attribute rather than by the inputs.
    """

    op: str
    case: str
    call: Callable[..., Any]
    reference: Callable[..., Any]
    inputs: tuple[np.ndarray, ...]
    batch: tuple[int | None, ...] = ()
    attrs: dict[str, Any] = field(default_factory=dict)
    third: bool = False
    fixed_dtype: bool = False

    def __str__(self):
        return f"{self.op}-{self.case}".replace(" ", "_")


SAMPLES: list[Sample] = []


def row(op, case, call, reference, *makers, batch=(), **options):
    """Add a row; each maker is an array or takes a generator seeded by the row's name."""
    source = np.random.default_rng(zlib.crc32(f"{op} {case}".encode()))
    inputs = tuple(maker(source) if callable(maker) else np.asarray(maker) for maker in makers)
    SAMPLES.append(Sample(op, case, call, reference, inputs, batch, **options))


def normal(*shape):
    return lambda source: np.asarray(source.standard_normal(shape))


def positive(*shape):
    return lambda source: np.asarray(source.uniform(0.5, 2, shape))


def apart(*shape):
    """Make values at least 0.1 from each other and 0.05 from zero, in random order: no ties and no kinks near."""

    def make(source):
        size = int(np.prod(shape))
        return ((source.permutation(size) - size // 2) * 0.1 + 0.05).reshape(shape)

    return make
