"""No geometry ends the interpreter: strides, paddings, dilations and sizes far beyond what anybody means."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from fuzz.budget import budget
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).parents[2]
SECONDS = 120
"""A call that takes longer hangs, however busy the machine is: the child has room for outputs of seconds only."""

SMALL = st.integers(0, 6)
EXTREME = st.one_of(
    st.sampled_from([-1, 10**4, 2 * 10**4, 10**5, 2**16, 2**20]),
    st.integers(28, 66).flatmap(lambda bits: st.sampled_from([2**bits - 1, 2**bits, 2**bits + 1, -(2**bits)])),
    st.booleans(),
)
NUMBER = st.one_of(SMALL, SMALL, EXTREME)
PAIR = st.one_of(NUMBER, st.tuples(NUMBER, NUMBER))
SIDE = st.integers(1, 5)


@st.composite
def cases(draw):
    """Draw a function of `nn.functional` with the shapes of its operands and its arguments."""
    function = draw(st.sampled_from(sorted(ARGUMENTS)))
    channels, size = draw(st.integers(1, 16)), [draw(SIDE), draw(SIDE)]
    shapes = [[draw(st.integers(0, 2)) if draw(st.booleans()) else 1, channels, *size]]
    if function == "conv2d":
        shapes.append([draw(SIDE) * 4, channels, draw(st.integers(1, 3)), draw(st.integers(1, 3))])
    elif function == "conv_transpose2d":
        shapes.append([channels, draw(SIDE), draw(st.integers(1, 3)), draw(st.integers(1, 3))])
    elif function == "fold":
        shapes = [[1, channels, size[0] * size[1]]]
    elif function.endswith("1d"):
        shapes[0].pop()
    arguments = {name: draw(values) for name, values in ARGUMENTS[function].items()}
    if "padding" in arguments and "kernel_size" in arguments and draw(st.booleans()):
        arguments["kernel_size"] = draw(EXTREME)
        arguments["padding"] = arguments["kernel_size"] // 2  # the most that pooling takes
    if draw(st.booleans()) and "stride" in arguments and "padding" in arguments:
        arguments["stride"] = arguments["padding"]  # few places, far apart
    return {
        "function": function,
        "shapes": shapes,
        "arguments": arguments,
        "dtype": draw(st.sampled_from(["float32", "float32", "float64"])),
    }


FAR = st.integers(28, 66).map(lambda bits: 2**bits)
TIMES = st.one_of(SMALL, FAR, st.tuples(SMALL, SMALL), st.tuples(FAR, FAR))  # a window at a time: 2²⁰ take seconds
STEPS = {"stride": PAIR, "padding": PAIR, "dilation": PAIR}
ARGUMENTS = {
    "conv2d": {**STEPS, "groups": st.one_of(st.just(1), NUMBER)},
    "conv_transpose2d": {**STEPS, "output_padding": PAIR},
    "max_pool2d": {"kernel_size": PAIR, **STEPS, "ceil_mode": st.booleans()},
    "avg_pool2d": {"kernel_size": PAIR, "stride": PAIR, "padding": PAIR, "ceil_mode": st.booleans()},
    "max_pool1d": {"kernel_size": NUMBER, "stride": NUMBER, "padding": NUMBER, "dilation": NUMBER},
    "adaptive_avg_pool2d": {"output_size": TIMES},
    "adaptive_max_pool2d": {"output_size": TIMES},
    "unfold": {"kernel_size": PAIR, **STEPS},
    "fold": {"output_size": PAIR, "kernel_size": PAIR, **STEPS},
    "pad": {"pad": st.lists(NUMBER, max_size=6)},
    "interpolate": {"size": PAIR},
}


class Child:
    """The process that makes the calls; a new one after each that died."""

    process = None

    def ask(self, case):
        """Return the answer to a case, or how the process ended."""
        if self.process is None:
            path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
            self.process = subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("geometry_child.py"))], encoding="utf-8",
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                env=os.environ | {"PYTHONPATH": path},
            )  # fmt: skip
        process = self.process
        late = threading.Timer(SECONDS, process.kill)
        late.start()
        try:
            process.stdin.write(json.dumps(case) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        finally:
            late.cancel()
        if not answer:
            self.process = None
            _, errors = process.communicate()
            return f"ended with {process.returncode}: {errors[-1500:]}"
        return answer.strip()

    def close(self):
        if self.process is not None:
            self.process.communicate()


@pytest.fixture(scope="module")
def child():
    made = Child()
    yield made
    made.close()


@budget(300)
@given(case=cases())
def test_no_geometry_ends_the_interpreter(child, case):
    answer = child.ask(case)
    assert not answer.startswith("ended"), f"{case} {answer}"


@pytest.mark.parametrize(
    ("function", "shapes", "arguments", "expected"),
    [
        ("conv2d", [[1, 16, 4, 4], [2, 16, 1, 1]], {"stride": 2**30}, "ok"),
        ("conv2d", [[1, 16, 4, 4], [2, 16, 1, 1]], {"stride": 100_000}, "ok"),
        ("conv2d", [[1, 16, 4, 4], [2, 16, 1, 1]], {"stride": 20_000}, "ok"),
        ("conv2d", [[1, 16, 4, 4], [2, 16, 1, 1]], {"padding": 2**30}, "RuntimeError"),
        ("conv2d", [[1, 16, 4, 4], [2, 16, 1, 1]], {"dilation": 2**30}, "ok"),
        ("conv2d", [[1, 16, 4, 4], [2, 16, 3, 3]], {"dilation": 2**30, "padding": 2**30, "stride": 2**30}, "ok"),
        ("conv2d", [[1, 16, 4, 4], [2, 16, 1, 1]], {"stride": 2**63}, "RuntimeError"),
        ("conv_transpose2d", [[1, 16, 1, 1], [16, 2, 1, 1]], {"stride": 2**30}, "ok"),
        ("conv_transpose2d", [[1, 16, 4, 4], [16, 2, 1, 1]], {"stride": 2**30}, "RuntimeError"),
        ("max_pool2d", [[1, 16, 4, 4]], {"kernel_size": 2, "stride": 2**30}, "ok"),
        ("max_pool2d", [[1, 16, 4, 4]], {"kernel_size": 2**30, "padding": 2**29}, "ok"),
        ("avg_pool2d", [[1, 16, 4, 4]], {"kernel_size": 2**30, "padding": 2**29, "stride": 1}, "ok"),
        ("unfold", [[1, 16, 4, 4]], {"kernel_size": 2, "padding": 2**30, "stride": 2**30}, "ok"),
        ("pad", [[1, 16, 4, 4]], {"pad": [0, 2**40]}, "RuntimeError"),
        ("interpolate", [[1, 16, 4, 4]], {"size": 2**31 - 1}, "RuntimeError"),
        ("adaptive_max_pool2d", [[1, 16, 4, 4]], {"output_size": 2**31 - 1}, "RuntimeError"),
    ],
)
def test_geometry_far_too_large_is_right_and_quick_or_refused(child, function, shapes, arguments, expected):
    case = {"function": function, "shapes": shapes, "arguments": arguments, "dtype": "float32"}
    answer, seconds = child.ask(case).split()[:2]
    assert answer == expected
    assert float(seconds) < 5
