"""A reader of pickles that runs nothing: arrays, dicts, lists, tuples, strings, bytes and numbers are all it can build.

A pickle is a program for a stack machine, whose instructions can call anything. Here a machine of our own knows only
those that build the above; NumPy's array is the one thing that may be "called", and is put together from its shape,
dtype and bytes without running NumPy's own unpickling, which trusts what it reads.

A small file can also ask for a lot: of steps, of memory (one array copied out of the same bytes again and again), and
of whoever walks through the result (a list of the list twice, 60 times over). Each has a budget.

Ref. the module pickletools of Python's library, which describes the instructions.
"""

from __future__ import annotations

import math
import os
import pickletools
from collections.abc import Callable
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
"""How Python 3 writes bytes in the older protocols: a string to be encoded in Latin-1, or a call without arguments."""
_KNOWN = _RECONSTRUCT | _FROM_BUFFER | _BYTES | {_NDARRAY, _DTYPE, _ENCODE}

_NUMBERS = {"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"}
_MAX_SIZE = 1 << 30
_MAX_STEPS = 4_000_000  # CIFAR-100's 50,000 images take 300,000
_MAX_DEPTH = 64
_MAX_AXES = 32
_MAX_PLACE = 1 << 32
SPARE = 1 << 16
"""Bytes that arrays and texts may take beyond twice those of the file."""


def read_pickle(path: str | os.PathLike[str]) -> Any:
    """Return what a pickle file holds, if that is arrays, dicts, lists, tuples, strings, bytes and numbers.

    Strings that Python 2 wrote are decoded as Latin-1, byte for byte.

    Args:
        path: the file, at most 1 GiB.

    Raises:
        DataError: the file is no pickle, is damaged, or refers to anything else; the message names that.
        OSError: it cannot be read.
    """
    name = os.fspath(path)
    size = Path(path).stat().st_size
    if size > _MAX_SIZE:
        raise DataError(f"{name}: expected a pickle of at most {_MAX_SIZE:,} bytes, got {size:,}")
    return parse_pickle(Path(path).read_bytes(), name)


def parse_pickle(content: bytes, name: str) -> Any:
    """Return what the pickle `content` holds; `name` stands for it in messages. See `read_pickle`."""
    return Machine(name, 2 * len(content) + SPARE).execute(content)


class Machine:
    """A stack, a memory, and the instructions that can do no harm.

    What came out of the file is never compared, hashed or shown before its type is known: a tuple of tuples may be too
    deep, or too often the same one, for any of these.

    Args:
        name: of the file, for messages.
        bytes_left: how many bytes arrays and texts may take.

    Attributes:
        known: the names that a pickle may refer to, each a module and a name in it.
        unfinished: classes of what stands on the stack in the making and is no value yet.
    """

    known: ClassVar[set[tuple[str, str]]] = _KNOWN
    unfinished: ClassVar[tuple[type, ...]] = (Mark, Global, RawDtype, RawArray, UnfinishedTuple)

    def __init__(self, name: str, bytes_left: int) -> None:
        self.name = name
        self.bytes_left, self.large_keys = bytes_left, 0
        self.stack: list[Any] = []
        self.memory: dict[int, Any] = {}

    def execute(self, content: bytes) -> Any:
        """Return what the pickle `content` holds."""
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

    def run(self, instruction: str, argument: Any) -> None:
        """Carry out one instruction."""
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

    def pop(self) -> Any:
        """Take the top of the stack, which must be a value and not something in the making."""
        return self._finished(self.stack.pop())

    def result(self, most: int) -> Any:
        """Take the top of the stack: at most `_MAX_DEPTH` levels and `most` values, shared ones counted each time."""
        value = self.pop()
        ways, steps = [iter((value,))], 0
        while ways:
            for inner in ways[-1]:
                steps += 1
                if isinstance(inner, list | tuple | dict):
                    ways.append(iter(inner.values() if isinstance(inner, dict) else inner))
                    break
            else:
                ways.pop()
            if len(ways) > _MAX_DEPTH or steps > most:
                raise self.fail(f"at most {_MAX_DEPTH} levels and {most:,} values", "more")
        return value

    def spend(self, count: int) -> None:
        """Take `count` bytes from what arrays and texts may have."""
        self.bytes_left -= count
        if self.bytes_left < 0:
            raise self.fail("arrays and texts of at most twice the bytes of the file", "more")

    def _finished(self, value: Any) -> Any:
        if isinstance(value, RawArray) and value.value is not None:
            return value.value
        if isinstance(value, self.unfinished):
            raise self.fail("values and whole arrays", "an unfinished dtype or array in a place that takes neither")
        return value

    def pop_mark(self, onto: Any = None) -> list[Any]:
        """Take everything above the last mark, and the mark; push `onto`, if given, in its place."""
        items: list[Any] = []
        while not isinstance(top := self.stack.pop(), Mark):
            items.append(top)
        if onto is not None:
            self.stack.append(onto)
        return items[::-1]

    def remember(self, place: int | None) -> None:
        """Put the top of the stack into the memory, at the next place if None is given."""
        if place is not None and not 0 <= place < _MAX_PLACE:
            raise self.fail(f"a place in the memory below {_MAX_PLACE:,}", shown(place))
        self.memory[len(self.memory) if place is None else place] = self.stack[-1]

    def append(self, items: list[Any]) -> None:
        """Add items to the list at the top of the stack."""
        target = self.stack[-1]
        if not isinstance(target, list):
            raise self.fail("a list to add to", type(target).__name__)
        target.extend(map(self._finished, items))

    def set_items(self, items: list[Any]) -> None:
        """Add keys and values, in turn, to the dict at the top of the stack."""
        target = self.stack[-1]
        if not isinstance(target, dict) or len(items) % 2:
            raise self.fail("a dict and pairs to add to it", type(target).__name__)
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not isinstance(key, str | bytes | int | float):  # a tuple nested deeply would overflow C's stack
                raise self.fail("strings, bytes and numbers as keys", type(key).__name__)
            self.large_keys += not fits_64_bits(key)
            if self.large_keys > MAX_LARGE_KEYS:
                raise self.fail("integers of at most 64 bits as keys", "larger ones")
            target[key] = self._finished(value)

    def make_tuple(self, items: list[Any]) -> None:
        """Push a tuple of `items`."""
        parts = [item.value if isinstance(item, RawArray) and item.value is not None else item for item in items]
        self.stack.append(
            UnfinishedTuple(parts) if any(isinstance(part, self.unfinished) for part in parts) else tuple(parts)
        )

    def find(self, module: Any, name: Any) -> None:
        """Push a name, if it is one of the few that are needed for arrays and bytes."""
        if not isinstance(module, str) or not isinstance(name, str):
            raise self.fail("a name of two strings", f"{type(module).__name__} and {type(name).__name__}")
        if (module, name) not in self.known:
            raise self.fail(
                "a pickle that refers to NumPy arrays only", f"{module[:80]}.{name[:80]}, which is not loaded"
            )
        self.stack.append(Global(module, name))

    def persistent(self, identity: Any) -> Any:
        """Return what stands outside the pickle under `identity`; here nothing does."""
        raise self.fail("a pickle that is complete", f"a reference to {shown(identity)}")

    def call(self) -> None:
        """Replace a name and a tuple of arguments by what they stand for."""
        arguments, function = self.stack.pop(), self.stack.pop()
        if not isinstance(function, Global) or not isinstance(arguments, tuple):
            raise self.fail("a call with a tuple of arguments", f"one of {type(function).__name__}")
        self.stack.append(self.reduce(function, arguments))

    def reduce(self, function: Global, arguments: tuple[Any, ...]) -> Any:
        """Return an array or a dtype in the making, or an encoded string."""
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

    def set_state(self, target: Any, state: Any) -> None:
        """Complete an array or a dtype from its state."""
        if isinstance(target, RawDtype) and isinstance(state, tuple):
            target.order = state[1]
        elif isinstance(target, RawArray) and isinstance(state, tuple):
            target.value = self._array(*state[1:])
        else:
            raise self.fail("the state of an array or a dtype", f"that of {type(target).__name__}")

    def _array(self, shape: Any, dtype: Any, fortran: Any, data: Any) -> Array:
        """Return the array of that shape and dtype whose elements `data` has the bytes of."""
        letters, order = (dtype.letters, dtype.order) if isinstance(dtype, RawDtype) else (type(dtype).__name__, "")
        if letters not in _NUMBERS or not isinstance(order, str) or order not in {"<", ">", "|", "="}:
            raise self.fail(f"an array of a dtype among {', '.join(sorted(_NUMBERS))}", letters)
        if not isinstance(shape, tuple) or len(shape) > _MAX_AXES:
            raise self.fail(f"a shape, of at most {_MAX_AXES} axes", shown(shape))
        if not all(isinstance(n, int) and 0 <= n < 1 << 63 for n in shape):
            raise self.fail("a shape", shown(shape))
        self.spend(len(data) if isinstance(data, str) else 0)
        content = data.encode("latin-1") if isinstance(data, str) else data  # a string: Python 2 wrote it
        kind = np.dtype(order + letters)
        size = math.prod(shape) * kind.itemsize
        if not isinstance(content, bytes | bytearray) or len(content) != size:
            got = f"{len(content):,}" if isinstance(content, bytes | bytearray) else type(content).__name__
            raise self.fail(f"{size:,} bytes for an array of shape {shape}", got)
        self.spend(size)
        values = np.frombuffer(content, kind).astype(kind.newbyteorder("="))  # astype: memory of its own
        return values.reshape(shape, order="F" if fortran else "C")


_IGNORED = {"PROTO", "FRAME"}
_LITERALS = {
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT",
    "STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8",
    "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8",
}  # fmt: skip
_BUILDERS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
    "EMPTY_TUPLE": tuple,
    "MARK": Mark,
}


def _last(machine: Machine, count: int) -> list[Any]:
    if len(machine.stack) < count:
        raise machine.fail(f"{count} values on the stack", str(len(machine.stack)))
    items = machine.stack[-count:]
    del machine.stack[-count:]
    return items


_ACTIONS: dict[str, Callable[[Machine, Any], Any]] = {
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
    "PUT": lambda machine, place: machine.remember(place),
    "BINPUT": lambda machine, place: machine.remember(place),
    "LONG_BINPUT": lambda machine, place: machine.remember(place),
    "MEMOIZE": lambda machine, _: machine.remember(None),
    "GET": lambda machine, place: machine.stack.append(machine.memory[place]),
    "BINGET": lambda machine, place: machine.stack.append(machine.memory[place]),
    "LONG_BINGET": lambda machine, place: machine.stack.append(machine.memory[place]),
    "GLOBAL": lambda machine, names: machine.find(*names.split(" ", 1)),
    "STACK_GLOBAL": lambda machine, _: machine.find(*_last(machine, 2)),
    "REDUCE": lambda machine, _: machine.call(),
    "BUILD": lambda machine, _: machine.set_state(target=machine.stack[-2], state=machine.stack.pop()),
    "BINPERSID": lambda machine, _: machine.stack.append(machine.persistent(machine.stack.pop())),
}
