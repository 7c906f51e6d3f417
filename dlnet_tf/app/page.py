"""The page: what stands on it, and which function answers what."""

from __future__ import annotations

import functools
import pathlib
import shutil
from collections.abc import Callable
from typing import Any

import gradio as gr
import numpy as np

from dlnet_tf import zoo
from dlnet_tf.app.enlarging import Enlarger, reduced
from dlnet_tf.errors import UsageError
from dlnet_tf.imagefiles.folder import SUFFIXES

FORMATS = [".png", ".jpg", ".tif", ".webp"]
WIDEST = 3.0
INTRODUCTION = """# Enlarge a photograph

A network on this machine does it; nothing leaves it. Drop a picture, look at the preview, move the blur until it is
sharp without ringing, and enlarge the whole.
"""
# Events of one kind use the network one after another.
NETWORK: dict[str, Any] = {"concurrency_id": "network", "concurrency_limit": 1, "api_visibility": "private"}
Pair = tuple[np.ndarray, np.ndarray]


class _Stopped(Exception):
    """The user does not want the result any more."""


def _told(function: Callable[..., Any]) -> Callable[..., Any]:
    """Show what the user can mend in one line on the page, without the folders of this machine."""

    @functools.wraps(function)
    def wrapped(self: EnlargeTab, path: str | None, *arguments: Any, **named: Any) -> Any:
        if path is None:
            raise gr.Error("Drop a picture first.", print_exception=False)
        try:
            return function(self, pathlib.Path(path), *arguments, **named)
        except UsageError as error:
            words = str(error).replace(f"{pathlib.Path(path).parent}/", "")
            raise gr.Error(words, print_exception=False) from None

    return wrapped


class EnlargeTab:
    """Enlarging on the page.

    Args:
        enlarger: what answers.
        folder: for the results, in a folder of each visitor.
    """

    def __init__(self, enlarger: Enlarger, folder: pathlib.Path) -> None:
        self.enlarger, self.folder = enlarger, folder
        self._stopped: set[str] = set()

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
        with gr.Row():
            form = gr.Dropdown(FORMATS, value=FORMATS[0], label="Format of the file", min_width=120)
            start = gr.Button("Enlarge", variant="primary", min_width=120)
            stop = gr.Button("Cancel", variant="stop", min_width=120)
        result = gr.ImageSlider(label="Result: before and after", format="png", max_height=800, buttons=["fullscreen"])
        download = gr.DownloadButton("Download the result", interactive=False)
        notes = gr.Textbox(label="Notes", interactive=False, lines=2)

        look = {"fn": self.preview, "inputs": [picture, model, blur, centre], "outputs": preview, **NETWORK}
        opened = picture.upload(
            self.open, [picture, model], [overview, blur, centre, notes, result, download], **NETWORK
        )
        opened.success(**look)
        picture.clear(self.clear, None, [overview, centre, notes, preview, result, download], api_visibility="private")
        automatic.click(self.find_blur, [picture, model], [blur, notes], **NETWORK).success(**look)
        blur.input(**look, trigger_mode="always_last", show_progress="hidden")
        model.input(**look)
        overview.select(self.choose, picture, centre, **NETWORK).success(**look)
        wanted = start.click(self.want, None, None, queue=False, api_visibility="private")
        wanted.then(self.enlarge, [picture, model, blur, form], [result, download, notes], **NETWORK)
        stop.click(self.stop, None, None, queue=False, api_visibility="private")

    @_told
    def open(self, path: pathlib.Path, model: str) -> tuple[Any, ...]:
        """Show a new picture, and its blur."""
        photograph = self.enlarger.read(path, model)
        blur, said = self._estimated(path, model)
        size = f"{photograph.pixels.shape[1]} x {photograph.pixels.shape[0]} pixels, {said}"
        notes = "\n".join([size, *(_short(note, path) for note in photograph.notes)])
        return reduced(photograph.shown), blur, None, notes, None, gr.DownloadButton(value=None, interactive=False)

    def clear(self) -> tuple[Any, ...]:
        """Forget the picture that was taken away."""
        return None, None, "", None, None, gr.DownloadButton(value=None, interactive=False)

    @_told
    def find_blur(self, path: pathlib.Path, model: str) -> tuple[float, str]:
        """Estimate the blur again."""
        return self._estimated(path, model)

    def _estimated(self, path: pathlib.Path, model: str) -> tuple[float, str]:
        try:
            estimate = self.enlarger.estimate(path, model)
        except UsageError:
            return 0.0, "blur not found: the picture has too little detail, choose it by the preview"
        return round(estimate.blur_width, 1), f"blur found: {estimate}"

    @_told
    def choose(self, path: pathlib.Path, event: gr.SelectData) -> tuple[int, int]:
        """Return which pixel of the photograph was clicked on."""
        height, width = self.enlarger.read(path, zoo.titles("sisr")[0]).pixels.shape[:2]
        ratio = max(1.0, max(height, width) / max(reduced(np.empty((height, width), np.uint8)).shape))
        column, row = (int(place * ratio) for place in event.index)
        return min(column, width - 1), min(row, height - 1)

    @_told
    def preview(self, path: pathlib.Path, model: str, blur: float, centre: tuple[int, int] | None) -> Pair:
        """Enlarge a part."""
        return self.enlarger.preview(path, model, blur, centre)

    @_told
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
        visitor = str(request.session_hash)

        def advance(done: int, total: int) -> None:
            if visitor in self._stopped:
                raise _Stopped
            progress((done, total), unit="tiles")

        folder = self.folder / visitor
        # The last result was copied by Gradio when it was offered.
        shutil.rmtree(folder, ignore_errors=True)
        target = folder / f"{path.stem}_{model}{suffix}"
        try:
            done = self.enlarger.enlarge(path, model, blur, target, advance)
        except _Stopped:
            raise gr.Error("Cancelled.", print_exception=False, title="Enlarging") from None
        notes = [f"{done.size[0]} x {done.size[1]} pixels, blur {blur:g}", *(_short(note, path) for note in done.notes)]
        notes = [_short(note, target) for note in notes]
        return (done.before, done.after), gr.DownloadButton(value=str(target), interactive=True), "\n".join(notes)

    def want(self, request: gr.Request) -> None:
        """Forget what was cancelled before; told at once, while the work itself may have to wait for its turn."""
        self._stopped.discard(str(request.session_hash))

    def stop(self, request: gr.Request) -> None:
        """End what this visitor has started, after the tile that is being restored."""
        self._stopped.add(str(request.session_hash))


def _in_words(title: str) -> str:
    backbone, scale = title.rsplit("_x", 1)
    return f"{scale} times ({backbone})"


def _short(note: str, path: pathlib.Path) -> str:
    return note.replace(f"{path.parent}/", "")


def make_page(enlarger: Enlarger, folder: pathlib.Path) -> gr.Blocks:
    """Make the page.

    Args:
        enlarger: what answers.
        folder: for the results.
    """
    # Uploads of more than an hour are removed every ten minutes; all of them when the server ends.
    with gr.Blocks(title="dlnet_tf", analytics_enabled=False, delete_cache=(600, 3600)) as page:
        with gr.Tab("Enlarge"):
            EnlargeTab(enlarger, folder).show()
    return page
