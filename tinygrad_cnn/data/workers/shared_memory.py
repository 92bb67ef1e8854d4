"""Anonymous shared memory: it disappears with the last process that uses it, even if that is killed.

Files in /dev/shm would stay behind after a SIGKILL, and containers often limit them to 64 MB.
"""

from __future__ import annotations

import mmap
import os
import pickle
import tempfile
from collections.abc import Sequence
from multiprocessing.reduction import recv_handle, send_handle
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from tinygrad_cnn._types import Array

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

Memory: TypeAlias = bytes | bytearray | memoryview | mmap.mmap

Pipe: TypeAlias = "Connection[Any, Any]"
"""One end of a pipe between processes."""

SUPPORTED = hasattr(os, "fork")
"""Whether this system can pass an open file to another process; elsewhere everything goes through the pipe."""

_ALIGNMENT = 64
"""The alignment of arrays in bytes, for vector instructions."""


class Segment:
    """Memory that another process can open by the descriptor of its file.

    Args:
        size: the size of a new segment, in bytes.
        descriptor: the descriptor of a segment that another process made; it is closed, and the memory stays.
        private: whether changes stay invisible to other processes.
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

    def send(self, connection: Pipe, pid: int) -> None:
        """Send the segment, which this process made, to the process `pid` at the other end of the connection."""
        assert self._file is not None
        send_handle(connection, self._file, pid)

    @classmethod
    def receive(cls, connection: Pipe, private: bool = False) -> Segment:
        """Open the segment that the other end of the connection sends."""
        return cls(descriptor=recv_handle(connection), private=private)

    def seal(self) -> None:
        """Close the descriptor once all peers have opened the segment: a process may have few of them."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def close(self) -> None:
        """Release the memory; no array may use it any more."""
        self.seal()
        self.memory.close()


def _anonymous_file() -> int:
    """Return the descriptor of a new file without a name, in memory where the system supports that."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("tinygrad_cnn-loader")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


Layout = tuple[int, ...]
"""The lengths in bytes of a packed value's buffers: its pickle, then its arrays."""


class Packed:
    """A value split into a pickle of everything but the arrays, and the arrays' memory.

    Args:
        value: anything that can be pickled.
    """

    def __init__(self, value: object) -> None:
        buffers: list[pickle.PickleBuffer] = []
        head = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
        self._buffers: list[bytes | memoryview] = [head, *(buffer.raw() for buffer in buffers)]
        self.layout: Layout = tuple(map(len, self._buffers))
        self.size = sum(map(_padded, self.layout))

    def write(self, memory: Memory) -> None:
        """Copy everything into writable memory of at least `size` bytes."""
        target = np.frombuffer(memory, np.uint8)
        start = 0
        for buffer in self._buffers:
            target[start : start + len(buffer)] = np.frombuffer(buffer, np.uint8)
            start += _padded(len(buffer))

    def to_bytes(self) -> bytes:
        """Return the bytes that `write` writes."""
        memory = bytearray(self.size)
        self.write(memory)
        return bytes(memory)


def unpack(memory: Memory, layout: Sequence[int], copy: bool = True) -> Any:
    """Return the value that `Packed` wrote.

    Args:
        memory: the memory that holds the value.
        layout: the attribute `layout` of the `Packed`.
        copy: give arrays memory of their own; otherwise they use `memory` and keep it alive.
    """
    whole: Array = np.frombuffer(memory, np.uint8)
    buffers, start = [], 0
    for length in layout:
        buffers.append(whole[start : start + length])
        start += _padded(length)
    head, *arrays = buffers
    return pickle.loads(head.tobytes(), buffers=[array.copy() for array in arrays] if copy else arrays)


def _padded(length: int) -> int:
    return -(-length // _ALIGNMENT) * _ALIGNMENT
