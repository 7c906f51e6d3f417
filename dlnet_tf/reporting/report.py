"""The report of an evaluation: `report.json` for programs, `report.html`, one file, for people."""

from __future__ import annotations

import importlib.resources
import json
import math
import pathlib
from collections.abc import Mapping, Sequence
from html import escape

from dlnet_tf.files import write_text
from dlnet_tf.imagefiles.on_screen import reduced
from dlnet_tf.reporting.exhibits import Exhibit, Picture
from dlnet_tf.reporting.findings import Curves, CurveSection, Findings
from dlnet_tf.reporting.grouping import lay_out, line_label
from dlnet_tf.reporting.html_page import html_page
from dlnet_tf.reporting.html_tables import table_section
from dlnet_tf.reporting.line_plot import line_plot
from dlnet_tf.reporting.paper import missing_rows, paper_rows
from dlnet_tf.reporting.pictures import data_uri, telling_window

# Pixels of the longer side of a whole picture.
THUMBNAIL = 440


def _fidelity(curves: Curves) -> CurveSection:
    text = (
        "‖(W h(z))↓t − y‖², summed over the pixels of the observation, mean over images: how far the restored "
        "image is from reproducing what was observed."
    )
    return CurveSection("Fidelity against step", text, curves, "fidelity")


def write_json(path: pathlib.Path, found: Findings) -> None:
    """Write `{"config", "rows", "paper"}`, and `"curves"` where there are any; inf and nan become null.

    Args:
        path: the file; replaced whole.
        found: what an evaluation found. The paper's rows of the same experiments stand under `paper` only, the curves
            of its sections by title, level and label: the values at 1, 2, ... of what is counted.

    Raises:
        UsageError: the file cannot be written.
    """
    report: dict[str, object] = {"config": found.config, "rows": found.rows}
    report["paper"] = paper_rows([*found.rows, *missing_rows(found.rows)])
    if found.sections:
        report["curves"] = {section.title: section.curves for section in found.sections}
    text = json.dumps(_finite(report), indent=2, allow_nan=False) + "\n"
    write_text(path, text)


def write_html(path: pathlib.Path, found: Findings) -> None:
    """Write the page: tables and PSNR against level, curves, pictures side by side, settings.

    Args:
        path: the file; replaced whole.
        found: what an evaluation found.

    Raises:
        UsageError: the file cannot be written.
    """
    style = importlib.resources.files(__package__).joinpath("report.css").read_text("utf-8")
    tables = lay_out(found.rows)
    labels = [line_label(line) for table in tables for line in table.lines if line in table.measured]
    sections = [*found.sections, *([_fidelity(found.curves)] if found.curves else [])]
    labels += [label for section in sections for lines in section.curves.values() for label in lines]
    colours = {label: number for number, label in enumerate(dict.fromkeys(labels))}
    body = [
        f"<h1>{escape(found.title)}</h1><p>{escape(found.summary)}</p>",
        *(table_section(table, colours) for table in tables),
        *(_curves_section(section, colours) for section in sections),
        *(_pictures_section(name, shown) for name, shown in found.exhibits.items()),
        _settings(found.config),
    ]
    write_text(path, html_page(found.title, style, "\n".join(body)))


def _finite(value: object) -> object:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _curves_section(section: CurveSection, colours: Mapping[str, int]) -> str:
    plots = "".join(
        f'<div class="card"><h3>{escape(level)}</h3>'
        + line_plot(
            lines,
            colours,
            [str(step + 1) for step in range(max(map(len, lines.values())))],
            section.y_label,
            section.x_label,
        )
        + "</div>"
        for level, lines in section.curves.items()
    )
    return f'<h2>{escape(section.title)}</h2><p>{escape(section.text)}</p><div class="plots">{plots}</div>'


def _pictures_section(name: str, exhibits: Sequence[Exhibit]) -> str:
    shown = "".join(_exhibit(exhibit) for exhibit in exhibits)
    return (
        f"<h2>Pictures: {escape(name)}</h2><p>Of a large image, the square in which the methods differ "
        f"most; under each picture the PSNR of its whole image. The table above holds means over images.</p>{shown}"
    )


def _exhibit(exhibit: Exhibit) -> str:
    window = telling_window(exhibit)
    height, width = exhibit.truth.shape[:2]
    is_whole = (window.height, window.width) == (height, width)
    frame = (
        f"left:{100 * window.left / width:.2f}%;top:{100 * window.top / height:.2f}%;"
        f"width:{100 * window.width / width:.2f}%;height:{100 * window.height / height:.2f}%"
    )
    whole = (
        ""
        if is_whole
        else f'<div class="whole"><img src="{data_uri(reduced(exhibit.truth, THUMBNAIL))}" '
        f'alt="{escape(exhibit.name)}"><i style="{frame}"></i></div>'
    )
    levels = "".join(
        f'<div class="level"><h4>{escape(level)}</h4><div class="row" style="--n:{len(pictures)}">'
        + "".join(_figure(picture, pictures, data_uri(window.cut(picture.image))) for picture in pictures)
        + "</div></div>"
        for level, pictures in exhibit.levels.items()
    )
    return (
        f'<section class="card"><h3>{escape(exhibit.name)}</h3>'
        f'<div class="exhibit{" small" if is_whole else ""}">{whole}<div class="scroll">{levels}</div></div>'
        "</section>"
    )


def _figure(picture: Picture, pictures: Sequence[Picture], address: str) -> str:
    label = escape(picture.label)
    score = ""
    if picture.psnr is not None:
        best = max(other.psnr for other in pictures if other.psnr is not None)
        is_best = f"{picture.psnr:.2f}" == f"{best:.2f}"
        score = f"<span{' class=best' if is_best else ''}>{picture.psnr:.2f} dB</span>"
    return f'<figure><img src="{address}" alt="{label}"><figcaption>{label}{score}</figcaption></figure>'


def _settings(config: Mapping[str, object]) -> str:
    items = "".join(
        f"<dt>{escape(key)}</dt><dd>{escape(value if isinstance(value, str) else json.dumps(value))}</dd>"
        for key, value in config.items()
    )
    return f"<details><summary>Settings</summary><dl>{items}</dl></details>"
