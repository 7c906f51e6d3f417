"""Video files as frames and back, with PyAV: time stamps, audio and colours stay what they are."""

from __future__ import annotations

import contextlib
import dataclasses
import fractions
import importlib
import os
import pathlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from dlnet_tf.errors import UsageError
from dlnet_tf.imagefiles.frames import Frame

if TYPE_CHECKING:
    from av import Packet, VideoFrame
    from av.video.plane import VideoPlane

SUFFIXES = frozenset({".avi", ".m4v", ".mkv", ".mov", ".mp4", ".webm"})
# Pixel formats whose planes are read as they are; all others are converted to `VideoReader.layout`.
_PLANAR = ("yuv420p", "yuvj420p", "yuv444p", "yuvj444p")
_FULL_RANGE = 2
# Seconds by which a file may be longer than its frames, as sound goes on.
_PATIENCE = 0.5


def is_video_file(path: str | os.PathLike[str] | None) -> bool:
    """Tell by its suffix whether a file is a video."""
    return path is not None and pathlib.Path(path).suffix.lower() in SUFFIXES


def av() -> Any:
    """Return PyAV; raises UsageError where it is not installed."""
    try:
        return importlib.import_module("av")
    except ImportError:
        raise UsageError(
            "video files: found no package av; `pip install -r requirements-video.txt` installs it, or give the frames "
            "as a folder of image files"
        ) from None


def _plane(plane: VideoPlane) -> np.ndarray:
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width].copy()


@dataclasses.dataclass(frozen=True)
class TimedFrame(Frame):
    """A frame of a video file.

    Attributes:
        chroma: the other two planes, uint8, each as large as the file's layout has it; none for a gray one.
        pts: time of its display, in units of `time_base`.
        time_base: seconds.
    """

    chroma: list[np.ndarray]
    pts: int | None
    time_base: fractions.Fraction


class VideoReader:
    """The frames of a video file, upright, one at a time, and the packets of its audio.

    Args:
        path: the file.

    Attributes:
        total: number of frames, as far as the file says; 0 where it does not.
        size: height and width, upright.
        container: PyAV's container.
        video: its stream.
        audio: streams that are copied.
        first: the first frame as PyAV has it, whose colours all frames share.

    Raises:
        UsageError: PyAV is missing, or it is no video that can be read; or one that is interlaced.
    """

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path
        self._av = av()
        self._count, self._last = 0, 0.0
        self._open()
        self.first = self._first()
        # From the beginning again: to seek there leaves out sound with a time before 0.
        self.container.close()
        self._open()
        self.turns = round(self.first.rotation / 90) % 4
        height, width = self.first.height, self.first.width
        self.size = (width, height) if self.turns % 2 else (height, width)
        self.total = self.video.frames or self._estimate()

    def _open(self) -> None:
        with self._refusing("is no video that can be read"):
            self.container = self._av.open(str(self.path))
        if not self.container.streams.video:
            raise UsageError(f"{self.path}: found no video stream")
        self.video = self.container.streams.video[0]
        self.video.thread_type = "AUTO"
        self.audio = list(self.container.streams.audio)

    def _first(self) -> VideoFrame:
        with self._refusing("has no frame that can be read"):
            for frame in self.container.decode(self.video):
                self._check_progressive(frame)
                return frame
        raise UsageError(f"{self.path}: found no frames, expected at least one")

    def _check_progressive(self, frame: VideoFrame) -> None:
        if frame.interlaced_frame:
            raise UsageError(f"{self.path}: found interlaced frames, expected progressive ones; deinterlace it first")

    def _estimate(self) -> int:
        duration = self.video.duration and self.video.duration * self.video.time_base
        if not duration and self.container.duration:
            duration = self.container.duration / 1_000_000
        return round(float(duration * self.video.average_rate)) if duration and self.video.average_rate else 0

    @contextlib.contextmanager
    def _refusing(self, what: str) -> Iterator[None]:
        try:
            yield
        except (self._av.error.FFmpegError, OSError) as error:
            reason = getattr(error, "strerror", None) or error
            broken = f"is broken after {self._count} frames" if self._count else what
            raise UsageError(f"{self.path}: {broken} ({reason})") from None

    def frames(self, copy: Callable[[Packet], object] | None = None) -> Iterator[TimedFrame]:
        """Read the frames in order.

        Args:
            copy: is given the packets of audio, as they come between the frames.

        Raises:
            UsageError: a frame cannot be decoded, or has another size than the first.
        """
        # What fails in `copy` is the writer's and not of this file, so it is called outside of `_refusing`.
        for item in self._packets():
            if isinstance(item, TimedFrame):
                yield item
            elif copy:
                copy(item)

    def _packets(self) -> Iterator[TimedFrame | Packet]:
        """Yield, as they come in the file, frames and packets of audio."""
        with self._refusing("has no frame that can be read"):
            for packet in self.container.demux(self.video, *self.audio):
                if packet.stream is self.video:
                    for frame in packet.decode():
                        self._count += 1
                        self._last = frame.time or self._last
                        yield self._frame(frame)
                elif packet.dts is not None:
                    yield packet

    def _frame(self, frame: VideoFrame) -> TimedFrame:
        self._check_progressive(frame)
        if (frame.height, frame.width) != (self.first.height, self.first.width):
            raise UsageError(
                f"{self.path}: found {frame.width} x {frame.height} pixels in frame {self._count}, expected "
                f"{self.first.width} x {self.first.height} as in the first"
            )
        if frame.format.name not in _PLANAR:
            converted = {"dst_colorspace": "ITU601", "dst_color_range": "MPEG"} if self.is_rgb else {}
            frame = frame.reformat(format=self.layout, **converted)
        luma, *chroma = (np.rot90(_plane(plane), self.turns) for plane in frame.planes)
        y = luma.astype(np.float32)
        if self.is_full_range:
            y = 16 + y * (219 / 255)
        return TimedFrame(y / 255, chroma, frame.pts, frame.time_base)

    @property
    def layout(self) -> str:
        """What the planes of a frame are: "yuv420p" or "yuv444p"."""
        _, *chroma = self.first.format.components
        halved = not chroma or (chroma[0].width < self.first.width and chroma[0].height < self.first.height)
        return "yuv420p" if halved else "yuv444p"

    @property
    def is_rgb(self) -> bool:
        """Whether the file holds red, green and blue; frames are converted to luminance and colours of BT.601."""
        return bool(self.first.format.is_rgb)

    @property
    def is_full_range(self) -> bool:
        """Whether black is 0 and white 255, not 16 and 235."""
        return not self.is_rgb and (int(self.first.color_range) == _FULL_RANGE or "yuvj" in self.first.format.name)

    def notes(self) -> list[str]:
        """Return what there is to say about the file, once all its frames are read."""
        notes = []
        bits = self.first.format.components[0].bits
        if bits > 8:
            notes.append(f"{self.path}: found {bits} bits a channel, written in 8")
        if self.turns:
            notes.append(f"{self.path}: turned by {90 * self.turns} degrees, as it says; the result is upright")
        seconds = (self.container.duration or 0) / 1_000_000
        if self._count < self.video.frames or self._last < 0.9 * seconds - _PATIENCE:
            notes.append(
                f"{self.path}: found {self._count} frames, the last at {self._last:.1f} s, of a file that says "
                f"{seconds:.1f} s: it may end too early"
            )
        return notes
