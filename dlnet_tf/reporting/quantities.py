"""What a report row measures: its name for people, its digits, which way is better."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from dlnet_tf.evaluation.rows import Row


@dataclasses.dataclass(frozen=True)
class Quantity:
    """A number of a report row.

    Attributes:
        key: in the row.
        label: with its unit.
        digits: after the point.
        larger_is_better: or smaller.
    """

    key: str
    label: str
    digits: int
    larger_is_better: bool

    def text(self, row: Row) -> str:
        """Return the number in a row as it is printed."""
        return f"{row[self.key]:.{self.digits}f}"

    def best(self, rows: Iterable[Row]) -> str | None:
        """Return how the best of some rows is printed, so that all that print alike can be marked."""
        values = [row[self.key] for row in rows if self.key in row]
        if not values:
            return None
        return f"{(max if self.larger_is_better else min)(values):.{self.digits}f}"


PSNR, SSIM = Quantity("psnr", "PSNR in dB", 2, True), Quantity("ssim", "SSIM", 4, True)
QUANTITIES = (
    PSNR,
    SSIM,
    Quantity("l1", "l1", 4, False),
    Quantity("l2", "l2", 4, False),
    Quantity("flicker", "flicker", 2, False),
)
