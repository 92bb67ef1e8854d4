"""`run_forked`: a task in a process of its own, which may hang, crash or eat the memory without harm to this one."""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
from collections.abc import Callable

BYTES_MORE = 3 << 30
"""Address space that a task may take beyond what this process has."""


def run_forked(task: Callable[[Callable[[float], None]], bool]) -> tuple[bool, list[float]]:
    """Return what `task` returned in a forked process, True where it ended in another way, and what it announced.

    Args:
        task: is given a function to call before everything that may hang, with the seconds that it may take.

    Returns:
        The answer, and the seconds announced one after another: as many as the task began things to do.
    """
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            os.close(reading)
            _prepare()
            answer = task(lambda seconds: _say(writing, f"{seconds}\n"))
            _say(writing, f"{'yes' if answer else 'no'}\n")
        finally:
            os._exit(0)
    os.close(writing)
    try:
        return _listen(reading)
    finally:
        os.close(reading)
        for group in (process, -process):  # whatever the task started belongs to its group
            with contextlib.suppress(ProcessLookupError):
                os.kill(group, signal.SIGKILL)
        os.waitpid(process, 0)


def _prepare() -> None:
    os.setpgid(0, 0)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    with open("/proc/self/statm", encoding="ascii") as file:
        pages = int(file.read().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + BYTES_MORE, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _say(writing: int, text: str) -> None:
    os.write(writing, text.encode())


def _listen(reading: int) -> tuple[bool, list[float]]:
    announced: list[float] = []
    seconds, left = 60.0, ""
    while select.select([reading], [], [], seconds)[0]:
        text = os.read(reading, 1 << 16).decode()
        if not text:
            return True, announced  # it crashed
        *lines, left = (left + text).split("\n")
        for line in lines:
            if line in ("yes", "no"):
                return line == "yes", announced
            seconds = float(line)
            announced.append(seconds)
    return True, announced  # it hangs
