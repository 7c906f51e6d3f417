"""Enlarged frames as a video file, with the time stamps, audio and colours of the one that they come from."""

from __future__ import annotations

import pathlib
from typing import TYPE_CHECKING

import numpy as np

from dlnet_tf.errors import UsageError
from dlnet_tf.imagefiles.video_files import SUFFIXES, TimedFrame, VideoReader, av
from dlnet_tf.resize import imresize

if TYPE_CHECKING:
    from av import Packet

# By suffix: encoder and its options; others get H.264.
_ENCODERS = {".webm": ("libvpx-vp9", {"crf": "24", "b": "0"})}
_H264 = ("libx264", {"crf": "16"})
_COLOURS = ("color_range", "color_primaries", "color_trc", "colorspace")
_BT601 = 6
# AVI is read, not written: it keeps no times of frames.
_WRITTEN = SUFFIXES - {".avi"}


def check_video_target(path: pathlib.Path, size: tuple[int, int], scale: int) -> None:
    """Refuse a file whose format or whose size no encoder has.

    Args:
        path: the file to write.
        size: height and width of what is read.
        scale: magnification.

    Raises:
        UsageError: another suffix, or an odd height or width.
    """
    if path.suffix.lower() not in _WRITTEN:
        raise UsageError(f"{path}: found suffix {path.suffix or 'none'}, expected one of {', '.join(sorted(_WRITTEN))}")
    height, width = (scale * side for side in size)
    if height % 2 or width % 2:
        raise UsageError(
            f"{path}: found {width} x {height} pixels, expected even sides for a video encoder; crop the clip by a "
            "pixel, or give its frames as a folder of image files"
        )


class VideoWriter:
    """Writes frames that were read by a `VideoReader`, and copies its audio.

    Args:
        path: the file to write, as `check_video_target` has it.
        reader: reader of the frames.
        scale: magnification.

    Raises:
        UsageError: there is no such encoder, or the format cannot hold the audio.
    """

    def __init__(self, path: pathlib.Path, reader: VideoReader, scale: int) -> None:
        self._path, self._reader, self._scale, self._av = path, reader, scale, av()
        name, options = _ENCODERS.get(path.suffix.lower(), _H264)
        try:
            self._container = self._av.open(str(path), "w")
            self._video = self._container.add_stream(name, rate=reader.video.average_rate or 25, options=options)
            self._audio = {stream.index: self._container.add_stream_from_template(stream) for stream in reader.audio}
        except (self._av.error.FFmpegError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise UsageError(f"--output: a {path.suffix} file cannot hold this video or its audio ({reason})") from None
        context, first = self._video.codec_context, reader.first
        context.height, context.width = (scale * side for side in reader.size)
        context.time_base = reader.video.time_base
        context.pix_fmt = reader.layout
        for name in _COLOURS:
            setattr(context, name, getattr(first, name))
        if reader.is_rgb:
            context.colorspace = _BT601
        context.color_range = 2 if reader.is_full_range else 1
        if aspect := reader.video.sample_aspect_ratio:
            context.sample_aspect_ratio = 1 / aspect if reader.turns % 2 else aspect

    def copy(self, packet: Packet) -> None:
        """Write a packet of audio."""
        packet.stream = self._audio[packet.stream.index]
        self._container.mux(packet)

    def write(self, frame: TimedFrame, luma: np.ndarray) -> None:
        """Write one frame.

        Args:
            frame: as read.
            luma: enlarged, as `Frame.luma`, not clipped.
        """
        y = 255 * luma
        if self._reader.is_full_range:
            y = (y - 16) * (255 / 219)
        height, width = luma.shape
        made = self._av.VideoFrame(width, height, self._reader.layout)
        planes = [y, *(imresize(plane, self._scale) for plane in frame.chroma)]
        for plane, values in zip(made.planes, planes, strict=True):
            rows = np.zeros((plane.height, plane.line_size), np.uint8)
            part = values[: plane.height, : plane.width]
            rows[: part.shape[0], : part.shape[1]] = np.rint(np.clip(part, 0, 255))
            plane.update(rows)
        made.pts, made.time_base = frame.pts, frame.time_base
        self._container.mux(self._video.encode(made))

    def close(self) -> None:
        """Write what is still in the encoder, and the end of the file."""
        self._container.mux(self._video.encode())
        self._container.close()
