"""Sizes that may shrink but not grow: functions, the uses of `Any`, and the type errors that are silenced."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXTS = {path: path.read_text(encoding="utf-8") for path in sorted((ROOT / "tinygrad_cnn").rglob("*.py"))}

LONGEST_FUNCTION = 84  # lines without the docstring
MOST_ANY = 336  # occurrences of the word
MOST_TYPE_IGNORE = 14


def lengths(tree):
    """Yield the name and the number of lines of every function, without its docstring."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = node.end_lineno - node.lineno + 1
            if ast.get_docstring(node) is not None:
                lines -= node.body[0].end_lineno - node.body[0].lineno + 1
            yield node.name, lines


def occurrences(pattern):
    """Return how often a pattern occurs in each file that has it."""
    found = {path.relative_to(ROOT).as_posix(): len(re.findall(pattern, text)) for path, text in TEXTS.items()}
    return {name: count for name, count in found.items() if count}


def test_functions_are_short():
    found = [(path.name, *one) for path, text in TEXTS.items() for one in lengths(ast.parse(text))]
    assert [one for one in found if one[-1] > LONGEST_FUNCTION] == []


def test_any_is_rare():
    found = occurrences(r"\bAny\b")
    assert sum(found.values()) <= MOST_ANY, found


def test_type_errors_are_rarely_silenced():
    found = occurrences(r"#\s*type:\s*ignore")
    assert sum(found.values()) <= MOST_TYPE_IGNORE, found


def test_a_docstring_does_not_count_as_lines_of_a_function():
    program = 'def outer(x):\n    """One.\n\n    Two."""\n    def inner():\n        return x\n    return inner\n'
    assert dict(lengths(ast.parse(program))) == {"outer": 4, "inner": 2}
