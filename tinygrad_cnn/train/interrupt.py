"""Ctrl-C as a wish that is granted between two steps."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Interrupt:
    """Whether Ctrl-C was pressed.

    Attributes:
        wanted: True from the first Ctrl-C on.
    """

    def __init__(self) -> None:
        self.wanted = False

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Note the first Ctrl-C inside of the block rather than raise; the second one raises KeyboardInterrupt.

        Only the main thread gets signals: in others, and where Ctrl-C is ignored, nothing is changed.
        """
        self.wanted = False
        before: Any = signal.getsignal(signal.SIGINT)
        if threading.current_thread() is not threading.main_thread() or before in (signal.SIG_IGN, None):
            yield
            return

        def note(_signal: int, _frame: Any) -> None:
            self.wanted = True
            signal.signal(signal.SIGINT, before)

        signal.signal(signal.SIGINT, note)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
