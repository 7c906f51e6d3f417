"""Timing that a busy machine cannot tilt: what is compared runs by turns, and ratios are medians over the turns."""

from __future__ import annotations

import functools
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any


def seconds(run: Callable[[], Any]) -> float:
    """Measure one call."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def take_turns(runs: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """Call each function once without a clock, then all of them by turns.

    Args:
        runs: by name; a call ends when its result is there.
        rounds: of turns.

    Returns:
        Seconds of each call by name, `rounds` of them.
    """
    return turns({name: functools.partial(seconds, run) for name, run in runs.items()}, rounds)


def turns(clocks: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Do the same with functions that measure themselves and return seconds."""
    for clock in clocks.values():
        clock()
    times: dict[str, list[float]] = {name: [] for name in clocks}
    for _ in range(rounds):
        for name, clock in clocks.items():
            times[name].append(clock())
    return times


def ratio(times: Mapping[str, list[float]], name: str, base: str) -> float:
    """Return the median over the rounds of how many times as long one takes as the other."""
    return statistics.median(a / b for a, b in zip(times[name], times[base], strict=True))


def median(times: list[float]) -> float:
    """Return the median, in seconds."""
    return statistics.median(times)
