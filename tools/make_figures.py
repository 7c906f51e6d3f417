"""Draw the pictures of the README: python -m tools.make_figures, from the repository's root."""

import functools
import pathlib
from collections.abc import Callable, Mapping, Sequence

import keras
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dlnet_tf.data.clip_sets import sample_clips
from dlnet_tf.data.sample_crops import load_face
from dlnet_tf.data.samples import load_samples
from dlnet_tf.evaluation import corruptions
from dlnet_tf.evaluation import inpainting_protocol as holes
from dlnet_tf.evaluation import super_resolution_protocol as protocol
from dlnet_tf.evaluation.video_protocol import make_cases
from dlnet_tf.experiments.inpainting.experiment import Inpainting
from dlnet_tf.experiments.super_resolution.experiment import SuperResolution
from dlnet_tf.reporting import mask_pictures, pair_pictures
from dlnet_tf.reporting.exhibits import Picture
from dlnet_tf.restoration import Restorer

ROOT = pathlib.Path(__file__).resolve().parents[1]
SCALE = 3

SHOWN = {"reference": "trained without blur", "joint": "trained on all widths", "dlnet_gradient": "DL-Net"}
# Rows and columns of the astronaut's face.
WINDOW = (slice(60, 180), slice(165, 285))
# Rows and columns of a frame that are shown.
FRAME = (slice(36, 156), slice(36, 156))
FILLED = {"joint": "trained on all levels", "dlnet_gradient": "DL-Net"}
# Rows of the second sheet; of each task the levels that the paper shows.
DAMAGE = (("inpaint", "s=10"), ("inpaint", "s=30"), ("interp", "r=45%"), ("interp", "r=75%"))
# Figure 3: holes, and networks that were trained with an adversarial loss beside the reconstruction.
ADVERSARIAL = ROOT / "runs" / "adversarial"
SHARP = {"joint": "adversarial, all levels", "dlnet": "adversarial DL-Net"}
HOLES = tuple(("inpaint", level) for level in ("s=10", "s=20", "s=30"))
ENLARGED, GAP, HEADING, MARGIN = 240, 8, 34, 92


def draw_sheet(path: pathlib.Path, headings: Sequence[str], rows: Sequence[tuple[str, Sequence[Picture]]]) -> None:
    """Write rows of pictures, each under its heading and with its PSNR below it."""
    tile = ENLARGED + GAP
    sheet = Image.new("RGB", (MARGIN + len(headings) * tile, HEADING + len(rows) * (tile + 20)), "white")
    draw = ImageDraw.Draw(sheet)
    font, small = ImageFont.load_default(19), ImageFont.load_default(15)
    for column, heading in enumerate(headings):
        draw.text((MARGIN + column * tile + ENLARGED / 2, HEADING / 2), heading, "black", font, anchor="mm")
    for row, (label, pictures) in enumerate(rows):
        top = HEADING + row * (tile + 20)
        draw.text((MARGIN / 2 - 4, top + ENLARGED / 2), label, "black", font, anchor="mm")
        for column, picture in enumerate(pictures):
            image = Image.fromarray(np.ascontiguousarray(picture.image))
            left = MARGIN + column * tile
            sheet.paste(image.resize((ENLARGED, ENLARGED), Image.Resampling.NEAREST), (left, top))
            if picture.psnr is not None:
                place = (left + ENLARGED / 2, top + ENLARGED + 10)
                draw.text(place, f"{picture.psnr:.2f} dB", "black", small, anchor="mm")
    sheet.save(path, optimize=True)


def super_resolution() -> None:
    """Write docs/images/idn_x3.png."""
    experiment = SuperResolution("idn", SCALE)
    methods = {"bicubic": protocol.bicubic(SCALE)}
    methods |= {name: Restorer(experiment.load_shipped(name)) for name in SHOWN}
    photograph = [item for item in load_samples() if item[0] == "astronaut"]
    rows = []
    for u in protocol.BLUR_WIDTHS:
        (pair,) = protocol.make_pairs(photograph, SCALE, u)
        scores = {name: protocol.evaluate(restore, [pair])[0] for name, restore in methods.items()}
        whole = pair_pictures.side_by_side(pair, scores)
        rows.append((f"u = {u:g}", [Picture(item.label, item.image[WINDOW], item.psnr) for item in whole]))
    draw_sheet(ROOT / "docs" / "images" / "idn_x3.png", ["observed", "bicubic", *SHOWN.values(), "truth"], rows)


def video() -> None:
    """Write docs/images/vespcn_x2.png."""
    experiment = SuperResolution("vespcn", 2)
    restorers = {name: Restorer(experiment.load_shipped(name)) for name in SHOWN}
    clips = [clip for clip in sample_clips() if clip.name == "coffee"]
    rows = []
    for u in protocol.BLUR_WIDTHS[1:]:
        (case,) = make_cases(clips, experiment.scale, u)
        middle = len(case.frames) // 2
        methods = {"bicubic": protocol.bicubic(experiment.scale)}
        methods |= {
            name: functools.partial(restorer, neighbours=case.neighbours(middle))
            for name, restorer in restorers.items()
        }
        pair = case.frames[middle]
        scores = {name: protocol.evaluate(restore, [pair])[0] for name, restore in methods.items()}
        whole = pair_pictures.side_by_side(pair, scores)
        rows.append((f"u = {u:g}", [Picture(item.label, item.image[FRAME], item.psnr) for item in whole]))
    draw_sheet(ROOT / "docs" / "images" / "vespcn_x2.png", ["observed", "bicubic", *SHOWN.values(), "truth"], rows)


def draw_faces(
    name: str,
    damage: Sequence[tuple[str, str]],
    load: Callable[[Inpainting, str], keras.Model],
    filled: Mapping[str, str],
) -> None:
    """Write docs/images/NAME: a face at levels of damage, as networks fill it, with the composite of the last one.

    Args:
        name: of the file.
        damage: task and level of each row.
        load: returns the model of a method.
        filled: headings by method.
    """
    face = load_face()
    *_, last = filled
    rows = []
    for task, level in damage:
        masks = corruptions.draw(task, level, 1, 1, 0)
        plain, composite = {}, {}
        for method in filled:
            restorer = Restorer(load(Inpainting(task), method))
            plain[method], composite[method] = holes.evaluate(
                lambda degraded, mask, restorer=restorer: restorer(degraded, mask=mask), face, masks, pictured=1
            )
        rows.append((level, mask_pictures.side_by_side(face[0], masks[0], plain, {last: composite[last]}, 0)))
    headings = ["observed", *filled.values(), "DL-Net, composite", "truth"]
    draw_sheet(ROOT / "docs" / "images" / name, headings, rows)


def inpainting() -> None:
    """Write docs/images/inpainting.png."""
    draw_faces("inpainting.png", DAMAGE, Inpainting.load_shipped, FILLED)


def adversarial() -> None:
    """Write docs/images/figure_3.png, where the networks of its recipes are."""
    if ADVERSARIAL.is_dir():
        draw_faces("figure_3.png", HOLES, lambda of, method: of.load(ADVERSARIAL / f"{of.name(method)}.keras"), SHARP)
    else:
        print(f"{ADVERSARIAL.relative_to(ROOT)}: not found, so figure_3.png stays as it is")


if __name__ == "__main__":
    super_resolution()
    video()
    inpainting()
    adversarial()
