"""What is compared: this package, PyTorch and, for one experiment each, Numba and JAX."""

from __future__ import annotations

import importlib.util
from importlib.metadata import PackageNotFoundError, version
from typing import Any

MODULES = {"ours": "tinygrad_cnn", "torch": "torch", "numba": "numba", "jax": "jax"}
"""The name on the command line and in the tables, and the module that is imported for it."""

INSTALL = {"torch": "pip install torch", "numba": "pip install numba", "jax": "pip install jax"}


def available(name: str) -> bool:
    """Tell whether the module of `name` can be imported, without importing it."""
    return importlib.util.find_spec(MODULES[name]) is not None


def compared(rival: str | None) -> list[str]:
    """Return ours and `rival`; where that is not installed, say so and return ours only."""
    if rival is None:
        return ["ours"]
    if not available(rival):
        print(f"{rival} is not installed ({INSTALL[rival]}): measuring tinygrad_cnn only")
        return ["ours"]
    return ["ours", rival]


def use_threads(framework: Any, count: int) -> int:
    """Let `framework` use `count` threads where it can be told; return how many it says that it uses.

    Without a setting of its own it computes by NumPy, whose BLAS was told by the environment; see `processes`.
    """
    if hasattr(framework, "set_num_threads"):
        framework.set_num_threads(count)
    return int(framework.get_num_threads()) if hasattr(framework, "get_num_threads") else count


def versions() -> dict[str, str]:
    """Return the versions of the packages that matter to the figures, of those that are installed."""
    found = {}
    for package in ("tinygrad-cnn", "numpy", "torch", "numba", "jax"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
