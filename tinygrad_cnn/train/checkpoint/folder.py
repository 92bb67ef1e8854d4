"""`CheckpointFolder`: the last checkpoints of a run, and the newest that is whole."""

from __future__ import annotations

import os
import re
import warnings
from pathlib import Path
from typing import Any

from tinygrad_cnn.train.checkpoint.files import CheckpointError, load_checkpoint, save_checkpoint


class CheckpointFolder:
    """Checkpoints named by their step in a folder that one run writes to.

    Args:
        root: the folder.
        prefix: how the names begin, letters only; what begins otherwise is left alone.
        keep: how many of the newest stay, at least 1.

    Raises:
        ValueError: `keep` is less than 1, or `prefix` has other characters.
    """

    def __init__(self, root: str | os.PathLike[str], prefix: str = "step", keep: int = 3) -> None:
        if keep < 1:
            raise ValueError(f"CheckpointFolder: expected keep of at least 1, got {keep}")
        if not prefix.isalpha():
            raise ValueError(f"CheckpointFolder: expected prefix as letters, got {prefix!r}")
        self.root = Path(root)
        self.prefix = prefix
        self.keep = keep
        self._name = re.compile(rf"{prefix}-(\d+)\.json")
        self._swept = False

    def paths(self) -> list[Path]:
        """Return the JSON files of the checkpoints, the newest first; they may be damaged."""
        if not self.root.is_dir():
            return []
        found = [(int(match[1]), path) for path in self.root.iterdir() if (match := self._name.fullmatch(path.name))]
        return [path for _, path in sorted(found, reverse=True)]

    def save(self, state: Any, step: int) -> Path:
        """Write the checkpoint of `step` and delete what is not to stay: older ones, and those of later steps.

        Checkpoints of later steps are there when a run went on from an earlier one: they are damaged, or belong to a
        future that was given up.

        Returns:
            The path of the JSON file.

        Raises:
            TypeError, ModuleNotFoundError: as for `save_checkpoint`.
        """
        if not self._swept:
            self._sweep()
        path = save_checkpoint(self.root / f"{self.prefix}-{step:08d}", state)
        before = [other for other in self.paths() if self._step(other) < step]
        for other in self.paths():
            if other != path and other not in before[: self.keep - 1]:
                other.unlink()  # first, for without it there is no checkpoint
                other.with_suffix(".safetensors").unlink(missing_ok=True)
        return path

    def load(self) -> tuple[Path, Any] | None:
        """Return the newest checkpoint that is whole, and where it is; None if there are none at all.

        Raises:
            CheckpointError: there are some and all are damaged; the message says how each.

        Warns:
            UserWarning: of each damaged one that is newer than that returned, by name.
        """
        reasons = []
        for path in self.paths():
            try:
                state = load_checkpoint(path)
            except CheckpointError as error:
                reasons.append(str(error))
                continue
            for reason in reasons:
                warnings.warn(f"damaged checkpoint left out: {reason}; {path.name} is taken instead", stacklevel=2)
            return path, state
        if reasons:
            raise CheckpointError(f"{self.root}: expected a checkpoint that is whole, got {'; '.join(reasons)}")
        return None

    def _step(self, path: Path) -> int:
        match = self._name.fullmatch(path.name)
        assert match is not None
        return int(match[1])

    def _sweep(self) -> None:
        """Delete what a kill left half-written: temporary files, and arrays that no JSON file vouches for."""
        self._swept = True
        if self.root.is_dir():
            for path in self.root.iterdir():
                half = path.suffix == ".safetensors" and not path.with_suffix(".json").exists()
                if (half and path.name.startswith(f"{self.prefix}-")) or (
                    path.suffix == ".part" and path.name.startswith(f".{self.prefix}-")
                ):
                    path.unlink()
