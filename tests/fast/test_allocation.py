"""Kernels without memory to work in raise a MemoryError; the process goes on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from kernel_forms import needs_compiler

pytestmark = needs_compiler

ROOT = Path(__file__).parents[2]
PROGRAM = """
import resource
import numpy as np
import tinygrad_cnn as torch
from tinygrad_cnn import kernels
from kernel_forms import form_of

torch.set_num_threads(1)
zeros = lambda *shape: np.zeros(shape, np.float32)
how = {"stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1}
pool = {"kernel_size": (3, 3), "stride": (1, 1), "padding": ((1, 1), (1, 1))}
average = {**pool, "counted": ((1, 1), (1, 1)), "divisor_override": None}
WIDE = 150_000
direct, transformed, plane = zeros(1, 4, 4, WIDE), zeros(1, 16, 4, WIDE), zeros(1, 1, 4, 8 * WIDE)
scores, target = zeros(1, 8_000_000), np.zeros(1, np.int64)
few, many = zeros(4, 4, 3, 3), zeros(16, 16, 3, 3)
calls = {
    "conv2d": lambda: form_of("conv2d")(direct, few, None, **how),
    "winograd": lambda: form_of("conv2d")(transformed, many, None, **how),
    "conv2d_input": lambda: form_of("conv2d_input")(transformed, many, input_size=(4, WIDE), **how),
    "conv2d_weight": lambda: form_of("conv2d_weight")(transformed, transformed, kernel_size=(3, 3), **how),
    "max_pool2d": lambda: form_of("max_pool2d")(plane, **pool, dilation=(1, 1)),
    "avg_pool2d": lambda: form_of("avg_pool2d")(plane, **average),
    "avg_pool2d_input": lambda: form_of("avg_pool2d_input")(plane, input_size=plane.shape[2:], **average),
    "cross_entropy": lambda: form_of("cross_entropy")(scores, target, reduction="mean"),
    "matmul": lambda: form_of("matmul")(zeros(64, 64), zeros(64, 65)),
}
form_of("relu")(zeros(4))
most = resource.getrlimit(resource.RLIMIT_AS)[1]  # what a user may set it back to
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
refused = set()
for megabytes in (1, 4, 16, 48, 96):
    for name, call in calls.items():
        resource.setrlimit(resource.RLIMIT_AS, (used + megabytes * 2**20, most))
        try:
            call()
        except MemoryError as error:
            if "not enough memory to work in" in str(error):
                refused.add(name)
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (most, most))
for name, call in calls.items():
    call()  # there is memory again
print(*sorted(refused))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")
@pytest.mark.skipif("asan" in os.environ.get("LD_PRELOAD", ""), reason="the sanitizer's own memory is beyond the limit")
def test_a_kernel_without_memory_says_so_and_works_again_with_it():
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    refused = set(done.stdout.split())
    assert {"winograd", "max_pool2d", "cross_entropy"} <= refused
