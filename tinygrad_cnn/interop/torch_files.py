"""A reader of the zip files of ``torch.save`` that runs no code: tensors and parameters in dicts, lists and tuples.

Such a file holds a pickle, which refers to storages by number, and a file of raw numbers for each storage. The
restricted interpreter of `data.pickles` reads the pickle; this file adds storages, tensors and parameters to it.

Ref. "Serialization semantics" in PyTorch's notes; torch/_utils.py, `_rebuild_tensor_v2`.
"""

from __future__ import annotations

import io
import math
import zipfile
from typing import Any, ClassVar

import numpy as np

from tinygrad_cnn._checks import shown
from tinygrad_cnn._types import Array
from tinygrad_cnn.creation import from_numpy
from tinygrad_cnn.data.errors import DataError
from tinygrad_cnn.data.pickle_stack import Global
from tinygrad_cnn.data.pickles import SPARE, Machine
from tinygrad_cnn.interop.safetensors import stored_numbers
from tinygrad_cnn.nn.parameter import Parameter
from tinygrad_cnn.tensor import Tensor

ZIP = b"PK\x03\x04"
"""The first bytes of a zip file."""

_STORAGES = {
    "DoubleStorage": "f8", "FloatStorage": "f4", "HalfStorage": "f2", "BFloat16Storage": "bf16", "LongStorage": "i8",
    "IntStorage": "i4", "ShortStorage": "i2", "CharStorage": "i1", "ByteStorage": "u1", "BoolStorage": "b1",
}  # fmt: skip
"""PyTorch's classes of storages, and the types of their elements in the file."""

_TENSOR = ("torch._utils", "_rebuild_tensor_v2")
_PARAMETER = ("torch._utils", "_rebuild_parameter")
_ORDERED_DICT = ("collections", "OrderedDict")
_SIZE = ("torch", "Size")
_MAX_PICKLE = 1 << 28
_MAX_AXES = 32


def parse_torch_file(content: bytes, name: str) -> object:
    """Return the value in a zip file of ``torch.save``, given as bytes; messages call the file `name`.

    Raises:
        ValueError: it is no such file, is damaged, or refers to something other than tensors, which the message names.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _parse(archive, name, len(content))
    except DataError as error:
        raise ValueError(f"load: {error}") from error
    except (zipfile.BadZipFile, LookupError, ValueError, OverflowError, EOFError, RuntimeError) as error:
        if isinstance(error, ValueError) and str(error).startswith("load: "):
            raise
        raise ValueError(f"load: {name}: expected a file of torch.save, got a damaged one ({error!s:.200})") from error


def _parse(archive: zipfile.ZipFile, name: str, size: int) -> object:
    entries = {entry.filename: entry for entry in archive.infolist()}
    found = [path for path in entries if path.count("/") == 1 and path.endswith("/data.pkl")]
    if len(found) != 1:
        raise ValueError(f"load: {name}: expected a file of torch.save, got a zip file with {len(found)} data.pkl")
    folder = found[0].removesuffix("data.pkl")
    for entry in entries.values():  # uncompressed, so no entry takes more memory than the file has bytes
        if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size:
            raise ValueError(f"load: {name}: expected files that are not compressed, got {entry.filename} compressed")
    if sum(entry.file_size for entry in entries.values()) > size:  # several entries share their bytes
        raise ValueError(f"load: {name}: expected files within the {size:,} bytes of the zip file, got more")
    if entries[found[0]].file_size > _MAX_PICKLE:
        raise ValueError(f"load: {name}: expected a data.pkl of at most {_MAX_PICKLE:,} bytes")
    order = archive.read(folder + "byteorder") if folder + "byteorder" in entries else b"little"
    if order not in (b"little", b"big"):
        raise ValueError(f"load: {name}: expected the byte order little or big, got {order!r:.40}")
    budget = 4 * sum(entry.file_size for entry in entries.values()) + SPARE  # several tensors may share a storage
    machine = _TorchMachine(name, budget, archive, folder, "<" if order == b"little" else ">")
    return machine.execute(archive.read(found[0]))


class _Storage:
    """The numbers of a storage, which tensors view."""

    def __init__(self, values: Array) -> None:
        self.values = values


class _TorchMachine(Machine):
    """The restricted interpreter, with storages, tensors and parameters."""

    known: ClassVar[set[tuple[str, str]]] = {
        *Machine.known, _TENSOR, _PARAMETER, _ORDERED_DICT, _SIZE, *[("torch", kind) for kind in _STORAGES],
    }  # fmt: skip
    unfinished: ClassVar[tuple[type, ...]] = (*Machine.unfinished, _Storage)

    def __init__(self, name: str, bytes_left: int, archive: zipfile.ZipFile, folder: str, order: str) -> None:
        super().__init__(name, bytes_left)
        self.archive, self.folder, self.order = archive, folder, order
        self.storages: dict[str, _Storage] = {}

    def persistent(self, identity: Any) -> _Storage:
        """Return the storage that the pickle names by ``("storage", class, key, location, number of elements)``."""
        kind, storage, key, _, count = identity
        named = isinstance(kind, str) and kind == "storage" and isinstance(key, str) and isinstance(count, int)
        if not named or not isinstance(storage, Global) or storage.key[1] not in _STORAGES:
            raise self.fail("the name of a storage", shown(identity))
        if key not in self.storages:
            data, letters = self.archive.read(f"{self.folder}data/{key}"), _STORAGES[storage.key[1]]
            values = stored_numbers(data, letters, self.order)
            if len(values) != count:
                raise self.fail(f"{count} elements in data/{key}", f"{len(values)}")
            self.storages[key] = _Storage(values)
        return self.storages[key]

    def reduce(self, function: Global, arguments: tuple[Any, ...]) -> Any:
        """Return the tensor, parameter or container that a call of `function` stands for."""
        if function.key == _TENSOR:
            return self._tensor(*arguments[:5])
        if function.key == _PARAMETER and isinstance(arguments[0], Tensor):
            return Parameter(arguments[0], arguments[1] is True)
        if function.key == _ORDERED_DICT and not arguments:
            return {}
        if function.key == _SIZE and isinstance(arguments[0], tuple):
            return arguments[0]
        return super().reduce(function, arguments)

    def set_state(self, target: Any, state: Any) -> None:
        """Ignore the attributes of a dict, such as the versions in a state_dict."""
        if not isinstance(target, dict):
            super().set_state(target, state)

    def _tensor(self, storage: object, offset: Any, size: object, stride: object, requires_grad: object) -> Tensor:
        if not isinstance(size, tuple) or not isinstance(stride, tuple) or len(size) > _MAX_AXES:
            raise self.fail(f"a size and a stride of at most {_MAX_AXES} axes", shown(size))
        numbers = (offset, *size, *stride)
        if not isinstance(storage, _Storage) or not all(isinstance(n, int) and 0 <= n < 1 << 63 for n in numbers):
            raise self.fail(
                "a tensor over a storage", f"offset {shown(offset)}, size {shown(size)}, stride {shown(stride)}"
            )
        values, count = storage.values, math.prod(size)
        last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
        if count > len(values) or (count and last >= len(values)):
            raise self.fail(f"a tensor within the {len(values)} elements of its storage", f"size {size} at {offset}")
        self.spend(count * values.itemsize)
        steps = [step * values.itemsize for step in stride]
        start = values[offset:] if count else values[:0]
        array = np.lib.stride_tricks.as_strided(start, tuple(size), steps).copy()
        return from_numpy(array).requires_grad_(requires_grad is True)
