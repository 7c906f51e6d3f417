"""The tab that fills."""

from __future__ import annotations

import pathlib
from typing import Any

import gradio as gr
import numpy as np

from dlnet_tf import zoo
from dlnet_tf.app.filling import Filler
from dlnet_tf.app.result import SHOWN
from dlnet_tf.app.tab import NETWORK, PRIVATE, Tab, nothing_offered, told, without_folder
from dlnet_tf.imagefiles.folder import SUFFIXES
from dlnet_tf.imagefiles.on_screen import reduced

INTRODUCTION = """# Fill a part of a photograph

Drop a picture and paint over what is to go, or drop a mask in which it is white, or do both. All other pixels stay as
they are.
"""
KINDS = {"scenes": "A scene or an object", "celeba": "A face"}
MOST_GROWN = 30


class FillTab(Tab):
    """Filling on the page.

    Args:
        filler: what answers.
        folder: for the results.
    """

    def __init__(self, filler: Filler, folder: pathlib.Path) -> None:
        super().__init__(folder)
        self.filler = filler

    def show(self) -> None:
        """Put the tab on the page that is being made."""
        titles = sorted(zoo.titles("inpaint"), reverse=True)
        gr.Markdown(INTRODUCTION)
        with gr.Row():
            with gr.Column(min_width=300):
                picture = gr.File(label="Picture", file_types=sorted(SUFFIXES), height=120)
                model = gr.Radio(
                    [(_in_words(title), title) for title in titles], value=titles[0], label="What it shows"
                )
                mask = gr.File(label="Mask (optional)", file_types=sorted(SUFFIXES), height=120)
                pixels = gr.Slider(
                    0,
                    MOST_GROWN,
                    value=0,
                    step=1,
                    buttons=[],
                    label="Extra pixels around it",
                    info="more where edges are soft",
                )
            with gr.Column(min_width=300):
                canvas = gr.ImageEditor(
                    label="Paint here",
                    sources=[],
                    transforms=[],
                    layers=False,
                    format="png",
                    buttons=[],
                    brush=gr.Brush(colors=["#ff00c8"], color_mode="fixed"),
                )
        form, start, stop, result, download, notes = self.show_work("Fill")
        picture.upload(self.open, picture, [canvas, notes, result, download], **NETWORK)
        picture.clear(self.clear, None, [canvas, notes, result, download], **PRIVATE)
        inputs = [picture, model, canvas, mask, pixels, form]
        self.connect(start, stop, self.fill, inputs, [result, download, notes])

    @told
    def open(self, path: pathlib.Path) -> tuple[object, ...]:
        """Show a new picture, to be painted on."""
        photograph = self.filler.read(path)
        lines = [f"{photograph.pixels.shape[1]} x {photograph.pixels.shape[0]} pixels", *photograph.notes]
        return reduced(photograph.shown, SHOWN), without_folder("\n".join(lines), path), *nothing_offered()

    def clear(self) -> tuple[object, ...]:
        """Forget the picture that was taken away."""
        return None, "", *nothing_offered()

    @told
    def fill(
        self,
        path: pathlib.Path,
        model: str,
        canvas: dict[str, Any] | None,
        mask: str | None,
        pixels: int,
        suffix: str,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008  Gradio looks for it there
    ) -> tuple[object, ...]:
        """Fill what is marked, and offer the file."""
        target = self.new_file(request, f"{path.stem}_filled{suffix}")
        given = pathlib.Path(mask) if mask else None
        progressed = self.watched(request, progress)
        result = self.filler.fill(path, model, given, _painted(canvas), int(pixels), target, progressed)
        return self.offered(result, target, path, [])


def _painted(canvas: dict[str, Any] | None) -> np.ndarray | None:
    """Return where something was painted."""
    layers = [layer[..., 3] > 0 for layer in (canvas or {}).get("layers", ()) if layer is not None]
    return np.any(layers, axis=0) if layers else None


def _in_words(title: str) -> str:
    images = title.partition("_")[2]
    return KINDS.get(images, images)
