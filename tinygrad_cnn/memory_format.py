"""The memory layouts of a tensor: the names that `contiguous`, `clone` and `to` take as `memory_format`."""

from __future__ import annotations


class MemoryFormat:
    """One way of laying out elements; see `contiguous_format`, `preserve_format` and `channels_last`."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return f"torch.{self._name}"

    def __reduce__(self) -> str:
        return self._name


contiguous_format = MemoryFormat("contiguous_format")
"""Row-major: the last axis varies fastest. Operations return their results in this layout."""

preserve_format = MemoryFormat("preserve_format")
"""The layout that the tensor already has."""

channels_last = MemoryFormat("channels_last")
"""(N, C, H, W) with C varying fastest. It changes no values, and makes nothing faster here."""
