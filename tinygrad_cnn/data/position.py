"""`Positioned`: where within an epoch a loader is, saved and gone on from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from tinygrad_cnn.random import Generator, default_generator


class Positioned:
    """Counts the batches handed out in an epoch, and remembers where the random streams were when it began."""

    batch_sampler: Iterable[Any]
    sampler: Any
    generator: Generator | None

    def __init__(self) -> None:
        self._start: list[dict[str, Any]] = []
        self._batches = 0
        self._pending: tuple[list[dict[str, Any]], int] | None = None

    def state_dict(self) -> dict[str, Any]:
        """Return where in the epoch the iteration is."""
        return {"generators": self._start, "batches": self._batches}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Let the next iteration go on with the batch that would have come next.

        The random streams are left where they are: the order of the epoch is drawn from where they were at its start.

        Raises:
            ValueError: it is no such state.
        """
        try:
            start, batches = list(state_dict["generators"]), state_dict["batches"]
            if type(batches) is not int or batches < 0 or len(start) != len(self._generators()):
                raise ValueError(f"got {batches!r} batches and {len(start)} generators")
            for state in start:
                Generator().set_state(state)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"{type(self).__name__}: expected what state_dict returned: {error!r}") from error
        self._pending = (start, batches)

    def _remaining(self) -> Iterator[Any]:
        """Yield the lists of indices of an epoch, or of the rest of the one that `load_state_dict` named."""
        generators = self._generators()
        pending, self._pending = self._pending, None
        now = [generator.get_state() for generator in generators]
        self._start, self._batches = (now, 0) if pending is None else pending
        order = iter(self.batch_sampler)
        if pending is not None:
            _set(generators, self._start)
            next(islice(order, self._batches, self._batches), None)  # passes over as many
            _set(generators, now)
        for indices in order:
            self._batches += 1
            yield indices

    def _generators(self) -> list[Generator]:
        own = [self.generator, getattr(self.sampler, "generator", None)]
        return list(dict.fromkeys([default_generator, *(g for g in own if isinstance(g, Generator))]))


def _set(generators: list[Generator], states: list[dict[str, Any]]) -> None:
    for generator, state in zip(generators, states, strict=True):
        generator.set_state(state)
