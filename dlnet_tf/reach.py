"""How far a part of a model sees, which it tells itself: what a photograph in tiles has to know."""

from __future__ import annotations

import dataclasses
from fractions import Fraction


@dataclasses.dataclass(frozen=True)
class Reach:
    """What a pixel of a tensor depends on: pixel p on the pixels p / scale - before to p / scale + after of an image.

    Attributes:
        scale: pixels of the tensor per pixel of the image.
        before: pixels of the image, towards the first row and column.
        after: pixels of the image, towards the last ones.
    """

    scale: Fraction = Fraction(1)
    before: Fraction = Fraction(0)
    after: Fraction = Fraction(0)

    def through(self, layer: Reach) -> Reach:
        """Return that of a layer's output, from that of its input and the layer's own."""
        return Reach(
            self.scale * layer.scale, self.before + layer.before / self.scale, self.after + layer.after / self.scale
        )

    def __or__(self, other: Reach) -> Reach:
        return Reach(self.scale, max(self.before, other.before), max(self.after, other.after))
