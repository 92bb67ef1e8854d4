"""Ctrl-C while the command line is being imported."""

import os
import signal
import subprocess
import sys

import pytest

SLOW = """
import sys, time
sys.argv = [{name!r}]
import tinygrad_cnn._startup
print("ready", flush=True)
for _ in range(3000):
    time.sleep(0.02)
"""


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
@pytest.mark.parametrize(
    ("name", "text"), [("/bin/tinygrad-cnn", "tinygrad-cnn: interrupted\n"), ("mine.py", "Traceb")]
)
def test_the_command_ends_in_one_line_and_scripts_as_ever(name, text):
    run = subprocess.Popen(
        [sys.executable, "-c", SLOW.format(name=name)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    assert run.stdout.readline() == "ready\n"
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=120)
    assert run.returncode == -signal.SIGINT
    assert errors.startswith(text)
    assert (errors.count("\n") == 1) == (name != "mine.py")
