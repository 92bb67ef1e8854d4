"""Sums of products over named axes."""

from __future__ import annotations

import string
from typing import Any

import numpy as np

from tinygrad_cnn._dtypes import int64, is_floating
from tinygrad_cnn._types import Array, Shape
from tinygrad_cnn.autograd import A, T, Values, primitive
from tinygrad_cnn.ops.broadcast import Args, broadcast_to, cast, fit, sum_to
from tinygrad_cnn.ops.matmul import check_one_dtype
from tinygrad_cnn.ops.shape import reshape


def _summed(*xs: Array, terms: tuple[str, ...], output: str) -> Array:
    y = np.einsum(f"{','.join(terms)}->{output}", *xs, optimize=len(xs) > 1)
    return y.copy() if len(xs) == 1 else y  # for one operand NumPy may return a view


@primitive(_summed, fit=fit)
def _einsum(x: T, *xs: Values, terms: tuple[str, ...], output: str) -> T: ...


@_einsum.vjp_n
def einsum_vjp_n(n: int, g: A, _y: object, *xs: A, terms: tuple[str, ...], output: str) -> A:
    own = terms[n]
    others: tuple[str, ...] = terms[:n] + terms[n + 1 :]
    sizes = dict(zip(own, xs[n].shape, strict=True))  # each letter once
    letters = _among(own, own)
    found = _among(own, output, *others)
    partial = _einsum(g, *xs[:n], *xs[n + 1 :], terms=(output, *others), output=found)
    kept = {letter: 1 if size == 1 else sizes[letter] for letter, size in zip(found, partial.shape, strict=True)}
    partial = sum_to(
        partial, shape=tuple(kept[letter] for letter in found)
    )  # over axes along which this operand has length 1
    partial = reshape(partial, [kept[letter] if letter in found else 1 for letter in letters])
    partial = broadcast_to(partial, shape=tuple(sizes[letter] for letter in letters))
    return _on_diagonals(partial, letters, own)


def _among(letters: str, *terms: str) -> str:
    """Return the letters that occur in `terms`, each once, in their order."""
    return "".join(dict.fromkeys([letter for letter in letters if any(letter in term for term in terms)]))


def _on_diagonals(x: A, letters: str, repeated: str) -> A:
    """Return zeros with axes `repeated`, where letters may repeat, and `x`, with axes `letters`, on the diagonals."""
    if letters == repeated:
        return x
    free = _unused(letters)
    axes, terms = "", [letters]
    deltas: list[Array] = []
    for letter in repeated:
        if letter in axes:  # δ[letter, new axis]
            terms.append(letter + free[len(deltas)])
            axes += free[len(deltas)]
            deltas.append(np.eye(x.shape[letters.index(letter)], dtype=x.dtype))
        else:
            axes += letter
    return _einsum(x, *deltas, terms=tuple(terms), output=axes)


def einsum(equation: object, *operands: Any) -> Any:
    """Multiply operands element by element along axes of equal letters, and sum over letters that the output lacks.

    ``einsum("bij,bjk->bik", x, y)`` is a batched matrix product, ``"ii"`` a trace, ``"ij->ji"`` a transpose.

    Args:
        equation: a letter for each axis of each operand, operands separated by commas, then ``->`` and the letters of
            the output; without ``->``, the letters that occur once, in alphabetical order (capitals first). ``...``
            stands for any axes, which are broadcast, and which come first if the output is not given. A letter
            repeated within an operand takes the diagonal. Instead of the equation, numbers from 0 to 51 may
            follow each operand, with those of the output last: ``einsum(x, [0, 1], y, [1, 2], [0, 2])``.
        operands: tensors of one dtype; an axis of length 1 broadcasts against other axes of the same letter. As in
            `sum`, integers become int64 if a letter is summed over that only one operand has.

    Raises:
        RuntimeError: the equation does not fit the operands; the message says where.
    """
    if not isinstance(equation, str):
        equation, operands = _spelled((equation, *operands))
    if len(operands) == 1 and isinstance(operands[0], list | tuple):
        operands = tuple(operands[0])
    if not operands:
        raise ValueError("einsum: expected at least one operand, got none")
    check_one_dtype("einsum", *operands)
    terms, output = _parse(equation, [one.shape for one in operands])
    if not is_floating(operands[0].dtype) and _sums_alone(terms, output):
        operands = tuple([cast(one, dtype=int64) for one in operands])
    return _einsum(*operands, terms=terms, output=output)


def _spelled(parts: Args) -> tuple[str, Args]:
    """Return the equation and the operands, given operands that are each followed by the numbers of their axes."""
    operands: Any = parts[0::2]
    lists = parts[1::2]
    output = None
    if len(operands) > len(lists):
        *operands, output = operands
    letters = string.ascii_uppercase + string.ascii_lowercase  # the order of axes in an output that is not given
    terms = []
    for one in lists if output is None else (*lists, output):
        if not all(at is Ellipsis or at in range(52) for at in one):
            raise ValueError(f"einsum: expected axes as numbers from 0 to 51, or ..., got {list(one)}")
        terms.append("".join(["..." if at is Ellipsis else letters[at] for at in one]))
    equation = ",".join(terms[: len(lists)])
    return equation if output is None else f"{equation}->{terms[-1]}", tuple(operands)


def _parse(equation: str, shapes: list[Shape]) -> tuple[tuple[str, ...], str]:
    """Return the letters of each operand and of the output; axes behind ``...`` get letters as well."""
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(shapes):
        raise RuntimeError(f"einsum: expected the {len(terms)} operands of {equation!r}, got {len(shapes)}")
    named = [_letters(equation, term) for term in terms]
    hidden = [len(shape) - len(letters) for shape, letters in zip(shapes, named, strict=True)]  # behind the ...
    for i, (term, count) in enumerate(zip(terms, hidden, strict=True)):
        if count < 0 or (count and "..." not in term):
            raise RuntimeError(f"einsum: expected a letter for each axis of operand {i}, {shapes[i]}, got {term!r}")
    dots = _unused(equation)[: max(hidden)]
    resolved = [term.replace("...", dots[len(dots) - count :]) for term, count in zip(terms, hidden, strict=True)]
    _check_sizes(equation, resolved, shapes)
    letters = "".join(named)
    if not arrow:
        return tuple(resolved), dots + "".join(sorted(one for one in set(letters) if letters.count(one) == 1))
    output = _letters(equation, right)
    if len(set(output)) != len(output) or not set(output) <= set(letters):
        raise RuntimeError(f"einsum: expected letters of the operands, each once, in the output, got {right!r}")
    return tuple(resolved), right.replace("...", dots)


def _sums_alone(terms: tuple[str, ...], output: str) -> bool:
    """Return whether some letter is summed over and belongs to one operand only."""
    everywhere = "".join(["".join(set(term)) for term in (*terms, output)])
    return any(everywhere.count(letter) == 1 for letter in everywhere)


def _letters(equation: str, term: str) -> str:
    """Return `term` without its ``...``, checked to be letters."""
    letters = term.replace("...", "", 1)
    if not set(letters) <= set(string.ascii_letters):
        raise RuntimeError(f"einsum: expected letters a-z and A-Z and at most one ..., got {term!r} in {equation!r}")
    return letters


def _unused(letters: str) -> str:
    """Return the letters that are not among `letters`."""
    return "".join([letter for letter in string.ascii_letters if letter not in letters])


def _check_sizes(equation: str, terms: list[str], shapes: list[Shape]) -> None:
    """Raise unless axes of one letter are equally long within an operand, and broadcast between operands."""
    known: dict[str, int] = {}
    for i, (term, shape) in enumerate(zip(terms, shapes, strict=True)):
        own: dict[str, int] = {}
        for letter, size in zip(term, shape, strict=True):
            if own.setdefault(letter, size) != size:
                raise RuntimeError(
                    f"einsum: expected equal lengths along a diagonal, got {own[letter]} and {size} for {letter!r} of "
                    f"operand {i} in {equation!r}"
                )
        for letter, size in own.items():
            if size != known.setdefault(letter, size) and 1 not in (size, known[letter]):
                raise RuntimeError(
                    f"einsum: expected lengths that broadcast, got {known[letter]} and {size} for {letter!r} in "
                    f"{equation!r}"
                )
            if known[letter] == 1:
                known[letter] = size
