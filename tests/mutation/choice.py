"""`Choice`: which of the mutants to run."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from report import Mistake

M = TypeVar("M", bound=Mistake)


@dataclass(frozen=True)
class Choice:
    """All mutants, those of one function, or a random sample of them.

    Attributes:
        function: the qualified name of the only function to mutate; all if empty.
        sample: how many to take at random; all if 0.
        seed: of the sample.
    """

    function: str = ""
    sample: int = 0
    seed: int = 0

    @property
    def everything(self) -> bool:
        """Whether no mutant is left out."""
        return not (self.function or self.sample)

    def __call__(self, mutants: Iterable[M]) -> list[M]:
        """Return the chosen ones of `mutants`."""
        found = [one for one in mutants if self.function in ("", one.key[0])]
        return random.Random(self.seed).sample(found, self.sample) if 0 < self.sample < len(found) else found
