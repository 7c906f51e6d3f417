"""Put trained models among those that ship, their large weights rounded, with their cards.

python -m tools.ship runs/train-inpaint_celeba_joint/inpaint_celeba_joint.keras [...]
"""

from __future__ import annotations

import pathlib
import sys

from dlnet_tf.files import write_bytes, write_text
from dlnet_tf.training.shipping import DIGITS, LARGE, shrink

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "checkpoints"
NOTE = f"""- **Licence:** Apache-2.0, as this project; see Terms for what the data ask
- **File:** arrays of {LARGE:,} values and more are rounded to {DIGITS} binary digits after the leading one
"""


def ship(path: pathlib.Path, target: pathlib.Path) -> None:
    """Write the smaller file of a model, and beside it its card.

    Args:
        path: `.keras` file of a run, with its card.
        target: `.keras` file to write.
    """
    card = path.with_suffix(".md").read_text("utf-8")
    write_bytes(target, shrink(path.read_bytes()))
    write_text(target.with_suffix(".md"), card + NOTE)
    print(f"{target.name}  {target.stat().st_size / 2**20:.1f} MB")


if __name__ == "__main__":
    for argument in map(pathlib.Path, sys.argv[1:]):
        ship(argument, FOLDER / argument.name)
