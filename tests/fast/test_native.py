"""The library of compiled kernels: every function that it exports computes what its sample says."""

import os
import subprocess
import sys
from pathlib import Path

import kernel_samples_optim  # noqa: F401 - registers samples
import kernel_samples_windows  # noqa: F401 - likewise
import pytest
from kernel_forms import float32, needs_compiler, spread_out
from kernel_samples import SAMPLES

from tinygrad_cnn.fast import build

pytestmark = needs_compiler

NO_KERNELS = {"set_objects", "set_threads"}
CASES = [(name, axis, size) for name, (_, sizes) in SAMPLES.items() for axis, size in sizes]


@pytest.mark.parametrize(("name", "axis", "size"), CASES, ids=lambda part: str(part))
def test_a_kernel_at_the_sizes_where_its_loops_end(name, axis, size):
    check, _ = SAMPLES[name]
    check(**{axis: size})


def test_every_exported_function_has_a_sample():
    text = "".join(path.read_text(encoding="utf-8") for path in build.SOURCES.glob("*.c"))
    exported = {name for _, name, _ in build._EXPORT.findall(text)}
    assert exported == SAMPLES.keys() | NO_KERNELS


def test_declined_copies_what_is_not_contiguous_and_gives_up_on_the_rest():
    from tinygrad_cnn.fast.native import DECLINED, declined

    x, y = float32(0, 3, 4), float32(1, 3, 4)
    same, copy = declined("relu", DECLINED, x, spread_out(y))
    assert same is x
    assert copy.flags.c_contiguous
    assert (copy == y).all()
    assert declined("relu", DECLINED, x, y) is None  # copies would be the same again
    assert declined("relu", DECLINED, x.astype("f8"), spread_out(y)) is None


# --- without memory ---------------------------------------------------------------------------------------------------


def test_an_answer_that_there_is_no_memory_is_raised():
    from tinygrad_cnn.fast.native import NO_MEMORY, declined

    with pytest.raises(MemoryError, match="conv2d: not enough memory to work in"):
        declined("conv2d", NO_MEMORY)


TESTS = Path(__file__).parents[1]
PROGRAM = """
import resource
import numpy as np
import tinygrad_cnn as torch
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
megabytes = 1.0
while megabytes < 128 and refused < calls.keys():
    for name, call in calls.items():
        if name in refused:
            continue
        resource.setrlimit(resource.RLIMIT_AS, (used + int(megabytes * 2**20), most))
        try:
            call()
        except MemoryError as error:
            if "not enough memory to work in" in str(error):
                refused.add(name)
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (most, most))
    megabytes *= 1.2  # so that some limit lets the results fit, but not what the kernel works in
for name, call in calls.items():
    call()  # there is memory again
print(*sorted(refused))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")
@pytest.mark.skipif("asan" in os.environ.get("LD_PRELOAD", ""), reason="the sanitizer's own memory is beyond the limit")
def test_a_kernel_without_memory_says_so_and_works_again_with_it():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=TESTS, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    refused = set(done.stdout.split())
    assert {"winograd", "max_pool2d", "cross_entropy"} <= refused
