"""What a recorded operation saves for the backward pass, as the signatures of its VJPs require."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

VALUE, SPEC = 1, 2
"""What is saved of an input: its values; or the node, leaf or constant it came from, which knows shape and dtype."""

Plan = tuple[tuple[int, ...], bool, bool, tuple[bool, ...]]
"""What is saved of each input; whether the output is saved; whether any values are; which inputs get gradients."""


class Reads(NamedTuple):
    """What a VJP reads: the values of `inputs`, whether those of the output, and only shape and dtype of `specs`."""

    inputs: frozenset[int] = frozenset()
    output: bool = False
    specs: frozenset[int] = frozenset()


def reads_of(vjp: Callable[..., object]) -> tuple[Reads, int]:
    """Return what ``vjp(g, y, *inputs, **attrs)`` reads, from its parameters' names and types; and its input count."""
    code = vjp.__code__
    y, *inputs = code.co_varnames[1 : code.co_argcount]
    measured = {k for k, name in enumerate(inputs) if vjp.__annotations__.get(name) == "Spec"}
    read = {k for k, name in enumerate(inputs) if k not in measured and not name.startswith("_")}
    return Reads(frozenset(read), not y.startswith("_"), frozenset(measured)), len(inputs)


def reads_of_any(vjp: Callable[..., object]) -> Reads:
    """Return what ``vjp(n, g, y, *inputs, **attrs)`` reads; input 0 stands for all of them."""
    code = vjp.__code__
    every = not code.co_varnames[code.co_argcount + code.co_kwonlyargcount].startswith("_")
    return Reads(frozenset([0] if every else []), not code.co_varnames[2].startswith("_"))


def plan_of(reads: Sequence[Reads], tracked: int, count: int, *, variadic: bool) -> Plan:
    """Return what to save of `count` inputs for the VJPs of the inputs in the bit set `tracked`.

    Inputs that need no gradient have no VJP to run, so what only their VJPs read is not saved.
    """
    flows = tuple([bool(tracked >> i & 1) for i in range(count)])
    if variadic:
        every = bool(reads[0].inputs)
        return (VALUE if every else 0,) * count, reads[0].output, every or reads[0].output, flows
    wanted = [one for one, flowing in zip(reads, flows, strict=False) if flowing]
    read = frozenset[int]().union(*[one.inputs for one in wanted])
    measured = frozenset[int]().union(*[one.specs for one in wanted])
    saves = tuple([VALUE if i in read else SPEC if i in measured else 0 for i in range(count)])
    output = any(one.output for one in wanted)
    return saves, output, output or VALUE in saves, flows
