"""The report of an evaluation: `report.json` for programs, `report.html`, one file, for people."""

from __future__ import annotations

import importlib.resources
import json
import math
import pathlib
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from dlnet_tf.evaluation.labels import Row
from dlnet_tf.evaluation.line_plot import line_plot
from dlnet_tf.evaluation.paper import paper_rows
from dlnet_tf.evaluation.pictures import Exhibit, Picture, data_uri, telling_window, thumbnail
from dlnet_tf.evaluation.tables import Line, Table, lay_out, line_label
from dlnet_tf.files import write_text

Curves = Mapping[str, Mapping[str, Sequence[float]]]
"""Level label -> method label -> the fidelity at each of the method's K evaluations of h, mean over images."""


def write_json(path: pathlib.Path, config: Mapping[str, Any], rows: Sequence[Row]) -> None:
    """Write `{"config", "rows", "paper"}`; numbers that JSON does not know (inf, nan) become null.

    Args:
        path: the file; replaced whole.
        config: settings, of JSON types.
        rows: ours; the paper's rows of the same experiments stand under `paper` only.

    Raises:
        UsageError: the file cannot be written.
    """
    report = {"config": dict(config), "rows": list(map(dict, rows)), "paper": paper_rows(rows)}
    text = json.dumps(_finite(report), indent=2, allow_nan=False) + "\n"
    write_text(path, text)


def write_html(
    path: pathlib.Path,
    title: str,
    summary: str,
    config: Mapping[str, Any],
    rows: Sequence[Row],
    exhibits: Mapping[str, Sequence[Exhibit]],
    curves: Curves,
) -> None:
    """Write the page: tables and PSNR against level, fidelity against step, pictures side by side, settings.

    Args:
        path: the file; replaced whole.
        title: one line.
        summary: one or two sentences under it.
        config: settings, shown at the end.
        rows: report rows.
        exhibits: set name -> its pictures; may be empty.
        curves: fidelity against step; may be empty.

    Raises:
        UsageError: the file cannot be written.
    """
    style = importlib.resources.files(__package__).joinpath("report.css").read_text("utf-8")
    tables = lay_out(rows)
    labels = [line_label(line) for table in tables for line in table.lines]
    labels += [label for lines in curves.values() for label in lines]
    colours = {label: number for number, label in enumerate(dict.fromkeys(labels))}
    body = [
        f"<h1>{escape(title)}</h1><p>{escape(summary)}</p>",
        *(_table_section(table, colours) for table in tables),
        _curves_section(curves, colours) if curves else "",
        *(_pictures_section(name, shown) for name, shown in exhibits.items()),
        _settings(config),
    ]
    page = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{style}</style></head>\n<body><main>"
        + "\n".join(body)
        + "</main></body></html>\n"
    )
    write_text(path, page)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _table_section(table: Table, colours: Mapping[str, int]) -> str:
    names = ["PSNR", "SSIM"] + (["paper"] if table.has_paper else [])
    levels = "".join(f'<th class="first" colspan="{len(names)}">{escape(level)}</th>' for level in table.levels)
    heads = "".join(
        f"<th{' class=first' if name == 'PSNR' else ''}>{name}</th>" for _ in table.levels for name in names
    )
    lines = "".join(
        f"<tr><th>{escape(line_label(line))}</th>"
        + "".join(_cells(table, line, level) for level in table.levels)
        + "</tr>"
        for line in table.lines
    )
    notes = "PSNR in dB; the best of each column in bold."
    notes += " The column “paper” holds the numbers printed in arXiv:1904.09105v4." if table.has_paper else ""
    notes += "".join(f" † The paper's was {note}." for note in table.notes)
    shown = (
        f'<div class="card scroll"><table><thead><tr><th></th>{levels}</tr><tr><th></th>{heads}</tr></thead>'
        f"<tbody>{lines}</tbody></table><small>{escape(notes)}</small></div>"
    )
    complete = [line for line in table.lines if all((line, level) in table.cells for level in table.levels)]
    if len(table.levels) < 2 or not complete:
        return f"<h2>{escape(table.title)}</h2>{shown}"
    plot = line_plot(
        {line_label(line): [table.cells[line, level].ours["psnr"] for level in table.levels] for line in complete},
        colours,
        table.levels,
        "PSNR in dB",
    )
    return f'<h2>{escape(table.title)}</h2><div class="pair">{shown}<div class="card">{plot}</div></div>'


def _cells(table: Table, line: Line, level: str) -> str:
    cell = table.cells.get((line, level))
    if cell is None:
        return '<td class="first">–</td><td>–</td>' + ("<td>–</td>" if table.has_paper else "")
    text = f'<td class="first{" best" if cell.best else ""}">{cell.ours["psnr"]:.2f}</td>'
    text += f'<td class="minor">{cell.ours["ssim"]:.4f}</td>' if "ssim" in cell.ours else "<td>–</td>"
    if table.has_paper and cell.paper is None:
        text += "<td>–</td>"
    elif table.has_paper and cell.paper is not None:
        text += f'<td class="paper">{cell.paper["psnr"]:.2f}{"†" if "note" in cell.paper else ""}</td>'
    return text


def _curves_section(curves: Curves, colours: Mapping[str, int]) -> str:
    plots = "".join(
        f'<div class="card"><h3>{escape(level)}</h3>'
        + line_plot(
            lines,
            colours,
            [str(step + 1) for step in range(max(map(len, lines.values())))],
            "fidelity",
            "evaluation of h",
        )
        + "</div>"
        for level, lines in curves.items()
    )
    return (
        "<h2>Fidelity against step</h2><p>‖(W h(z))↓t − y‖², summed over the pixels of the observation, mean "
        "over images: how far the restored image is from reproducing what was observed.</p>"
        f'<div class="plots">{plots}</div>'
    )


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
        else f'<div class="whole"><img src="{data_uri(thumbnail(exhibit.truth))}" '
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


def _settings(config: Mapping[str, Any]) -> str:
    items = "".join(
        f"<dt>{escape(key)}</dt><dd>{escape(value if isinstance(value, str) else json.dumps(value))}</dd>"
        for key, value in config.items()
    )
    return f"<details><summary>Settings</summary><dl>{items}</dl></details>"
