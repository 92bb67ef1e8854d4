"""The library of compiled kernels: every function that it exports computes what its sample says."""

import kernel_samples_optim  # noqa: F401 - registers samples
import kernel_samples_windows  # noqa: F401 - likewise
import pytest
from kernel_forms import needs_compiler
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
