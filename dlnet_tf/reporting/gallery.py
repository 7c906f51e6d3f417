"""A page that compares photographs before and after with a slider: one file, which can be mailed."""

from __future__ import annotations

import base64
import importlib.resources
import os
import pathlib
import urllib.parse
from collections.abc import Sequence
from html import escape

import cv2
import numpy as np

from dlnet_tf.files import write_text
from dlnet_tf.imagefiles.on_screen import reduced
from dlnet_tf.imagefiles.photographs import read_photograph
from dlnet_tf.rectangle import Rectangle, largest_sum
from dlnet_tf.reporting.html_page import html_page
from dlnet_tf.reporting.pictures import data_uri

# A page with the pictures of a thousand photographs, 1 MB each, would be too large to open.
SHOWN = 50
# Longest side of an embedded picture; a larger photograph is reduced to it, with a square of this side at full size.
LONGEST, DETAIL = 960, 400
# Small images are magnified by whole numbers up to about this side, so that their pixels stay squares.
MAGNIFIED = 384

_SCRIPT = """
for (const range of document.querySelectorAll(".slider input")) {
  const move = () => range.parentElement.style.setProperty("--at", range.value + "%");
  range.addEventListener("input", move);
  move();
}
"""


def write_gallery(
    path: pathlib.Path, title: str, summary: str, pairs: Sequence[tuple[pathlib.Path, pathlib.Path]]
) -> None:
    """Write a page with a slider between before and after for every photograph, the first `SHOWN` of them.

    Args:
        path: the .html file; replaced whole.
        title: one line.
        summary: one or two sentences under it.
        pairs: image files before and after. One before of another size is enlarged bicubically; of a photograph larger
            than `LONGEST` the page holds a reduced picture and the square where the two differ most.

    Raises:
        UsageError: an image cannot be read, or the page cannot be written.
    """
    styles = importlib.resources.files(__package__)
    style = "".join(styles.joinpath(name).read_text("utf-8") for name in ("report.css", "gallery.css"))
    if len(pairs) > SHOWN:
        summary += f" The first {SHOWN} of {len(pairs)} photographs are shown."
    cards = "\n".join(_card(path.parent, before, after) for before, after in pairs[:SHOWN])
    body = f'<h1>{escape(title)}</h1><p>{escape(summary)}</p><div class="gallery">{cards}</div>'
    write_text(path, html_page(title, style, body, _SCRIPT))


def _card(folder: pathlib.Path, source: pathlib.Path, result: pathlib.Path) -> str:
    before, after = read_photograph(source).shown, read_photograph(result).shown
    name, address = result.name, os.path.relpath(result, folder)
    if not address.startswith(os.pardir):
        name = pathlib.PurePath(address).as_posix()
    sizes = " → ".join(dict.fromkeys(f"{image.shape[1]} × {image.shape[0]}" for image in (before, after)))
    height, width = after.shape[:2]
    before = _like(before, after)
    if max(height, width) <= LONGEST:
        magnification = max(1, MAGNIFIED // max(height, width))
        kind, sliders = "", _slider(name, data_uri(before), data_uri(after), width * magnification)
    else:
        small = [reduced(image, LONGEST) for image in (before, after)]
        window = _telling(before, after)
        detail = [data_uri(window.cut(image)) for image in (before, after)]
        kind, sliders = " wide", _slider(name, _jpeg_uri(small[0]), _jpeg_uri(small[1]), small[1].shape[1])
        sliders += _slider(f"{name}, detail", detail[0], detail[1], window.width, "<span>full size</span>")
    link = escape(urllib.parse.quote(pathlib.PurePath(address).as_posix()))
    return (
        f'<section class="card{kind}"><h3><a href="{link}">{escape(name)}</a> <span>{sizes}</span></h3>'
        f'<div class="sliders">{sliders}</div></section>'
    )


def _like(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return `before` with the size and the number of channels of `after`."""
    if before.shape[:2] != after.shape[:2]:
        before = cv2.resize(before, after.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    if before.ndim != after.ndim:
        before = cv2.cvtColor(before, cv2.COLOR_GRAY2RGB if before.ndim == 2 else cv2.COLOR_RGB2GRAY)
    return before


def _telling(before: np.ndarray, after: np.ndarray) -> Rectangle:
    """Return the square of side `DETAIL`, less where the photograph is narrower, in which two images differ most."""
    height, width = after.shape[:2]
    rows, columns = min(DETAIL, height), min(DETAIL, width)
    difference = cv2.absdiff(before, after)
    if difference.ndim == 3:
        difference = difference.max(axis=-1)
    return largest_sum(difference, rows, columns)


def _slider(name: str, before: str, after: str, width: int, note: str = "") -> str:
    """Return two pictures over each other, the first as far as the handle of a range input."""
    label = escape(name)
    return (
        f'<figure class="slider" style="--w:{width}px"><img src="{after}" alt="{label}, after">'
        f'<img src="{before}" alt="{label}, before"><span>before</span><span>after</span>{note}'
        f'<input type="range" min="0" max="100" step="any" aria-label="{label}: share shown before, in percent">'
        "</figure>"
    )


def _jpeg_uri(image: np.ndarray) -> str:
    ordered = image if image.ndim == 2 else image[..., ::-1]  # OpenCV's colours are BGR
    _, jpeg = cv2.imencode(".jpg", ordered, (cv2.IMWRITE_JPEG_QUALITY, 92))
    return "data:image/jpeg;base64," + base64.b64encode(jpeg.tobytes()).decode("ascii")
