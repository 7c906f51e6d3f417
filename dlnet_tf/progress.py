"""A progress line with the time that is left, on terminals only."""

from __future__ import annotations

import sys
import time
from typing import TextIO


def clock(seconds: float) -> str:
    """Format a duration as h:mm:ss or m:ss."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


class Progress:
    """One line that is redrawn: done, total, share, rate, time left and a note.

    Args:
        total: number of units.
        done: units that were done before this process started.
        unit: name of a unit.
        stream: where to draw; nothing is drawn where it is no terminal.
    """

    def __init__(self, total: int, done: int = 0, unit: str = "step", stream: TextIO = sys.stderr) -> None:
        self._total, self._done, self._first, self._unit, self._stream = total, done, done, unit, stream
        self._shown = stream.isatty()
        self._start = self._drawn = time.monotonic()

    def advance(self, note: str = "") -> None:
        """Count one unit and redraw at most five times a second."""
        self._done += 1
        now = time.monotonic()
        if self._shown and (now - self._drawn > 0.2 or self._done == self._total):
            self._drawn = now
            rate = (self._done - self._first) / (now - self._start)
            left = clock((self._total - self._done) / rate)
            filled = 24 * self._done // self._total
            bar = "#" * filled + "." * (24 - filled)
            line = f"[{bar}] {self._done}/{self._total} {self._unit}s, {rate:.1f}/s, {left} left {note}"
            self._stream.write(f"\r{line[:118]:<118}")
            self._stream.flush()

    def clear(self) -> None:
        """Remove the line, so that something else can be printed."""
        if self._shown:
            self._stream.write("\r" + " " * 118 + "\r")
            self._stream.flush()
