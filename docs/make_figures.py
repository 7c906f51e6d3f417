"""Draw the pictures of the README: python docs/make_figures.py, from the repository's root."""

import pathlib
import sys

import numpy as np
from PIL import Image, ImageDraw, ImageFont

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from dlnet_tf.data.samples import load_samples  # noqa: E402
from dlnet_tf.evaluation import super_resolution as protocol  # noqa: E402
from dlnet_tf.experiments.super_resolution import LEVELS, SuperResolution  # noqa: E402
from dlnet_tf.restoration import Restorer  # noqa: E402

SCALE = 3

SHOWN = {"reference": "trained without blur", "joint": "trained on all widths", "dlnet_gradient": "DL-Net"}
# Rows and columns of the astronaut's face.
WINDOW = (slice(60, 180), slice(165, 285))
ENLARGED, GAP, HEADING, MARGIN = 240, 8, 34, 92


def main() -> None:
    """Write docs/images/idn_x3.png."""
    experiment = SuperResolution("idn", SCALE)
    methods = {"bicubic": protocol.bicubic(SCALE)}
    methods |= {name: Restorer(experiment.load_shipped(name)) for name in SHOWN}
    photograph = [item for item in load_samples() if item[0] == "astronaut"]
    headings = ["observed", "bicubic", *SHOWN.values(), "truth"]
    tile = ENLARGED + GAP
    sheet = Image.new("RGB", (MARGIN + len(headings) * tile, HEADING + len(LEVELS) * (tile + 20)), "white")
    draw = ImageDraw.Draw(sheet)
    font, small = ImageFont.load_default(19), ImageFont.load_default(15)
    for column, heading in enumerate(headings):
        draw.text((MARGIN + column * tile + ENLARGED / 2, HEADING / 2), heading, "black", font, anchor="mm")
    for row, u in enumerate(LEVELS):
        (pair,) = protocol.make_pairs(photograph, SCALE, u)
        scores = {name: protocol.evaluate(restore, [pair])[0] for name, restore in methods.items()}
        pictures = [(picture.image, picture.psnr) for picture in protocol.pictures(pair, scores)]
        top = HEADING + row * (tile + 20)
        draw.text((MARGIN / 2 - 4, top + ENLARGED / 2), f"u = {u:g}", "black", font, anchor="mm")
        for column, (image, psnr) in enumerate(pictures):
            crop = Image.fromarray(np.ascontiguousarray(image[WINDOW]))
            left = MARGIN + column * tile
            sheet.paste(crop.resize((ENLARGED, ENLARGED), Image.Resampling.NEAREST), (left, top))
            if psnr is not None:
                place = (left + ENLARGED / 2, top + ENLARGED + 10)
                draw.text(place, f"{psnr:.2f} dB", "black", small, anchor="mm")
    sheet.save(ROOT / "docs" / "images" / "idn_x3.png", optimize=True)


if __name__ == "__main__":
    main()
