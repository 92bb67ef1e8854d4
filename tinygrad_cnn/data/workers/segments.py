"""Memory that processes share, without names: it is gone when its last user is, however that one ends.

Files in /dev/shm would stay behind after a SIGKILL, and containers often limit them to 64 MB.
"""

from __future__ import annotations

import mmap
import os
import pickle
import tempfile
from collections.abc import Sequence
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle, send_handle
from typing import Any

import numpy as np

from tinygrad_cnn._types import Array

SHARES = hasattr(os, "fork")
"""Whether this system can hand an open file to another process; elsewhere everything goes through the pipe."""

_ALIGNMENT = 64
"""Bytes; what vector instructions like best."""


class Segment:
    """A piece of memory that another process can open by the descriptor of its file.

    Args:
        size: bytes; a new segment of that size is made.
        descriptor: of a segment that another process made; closed here, the memory stays.
        private: changes made here are not seen by others.
    """

    def __init__(self, size: int = 0, descriptor: int | None = None, private: bool = False) -> None:
        file = _anonymous_file() if descriptor is None else descriptor
        self._file: int | None = file
        if descriptor is None:
            os.ftruncate(file, size)
        self.size = os.fstat(file).st_size
        self.memory = mmap.mmap(file, self.size, access=mmap.ACCESS_COPY if private else mmap.ACCESS_WRITE)
        if descriptor is not None:
            self.seal()

    def send(self, connection: Connection[Any, Any], pid: int) -> None:
        """Let the process `pid` at the other end of the connection open the segment that was made here."""
        assert self._file is not None
        send_handle(connection, self._file, pid)

    @classmethod
    def receive(cls, connection: Connection[Any, Any], private: bool = False) -> Segment:
        """Open the segment that the other end of the connection sends."""
        return cls(descriptor=recv_handle(connection), private=private)

    def seal(self) -> None:
        """Give up the descriptor once everyone who is to has opened the segment: a process may have few of them."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def close(self) -> None:
        """Give up the memory; no array may lie in it any more."""
        self.seal()
        self.memory.close()


def _anonymous_file() -> int:
    """Return the descriptor of a new file without a name: in memory where the system has such files."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("tinygrad_cnn-loader")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


Layout = tuple[int, ...]
"""Where a packed value lies: how long its pickle is, then how long each of its arrays."""


class Packed:
    """A value taken apart: a pickle that holds all but the arrays, and the arrays' memory.

    Args:
        value: anything that can be pickled.
    """

    def __init__(self, value: Any) -> None:
        buffers: list[pickle.PickleBuffer] = []
        head = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
        self._parts: list[Any] = [head, *(buffer.raw() for buffer in buffers)]
        self.layout: Layout = tuple(len(part) for part in self._parts)
        self.size = sum(map(_padded, self.layout))

    def write(self, memory: Any) -> None:
        """Copy everything into writable memory of at least `size` bytes."""
        target = np.frombuffer(memory, np.uint8)
        start = 0
        for part in self._parts:
            target[start : start + len(part)] = np.frombuffer(part, np.uint8)
            start += _padded(len(part))


def unpack(memory: Any, layout: Sequence[int], copy: bool = True) -> Any:
    """Return the value that `Packed` wrote.

    Args:
        memory: where.
        layout: the `Packed`'s.
        copy: give arrays memory of their own; otherwise they lie in `memory` and keep it alive.
    """
    whole: Array = np.frombuffer(memory, np.uint8)
    parts, start = [], 0
    for length in layout:
        parts.append(whole[start : start + length])
        start += _padded(length)
    buffers = [part.copy() for part in parts[1:]] if copy else parts[1:]
    return pickle.loads(parts[0].tobytes(), buffers=buffers)


def _padded(length: int) -> int:
    return -(-length // _ALIGNMENT) * _ALIGNMENT
