"""The two files of a report."""

import html.parser
import json

import numpy as np
import pytest

from dlnet_tf.errors import UsageError
from dlnet_tf.reporting.exhibits import Exhibit, Picture
from dlnet_tf.reporting.findings import CurveSection, Findings
from dlnet_tf.reporting.report import write_html, write_json
from dlnet_tf.reporting.tables import format_tables

ROWS = [
    {
        "task": "sisr",
        "set": "Set5",
        "method": method,
        "backbone": "idn",
        "scale": 3,
        "blur_width": blur_width,
        "psnr": 30.0 + index,
        "ssim": 0.9,
        "images": 5,
    }
    for index, method in enumerate(["reference", "dlnet"])
    for blur_width in (0.0, 1.3)
]
RNG = np.random.default_rng(2)
IMAGES = RNG.integers(0, 256, (3, 170, 180), np.uint8)
EXHIBIT = Exhibit(
    "<baby>",
    {"u = 0": [Picture("Input", IMAGES[0]), Picture("DL-Net", IMAGES[1], 31.0), Picture("Truth", IMAGES[2])]},
)


class Page(html.parser.HTMLParser):
    """Collects tags, and checks that they are closed in order."""

    VOID = {"meta", "img", "line", "circle", "polyline"}

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.text = [], [], ""
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += f"\n{data}"


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "report.html"
    curves = {"u = 0": {"DL-Net": [3.0, 2.0, 1.0]}}
    config = {"scale": 3, "note": "<i>"}
    write_html(path, Findings("Title & more", "Summary.", config, ROWS, {"Set5": [EXHIBIT]}, curves))
    return path.read_text("utf-8")


def test_json_holds_config_rows_and_the_papers_numbers(tmp_path):
    path = tmp_path / "report.json"
    write_json(path, Findings("Title", "Summary.", {"scale": 3, "levels": (0, 1.3)}, ROWS))
    report = json.loads(path.read_text())
    assert report.keys() == {"config", "rows", "paper"}
    assert report["config"] == {"scale": 3, "levels": [0, 1.3]}
    assert report["rows"] == ROWS
    assert [row["psnr"] for row in report["paper"]] == [34.07, 30.32, 33.49, 33.58, 34.12, 34.16]
    assert all("paper" not in row for row in report["rows"])


def test_json_stays_json_where_psnr_is_infinite(tmp_path):
    path = tmp_path / "report.json"
    write_json(path, Findings("Title", "Summary.", {}, [ROWS[0] | {"psnr": float("inf")}]))
    assert json.loads(path.read_text())["rows"][0]["psnr"] is None
    assert "Infinity" not in path.read_text()


def test_a_failed_write_keeps_the_old_file(tmp_path):
    path = tmp_path / "report.json"
    path.write_text("old")
    with pytest.raises(TypeError):
        write_json(path, Findings("Title", "Summary.", {"object": object()}, ROWS))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(UsageError, match="cannot be written"):
        write_json(path / "below.json", Findings("Title", "Summary.", {}, ROWS))


def test_html_is_well_formed_and_needs_nothing_from_elsewhere(page):
    parsed = Page(page)
    images = [attributes["src"] for tag, attributes in parsed.tags if tag == "img"]
    assert len(images) == 4  # three crops and the whole image
    assert all(address.startswith("data:image/png;base64,") for address in images)
    assert not {"script", "link", "iframe"} & {tag for tag, _ in parsed.tags}
    assert "http" not in page
    assert "@import" not in page and "url(" not in page


def test_html_shows_numbers_the_papers_and_the_best(page):
    parsed = Page(page)
    best = page.count('<td class="first best">')
    assert best == 2
    for text in (
        "31.00",
        "33.49",
        "Set5, x3, IDN, 5 images",
        "Reference",
        "Fidelity against step",
        "31.00 dB",
    ):
        assert text in parsed.text


def test_html_escapes_what_it_is_given(page):
    assert "<baby>" not in page and "&lt;baby&gt;" in page
    assert "Title &amp; more" in page


def test_html_works_in_light_and_dark_and_on_phones(page):
    assert "prefers-color-scheme: dark" in page
    assert 'name="viewport"' in page


def test_a_page_without_pictures_or_curves_has_no_empty_sections(tmp_path):
    path = tmp_path / "report.html"
    write_html(path, Findings("Title", "Summary.", {}, ROWS[:1], {}, {}))
    text = Page(path.read_text("utf-8")).text
    assert "Fidelity" not in text and "Pictures" not in text


def test_a_page_holds_lines_of_other_lengths_and_an_infinite_psnr(tmp_path):
    path = tmp_path / "report.html"
    rows = [row | {"psnr": float("inf")} if row["method"] == "dlnet" else row for row in ROWS]
    curves = {"u = 0": {"A": [3.0], "B": [3.0, 2.0, float("nan")]}}
    write_html(path, Findings("Title", "Summary.", {}, rows, {}, curves))
    parsed = Page(path.read_text("utf-8"))
    assert "inf" in parsed.text and "B, 2: 2" in parsed.text
    assert "nan" not in parsed.text


def test_small_images_are_not_shown_twice(tmp_path):
    small = [Picture("Input", IMAGES[0, :64, :64]), Picture("Truth", IMAGES[1, :64, :64])]
    path = tmp_path / "report.html"
    write_html(path, Findings("Title", "Summary.", {}, [], {"celeba": [Exhibit("face", {"s=20": small})]}, {}))
    assert path.read_text("utf-8").count("<img") == 2


INPAINTING = [
    {"task": "inpaint", "set": "celeba", "method": method, "arch": "autoencoder", "level": level, "composite": False}
    | {"psnr": 30.0 + index, "ssim": 0.9, "l1": 0.04 - index / 100, "l2": 0.005, "images": 9, "corruptions": 10}
    for index, method in enumerate(["joint", "dlnet"])
    for level in ("s=10", "s=20")
]


def test_every_quantity_of_inpainting_has_a_table_with_its_best(tmp_path):
    path = tmp_path / "report.html"
    write_html(path, Findings("Title", "Summary.", {}, INPAINTING, {}, {}))
    page = path.read_text("utf-8")
    parsed = Page(page)
    assert page.count("<table>") == 4 and page.count("<svg") == 1
    # DL-Net is best at two levels in PSNR and l1 (the smaller one), both methods are in SSIM and l2.
    assert page.count('<td class="first best">') == 2 + 4 + 2 + 4
    for text in ("SSIM", "l1", "0.0300", "38.47", "0.0129", "0.0008"):
        assert f"\n{text}\n" in f"{parsed.text}\n"
    # The paper has no SSIM here.
    assert page.count('<td class="paper">') == 3 * 4


def test_further_curves_have_sections_of_their_own(tmp_path):
    path = tmp_path / "report.html"
    curves = {"s=10": {"DL-Net": [30.0, 32.0]}, "s=20": {"DL-Net": [29.0, 29.5]}}
    section = CurveSection("Quality against K", "More <steps>.", curves, "PSNR in dB", "K")
    write_html(path, Findings("Title", "Summary.", {}, INPAINTING, {}, {"s=10": {"DL-Net": [3.0, 2.0]}}, [section]))
    page = path.read_text("utf-8")
    text = Page(page).text
    assert page.count("<svg") == 1 + 2 + 1
    for expected in ("Quality against K", "More <steps>.", "DL-Net, 2: 29.5", "Fidelity against step", "DL-Net, 2: 2"):
        assert f"\n{expected}\n" in text


def test_what_only_the_paper_has_is_a_line_without_numbers_of_ours(tmp_path):
    common = {"task": "inpaint", "set": "celeba", "arch": "autoencoder", "images": 9, "composite": False}
    row = common | {"method": "dlnet_gradient", "ssim": 0.9, "l1": 0.01, "l2": 0.001}
    rows = [row | {"level": "s=10", "psnr": 37.0}, row | {"level": "s=20", "psnr": 30.0}]
    section = CurveSection("By steps", "", {"celeba, s=10": {"DL-Net": [30.0, 31.0]}}, "PSNR in dB", "K")
    write_json(tmp_path / "report.json", Findings("Title", "Summary.", {}, rows, {}, {}, [section]))
    stored = json.loads((tmp_path / "report.json").read_text())
    assert [(row["method"], row["psnr"]) for row in stored["paper"]] == [("dlnet", 38.47), ("dlnet", 32.03)]
    assert stored["curves"] == {"By steps": {"celeba, s=10": {"DL-Net": [30.0, 31.0]}}}
    write_html(tmp_path / "report.html", Findings("t", "s", {}, rows, {}, {}, [section]))
    page = (tmp_path / "report.html").read_text()
    assert '<tr><th>DL-Net</th><td class="first">–</td><td class="paper">38.47</td>' in page
    text = format_tables(rows)
    (line,) = [line for line in text.splitlines() if line.split()[:1] == ["DL-Net"] and "38.47" in line]
    assert line.split() == ["DL-Net", "-", "38.47", "-", "32.03"]
    # The paper has no SSIM.
    assert [line.split()[:2] for line in text.split("SSIM")[1].splitlines()[2:3]] == [["DL-Net", "(gradient)"]]
    assert (
        text.split("SSIM")[1].split("l1")[0].count("DL-Net")
        == 1
        == page.split("<th>SSIM</th>")[1].split("<th>l1")[0].count("DL-Net")
    )
