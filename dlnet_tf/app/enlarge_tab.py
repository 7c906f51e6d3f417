"""The tab that enlarges."""

from __future__ import annotations

import pathlib
from typing import Any

import gradio as gr
import numpy as np

from dlnet_tf import zoo
from dlnet_tf.app.enlarging import Enlarger
from dlnet_tf.app.result import reduced
from dlnet_tf.app.tab import NETWORK, PRIVATE, Tab, nothing_offered, told, without_folder
from dlnet_tf.errors import UsageError
from dlnet_tf.imagefiles.folder import SUFFIXES

WIDEST = 3.0
INTRODUCTION = """# Enlarge a photograph

A network on this machine does it; nothing leaves it. Drop a picture, look at the preview, move the blur until it is
sharp without ringing, and enlarge the whole.
"""
Pair = tuple[np.ndarray, np.ndarray]


class EnlargeTab(Tab):
    """Enlarging on the page.

    Args:
        enlarger: what answers.
        folder: for the results.
    """

    def __init__(self, enlarger: Enlarger, folder: pathlib.Path) -> None:
        super().__init__(folder)
        self.enlarger = enlarger

    def show(self) -> None:
        """Put the tab on the page that is being made."""
        titles = zoo.titles("sisr")
        gr.Markdown(INTRODUCTION)
        centre = gr.State(None)
        with gr.Row():
            with gr.Column(min_width=300):
                picture = gr.File(label="Picture", file_types=sorted(SUFFIXES), height=120)
                model = gr.Dropdown(
                    [(_in_words(title), title) for title in titles], value=titles[0], label="Magnification"
                )
                blur = gr.Slider(
                    0,
                    WIDEST,
                    value=0,
                    step=0.1,
                    buttons=[],
                    label="Blur",
                    info="0 for a sharp picture; see the preview",
                )
                automatic = gr.Button("Find the blur again", size="sm")
                overview = gr.Image(
                    label="Whole picture: click where the preview shall be", interactive=False, height=240, buttons=[]
                )
            with gr.Column(min_width=300):
                preview = gr.ImageSlider(
                    label="Preview: bicubic on the left, the network on the right", format="png", buttons=[]
                )
        form, start, stop, result, download, notes = self.show_work("Enlarge")

        look = {"fn": self.preview, "inputs": [picture, model, blur, centre], "outputs": preview, **NETWORK}
        opened = picture.upload(
            self.open, [picture, model], [overview, blur, centre, notes, result, download], **NETWORK
        )
        opened.success(**look)
        picture.clear(self.clear, None, [overview, centre, notes, preview, result, download], **PRIVATE)
        automatic.click(self.find_blur, [picture, model], [blur, notes], **NETWORK).success(**look)
        blur.input(**look, trigger_mode="always_last", show_progress="hidden")
        model.input(**look)
        overview.select(self.choose, [picture, model], centre, **NETWORK).success(**look)
        self.connect(start, stop, self.enlarge, [picture, model, blur, form], [result, download, notes])

    @told
    def open(self, path: pathlib.Path, model: str) -> tuple[Any, ...]:
        """Show a new picture, and its blur."""
        photograph = self.enlarger.read(path, model)
        blur, said = self._estimated(path, model)
        lines = [f"{photograph.pixels.shape[1]} x {photograph.pixels.shape[0]} pixels, {said}", *photograph.notes]
        return reduced(photograph.shown), blur, None, without_folder("\n".join(lines), path), *nothing_offered()

    def clear(self) -> tuple[Any, ...]:
        """Forget the picture that was taken away."""
        return None, None, "", None, *nothing_offered()

    @told
    def find_blur(self, path: pathlib.Path, model: str) -> tuple[float, str]:
        """Estimate the blur again."""
        return self._estimated(path, model)

    def _estimated(self, path: pathlib.Path, model: str) -> tuple[float, str]:
        try:
            estimate = self.enlarger.estimate(path, model)
        except UsageError:
            return 0.0, "blur not found: the picture has too little detail, choose it by the preview"
        return round(estimate.blur_width, 1), f"blur found: {estimate}"

    @told
    def choose(self, path: pathlib.Path, model: str, event: gr.SelectData) -> tuple[int, int]:
        """Return which pixel of the photograph was clicked on."""
        image = self.enlarger.read(path, model).shown
        ratio = max(image.shape[:2]) / max(reduced(image).shape[:2])
        column, row = (int(place * ratio) for place in event.index)
        return min(column, image.shape[1] - 1), min(row, image.shape[0] - 1)

    @told
    def preview(self, path: pathlib.Path, model: str, blur: float, centre: tuple[int, int] | None) -> Pair:
        """Enlarge a part."""
        return self.enlarger.preview(path, model, blur, centre)

    @told
    def enlarge(
        self,
        path: pathlib.Path,
        model: str,
        blur: float,
        suffix: str,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008  Gradio looks for it there
    ) -> tuple[Any, ...]:
        """Enlarge the whole, and offer the file."""
        target = self.new_file(request, f"{path.stem}_{model}{suffix}")
        result = self.enlarger.enlarge(path, model, blur, target, self.watched(request, progress))
        return self.offered(result, target, path, [f"blur {blur:g}"])


def _in_words(title: str) -> str:
    backbone, scale = title.rsplit("_x", 1)
    return f"{scale} times ({backbone})"
