"""Calls with extreme geometry, one after another, in a process that may die of them; `test_geometry.py` starts it.

Reads cases from standard input, one JSON object a line, and answers each with a line: "ok", or the error's name.
Anything but a clear error of Python ends the process with another code than 0.
"""

import json
import sys
import time

import numpy as np

import tinygrad_cnn as torch
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn.backends.kernels import kernels_of

REFUSALS = (RuntimeError, ValueError, TypeError, NotImplementedError, MemoryError)
GIGABYTES = 4


def limit_memory():
    """So that a result too large for most machines is refused rather than written."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (GIGABYTES * 2**30, GIGABYTES * 2**30))


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


def main():
    limit_memory()
    for line in sys.stdin:
        case = json.loads(line)
        start = time.perf_counter()
        try:
            compiled, plain = call(case)
        except REFUSALS as error:
            answer = type(error).__name__ if str(error) else sys.exit("an error says nothing")
        else:
            answer = "ok"
            for one, other in zip(compiled, plain, strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-3)
        print(answer, round(time.perf_counter() - start, 3), flush=True)


if __name__ == "__main__":
    main()
