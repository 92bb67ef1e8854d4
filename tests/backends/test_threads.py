"""Threads of the kernels: their number, several Python threads at once, and processes that fork."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from kernel_forms import float32, needs_compiler

import tinygrad_cnn as tc
from tinygrad_cnn import ops
from tinygrad_cnn.backends import threads
from tinygrad_cnn.backends.kernels import kernels_of

ROOT = Path(__file__).parents[2]
HOW = {"stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1}
PROGRAM = """
import os, sys, threading, time, warnings
import numpy as np
import tinygrad_cnn as tc
from tinygrad_cnn import ops
from tinygrad_cnn.backends.kernels import set_kernel_mode

warnings.simplefilter("ignore")  # Python 3.12 warns of forks of processes with threads
set_kernel_mode("compiled")
tc.set_num_threads(3)
x = np.random.default_rng(0).standard_normal((16, 16, 32, 32)).astype(np.float32)
w = np.random.default_rng(1).standard_normal((16, 16, 3, 3)).astype(np.float32)
HOW = {"stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1}
def work(_=None): return ops.conv2d(x, w, None, **HOW).tobytes()
"""


@pytest.fixture(autouse=True)
def _same_number_afterwards():
    before = threads._count
    yield
    threads._count = before
    for listener in threads._listeners:
        listener(tc.get_num_threads())


def run(program, timeout=300, **environment):
    """Return what a program prints that has computed a convolution, and must end by itself."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM + program],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, encoding="utf-8", timeout=timeout,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_number_that_was_set_is_the_number():
    for number in (1, 3, 2, 1000):
        tc.set_num_threads(number)
        assert tc.get_num_threads() == number


@pytest.mark.parametrize("number", [2.0, "2", None, True])
def test_what_is_no_number_is_refused(number):
    with pytest.raises(TypeError, match=f"set_num_threads: expected an int, got {type(number).__name__}"):
        tc.set_num_threads(number)


@pytest.mark.parametrize("number", [0, -1])
def test_fewer_than_one_are_refused(number):
    tc.set_num_threads(2)
    with pytest.raises(ValueError, match=f"set_num_threads: expected at least 1, got {number}"):
        tc.set_num_threads(number)
    assert tc.get_num_threads() == 2


def test_the_environment_sets_the_start(monkeypatch):
    monkeypatch.setattr(threads, "_count", None)
    for name in ("TINYGRAD_CNN_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    assert 1 <= tc.get_num_threads() <= os.cpu_count()
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    assert tc.get_num_threads() == 5
    monkeypatch.setenv("TINYGRAD_CNN_NUM_THREADS", "7")
    assert tc.get_num_threads() == 7
    for useless in ("0", "-2", "many", ""):
        monkeypatch.setenv("TINYGRAD_CNN_NUM_THREADS", useless)
        assert tc.get_num_threads() == 5
    tc.set_num_threads(3)
    assert tc.get_num_threads() == 3


@needs_compiler
def test_several_python_threads_compute_at_once():
    tc.set_num_threads(2)
    cases = [(float32(i, 4 + i, 8, 24, 24), float32(i, 16, 8, 3, 3)) for i in range(4)]
    with kernels_of("compiled"):
        expected = [ops.conv2d(x, w, None, **HOW) for x, w in cases]
        wrong, ready = [], threading.Barrier(len(cases) + 1)

        def work(i):
            ready.wait()
            for _ in range(40):
                found = ops.conv2d(*cases[i], None, **HOW)
                if not np.array_equal(found, expected[i]):
                    wrong.append(i)

        running = [threading.Thread(target=work, args=(i,)) for i in range(len(cases))]
        for one in running:
            one.start()
        ready.wait()
        for number in (1, 4, 3, 2) * 5:  # while they compute
            tc.set_num_threads(number)
        for one in running:
            one.join(300)
    assert not any(one.is_alive() for one in running)
    assert wrong == []


linux = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the threads of a process are listed in /proc")
forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")


@needs_compiler
@linux
def test_there_are_no_more_native_threads_than_asked_for():
    program = """
count = lambda: len(os.listdir("/proc/self/task"))
tc.set_num_threads(1)
before = count()
work()
one = count()
tc.set_num_threads(4)
for _ in range(5): work()
four = count()
callers = [threading.Thread(target=work) for _ in range(6)]
for t in callers: t.start()
for t in callers: t.join()
tc.set_num_threads(2)
for _ in range(5): work()
end = time.monotonic() + 5
while count() - before > 3 and time.monotonic() < end:  # joining a thread may end before the thread does
    time.sleep(0.01)
print(one - before, four - before, count() - before)
"""
    assert run(program, OPENBLAS_NUM_THREADS="1") == "0 3 3"


@needs_compiler
@linux
def test_the_memory_of_threads_that_end_is_given_back():
    program = """
def after(count):  # the most memory that the process held so far, in kilobytes
    for _ in range(count):
        one = threading.Thread(target=work)
        one.start()
        one.join()
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
start = after(20)
print(after(200) - start)
"""
    assert int(run(program)) < 20_000


@needs_compiler
@forks
def test_the_child_of_a_fork_computes_with_threads_of_its_own():
    program = """
expected = work()
threads = lambda: len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 3
for _ in range(5):  # whatever the threads of the parent are doing: looking for work, or asleep
    work()
    child = os.fork()
    if not child:
        right = all(work() == expected for _ in range(3))
        grandchild = os.fork()
        if not grandchild:
            os._exit(0 if work() == expected else 1)
        right = right and os.waitpid(grandchild, 0)[1] == 0 and threads() == 3
        os._exit(0 if right else 1)
    if os.waitpid(child, 0)[1]: sys.exit("the child failed")
    if work() != expected: sys.exit("the parent computes something else")
print("right")
"""
    assert run(program, OPENBLAS_NUM_THREADS="1") == "right"


@needs_compiler
@forks
def test_a_fork_while_another_thread_computes():
    program = """
expected = work()
stop = threading.Event()
def keep_busy():
    while not stop.is_set(): work()
other = threading.Thread(target=keep_busy)
other.start()
for _ in range(20):
    child = os.fork()
    if not child: os._exit(0 if work() == expected else 1)
    if os.waitpid(child, 0)[1]: sys.exit("the child failed")
stop.set()
other.join()
print("right")
"""
    assert run(program) == "right"


@needs_compiler
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_of_multiprocessing(method, tmp_path):
    if method == "fork" and not hasattr(os, "fork"):
        pytest.skip("no fork on this system")
    script = tmp_path / "script.py"
    script.write_text(
        PROGRAM + "import multiprocessing\n"
        'if __name__ == "__main__":\n'
        "    expected = work()\n"
        f"    with multiprocessing.get_context({method!r}).Pool(2) as pool:\n"
        "        print([one == expected for one in pool.map(work, range(4))])\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, encoding="utf-8", timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[True, True, True, True]"
