"""Take the picture of the page for the README, in Chromium: python -m tools.make_page_picture, from the root.

It says too how long the preview takes to follow a slider.
"""

import io
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

import numpy as np
from PIL import Image, ImageOps
from playwright.sync_api import Page, sync_playwright

from dlnet_tf.data.samples import load_samples
from dlnet_tf.degradations import BlurDownsample

ROOT = pathlib.Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "images" / "app.png"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# In pixels of the screen, and in milliseconds.
WIDTH, PATIENCE = 920, 120_000
# Rows and columns of the cat's face, a multiple of the scale.
FACE, SCALE, BLUR = (slice(0, 300), slice(0, 450)), 3, 1.3
MARGIN = 12
SHOWN = "() => [...document.querySelectorAll('img')].map(image => image.src).join()"
CHANGED = "old => [...document.querySelectorAll('img')].map(image => image.src).join() != old"
SAID = "words => [...document.querySelectorAll('textarea')].some(box => box.value.includes(words))"


def small_cat(path: pathlib.Path) -> None:
    """Write a blurred and reduced photograph of scikit-image."""
    (cat,) = (image for name, image in load_samples() if name == "chelsea")
    reduced = BlurDownsample(SCALE)(cat[FACE][None] / np.float32(255), {"blur_width": np.array([BLUR], "float32")})
    Image.fromarray(np.rint(255 * np.clip(reduced[0], 0, 1)).astype(np.uint8)).save(path)


def follow(page: Page, presses: int = 10) -> list[float]:
    """Move the blur by the keyboard; return the seconds until each new preview is there."""
    page.get_by_role("slider", name="Blur").focus()
    seconds = []
    for index in range(presses):
        old, start = page.evaluate(SHOWN), time.perf_counter()
        page.keyboard.press("ArrowRight" if index % 2 else "ArrowLeft")
        page.wait_for_function(CHANGED, arg=old)
        seconds.append(time.perf_counter() - start)
    return seconds


def use(page: Page, path: pathlib.Path) -> bytes:
    """Enlarge a photograph on the page; return a picture of it."""
    page.set_default_timeout(PATIENCE)
    page.get_by_role("heading", name="Enlarge a photograph").wait_for()
    page.locator("input[type=file]").first.set_input_files(path)
    page.wait_for_function(SAID, arg="pixels, blur found")
    page.wait_for_function("() => [...document.querySelectorAll('img')].filter(it => it.naturalWidth).length > 2")
    seconds = follow(page)
    print(f"preview: {statistics.median(seconds):.1f} s in the middle of {len(seconds)}, {max(seconds):.1f} s at most")
    page.get_by_role("button", name="Enlarge", exact=True).click()
    page.wait_for_function(SAID, arg="450 x 300 pixels")
    page.wait_for_timeout(2000)  # until the pictures are drawn
    return page.screenshot(full_page=True)


def serve_and_use(folder: pathlib.Path, executable: str) -> bytes:
    """Serve the page, and return a picture of it when it has been used."""
    small_cat(folder / "cat.png")
    command = [sys.executable, "run_app.py"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            address = (server.stdout.readline() if server.stdout else "").split()[0]
            with (
                sync_playwright() as playwright,
                playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"]) as browser,
            ):
                page: Any = browser.new_page(viewport={"width": WIDTH, "height": 900})
                page.goto(address)
                return use(page, folder / "cat.png")
        finally:
            server.terminate()


def main() -> None:
    """Write docs/images/app.png."""
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not executable:
        sys.exit(f"found none of {', '.join(BROWSERS)}, expected a browser")
    with tempfile.TemporaryDirectory() as folder:
        picture = Image.open(io.BytesIO(serve_and_use(pathlib.Path(folder), executable))).convert("RGB")
    picture = ImageOps.expand(picture.crop(ImageOps.invert(picture).getbbox()), MARGIN, "white")
    picture.save(PICTURE, optimize=True)
    print(f"{PICTURE.relative_to(ROOT)}  ({picture.width} x {picture.height})")


if __name__ == "__main__":
    main()
