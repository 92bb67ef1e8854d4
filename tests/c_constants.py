"""The sizes at which the C kernels change their way: read from the sources, as the compiler in use sees them."""

import re
import subprocess
from functools import cache
from pathlib import Path
from types import SimpleNamespace

from tinygrad_cnn.fast import build

_ENUM = re.compile(r"enum\s*\{([^}]*)\}")
_MARKER = re.compile(r'^# \d+ "([^"]*)"')  # where the lines after it come from


class _Ones:
    def __getattr__(self, name):
        return 1


@cache
def constants(name):
    """Return the constants of ``source/<name>.c`` and of the headers that it includes, and LANES, as attributes.

    Without a compiler, when no test needs them, all are 1.
    """
    compiler = build.find_compiler()
    if compiler is None:
        return _Ones()
    source = build.SOURCES / f"{name}.c"
    lanes = re.search(r"^#define LANES (\d+)$", _preprocessed(compiler, source, "-dM"), re.MULTILINE)
    found = {"LANES": int(lanes[1])}
    for body in _ENUM.findall(_own_lines(_preprocessed(compiler, source))):
        value = -1
        for entry in filter(None, map(str.strip, body.split(","))):
            constant, _, expression = entry.partition("=")
            if "?" in expression:  # Python spells it differently, and no test needs these
                continue
            value = eval(expression.strip(), {}, found) if expression else value + 1
            found[constant.strip()] = value
    return SimpleNamespace(**found)


def _preprocessed(compiler, source, *more):
    command = [*compiler, *build._FLAGS, "-E", *more, str(source)]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout


def _own_lines(text):
    """Return the lines that come from this package's sources, not from the compiler's headers."""
    own, lines = False, []
    for line in text.splitlines():
        marker = _MARKER.match(line)
        if marker:
            own = Path(marker[1]).parent.name == build.SOURCES.name
        elif own:
            lines.append(line)
    return "\n".join(lines)


def around(*sizes):
    """Return 1, and the sizes one below, at and one above each of `sizes`, in order and without repetitions."""
    return tuple(sorted({1, *(size + step for size in sizes for step in (-1, 0, 1) if size + step > 0)}))
