"""`Interrupt`: catches Ctrl-C, so that a run can end between two steps."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupt:
    """Records whether Ctrl-C was pressed.

    Attributes:
        wanted: True from the first Ctrl-C on.
    """

    def __init__(self) -> None:
        self.wanted = False

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Record the first Ctrl-C within the block without raising an error; the second one raises KeyboardInterrupt.

        Only the main thread receives signals: in other threads, and where Ctrl-C is ignored, nothing changes.
        """
        self.wanted = False
        before = signal.getsignal(signal.SIGINT)
        if threading.current_thread() is not threading.main_thread() or before in (signal.SIG_IGN, None):
            yield
            return

        def note(_signal: int, _frame: FrameType | None) -> None:
            self.wanted = True
            signal.signal(signal.SIGINT, before)

        signal.signal(signal.SIGINT, note)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
