"""Super-resolution of a clip: each frame with those before and after it, three frames in memory at a time."""

from __future__ import annotations

import itertools
import pathlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

import numpy as np

from dlnet_tf.errors import UsageError
from dlnet_tf.files import make_atomically
from dlnet_tf.imagefiles.frames import Frame, FrameFolder, FrameFolderWriter
from dlnet_tf.imagefiles.shots import is_cut
from dlnet_tf.imagefiles.video_files import VideoReader
from dlnet_tf.imagefiles.video_writer import VideoWriter
from dlnet_tf.keras_models import backbone_of
from dlnet_tf.restoration.blur_estimation import AUTO, estimate_blur_width
from dlnet_tf.restoration.noise_estimation import of_photograph
from dlnet_tf.restoration.restorer import Restorer
from dlnet_tf.restoration.tiles import Tile

# Frames that a degradation is estimated on, and frames from one of them to the next.
ESTIMATED, BETWEEN = 3, 12
# A frame of a picture file or of a video.
Kind = TypeVar("Kind", bound=Frame)


def triplets(frames: Iterable[Kind]) -> Iterator[tuple[Kind, np.ndarray]]:
    """Give each frame its neighbours; across a cut, and at the ends, it stands in for them itself.

    Args:
        frames: in the order of time.

    Yields:
        (frame, luminance of the ones before and after it [h, w, 2]).
    """
    before: np.ndarray | None = None
    current: Kind | None = None
    for following in frames:
        if current is not None:
            after = None if is_cut(current.luma, following.luma) else following.luma
            yield current, _neighbours(before, current, after)
            before = None if after is None else current.luma
        current = following
    if current is not None:
        yield current, _neighbours(before, current, None)


def _neighbours(before: np.ndarray | None, frame: Frame, after: np.ndarray | None) -> np.ndarray:
    return np.stack([frame.luma if one is None else one for one in (before, after)], axis=-1)


class FrameRestorer:
    """Enlarges frames, by a network that sees their neighbours or by one that does not.

    Args:
        restorer: a super-resolution model.
        scale: its magnification.
        tiles: those of a frame, as `tiles.cut` makes them.
        parameters: those of the degradation, without batch axis, as `super_resolve` takes them.
    """

    def __init__(self, restorer: Restorer, scale: int, tiles: list[Tile], parameters: Mapping[str, object]) -> None:
        self._restorer, self._scale, self._tiles = restorer, scale, tiles
        self._parameters = {name: np.asarray(value, np.float32)[None] for name, value in parameters.items()}
        self._sees_neighbours = "neighbours" in {tensor.name for tensor in backbone_of(restorer.model).inputs}

    def __call__(self, luma: np.ndarray, neighbours: np.ndarray) -> np.ndarray:
        """Enlarge one frame.

        Args:
            luma: float32 [h, w] in [0, 1].
            neighbours: float32 [h, w, 2].

        Returns:
            float32 [scale h, scale w], not clipped.

        Raises:
            UsageError: restored values are not finite.
        """
        height, width = luma.shape
        result = np.empty((self._scale * height, self._scale * width), np.float32)
        for tile in self._tiles:
            more = {"neighbours": neighbours[tile.seen][None]} if self._sees_neighbours else {}
            restored = self._restorer(luma[tile.seen][None, :, :, None], **self._parameters, **more)
            result[tile.target(self._scale)] = restored[0, :, :, 0][tile.taken(self._scale)]
        return result


def enlarge_folder(
    reader: FrameFolder, writer: FrameFolderWriter, enlarge: FrameRestorer, advance: Callable[[], object]
) -> None:
    """Write a folder of frames enlarged.

    Args:
        reader: reader of the folder.
        writer: writer of another one.
        enlarge: what restores a frame.
        advance: called after every frame.

    Raises:
        UsageError: a frame cannot be read or written.
    """
    for frame, neighbours in triplets(reader.frames()):
        writer.write(frame, enlarge(frame.luma, neighbours))
        advance()


def enlarge_video(
    reader: VideoReader, target: pathlib.Path, scale: int, enlarge: FrameRestorer, advance: Callable[[], object]
) -> None:
    """Write a video enlarged, its sound with it, whole or not at all.

    Args:
        reader: reader of the video.
        target: the file to write.
        scale: magnification.
        enlarge: what restores a frame.
        advance: called after every frame.

    Raises:
        UsageError: it cannot be read to its end or written.
    """

    def write(path: pathlib.Path) -> None:
        writer = VideoWriter(path, reader, scale)
        for frame, neighbours in triplets(reader.frames(writer.copy)):
            writer.write(frame, enlarge(frame.luma, neighbours))
            advance()
        writer.close()

    make_atomically(target, write)


def estimate(frames: Callable[[], Iterable[Frame]], scale: int, parameters: Mapping[str, object]) -> dict[str, float]:
    """Estimate those parameters that are "auto", each by its median on some frames at the beginning of a clip.

    Args:
        frames: returns those of the clip, called where there is something to estimate.
        scale: magnification.
        parameters: those of the degradation, by name.

    Raises:
        UsageError: there is no frame, or none on which one of them can be estimated.
    """
    measures = {"blur_width": lambda luma: estimate_blur_width(luma, scale).blur_width, "noise_sigma": of_photograph}
    wanted = [name for name in measures if isinstance(parameters.get(name), str) and parameters[name] == AUTO]
    if not wanted:
        return {}
    beginning = itertools.islice(frames(), 0, BETWEEN * (ESTIMATED - 1) + 1, BETWEEN)
    lumas = [np.rint(np.clip(255 * frame.luma, 0, 255)).astype(np.uint8) for frame in beginning]
    return {name: _median(measures[name], lumas) for name in wanted}


def _median(measure: Callable[[np.ndarray], float], lumas: Sequence[np.ndarray]) -> float:
    """Return the median over those frames that are not refused, or raise the last refusal."""
    found: list[float] = []
    refusal = UsageError("found no frame, expected at least one to estimate blur and noise")
    for luma in lumas:
        try:
            found.append(measure(luma))
        except UsageError as error:
            refusal = error
    if not found:
        raise refusal
    return float(np.median(found))
