"""What both tabs of the page share: refusals in one line, cancelling, and the result."""

from __future__ import annotations

import functools
import pathlib
import shutil
from collections.abc import Callable, Iterable
from typing import Any, Concatenate

import gradio as gr

from dlnet_tf.app.result import Result
from dlnet_tf.errors import UsageError

FORMATS = [".png", ".jpg", ".tif", ".webp"]
PRIVATE: dict[str, Any] = {"api_visibility": "private"}
# Events of this kind use a network, one after another.
NETWORK: dict[str, Any] = {"concurrency_id": "network", "concurrency_limit": 1, **PRIVATE}


class Stopped(Exception):
    """The user does not want the result any more."""


def told(function: Callable[Concatenate[Any, pathlib.Path, ...], Any]) -> Callable[..., Any]:
    """Show a `UsageError` in one line on the page, without the folders of this machine.

    Args:
        function: a method that takes the path of the picture first.
    """

    @functools.wraps(function)
    def wrapped(self: Any, path: str | None, *arguments: Any, **named: Any) -> Any:
        if path is None:
            raise gr.Error("Drop a picture first.", print_exception=False)
        try:
            return function(self, pathlib.Path(path), *arguments, **named)
        except UsageError as error:
            raise gr.Error(without_folder(str(error), path), print_exception=False) from None
        except Stopped:
            raise gr.Error("Cancelled.", print_exception=False, title="Stopped") from None

    return wrapped


def without_folder(text: str, *paths: str | pathlib.Path) -> str:
    """Leave files of these folders with their names alone."""
    for path in paths:
        text = text.replace(f"{pathlib.Path(path).parent}/", "")
    return text


class Tab:
    """What a tab needs to do its work.

    Args:
        folder: for the results, in a folder of each visitor.
    """

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self._stopped: set[str] = set()

    def show_work(self, name: str) -> tuple[object, ...]:
        """Put on the page, and return, what any work needs: format, start, stop, result, download and notes."""
        with gr.Row():
            form = gr.Dropdown(FORMATS, value=FORMATS[0], label="File format", min_width=120)
            start = gr.Button(name, variant="primary", min_width=120)
            stop = gr.Button("Cancel", variant="stop", min_width=120)
        result = gr.ImageSlider(label="Result: before and after", format="png", max_height=800, buttons=["fullscreen"])
        download = gr.DownloadButton("Download the result", interactive=False)
        return form, start, stop, result, download, gr.Textbox(label="Notes", interactive=False, lines=2)

    def connect(self, start: Any, stop: Any, work: Callable[..., Any], inputs: list[Any], outputs: list[Any]) -> None:
        """Let the buttons start and end the work."""
        start.click(self.want, None, None, queue=False, **PRIVATE).then(work, inputs, outputs, **NETWORK)
        stop.click(self.stop, None, None, queue=False, **PRIVATE)

    def want(self, request: gr.Request) -> None:
        """Forget what was cancelled before; told at once, while the work itself may have to wait for its turn."""
        self._stopped.discard(str(request.session_hash))

    def stop(self, request: gr.Request) -> None:
        """End what this visitor has started, after the part that is being restored."""
        self._stopped.add(str(request.session_hash))

    def watched(self, request: gr.Request, progress: gr.Progress) -> Callable[[int, int], None]:
        """Return a function to call after each part: it moves the bar, or ends the work where it was stopped."""

        def advance(done: int, total: int) -> None:
            if str(request.session_hash) in self._stopped:
                raise Stopped
            progress((done, total), unit="parts")

        return advance

    def new_file(self, request: gr.Request, name: str) -> pathlib.Path:
        """Return where a result goes, in the place of the last one: Gradio has copied that when it was offered."""
        folder = self.folder / str(request.session_hash)
        shutil.rmtree(folder, ignore_errors=True)
        return folder / name

    def offered(
        self, result: Result, target: pathlib.Path, path: pathlib.Path, notes: Iterable[str]
    ) -> tuple[object, ...]:
        """Return what is shown of a result: its pictures, the button, what is to be read."""
        lines = [", ".join([f"{result.size[0]} x {result.size[1]} pixels", *notes]), *result.notes]
        text = without_folder("\n".join(lines), target, path)
        return (result.before, result.after), gr.DownloadButton(value=str(target), interactive=True), text


def nothing_offered() -> tuple[object, ...]:
    """Return what stands where there is no result: no pictures, no file."""
    return None, gr.DownloadButton(value=None, interactive=False)
