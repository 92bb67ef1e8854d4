"""`CheckpointFolder`: the last checkpoints of a run, and loading the newest undamaged one."""

from __future__ import annotations

import os
import re
import warnings
from pathlib import Path

from tinygrad_cnn.train.checkpoint.files import CheckpointError, State, load_checkpoint, save_checkpoint


class CheckpointFolder:
    """Checkpoints named by their step, in a folder that only one run writes to.

    Args:
        root: the folder.
        prefix: start of the file names, letters only; other files in the folder are not touched.
        keep: number of newest checkpoints to keep, at least 1.

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
        return [path for _, path in self._numbered()]

    def _numbered(self) -> list[tuple[int, Path]]:
        """Return the steps and the JSON files of the checkpoints, the newest first."""
        files = self.root.iterdir() if self.root.is_dir() else ()
        return sorted([(int(found[1]), path) for path in files if (found := self._name.fullmatch(path.name))])[::-1]

    def save(self, state: object, step: int) -> Path:
        """Write the checkpoint of `step`, and delete older ones beyond `keep` and those of later steps.

        Checkpoints of later steps exist if the run was resumed from an earlier step: they are damaged or abandoned.

        Returns:
            The path of the JSON file.

        Raises:
            TypeError, ModuleNotFoundError: as for `save_checkpoint`.
        """
        if not self._swept:
            self._sweep()
        path = save_checkpoint(self.root / f"{self.prefix}-{step:08d}", state)
        before = [other for number, other in self._numbered() if number < step]
        for other in self.paths():
            if other != path and other not in before[: self.keep - 1]:
                other.unlink()  # the JSON file first: without it there is no checkpoint
                other.with_suffix(".safetensors").unlink(missing_ok=True)
        return path

    def load(self) -> tuple[Path, State] | None:
        """Return the path and the state of the newest undamaged checkpoint; None if there are no checkpoints.

        Raises:
            CheckpointError: all checkpoints are damaged; the message says how.

        Warns:
            UserWarning: for each damaged checkpoint that is newer than the one returned.
        """
        reasons = []
        for path in self.paths():
            try:
                state = load_checkpoint(path)
            except CheckpointError as error:
                reasons.append(str(error))
                continue
            for reason in reasons:
                warnings.warn(f"damaged checkpoint skipped: {reason}; loading {path.name} instead", stacklevel=2)
            return path, state
        if reasons:
            raise CheckpointError(f"{self.root}: expected an undamaged checkpoint, got {'; '.join(reasons)}")
        return None

    def _sweep(self) -> None:
        """Delete the files of an interrupted write: temporary files, and arrays without a JSON file."""
        self._swept = True
        if self.root.is_dir():
            for path in self.root.iterdir():
                half = path.suffix == ".safetensors" and not path.with_suffix(".json").exists()
                if (half and path.name.startswith(f"{self.prefix}-")) or (
                    path.suffix == ".part" and path.name.startswith(f".{self.prefix}-")
                ):
                    path.unlink()
