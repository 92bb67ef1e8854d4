"""Workers that stay from one epoch to the next."""

from __future__ import annotations

import os

from tinygrad_cnn.data.workers.reading import Pool


class Kept:
    """Persistent workers between two epochs.

    Two iterators at once need two sets of workers; the one that is given back first is kept.
    """

    def __init__(self, wanted: bool) -> None:
        self._wanted = wanted
        self._pool: Pool | None = None
        self._owner = os.getpid()

    def take(self) -> Pool | None:
        """Return the workers that wait, if there are any."""
        pool, self._pool = self._pool, None
        # A forked process has a copy of the loader, but the workers are its parent's.
        return pool if self._owner == os.getpid() else None

    def give_back(self, pool: Pool) -> None:
        """Keep the workers for the next epoch, or end them."""
        if self._wanted and self._pool is None:
            self._pool = pool
        else:
            pool.close()

    def close(self) -> None:
        """End the workers that wait, and from now on whatever is given back."""
        self._wanted = False
        pool = self.take()
        if pool is not None:
            pool.close()
