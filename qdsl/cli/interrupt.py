"""Ctrl-C ends a command soon, also while a library computes without asking Python."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from qdsl.diagnostics.printable import clean

EXIT_STOPPED = 130
_FINISHED: list[str] = []  # one line at most: what is said of a command that is stopped
_ENDED_FIRST: list[Callable[[], bool]] = []  # what an interrupt ends instead, if it is going on


def finished(text: str) -> None:
    """What to say if the command is stopped now: what was finished, and how to go on; else ""."""
    _FINISHED[:] = [text] if text else []


def end_at_once() -> NoReturn:
    """End the process, and say what was finished. Not by `sys.exit`: where Python met the interrupt
    inside `exec`, it would then kill itself by the signal, and whoever waits for the process would
    not get the code."""
    said = "".join(f"; {clean(text)}" for text in _FINISHED)
    os.write(2, f"qdsl: stopped{said}\n".encode())
    os._exit(EXIT_STOPPED)


@contextmanager
def prompt_stop(patience_s: float = 1.0) -> Iterator[None]:
    """Within it, the process ends at most `patience_s` after an interrupt.

    Python raises KeyboardInterrupt between two of its own steps only; a watching thread hears
    of the signal at once and ends the process if the command has not ended by itself.
    """
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield
        return
    heard, told = os.pipe()
    os.set_blocking(told, False)
    finished = threading.Event()

    def watch() -> None:
        while (number := os.read(heard, 1)) and (
            number[0] != signal.SIGINT or any(end() for end in _ENDED_FIRST)
        ):
            pass
        if number and not finished.wait(patience_s):
            end_at_once()
        os.close(heard)

    threading.Thread(target=watch, daemon=True).start()
    before = signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    try:
        yield
    finally:
        finished.set()
        signal.set_wakeup_fd(before)
        os.close(told)


@contextmanager
def first_ending(end: Callable[[], bool], is_going_on: Callable[[], bool]) -> Iterator[None]:
    """Within it and within `prompt_stop`, an interrupt calls `end`, and stops the command only if
    that returns False: there is nothing to end, or it was ended before."""
    if sys.platform == "win32" or signal.getsignal(signal.SIGINT) != signal.default_int_handler:
        yield
        return

    def heard(number: int, frame: FrameType | None) -> None:
        if not is_going_on():  # else the watching thread has heard, too
            signal.default_int_handler(number, frame)

    _ENDED_FIRST.append(end)
    signal.signal(signal.SIGINT, heard)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _ENDED_FIRST.pop()
