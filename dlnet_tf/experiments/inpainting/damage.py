"""What is missing of an image in each task: how its masks are drawn, and its levels in words."""

from __future__ import annotations

import abc

from dlnet_tf.data.draws import Draw
from dlnet_tf.degradations import pixel_masks, sample_pixel_masks, sample_square_masks, square_masks
from dlnet_tf.tasks import Levels
from dlnet_tf.tensors import Tensor


class Damage(abc.ABC):
    """Masks whose amount of missing pixels is a level.

    Attributes:
        letter: that of the level, as in the paper.
    """

    letter: str

    @abc.abstractmethod
    def draw(self, levels: Levels) -> Draw:
        """Return what draws masks of levels of this range."""

    @abc.abstractmethod
    def masks(self, seed: Tensor, level: Tensor, max_shift: int) -> Tensor:
        """Draw a mask [B, 64, 64, 1] for each level [B]."""

    @abc.abstractmethod
    def in_words(self, levels: Levels) -> str:
        """Describe levels that masks are drawn of."""


class Holes(Damage):
    """Square holes; the level is their side in pixels."""

    letter = "s"

    def draw(self, levels: Levels) -> Draw:
        """Return what draws holes of sides of this range."""
        sides = (int(levels.low), int(levels.high))
        return lambda seed, number: sample_square_masks(seed, number, sides=sides, max_shift=levels.max_shift)

    def masks(self, seed: Tensor, level: Tensor, max_shift: int) -> Tensor:
        """Draw a hole for each side."""
        return square_masks(seed, level, max_shift=max_shift)

    def in_words(self, levels: Levels) -> str:
        """Describe the sides and the places of holes."""
        low, high = levels.low, levels.high
        sides = f"s = {low:g}" if low == high else f"s ~ U{{{low:g}..{high:g}}}"
        place = f"at most {levels.max_shift} pixels off the centre" if levels.max_shift else "centred"
        return f"{sides}, {place}"


class Pixels(Damage):
    """Scattered pixels; the level is the share that is missing."""

    letter = "r"

    def draw(self, levels: Levels) -> Draw:
        """Return what draws masks of shares of this range."""
        return lambda seed, number: sample_pixel_masks(seed, number, rates=(levels.low, levels.high))

    def masks(self, seed: Tensor, level: Tensor, max_shift: int) -> Tensor:
        """Draw pixels for each share; they have no place that could be shifted."""
        return pixel_masks(seed, level)

    def in_words(self, levels: Levels) -> str:
        """Describe the shares."""
        low, high = levels.low, levels.high
        return f"r = {low:g}" if low == high else f"r ~ U[{low:g}, {high:g}]"


# As tasks state it.
DAMAGES: dict[str, Damage] = {"holes": Holes(), "pixels": Pixels()}
