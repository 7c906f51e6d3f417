"""Put trained models among those that ship, their large weights in 16 bits, with their cards.

python checkpoints/ship.py runs/train-inpaint_celeba_joint/inpaint_celeba_joint.keras [...]
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from dlnet_tf.files import write_bytes, write_text  # noqa: E402
from dlnet_tf.training.shipping import halve  # noqa: E402

NOTE = "- **File:** arrays of 10,000 values and more are rounded to 16 bits; Keras loads them as float32\n"

for path in map(pathlib.Path, sys.argv[1:]):
    target = HERE / path.name
    write_bytes(target, halve(path.read_bytes()))
    write_text(target.with_suffix(".md"), path.with_suffix(".md").read_text("utf-8") + NOTE)
    print(f"{target.name}  {target.stat().st_size / 2**20:.1f} MB")
