"""The tab that enlarges."""

from __future__ import annotations

import pathlib

import gradio as gr
import numpy as np

from dlnet_tf import zoo
from dlnet_tf.app.enlarging import USUAL, Enlarger
from dlnet_tf.app.result import SHOWN
from dlnet_tf.app.tab import NETWORK, PRIVATE, Tab, nothing_offered, told, without_folder
from dlnet_tf.errors import UsageError
from dlnet_tf.experiments.super_resolution.options import Level, as_typed
from dlnet_tf.imagefiles.folder import SUFFIXES
from dlnet_tf.imagefiles.on_screen import reduced

WIDEST = 3.0
MOST_NOISE = 0.1
AUTOMATIC, ESTIMATED, CHOSEN = "Automatic", "Estimate it", "Set it"
INTRODUCTION = """# Enlarge a photograph

Drop a picture, move the blur until the preview is sharp without rings, and enlarge the whole. A network on this machine
does it; your picture does not leave the machine.
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
        choices = [(_in_words(title), title) for title in zoo.titles("sisr")]
        gr.Markdown(INTRODUCTION)
        centre = gr.State(None)
        with gr.Row():
            with gr.Column(min_width=300):
                picture = gr.File(label="Picture", file_types=sorted(SUFFIXES), height=120)
                model = gr.Dropdown(choices, value=USUAL, label="Magnification")
                blur = gr.Slider(
                    0,
                    WIDEST,
                    value=0,
                    step=0.1,
                    buttons=[],
                    label="Blur",
                    info="0 for a sharp picture; too much shows as rings and dots",
                )
                automatic = gr.Button("Find the blur again", size="sm")
                noise = gr.Radio(
                    [AUTOMATIC, ESTIMATED, CHOSEN],
                    value=AUTOMATIC,
                    label="Noise",
                    info="automatic is what rounding and JPEG leave; estimate it if the picture is grainy",
                )
                amount = gr.Slider(
                    0,
                    MOST_NOISE,
                    value=0.02,
                    step=0.005,
                    visible=False,
                    buttons=[],
                    label="Amount of noise",
                    info="its standard deviation, where white is 1; about 0.02 in a photograph from a dark room",
                )
            with gr.Column(min_width=300):
                preview = gr.ImageSlider(label="Preview: bicubic left, network right", format="png", buttons=[])
                overview = gr.Image(
                    label="Whole picture: click on the part to preview", interactive=False, height=240, buttons=[]
                )
        form, start, stop, result, download, notes = self.show_work("Enlarge")

        chosen = [picture, model, blur, noise, amount]
        look = {"fn": self.preview, "inputs": [*chosen, centre], "outputs": preview, **NETWORK}
        opened = picture.upload(
            self.open, [picture, model], [overview, blur, centre, notes, result, download], **NETWORK
        )
        opened.success(**look)
        picture.clear(self.clear, None, [overview, centre, notes, preview, result, download], **PRIVATE)
        automatic.click(self.find_blur, [picture, model], [blur, notes], **NETWORK).success(**look)
        for slider in (blur, amount):
            slider.input(**look, trigger_mode="always_last", show_progress="hidden")
        model.input(**look)
        noise.input(self.choose_noise, noise, amount, **PRIVATE).success(**look)
        overview.select(self.choose, [picture, model], centre, **NETWORK).success(**look)
        self.connect(start, stop, self.enlarge, [*chosen, form], [result, download, notes])

    @told
    def open(self, path: pathlib.Path, model: str) -> tuple[object, ...]:
        """Show a new picture, and its blur."""
        photograph = self.enlarger.read(path, model)
        blur, said = self._estimated(path, model)
        lines = [f"{photograph.pixels.shape[1]} x {photograph.pixels.shape[0]} pixels, {said}", *photograph.notes]
        return reduced(photograph.shown, SHOWN), blur, None, without_folder("\n".join(lines), path), *nothing_offered()

    def clear(self) -> tuple[object, ...]:
        """Forget the picture that was taken away."""
        return None, None, "", None, *nothing_offered()

    @told
    def find_blur(self, path: pathlib.Path, model: str) -> tuple[gr.Slider, str]:
        """Estimate the blur again."""
        return self._estimated(path, model)

    def _estimated(self, path: pathlib.Path, model: str) -> tuple[gr.Slider, str]:
        try:
            estimate = self.enlarger.estimate(path, model)
        except UsageError:
            said = "blur not found: the picture has too little detail, choose it by the preview"
            return gr.Slider(value=0), said
        return gr.Slider(value=round(estimate.blur_width, 1)), f"blur found: {estimate}"

    def choose_noise(self, kind: str) -> gr.Slider:
        """Show the slider where the amount is to be chosen."""
        return gr.Slider(visible=kind == CHOSEN)

    @told
    def choose(self, path: pathlib.Path, model: str, event: gr.SelectData) -> tuple[int, int]:
        """Return which pixel of the photograph was clicked on."""
        image = self.enlarger.read(path, model).shown
        ratio = max(image.shape[:2]) / max(reduced(image, SHOWN).shape[:2])
        column, row = (int(place * ratio) for place in event.index)
        return min(column, image.shape[1] - 1), min(row, image.shape[0] - 1)

    @told
    def preview(
        self,
        path: pathlib.Path,
        model: str,
        blur: float,
        noise: str,
        amount: float,
        centre: tuple[int, int] | None,
    ) -> Pair:
        """Enlarge a part."""
        return self.enlarger.preview(path, model, blur, _noise_sigma(noise, amount), centre)

    @told
    def enlarge(
        self,
        path: pathlib.Path,
        model: str,
        blur: float,
        noise: str,
        amount: float,
        suffix: str,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008  Gradio looks for it there
    ) -> tuple[object, ...]:
        """Enlarge the whole, and offer the file."""
        target = self.new_file(request, f"{path.stem}_{model}{suffix}")
        sigma = _noise_sigma(noise, amount)
        result = self.enlarger.enlarge(path, model, blur, sigma, target, self.watched(request, progress))
        noise_note = [] if sigma is None else [f"noise {as_typed(sigma)}"]
        return self.offered(result, target, path, [f"blur {blur:g}", *noise_note])


def _noise_sigma(kind: str, amount: float) -> Level | None:
    """Return what --noise_sigma is given."""
    levels: dict[str, Level | None] = {AUTOMATIC: None, ESTIMATED: "auto", CHOSEN: amount}
    return levels[kind]


def _in_words(title: str) -> str:
    backbone, scale = title.rsplit("_x", 1)
    return f"{scale} times ({backbone})"
