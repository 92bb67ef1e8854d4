"""Mutants of C code: copies of a source with one token changed or one statement deleted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

_TOKEN = re.compile(
    r"""(?P<space>\s+|/\*.*?\*/|//[^\n]*|^[ \t]*\#(?:[^\n\\]|\\.)*)
      | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<number>0[xX][0-9a-fA-F]+\w*|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\w*)
      | (?P<name>[A-Za-z_]\w*)
      | (?P<operator><<=|>>=|->|\+\+|--|&&|\|\||[-+*/%&|^<>=!]=|<<|>>|[^\s\w])""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_SWAPS = {
    "+": ["-"], "-": ["+"], "*": ["/"], "/": ["*"], "%": ["/"], "<<": [">>"], ">>": ["<<"], "&": ["|"], "|": ["&"],
    "<": ["<=", ">"], "<=": ["<", ">="], ">": [">=", "<"], ">=": [">", "<="], "==": ["!="], "!=": ["=="],
    "&&": ["||"], "||": ["&&"], "+=": ["-="], "-=": ["+="], "*=": ["/="], "/=": ["*="],
}  # fmt: skip
_FUNCTION = re.compile(r"^\w[\w ]*[ *](\w+)\([^;{]*\)\s*\{", re.MULTILINE)
_JUMPS = ("break", "continue")
_HINTED = ("parallel", "over_planes")
"""Functions whose last argument is the work to do: it decides only whether threads share it, and is left as it is."""

_HINTS = re.compile(r"double work =[^;]*;|double work_of\([^}]*\}")


@dataclass(frozen=True)
class CMutant:
    """One mistake in a C source.

    Attributes:
        file: from the folder of the package.
        line: of the file.
        function: that the line belongs to.
        before, after: the line as it is written, and with the mistake.
        text: the whole source with the mistake.
        ambiguous: whether another mutant of the function reads the same in `after`.
    """

    file: str
    line: int
    function: str
    before: str
    after: str
    text: str
    ambiguous: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """What tells this mutant from all others, as `mutants.Mutant.key`."""
        return self.function, f"{self.before} → {self.after}" if self.ambiguous else self.after

    @property
    def place(self) -> str:
        """The file and the line."""
        return f"{self.file}:{self.line}"


def c_mutants(text: str, file: str) -> list[CMutant]:
    """Return the mutants of a C source; some of them may not compile.

    Args:
        text: the source.
        file: its path, to say where a mutant is.
    """
    functions = [(match.start(), match[1]) for match in _FUNCTION.finditer(text)]
    made = []
    for start, end, instead in _changes(text):
        changed = text[:start] + instead + text[end:]
        first, last = text.rfind("\n", 0, start) + 1, text.find("\n", end)
        before = " ".join(text[first:last].split())
        after = " ".join(changed[first : last + len(changed) - len(text)].split())
        function = next((name for begin, name in reversed(functions) if begin <= start), file)
        line = text.count("\n", 0, start) + 1
        made.append(CMutant(file, line, function, before, after or "(deleted)", changed))
    read = Counter((one.function, one.after) for one in made)
    return [replace(one, ambiguous=read[one.function, one.after] > 1) for one in made]


def _changes(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield positions in `text` with what to write there by mistake."""
    tokens = [match for match in _TOKEN.finditer(text) if match.lastgroup != "space"]
    hints = _hints(text, tokens)
    depth = 0
    for i, token in enumerate(tokens):
        word, before = token[0], tokens[i - 1][0] if i else ""
        depth += (word == "{") - (word == "}")
        if not depth or token.start() in hints:
            continue  # declarations of functions and types
        if word in _SWAPS and re.fullmatch(r".*[\w)\]]", before):  # between two operands
            for other in _SWAPS.get(word, []):
                yield token.start(), token.end(), other
        elif token.lastgroup == "number" and (match := re.fullmatch(r"(\d+)(\.\d*)?([a-zA-Z]*)", word)):
            for value in (int(match[1]) + 1, int(match[1]) - 1):
                yield token.start(), token.end(), f"{value}{match[2] or ''}{match[3]}"
        elif word == "(" and before in ("if", "while"):
            end = _closing(tokens, i)
            yield token.start(), tokens[end].end(), f"(!{text[token.start() : tokens[end].end()]})"
        if before in ("{", "}", ";", ")", "else") and (end := _statement(tokens, i)):
            yield token.start(), tokens[end].end(), ";"


def _hints(text: str, tokens: list[re.Match[str]]) -> set[int]:
    """Return the positions in `text` that say how much work there is."""
    found = {at for match in _HINTS.finditer(text) for at in range(match.start(), match.end())}
    for i, token in enumerate(tokens):
        if token[0] in _HINTED and tokens[i + 1][0] == "(":
            end, depth, last = _closing(tokens, i + 1), 0, i + 1
            for j in range(i + 1, end):
                depth += (tokens[j][0] in "([{") - (tokens[j][0] in ")]}")
                last = j if depth == 1 and tokens[j][0] == "," else last
            found.update(range(tokens[last].start(), tokens[end].start()))
    return found


def _closing(tokens: list[re.Match[str]], i: int) -> int:
    """Return the position of the bracket that closes the one at position `i`."""
    depth = 0
    for j in range(i, len(tokens)):
        depth += (tokens[j][0] in "([{") - (tokens[j][0] in ")]}")
        if not depth:
            return j
    return i


def _statement(tokens: list[re.Match[str]], i: int) -> int:
    """Return where the statement at position `i` ends if it may be deleted: an assignment, a call or a jump; else 0."""
    if tokens[i][0] in _JUMPS:
        return i + 1
    following = tokens[i + 1][0] if i + 1 < len(tokens) else ""
    if tokens[i].lastgroup != "name" or following not in ("(", "=", "[", ".", "->", "+=", "-=", "*=", "/="):
        return 0
    if tokens[i][0] in ("if", "for", "while", "switch", "return", "sizeof"):
        return 0
    depth = 0
    for j in range(i, len(tokens)):
        word = tokens[j][0]
        depth += (word in "([{") - (word in ")]}")
        if depth < 0:
            return 0
        if word == ";" and not depth:
            return j
    return 0
