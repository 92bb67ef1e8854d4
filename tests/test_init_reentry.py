"""A program computes the same numbers whatever comes in between: collections, signals, other threads, forks.

Each case is a process of its own with a limit of time, so that one that hangs or dies is one that fails.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROGRAM = """
import gc, os, signal, sys, threading, time, warnings
import numpy as np
import tinygrad_cnn as tc
from tinygrad_cnn import nn

warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of forks of processes with threads

@tc.enable_grad()  # a handler may run within a backward pass, which records nothing
def step(width):
    '''Return the loss and the gradients of a network whose results are large, and of another size for each width.'''
    random = np.random.default_rng(width)
    x = tc.from_numpy(random.standard_normal((8, 1, 40, 40)).astype(np.float32))
    w = tc.from_numpy(random.standard_normal((width, 1, 3, 3)).astype(np.float32)).requires_grad_()
    a = nn.functional.relu(nn.functional.conv2d(x, w))
    b = nn.functional.max_pool2d(a, 2)
    loss = (b * b).mean()
    loss.backward()
    cycle = [a, b, loss]
    cycle.append(cycle)  # dies in a collection
    return loss.item(), w.grad.numpy().tobytes()

WIDTHS = (3, 4, 5, 7, 9, 12)
expected = {width: step(width) for width in WIDTHS}

def look(widths=WIDTHS):
    for width in widths:
        if step(width) != expected[width]:
            raise SystemExit(f"width {width} has another result")
"""
forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
timers = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no interval timers on this system")


def run(program, timeout=300):
    """Run `PROGRAM` and then `program`, which must end by itself and print "right"."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM + program],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), "TINYGRAD_CNN_NUM_THREADS": "2"},
        capture_output=True, encoding="utf-8", timeout=timeout, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["right"]


def test_collections():
    run("""
gc.set_threshold(1, 1, 1)
look()
gc.set_threshold(20, 2, 2)
for _ in range(20):
    look()
print("right")
""")


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python 3.11 collects within ContextVar.set, and crashes")
def test_finalizers_that_compute():
    run("""
right = []
class Computes:
    def __init__(self, width):
        self.width, self.me = width, self
    def __del__(self):
        right.append(step(self.width) == expected[self.width])

gc.set_threshold(50, 2, 2)
for i in range(60):
    Computes(WIDTHS[i % len(WIDTHS)])
    look([WIDTHS[i // 3 % len(WIDTHS)]])
gc.set_threshold(0)
gc.collect()
print("right" if right == 60 * [True] else right)
""")


@timers
def test_a_signal_handler_that_computes():
    run("""
done = 0
def handle(number, frame):
    global done
    look([WIDTHS[done % len(WIDTHS)]])
    done += 1
    signal.setitimer(signal.ITIMER_REAL, 0.001)

signal.signal(signal.SIGALRM, handle)
signal.setitimer(signal.ITIMER_REAL, 0.001)
begin = time.monotonic()
while time.monotonic() < begin + 2 or (done <= 10 and time.monotonic() < begin + 60):
    look()
signal.setitimer(signal.ITIMER_REAL, 0)
print("right" if done > 10 else done)
""")


@timers
def test_a_signal_handler_that_raises():
    run("""
class Enough(BaseException):
    pass

def handle(number, frame):
    raise Enough

signal.signal(signal.SIGALRM, handle)
raised = 0
for i in range(400):
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.0002 + i % 40 * 0.0001)
        look()
        signal.setitimer(signal.ITIMER_REAL, 0)
    except Enough:
        raised += 1
look()
print("right" if raised > 10 else raised)
""")


def test_threads_with_collections():
    run("""
wrong = []
def work():
    try:
        for _ in range(8):
            look()
    except BaseException as error:
        wrong.append(error)

sys.setswitchinterval(1e-5)
gc.set_threshold(50, 2, 2)
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(wrong or "right")
""")


@forks
def test_forks_while_another_thread_computes():
    run("""
stop = threading.Event()
def work():
    while not stop.is_set():
        look()

other = threading.Thread(target=work)
other.start()
sys.setswitchinterval(1e-5)
wrong = 0
for i in range(60):
    child = os.fork()
    if not child:
        signal.alarm(20)  # ends a child that hangs
        step(WIDTHS[i % len(WIDTHS)])
        os._exit(0 if step(5) == expected[5] else 1)
    wrong += os.waitpid(child, 0)[1] != 0
stop.set()
other.join()
print(wrong or "right")
""")


@forks
def test_a_fork_while_another_thread_draws_random_numbers():
    run("""
done = threading.Event()
def draw():
    while not done.is_set():
        tc.randn(200_000)
thread = threading.Thread(target=draw)
thread.start()
for _ in range(15):
    child = os.fork()
    if child == 0:
        signal.alarm(10)
        tc.randn(3)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
done.set()
thread.join()
tc.manual_seed(5)
tc.randn(3)
reading, writing = os.pipe()
child = os.fork()
if child == 0:
    os.write(writing, tc.randn(3).numpy().tobytes())
    os._exit(0)
os.waitpid(child, 0)
assert os.read(reading, 100) == tc.randn(3).numpy().tobytes()
print("right")
""")
