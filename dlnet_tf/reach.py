"""How far a part of a model sees, which it tells itself: what a photograph in tiles has to know."""

from __future__ import annotations

import dataclasses
import math
from fractions import Fraction


@dataclasses.dataclass(frozen=True)
class Reach:
    """What a pixel of a tensor depends on: pixel p on the pixels p / scale - before to p / scale + after of an image.

    Attributes:
        scale: pixels of the tensor per pixel of the image.
        before: pixels of the image, towards the first row and column.
        after: pixels of the image, towards the last ones.
        divisor: what both sides of the tensor can be divided by, whatever the size of the image; a stride needs that.
        step: a tile is seen as the whole is where it begins at a multiple of so many pixels of the image.
    """

    scale: Fraction = Fraction(1)
    before: Fraction = Fraction(0)
    after: Fraction = Fraction(0)
    divisor: int = 1
    step: int = 1

    def through(self, layer: Reach) -> Reach:
        """Return that of a layer's output, from that of its input and the layer's own."""
        return Reach(
            self.scale * layer.scale,
            self.before + layer.before / self.scale,
            self.after + layer.after / self.scale,
            max(1, int(self.divisor * layer.divisor * layer.scale)),
            math.lcm(self.step, (layer.step / self.scale).numerator),
        )

    def __or__(self, other: Reach) -> Reach:
        return Reach(
            self.scale,
            max(self.before, other.before),
            max(self.after, other.after),
            math.gcd(self.divisor, other.divisor),
            math.lcm(self.step, other.step),
        )
