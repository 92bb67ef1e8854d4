from __future__ import annotations

import pytest
from small_network import Part, Run


@pytest.fixture
def run() -> Run:
    return Run()


@pytest.fixture
def another_run() -> Run:
    return Run()


@pytest.fixture
def part() -> type[Part]:
    return Part


@pytest.fixture
def no_program(monkeypatch):
    monkeypatch.setenv("PATH", "")
