"""A restricted reader of pickles: it builds only arrays, dicts, lists, tuples, strings, bytes and numbers.

A pickle is a program for a stack machine, whose instructions can call anything. The machine in this file knows only
the instructions that build the values above. NumPy's array is the only object that may be "called"; it is built from
its shape, dtype and bytes without NumPy's own unpickling code, which trusts its input.

A small file can also require too many steps, too much memory (an array copied from the same bytes many times), or a
result that takes too long to traverse (a list that contains a list twice, nested 60 times). Each of these is limited.

Ref. the module pickletools of Python's library, which describes the instructions.
"""

from __future__ import annotations

import math
import os
import pickletools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from tinygrad_cnn._checks import MAX_LARGE_KEYS, fits_64_bits, shown
from tinygrad_cnn._types import Array
from tinygrad_cnn.data.errors import DataError
from tinygrad_cnn.data.pickle_stack import Global, Mark, RawArray, RawDtype, UnfinishedTuple

_RECONSTRUCT = {("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct")}
_NDARRAY = ("numpy", "ndarray")
_DTYPE = ("numpy", "dtype")
_FROM_BUFFER = {("numpy.core.numeric", "_frombuffer"), ("numpy._core.numeric", "_frombuffer")}
"""An array in protocol 5, complete in one call."""
_ENCODE = ("_codecs", "encode")
_BYTES = {("__builtin__", "bytes"), ("builtins", "bytes")}
"""The calls that stand for bytes in older protocols: a string to encode in Latin-1, or a call without arguments."""
_KNOWN = _RECONSTRUCT | _FROM_BUFFER | _BYTES | {_NDARRAY, _DTYPE, _ENCODE}

_NUMBERS = {"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"}
_MAX_SIZE = 1 << 30
_MAX_STEPS = 4_000_000  # CIFAR-100's 50,000 images take 300,000
_MAX_DEPTH = 64
_MAX_AXES = 32
_MAX_MEMO_INDEX = 1 << 32
SPARE = 1 << 16
"""The number of bytes that arrays and texts may take in addition to twice the size of the file."""


def read_pickle(path: str | os.PathLike[str]) -> object:
    """Return the content of a pickle file: arrays, dicts, lists, tuples, strings, bytes and numbers.

    Strings written by Python 2 are decoded as Latin-1, byte for byte.

    Args:
        path: the file, at most 1 GiB.

    Raises:
        DataError: the file is not a pickle, is damaged, or refers to anything else; the message names it.
        OSError: the file cannot be read.
    """
    name = os.fspath(path)
    size = Path(path).stat().st_size
    if size > _MAX_SIZE:
        raise DataError(f"{name}: expected a pickle of at most {_MAX_SIZE:,} bytes, got {size:,}")
    return parse_pickle(Path(path).read_bytes(), name)


def parse_pickle(content: bytes, name: str) -> object:
    """Return the content of a pickle; messages call it `name`. See `read_pickle`."""
    return Machine(name, 2 * len(content) + SPARE).execute(content)


class Machine:
    """A stack, a memo, and the harmless instructions.

    Values from the file are never compared, hashed or printed before their type is known: nested tuples may be too
    deep for that, or contain the same tuple too often.

    Args:
        name: the name of the file, for messages.
        bytes_left: number of bytes that arrays and texts may take.

    Attributes:
        known: the names that a pickle may refer to, as (module, name).
        unfinished: the classes of stack items that are not values yet.
    """

    known: ClassVar[set[tuple[str, str]]] = _KNOWN
    unfinished: ClassVar[tuple[type, ...]] = (Mark, Global, RawDtype, RawArray, UnfinishedTuple)

    def __init__(self, name: str, bytes_left: int) -> None:
        self.name = name
        self.bytes_left, self.large_keys = bytes_left, 0
        self.stack: list[object] = []
        self.memo: dict[int, object] = {}

    def execute(self, content: bytes) -> object:
        """Return the content of a pickle."""
        try:
            for step, (instruction, argument, _) in enumerate(pickletools.genops(content)):
                if instruction.name == "STOP":
                    return self.result(8 * step)
                if step >= _MAX_STEPS:
                    raise self.fail(f"a pickle of at most {_MAX_STEPS:,} steps", "more")
                self.run(instruction.name, argument)
        except DataError:
            raise
        except (ValueError, LookupError, TypeError, OverflowError, AttributeError, MemoryError, Warning) as error:
            raise DataError(f"{self.name}: expected a whole pickle, got a damaged one ({error!s:.200})") from error
        raise DataError(f"{self.name}: expected a whole pickle, got one without an end")

    def fail(self, expected: str, got: str) -> DataError:
        """Return the error that names the file."""
        return DataError(f"{self.name}: expected {expected}, got {got}")

    def run(self, instruction: str, argument: object) -> None:
        """Execute one instruction."""
        if instruction in _IGNORED:
            return
        if instruction in _LITERALS:
            self.stack.append(argument)
        elif instruction in _BUILDERS:
            self.stack.append(_BUILDERS[instruction]())
        elif instruction in _ACTIONS:
            _ACTIONS[instruction](self, argument)
        else:
            raise self.fail("a pickle of arrays, dicts, lists, strings, bytes and numbers", f"the step {instruction}")

    def pop(self) -> object:
        """Take the top of the stack, which must be a finished value."""
        return self._finished(self.stack.pop())

    def result(self, most: int) -> object:
        """Take the top of the stack: at most `_MAX_DEPTH` levels and `most` values; shared values count each time."""
        value = self.pop()
        levels: list[Iterator[object]] = [iter((value,))]
        steps = 0
        while levels:
            for inner in levels[-1]:
                steps += 1
                if isinstance(inner, list | tuple | dict):
                    levels.append(iter(inner.values() if isinstance(inner, dict) else inner))
                    break
            else:
                levels.pop()
            if len(levels) > _MAX_DEPTH or steps > most:
                raise self.fail(f"at most {_MAX_DEPTH} levels and {most:,} values", "more")
        return value

    def spend(self, count: int) -> None:
        """Subtract `count` bytes from those that arrays and texts may take."""
        self.bytes_left -= count
        if self.bytes_left < 0:
            raise self.fail("arrays and texts of at most twice the bytes of the file", "more")

    def _finished(self, value: object) -> object:
        if isinstance(value, RawArray) and value.value is not None:
            return value.value
        if isinstance(value, self.unfinished):
            raise self.fail("values and whole arrays", "an unfinished dtype or array")
        return value

    def pop_mark(self, onto: object = None) -> list[object]:
        """Take the last mark and everything above it; push `onto` instead, if given."""
        items: list[object] = []
        while not isinstance(top := self.stack.pop(), Mark):
            items.append(top)
        if onto is not None:
            self.stack.append(onto)
        return items[::-1]

    def memoize(self, index: int | None) -> None:
        """Store the top of the stack in the memo, at the next index if None is given."""
        if index is not None and not 0 <= index < _MAX_MEMO_INDEX:
            raise self.fail(f"a memo index below {_MAX_MEMO_INDEX:,}", shown(index))
        self.memo[len(self.memo) if index is None else index] = self.stack[-1]

    def append(self, items: list[object]) -> None:
        """Add items to the list at the top of the stack."""
        target = self.stack[-1]
        if not isinstance(target, list):
            raise self.fail("a list to add to", type(target).__name__)
        target.extend(map(self._finished, items))

    def set_items(self, items: list[object]) -> None:
        """Add alternating keys and values to the dict at the top of the stack."""
        target = self.stack[-1]
        if not isinstance(target, dict) or len(items) % 2:
            raise self.fail("a dict and pairs to add to it", type(target).__name__)
        for key, value in zip(items[::2], items[1::2], strict=True):
            # Hashing a deeply nested tuple would overflow the C stack.
            if not isinstance(key, str | bytes | int | float):
                raise self.fail("strings, bytes and numbers as keys", type(key).__name__)
            self.large_keys += not fits_64_bits(key)
            if self.large_keys > MAX_LARGE_KEYS:
                raise self.fail("integers of at most 64 bits as keys", "larger ones")
            target[key] = self._finished(value)

    def make_tuple(self, items: list[object]) -> None:
        """Push a tuple of `items`."""
        parts = [item.value if isinstance(item, RawArray) and item.value is not None else item for item in items]
        self.stack.append(
            UnfinishedTuple(parts) if any(isinstance(part, self.unfinished) for part in parts) else tuple(parts)
        )

    def find(self, module: object, name: object) -> None:
        """Push a name, if it is one of those needed for arrays and bytes."""
        if not isinstance(module, str) or not isinstance(name, str):
            raise self.fail("a name of two strings", f"{type(module).__name__} and {type(name).__name__}")
        if (module, name) not in self.known:
            full = f"{module[:80]}.{name[:80]}"
            raise self.fail("a pickle that refers to NumPy arrays only", f"{full}, which is not loaded")
        self.stack.append(Global(module, name))

    def persistent(self, identity: object) -> object:
        """Raise an error: an object outside of the pickle, called `identity`, does not exist."""
        raise self.fail("a pickle that is complete", f"a reference to {shown(identity)}")

    def call(self) -> None:
        """Replace a name and a tuple of arguments by the result of the call."""
        arguments, function = self.stack.pop(), self.stack.pop()
        if not isinstance(function, Global) or not isinstance(arguments, tuple):
            raise self.fail("a call with a tuple of arguments", f"one of {type(function).__name__}")
        self.stack.append(self.reduce(function, arguments))

    def reduce(self, function: Global, arguments: tuple[Any, ...]) -> object:
        """Return an unfinished array or dtype, a finished array, or an encoded string."""
        if function.key in _RECONSTRUCT and isinstance(arguments[0], Global) and arguments[0].key == _NDARRAY:
            return RawArray()
        if function.key == _DTYPE and isinstance(arguments[0], str):
            return RawDtype(arguments[0])
        if function.key in _FROM_BUFFER:
            content, dtype, shape, order = arguments
            return self._array(shape, dtype, isinstance(order, str) and order == "F", content)
        if function.key in _BYTES and not arguments:
            return b""
        texts = all(isinstance(one, str) for one in arguments[:2])
        if function.key == _ENCODE and texts and arguments[1] in {"latin1", "latin-1"}:
            self.spend(len(arguments[0]))
            return arguments[0].encode("latin-1")
        raise self.fail("an array, a dtype or Latin-1 bytes", f"another call of {'.'.join(function.key)}")

    def set_state(self, target: object, state: object) -> None:
        """Complete an array or a dtype from its state."""
        if isinstance(target, RawDtype) and isinstance(state, tuple):
            target.order = state[1]
        elif isinstance(target, RawArray) and isinstance(state, tuple):
            target.value = self._array(*state[1:])
        else:
            raise self.fail("the state of an array or a dtype", f"that of {type(target).__name__}")

    def _array(self, shape: object, dtype: object, fortran: object, data: object) -> Array:
        """Return an array with the bytes `data`."""
        letters, order = (dtype.letters, dtype.order) if isinstance(dtype, RawDtype) else (type(dtype).__name__, "")
        if letters not in _NUMBERS or not isinstance(order, str) or order not in {"<", ">", "|", "="}:
            raise self.fail(f"an array of a dtype among {', '.join(sorted(_NUMBERS))}", letters)
        if not isinstance(shape, tuple) or len(shape) > _MAX_AXES:
            raise self.fail(f"a shape, of at most {_MAX_AXES} axes", shown(shape))
        if not all(isinstance(n, int) and 0 <= n < 1 << 63 for n in shape):
            raise self.fail("a shape", shown(shape))
        self.spend(len(data) if isinstance(data, str) else 0)
        content = data.encode("latin-1") if isinstance(data, str) else data  # Python 2 wrote bytes as a string
        kind = np.dtype(order + letters)
        size = math.prod(shape) * kind.itemsize
        if not isinstance(content, bytes | bytearray) or len(content) != size:
            got = f"{len(content):,}" if isinstance(content, bytes | bytearray) else type(content).__name__
            raise self.fail(f"{size:,} bytes for an array of shape {shape}", got)
        self.spend(size)
        values = np.frombuffer(content, kind).astype(kind.newbyteorder("="))  # astype copies
        return values.reshape(shape, order="F" if fortran else "C")


_IGNORED = {"PROTO", "FRAME"}
_LITERALS = {
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT",
    "STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8",
    "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8",
}  # fmt: skip
_BUILDERS: dict[str, Callable[[], object]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
    "EMPTY_TUPLE": tuple,
    "MARK": Mark,
}


def _last(machine: Machine, count: int) -> list[object]:
    if len(machine.stack) < count:
        raise machine.fail(f"{count} values on the stack", str(len(machine.stack)))
    items = machine.stack[-count:]
    del machine.stack[-count:]
    return items


_ACTIONS: dict[str, Callable[[Machine, Any], object]] = {
    "POP": lambda machine, _: machine.stack.pop(),
    "DUP": lambda machine, _: machine.stack.append(machine.stack[-1]),
    "APPEND": lambda machine, _: machine.append(_last(machine, 1)),
    "APPENDS": lambda machine, _: machine.append(machine.pop_mark()),
    "SETITEM": lambda machine, _: machine.set_items(_last(machine, 2)),
    "SETITEMS": lambda machine, _: machine.set_items(machine.pop_mark()),
    "LIST": lambda machine, _: machine.append(machine.pop_mark(onto=[])),
    "DICT": lambda machine, _: machine.set_items(machine.pop_mark(onto={})),
    "TUPLE": lambda machine, _: machine.make_tuple(machine.pop_mark()),
    "TUPLE1": lambda machine, _: machine.make_tuple(_last(machine, 1)),
    "TUPLE2": lambda machine, _: machine.make_tuple(_last(machine, 2)),
    "TUPLE3": lambda machine, _: machine.make_tuple(_last(machine, 3)),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"), Machine.memoize),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), lambda machine, index: machine.stack.append(machine.memo[index])),
    "GLOBAL": lambda machine, names: machine.find(*names.split(" ", 1)),
    "STACK_GLOBAL": lambda machine, _: machine.find(*_last(machine, 2)),
    "REDUCE": lambda machine, _: machine.call(),
    "BUILD": lambda machine, _: machine.set_state(target=machine.stack[-2], state=machine.stack.pop()),
    "BINPERSID": lambda machine, _: machine.stack.append(machine.persistent(machine.stack.pop())),
}
