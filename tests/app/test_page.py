"""The page in a browser without a window: from a file to the downloaded result."""

import http.client
import importlib.util
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile

import cv2
import numpy as np
import pytest

import dlnet_tf
from tests import stand_in
from tests.command_line import ENVIRONMENT, ROOT

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
MISSING = [name for name in ("gradio", "playwright") if not importlib.util.find_spec(name)]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"found no package {', '.join(MISSING)}"),
    pytest.mark.skipif(not CHROMIUM, reason="found no Chromium"),
]
# In milliseconds; the machine may do other work.
PATIENCE = 90_000
SAID = "words => [...document.querySelectorAll('textarea')].some(box => box.value.includes(words))"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The address of a page, and the folder that it keeps its files in; both are gone at the end."""
    folder = tmp_path_factory.mktemp("temporary")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "run_app.py", "--port", str(port)],
        cwd=ROOT,
        env=ENVIRONMENT | {"TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout.readline() == f"http://127.0.0.1:{port}/  (Ctrl-C ends it)\n"
        yield port, folder
    finally:
        process.terminate()
        process.communicate(timeout=60)
    assert not list(folder.glob("dlnet-app-*"))


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def page(server, browser):
    """A page of its own visitor, who fetched nothing from elsewhere when he leaves."""
    context = browser.new_context(viewport={"width": 400, "height": 900})
    page, fetched, failed = context.new_page(), [], []
    page.set_default_timeout(PATIENCE)
    page.on("request", lambda request: fetched.append(request.url))
    page.on("console", lambda message: failed.append(message.text) if message.type == "error" else None)
    page.goto(f"http://127.0.0.1:{server[0]}/")
    page.get_by_role("heading", name="Enlarge a photograph").wait_for()
    yield page
    own = (f"http://127.0.0.1:{server[0]}/", "data:", "blob:")
    assert [url for url in fetched if not url.startswith(own)] == []
    assert [text for text in failed if "Content Security Policy" in text] == []
    context.close()


def drop(page, path):
    page.locator("input[type=file]").first.set_input_files(path)


def test_from_a_file_to_the_downloaded_result(page, tmp_path):
    image = stand_in.photograph(1, 60, 50).astype(np.uint16) * 257
    assert cv2.imwrite(str(tmp_path / "small.png"), image[..., ::-1])
    drop(page, tmp_path / "small.png")
    page.wait_for_function(SAID, arg="50 x 60 pixels, blur")
    blur = page.get_by_role("slider", name="Blur")
    page.locator("img[alt='']").first.wait_for(state="attached")
    # By the keyboard alone.
    blur.focus()
    page.keyboard.press("Home")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    amount = page.get_by_role("slider", name="Amount of noise")
    assert not amount.is_visible()
    page.get_by_role("radio", name="Set it").press("Space")
    amount.wait_for()
    page.get_by_role("button", name="Enlarge", exact=True).press("Enter")
    page.wait_for_function(SAID, arg="150 x 180 pixels, blur 0.5, noise 0.02")
    with page.expect_download() as download:
        page.get_by_text("Download the result").locator("visible=true").click()
    assert download.value.suggested_filename == "small_idn_x3.png"
    download.value.save_as(tmp_path / "large.png")
    found = cv2.imread(str(tmp_path / "large.png"), cv2.IMREAD_UNCHANGED)
    expected = dlnet_tf.load("idn_x3")(image, blur_width=0.5, noise_sigma=0.02)
    assert found.dtype == np.uint16 and np.abs(found[..., ::-1].astype(int) - expected).max() <= 257
    assert page.evaluate("document.documentElement.scrollWidth") <= 400


def test_a_file_that_is_no_picture_gets_one_line(page, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"no picture")
    drop(page, tmp_path / "broken.png")
    line = page.get_by_text("broken.png: ").last
    line.wait_for()
    assert str(tmp_path) not in line.inner_text() and "/" not in line.inner_text()
    page.get_by_role("button", name="Enlarge", exact=True).click()


def test_nothing_has_to_be_dropped_to_be_told_so(page):
    page.get_by_role("button", name="Enlarge", exact=True).click()
    page.get_by_text("Drop a picture first.").wait_for()


def test_work_can_be_cancelled(page, tmp_path):
    assert cv2.imwrite(str(tmp_path / "wide.png"), stand_in.photograph(2, 600, 900))
    drop(page, tmp_path / "wide.png")
    page.wait_for_function(SAID, arg="900 x 600 pixels, blur")
    page.get_by_role("button", name="Enlarge", exact=True).click()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("Cancelled.").wait_for()


@pytest.mark.parametrize("how", ["mask", "paint", "both"])
def test_a_part_is_filled(page, tmp_path, how):
    image, white = stand_in.photograph(3, 120, 160), np.zeros((120, 160), np.uint8)
    white[40:60, 50:80] = 255
    for name, picture in (("x.png", image[..., ::-1]), ("mask.png", white)):
        assert cv2.imwrite(str(tmp_path / name), picture)
    page.get_by_role("tab", name="Fill").click()
    page.get_by_role("heading", name="Fill a part").wait_for()
    fields = page.locator("input[type=file]")
    # That of the other tab stands before them; one that has a file is gone.
    if how != "paint":
        block = page.locator(".block", has_text="Mask (optional)").last
        block.locator("input[type=file]").set_input_files(tmp_path / "mask.png")
        block.get_by_text(".png").wait_for()  # The stem is an element of its own.
    fields.nth(1).set_input_files(tmp_path / "x.png")
    page.wait_for_function(SAID, arg="160 x 120 pixels")
    if how != "mask":
        canvas = page.locator(".image-container canvas, canvas").last
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(*middle)
        page.mouse.down()
        page.mouse.move(middle[0] + 15, middle[1] + 5, steps=8)
        page.mouse.up()
    page.get_by_role("button", name="Fill", exact=True).click()
    page.wait_for_function(SAID, arg="are both filled" if how == "both" else "1 hole ")
    with page.expect_download() as download:
        page.get_by_text("Download the result").locator("visible=true").click()
    assert download.value.suggested_filename == "x_filled.png"
    download.value.save_as(tmp_path / "filled.png")
    filled = cv2.imread(str(tmp_path / "filled.png"))[..., ::-1]
    changed = (filled != image).any(axis=-1)
    if how == "mask":
        expected = dlnet_tf.load("inpaint_scenes")(image, white == 0)
        assert np.abs(filled.astype(int) - expected).max() <= 1 and not changed[white == 0].any()
    elif how == "both":
        assert changed[white > 0].mean() > 0.9 and changed[white == 0].sum() > 10
    else:
        rows, columns = np.nonzero(changed)
        assert 10 < changed.sum() < 0.5 * changed.size
        assert abs(rows.mean() - 60) < 20 and abs(columns.mean() - 85) < 25


def test_everything_has_a_name_that_can_be_read_out(page):
    for role in ("button", "slider", "textbox"):
        for element in page.get_by_role(role).all():
            if element.is_visible():
                named = element.evaluate("it => it.ariaLabel || it.innerText || it.labels?.[0]?.innerText || it.title")
                assert named, (role, element.evaluate("it => it.outerHTML"))


def test_others_do_not_reach_it(server):
    port, folder = server
    for host, status in (("127.0.0.1", 200), ("localhost", 200), ("evil.example", 400)):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", "/", headers={"Host": f"{host}:{port}"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
        assert status == 400 or "default-src 'self'" in answer.headers["Content-Security-Policy"]
        connection.close()
    listening = pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]
    own = [
        line.split()[1] for line in listening if line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A"
    ]
    assert own == [f"0100007F:{port:04X}"]
    # All that it writes lies in the folder that is removed.
    assert len(list(folder.glob("dlnet-app-*"))) == 1
    assert os.path.realpath(tempfile.gettempdir()) != os.path.realpath(folder)
