"""The progress line, on a clock of its own."""

import io

import pytest

from dlnet_tf import progress as module
from dlnet_tf.progress import Progress, clock


class Terminal(io.StringIO):
    def isatty(self):
        return True

    def lines(self):
        return [line.rstrip() for line in self.getvalue().split("\r") if line.strip()]


@pytest.fixture
def now(monkeypatch):
    """A clock that the test turns."""
    time = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: time[0])
    return time


def test_durations():
    assert [clock(s) for s in (0, 9.6, 61, 3599.4, 3600, 36_061)] == [
        "0:00",
        "0:10",
        "1:01",
        "59:59",
        "1:00:00",
        "10:01:01",
    ]


def test_nothing_is_drawn_where_there_is_no_terminal(now):
    stream = io.StringIO()
    progress = Progress(3, stream=stream)
    for _ in range(3):
        now[0] += 1.0
        progress.advance("loss 1")
    progress.clear()
    assert stream.getvalue() == ""


def test_the_time_left_follows_from_the_rate(now):
    stream = Terminal()
    progress = Progress(100, stream=stream)
    for _ in range(25):
        now[0] += 2.0
        progress.advance("loss 0.5")
    assert stream.lines()[-1] == "[######..................] 25/100 steps, 0.5/s, 2:30 left loss 0.5"


def test_a_resumed_run_counts_its_own_steps_only(now):
    stream = Terminal()
    progress = Progress(1000, done=900, unit="image", stream=stream)
    for _ in range(10):
        now[0] += 3.0
        progress.advance()
    assert "910/1000 images, 0.3/s, 4:30 left" in stream.lines()[-1]


def test_it_is_redrawn_five_times_a_second_and_at_the_end(now):
    stream = Terminal()
    progress = Progress(1001, stream=stream)
    for _ in range(1001):
        now[0] += 0.001
        progress.advance()
    assert 4 <= len(stream.lines()) <= 6
    assert "[########################] 1001/1001" in stream.lines()[-1]


def test_a_line_never_wraps_and_leaves_nothing_behind(now):
    stream = Terminal()
    progress = Progress(10, stream=stream)
    for note in ("a very long note " * 20, "short"):
        now[0] += 1.0
        progress.advance(note)
    progress.clear()
    drawn = stream.getvalue().split("\r")
    assert {len(line) for line in drawn if line} == {118}
    assert drawn[-2].strip() == "" and drawn[-1] == ""
