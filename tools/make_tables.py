"""Print the README's tables of results from a stored report: python -m tools.make_tables docs/results/idn_x3.json."""

import json
import pathlib
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dlnet_tf.evaluation.rows import Row
from dlnet_tf.method_labels import method_label
from dlnet_tf.methods import METHODS
from dlnet_tf.reporting.labels import noise_label, row_method
from dlnet_tf.reporting.paper import CITED
from dlnet_tf.tasks import TASKS
from tools.stored_reports import budgets_of


def table(path: pathlib.Path) -> str:
    """Return the Markdown tables: ours, and the paper's number in parentheses where it has one for the same method.

    Of inpainting and interpolation there is one for the networks' own output and one for composites, of clips one for
    each blur width and what is in none of these.
    """
    report = json.loads(path.read_text("utf-8"))
    if "flicker" in report["rows"][0]:
        return _video(report)
    if "blur_width" in report["rows"][0]:
        return _super_resolution(report)
    return _inpainting(report, budgets_of(path.name))


def _super_resolution(report: dict[str, Any]) -> str:
    """Return a table for each noise."""
    noises = dict.fromkeys(row.get("noise_sigma") for row in report["rows"])
    return "\n\n".join(_at_noise(report, noise) for noise in noises)


def _at_noise(report: dict[str, Any], noise: float | str | None) -> str:
    # The paper sampled every t-th pixel for its bicubic rows with blur: another degradation than ours.
    theirs = {
        (row["set"], row["method"], row["blur_width"]): row["psnr"]
        for row in (report["paper"] if noise is None else ())
        if row.get("backbone") == report["config"]["backbone"]
        or (row["method"], row["blur_width"]) == ("bicubic", 0)
        or row["method"] == CITED
    }
    rows = [row for row in report["rows"] if row.get("noise_sigma") == noise]
    ours = {(row["set"], row["method"], row["blur_width"]): row["psnr"] for row in rows}
    sets = list(dict.fromkeys(name for name, _, _ in ours))
    levels = sorted({level for _, _, level in ours})
    columns = [(name, level) for name in sets for level in levels]
    shown = {name for _, name, _ in ours} | ({CITED} & {name for _, name, _ in theirs})
    return _markdown(
        "PSNR in dB" + (f", {noise_label(noise)}" if noise else ""),
        {f"{name} u={level:g}": (name, level) for name, level in columns},
        {name: _heading(name, report["rows"][0]["task"]) for name in ("bicubic", *METHODS, CITED) if name in shown},
        {(method, (name, level)): psnr for (name, method, level), psnr in ours.items()},
        {(method, (name, level)): psnr for (name, method, level), psnr in theirs.items()},
    )


def _video(report: dict[str, Any]) -> str:
    """Return PSNR of every clip at each blur width, and of all of them in 8 bits, SSIM and flicker.

    The paper's numbers are of other clips, so they stand in none of these.
    """
    rows = report["rows"]
    levels = sorted({row["blur_width"] for row in rows})
    exact = [row for row in rows if not row.get("noise_sigma")]
    tables = [
        _of_clips(f"PSNR in dB, u={level:g}", [row for row in exact if row["blur_width"] == level], "set")
        for level in levels
    ]
    total = [row for row in rows if "/" not in row["set"]]
    rounded = [row for row in total if row.get("noise_sigma")]
    tables.append(_of_clips(f"PSNR in dB, all clips, {rounded[0]['noise_sigma']}", rounded, "blur_width"))
    exact = [row for row in total if not row.get("noise_sigma")]
    tables.append(_of_clips("SSIM, all clips", exact, "blur_width", "ssim", digits=4))
    tables.append(_of_clips("Flicker in grey levels, all clips", exact, "blur_width", "flicker", best=min))
    return "\n\n".join(tables)


def _of_clips(title: str, rows: list[Row], key: str, quantity: str = "psnr", **layout: Any) -> str:
    headings = {row[key]: f"u={row[key]:g}" if key == "blur_width" else row[key].rpartition("/")[2] for row in rows}
    lines = {(row["method"], row.get("backbone")): _line_of_clips(row, rows[0]["task"]) for row in rows}
    ours = {((row["method"], row.get("backbone")), row[key]): row[quantity] for row in rows}
    return _markdown(title, {heading: value for value, heading in headings.items()}, lines, ours, {}, **layout)


def _line_of_clips(row: Row, task: str) -> str:
    network, _, still = row.get("backbone", "").partition(" ")
    seen = "" if not network or network == "vespcn" else f", {network.upper()} frame by frame"
    return _heading(row["method"], task) + (", middle frame three times" if still else seen)


def _inpainting(report: dict[str, Any], budgets: Mapping[str, str]) -> str:
    # The paper writes CelebA, a folder is called celeba.
    theirs = {_identity(row): row["psnr"] for row in report["paper"]}
    tables = []
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in report["rows"]:
        arch = row.get("arch", report["config"].get("arch", "autoencoder"))
        groups.setdefault((row["task"], row["set"], arch, row["composite"]), []).append(row)
    for (_, name, arch, composite), rows in groups.items():
        labels = {_method(row): _label(row, budgets.get(row_method(row))) for row in rows}
        title = f"PSNR in dB, {name}" + (f", {arch}" if arch != "autoencoder" else "")
        tables.append(
            _markdown(
                title + (", composite" if composite else ""),
                {row["level"]: row["level"] for row in rows},
                dict(sorted(labels.items(), key=lambda item: _place(item[0][0]))),
                {(_method(row), row["level"]): row["psnr"] for row in rows},
                {(_method(row), row["level"]): theirs[_identity(row)] for row in rows if _identity(row) in theirs},
            )
        )
    return "\n\n".join(tables)


def _identity(row: dict[str, Any]) -> tuple[Any, ...]:
    arch = row.get("arch", "autoencoder")
    return row["task"], row["set"].casefold(), arch, row["level"], bool(row.get("composite")), *_method(row)


def _method(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["method"], row.get("weight"), row.get("boundary_band"), row.get("variant")


def _place(name: str) -> int:
    """Return where a method stands among those of its table; what is no training stands first."""
    return list(METHODS).index(name) if name in METHODS else -1


def _heading(name: str, task: str) -> str:
    """Name a method and say what sets it apart: its rule, or the levels that it is trained at."""
    if name not in METHODS:
        return method_label(name)
    method = METHODS[name]
    words = TASKS[task].levels_of(name).words
    return method.heading or method.label + (f": {words}" if words else "")


def _label(row: dict[str, Any], budget: str | None) -> str:
    label = _heading(row["method"], row["task"])
    label += f", {row['variant']}" if "variant" in row else ""
    label += f", lambda = {row['weight']:g}" if "weight" in row else ""
    return label + (f" ({budget})" if budget else "")


def _markdown(
    title: str,
    columns: dict[Any, Any],
    lines: dict[Any, Any],
    ours: dict[Any, Any],
    theirs: dict[Any, Any],
    digits: int = 2,
    best: Callable[[Iterable[float]], float] = max,
) -> str:
    """Lay out numbers by (line, column); columns are given by heading, lines by label."""
    text = [f"| {title} | " + " | ".join(columns) + " |", "|---" + "|---:" * len(columns) + "|"]
    for line, label in lines.items():
        cells = []
        for key in [(line, column) for column in columns.values()]:
            if key not in ours:
                cells.append(f"– ({theirs[key]:.2f})" if key in theirs else "–")
                continue
            number = f"{ours[key]:.{digits}f}"
            found = best(value for (_, column), value in ours.items() if column == key[1])
            number = f"**{number}**" if ours[key] == found else number
            cells.append(f"{number} ({theirs[key]:.2f})" if key in theirs else number)
        text.append(f"| {label} | " + " | ".join(cells) + " |")
    return "\n".join(text)


if __name__ == "__main__":
    print(table(pathlib.Path(sys.argv[1])))
