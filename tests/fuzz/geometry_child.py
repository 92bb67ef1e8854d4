"""Calls with extreme geometry, one after another, in a process that may die of them; `test_geometry.py` starts it.

Reads cases from standard input, one JSON object a line, and answers each with a line: "ok", or the error's name.
Anything but a clear error of Python ends the process with another code than 0.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

import tinygrad_cnn as torch
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn.backends.kernels import kernels_of

REFUSALS = (RuntimeError, ValueError, TypeError, NotImplementedError, MemoryError)
ROOM = 2**28
"""Bytes that a call may take: a larger output is refused at once, so no case takes long to compute and compare."""


BLOCK = 2**20
"""Elements that are compared at a time."""


def limit_memory():
    """Refuse this process more than `ROOM` bytes on top of those that it has now, where the system can do that."""
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except (ImportError, OSError):
        return
    most = pages * resource.getpagesize() + ROOM
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def tensor(shape, dtype):
    values = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    return torch.tensor(values, requires_grad=True)


def call(case):
    """Run one function forward and backward, in each kernel mode; return the outputs."""
    found = []
    for mode in ("auto", "numpy"):
        arrays = [tensor(shape, case["dtype"]) for shape in case["shapes"]]
        with kernels_of(mode):
            y = getattr(F, case["function"])(*arrays, **case["arguments"])
            if y.numel() < 10**7:
                y.sum().backward()
        found.append([y.detach().numpy(), *[a.grad.numpy() for a in arrays if a.grad is not None]])
    return found


def compare(one, other):
    """Raise an AssertionError unless two arrays agree; a block at a time, which takes less memory."""
    assert one.shape == other.shape
    flat, wanted = one.reshape(-1), other.reshape(-1)
    for start in range(0, flat.size, BLOCK):
        np.testing.assert_allclose(flat[start : start + BLOCK], wanted[start : start + BLOCK], rtol=1e-3, atol=1e-3)


def main():
    limit_memory()
    for line in sys.stdin:
        case = json.loads(line)
        start = time.process_time()  # not by the clock on the wall: the machine may be busy
        try:
            compiled, plain = call(case)
        except REFUSALS as error:
            answer = type(error).__name__ if str(error) else sys.exit("an error says nothing")
        else:
            answer = "ok"
            for one, other in zip(compiled, plain, strict=True):
                compare(one, other)
        print(answer, round(time.process_time() - start, 3), flush=True)


if __name__ == "__main__":
    main()
