"""The page with sliders: what it holds, and what a browser makes of it."""

import base64
import html.parser
import json
import os
import shutil
import subprocess
import sys

import cv2
import numpy as np
import pytest

from dlnet_tf.errors import UsageError
from dlnet_tf.reporting import gallery
from tests import stand_in
from tests.command_line import write

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
RED, BLUE = (200, 30, 40), (20, 60, 220)


class Page(html.parser.HTMLParser):
    """Pictures, links, ranges and everything that a browser would fetch."""

    def __init__(self, text):
        super().__init__()
        self.pictures, self.links, self.ranges, self.fetched, self.text = [], [], [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "img":
            self.pictures.append((attributes["alt"], attributes["src"]))
        elif tag == "a":
            self.links.append(attributes["href"])
        elif tag == "input":
            self.ranges.append(attributes)
        elif "src" in attributes or tag in ("link", "iframe", "object"):
            self.fetched.append((tag, attributes))

    def handle_data(self, data):
        self.text += data


def decode(address):
    head, _, data = address.partition(",")
    assert head in ("data:image/png;base64", "data:image/jpeg;base64")
    image = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_UNCHANGED)
    return image if image.ndim == 2 else image[..., ::-1]


def flat(colour, height=60, width=90):
    return np.full((height, width, 3), colour, np.uint8)


def test_small_photographs_are_embedded_as_they_are(tmp_path):
    before, after = stand_in.photograph(0, 20, 30), stand_in.photograph(0, 60, 90)
    write(tmp_path / "in.png", before)
    write(tmp_path / "out" / "below" / "a & b.png", after)
    path = tmp_path / "out" / "gallery.html"
    gallery.write_gallery(path, "<Title>", "How & why.", [(tmp_path / "in.png", path.parent / "below" / "a & b.png")])
    page = Page(path.read_text("utf-8"))
    assert page.fetched == [] and "http" not in page.text.replace("http://www.w3.org/2000/svg", "")
    assert page.links == ["below/a%20%26%20b.png"]
    assert "<Title>" in page.text and "How & why." in page.text and "30 × 20 → 90 × 60" in page.text
    shown = {alt: decode(address) for alt, address in page.pictures}
    np.testing.assert_array_equal(shown["below/a & b.png, after"], after)
    enlarged = shown["below/a & b.png, before"]
    assert enlarged.shape == after.shape
    # Bicubic interpolation keeps what is smooth, and averages over 3 x 3 pixels give it back.
    reduced = enlarged.reshape(20, 3, 30, 3, 3).mean(axis=(1, 3))
    assert np.abs(reduced - before).mean() < 3
    assert page.ranges[0]["aria-label"].startswith("below/a & b.png: ")


def test_of_a_large_photograph_the_detail_is_where_it_changed(tmp_path):
    before = np.full((700, 2000), 128, np.uint8)
    after = before.copy()
    after[250:350, 1500:1600] = stand_in.photograph(1, 100, 100, colour=False)
    write(tmp_path / "in.png", before)
    write(tmp_path / "out.png", after)
    gallery.write_gallery(tmp_path / "g.html", "t", "s", [(tmp_path / "in.png", tmp_path / "out.png")])
    page = Page((tmp_path / "g.html").read_text("utf-8"))
    shown = {alt: decode(address) for alt, address in page.pictures}
    assert shown["out.png, after"].shape == shown["out.png, before"].shape == (336, 960)
    detail = shown["out.png, detail, after"]
    assert detail.shape == (400, 400) and (detail != 128).sum() == (after != 128).sum()
    assert (shown["out.png, detail, before"] == 128).all()
    assert (tmp_path / "g.html").stat().st_size < 1e6


def test_a_gray_photograph_that_became_coloured_is_shown(tmp_path):
    write(tmp_path / "gray.png", stand_in.photograph(2, 12, 12, colour=False))
    write(tmp_path / "colour.png", stand_in.photograph(2, 24, 24))
    gallery.write_gallery(tmp_path / "g.html", "t", "s", [(tmp_path / "gray.png", tmp_path / "colour.png")])
    page = Page((tmp_path / "g.html").read_text("utf-8"))
    assert [decode(address).shape for _, address in page.pictures] == [(24, 24, 3)] * 2


def test_only_the_first_photographs_of_a_large_folder_are_shown(tmp_path, monkeypatch):
    monkeypatch.setattr(gallery, "SHOWN", 2)
    write(tmp_path / "a.png", flat(RED))
    gallery.write_gallery(tmp_path / "g.html", "t", "s", [(tmp_path / "a.png", tmp_path / "a.png")] * 3)
    page = Page((tmp_path / "g.html").read_text("utf-8"))
    assert len(page.ranges) == 2 and "The first 2 of 3 photographs are shown." in page.text


def test_a_photograph_that_is_gone_is_refused(tmp_path):
    with pytest.raises(UsageError, match="gone.png: cannot be read"):
        gallery.write_gallery(tmp_path / "g.html", "t", "s", [(tmp_path / "gone.png", tmp_path / "gone.png")])
    assert list(tmp_path.iterdir()) == []


class Browser:
    """Headless Chromium, spoken to through two pipes."""

    def __init__(self, address, profile):
        (receive, theirs_out), (theirs_in, send) = os.pipe(), os.pipe()
        command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"]
        command += [f"--user-data-dir={profile}", "--window-size=800,600", "--hide-scrollbars"]
        # Chromium reads commands from descriptor 3 and answers on 4.
        start = "import os, sys; os.dup2({0}, 3); os.dup2({1}, 4); os.execv(sys.argv[1], sys.argv[1:])"
        self._process = subprocess.Popen(
            [sys.executable, "-c", start.format(theirs_in, theirs_out), *command, "about:blank"],
            pass_fds=(theirs_in, theirs_out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._in, self._out, self._session, self._number = receive, send, {}, 0
        target = self("Target.createTarget", url=address)["targetId"]
        session = self("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._session = {"sessionId": session}

    def __call__(self, method, **parameters):
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters} | self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            data = b""
            while not data.endswith(b"\0"):
                byte = os.read(self._in, 1)
                assert byte, "the browser ended"
                data += byte
            answer = json.loads(data[:-1])
            if answer.get("id") == self._number:
                assert "result" in answer, answer
                return answer["result"]

    def evaluate(self, expression):
        return self("Runtime.evaluate", expression=expression, awaitPromise=True)["result"].get("value")

    def press(self, key):
        codes = {"Tab": 9, "Home": 36, "End": 35, "ArrowRight": 39}
        for kind in ("rawKeyDown", "keyUp"):
            self("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=codes[key])

    def screenshot(self):
        png = np.frombuffer(base64.b64decode(self("Page.captureScreenshot")["data"]), np.uint8)
        return cv2.imdecode(png, cv2.IMREAD_COLOR)[..., ::-1]

    def close(self):
        self("Browser.close")
        self._process.wait(20)
        os.close(self._in)
        os.close(self._out)


@pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")
def test_in_a_browser_the_slider_follows_the_keyboard(tmp_path):
    write(tmp_path / "in.png", flat(RED))
    write(tmp_path / "out.png", flat(BLUE))
    path = tmp_path / "gallery.html"
    gallery.write_gallery(path, "t", "s", [(tmp_path / "in.png", tmp_path / "out.png")])
    browser = Browser(path.as_uri(), tmp_path / "profile")
    try:
        browser.evaluate("new Promise(done => document.readyState == 'complete' ? done() : onload = done)")

        def share_before():
            pixels = browser.screenshot().astype(int)
            red, blue = ((np.abs(pixels - colour).max(axis=-1) < 12).sum() for colour in (RED, BLUE))
            assert red + blue > 50_000
            return red / (red + blue)

        assert share_before() == pytest.approx(0.5, abs=0.03)
        browser.press("Tab")
        browser.press("Tab")  # the first stop is the link to the file
        browser.press("Home")
        assert share_before() == 0
        browser.press("ArrowRight")
        assert 0 < share_before() < 0.15
        browser.press("End")
        assert share_before() == 1
    finally:
        browser.close()
