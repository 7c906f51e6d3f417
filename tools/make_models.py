"""Write docs/models.md and checkpoints/models.json, the facts about the models that ship: python -m tools.make_models.

The facts come from the files, their cards and the reports under docs/results; nothing is measured here. If a model was
trained anew, make its report first.
"""

import io
import json
import pathlib
import re
import zipfile
from typing import Any

import h5py
import numpy as np

from dlnet_tf import zoo
from dlnet_tf.evaluation.rows import Row
from dlnet_tf.files import write_text
from dlnet_tf.tasks import TASKS

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGE, FACTS = ROOT / "docs" / "models.md", zoo.CHECKPOINTS / zoo.FACTS
HEAD = """# Models that ship

    python run_sisr.py --mode restore --checkpoint idn_x3 --input small.png --output enlarged.png --blur_width auto
    python run_inpaint.py --mode restore --checkpoint inpaint_scenes --input photo.png --mask mask.png --output out.png

```python
import numpy as np

import dlnet_tf

for model in dlnet_tf.models():
    print(model.name, model.task, model.scale, model.size, model.psnr)

restore = dlnet_tf.load("idn_x3")
image = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
enlarged = restore(image, blur_width="auto")
```

A full name ends with the method: `reference` and `joint` are plain networks, `dlnet` is a DL-Net with the paper's
rule, and `dlnet_gradient` one with our rule ([terms](README.md#terms)). A name without the method, such as `idn_x3`
or `inpaint_scenes`, is short for the best DL-Net that ships with that name.

All numbers are ours: PSNR in dB, for super-resolution without rounding. u is the width of the blur, s the side of a
hole, r the share of missing pixels. Steps are those of the last training, which may have begun from another model: see
[how they were trained](#how-they-were-trained). The weights have the licence of this project, Apache-2.0; the data that
they were trained on have terms of their own. `python -m tools.make_models` makes this page from the files, their cards
and the reports under `docs/results/`; a test keeps it current.
"""


def parameters(path: pathlib.Path) -> int:
    """Count the weights in a `.keras` file."""
    sizes: list[int] = []
    with zipfile.ZipFile(path) as archive, h5py.File(io.BytesIO(archive.read("model.weights.h5")), "r") as file:
        file.visititems(lambda _, item: sizes.append(item.size) if isinstance(item, h5py.Dataset) else None)
    return int(np.sum(sizes))


def title_and_method(name: str) -> tuple[str, str]:
    """Split the name of a model: both kinds of titles have two words."""
    first, second, method = name.split("_", 2)
    return f"{first}_{second}", method


def rows_of(name: str) -> tuple[str, list[Row]]:
    """Return the name of the report that a model was measured in, and the model's rows."""
    title, method = title_and_method(name)
    folder = ROOT / "docs" / "results"
    path = next(path for path in (folder / f"{title}_shipped.json", folder / f"{title}.json") if path.is_file())
    rows = json.loads(path.read_text("utf-8"))["rows"]
    # Of clips there are rows for each, and for what other networks make of them.
    network = title.partition("_")[0]
    own = [row for row in rows if row["method"] == method and row.get("backbone", network) == network]
    return path.name, [row for row in own if "/" not in row["set"]]


def level_of(row: Row) -> str:
    """Return the image set and the level of a row, in words."""
    return f"{row['set']} " + (f"u={row['blur_width']:g}" if "blur_width" in row else row["level"])


def psnr_of(name: str, composite: bool) -> dict[str, float]:
    """Return dB by image set and level; of a composite, or of all that the network gives."""
    return {
        level_of(row): round(row["psnr"], 2)
        for row in rows_of(name)[1]
        if not row.get("noise_sigma") and row.get("composite", composite) == composite
    }


def facts() -> dict[str, dict[str, Any]]:
    """Return what `dlnet_tf.models` cannot read off a file in no time."""
    return {
        path.stem: {"parameters": parameters(path), "psnr": psnr_of(path.stem, composite=True)}
        for path in sorted(zoo.CHECKPOINTS.glob("*.keras"))
    }


def card(name: str) -> dict[str, str]:
    """Return what a model's card says, by heading."""
    text = (zoo.CHECKPOINTS / f"{name}.md").read_text("utf-8")
    entries = re.findall(r"^- \*\*(.+?):\*\* (.*(?:\n  .*)*)", text, flags=re.M)
    return {heading: " ".join(words.split()) for heading, words in entries}


def page() -> str:
    """Return the text of docs/models.md."""
    names = sorted(path.stem for path in zoo.CHECKPOINTS.glob("*.keras"))
    parts = [HEAD, "## Overview\n", _overview(names), ""]
    for task in sorted(TASKS, key=lambda name: TASKS[name].heading):
        parts.append(f"## {TASKS[task].heading}\n")
        groups: dict[str, list[str]] = {}
        for name in names:
            if zoo.task_of_model(name) == task:
                groups.setdefault(title_and_method(name)[0], []).append(name)
        for members in groups.values():
            report, rows = rows_of(members[0])
            parts += [_quality(members), f"\nMeasured in [{report}](results/{report}){_masks(rows)}.\n"]
    return "\n".join([*parts, "## How they were trained\n", _training(names)]) + "\n"


def _overview(names: list[str]) -> str:
    """Return the table of size, training and licence of all models."""
    cells = [["model", "trained on", "licence of the data", "parameters", "MB", "training steps", "examples seen"]]
    for name in names:
        path, says = zoo.CHECKPOINTS / f"{name}.keras", card(name)
        steps, examples = re.search(r"^(\d+) .*?([\d,]+) examples", says["Steps"]).groups()  # type: ignore[union-attr]
        size = [f"{parameters(path):,}", f"{path.stat().st_size / 1e6:.1f}"]
        terms = says.get("Terms") or says["Licence"].partition("; ")[2]
        cells.append(
            [
                f"[{name}](../checkpoints/{name}.md)",
                says["Data"].partition(":")[0],
                terms,
                *size,
                f"{int(steps):,}",
                examples,
            ]
        )
    return _markdown(cells, numbers=4)


def _quality(names: list[str]) -> str:
    """Return the table of PSNR of models that were measured together."""
    lines: dict[str, dict[str, float]] = {}
    for name in names:
        own, composite = psnr_of(name, composite=False), psnr_of(name, composite=True)
        lines[name] = own
        if composite != own:
            lines[f"{name}, known pixels kept"] = composite
    levels = list(dict.fromkeys(level for psnr in lines.values() for level in psnr))
    cells = [["model", *(f"{level}, dB" for level in levels)]]
    for line, psnr in lines.items():
        cells.append([line, *(f"{psnr[level]:.2f}" if level in psnr else "–" for level in levels)])
    return _markdown(cells, numbers=len(levels))


def _masks(rows: list[Row]) -> str:
    """Return on how many masks an image a model was measured, in words; empty for enlarging."""
    masks = {row["corruptions"]: row["level"] for row in rows if "corruptions" in row}
    if not masks:
        return ""
    single = f", a single one for {masks[1]}" if 1 in masks else ""
    return f" on {max(masks)} masks an image{single}"


def _training(names: list[str]) -> str:
    lines = []
    for name in names:
        says = card(name)
        facts = {
            "images": says["Data"],
            # The cards have the commands.
            "start": re.sub(r",? (of|by) `[^`]*`", "", says["Start"]),
            "steps": says["Steps"],
        }
        lines.append(f"- [{name}](../checkpoints/{name}.md)")
        lines += [f"  - {heading}: {text}" for heading, text in facts.items()]
    return "\n".join(lines)


def _markdown(cells: list[list[str]], numbers: int) -> str:
    """Lay out a table, the last columns of which may be numbers."""
    rule = ["---"] * (len(cells[0]) - numbers) + ["---:"] * numbers
    return "\n".join(f"| {' | '.join(line)} |" for line in [cells[0], rule, *cells[1:]])


def files() -> dict[pathlib.Path, str]:
    """Return the text of both files."""
    return {PAGE: page(), FACTS: json.dumps(facts(), indent=1) + "\n"}


if __name__ == "__main__":
    for path, text in files().items():
        write_text(path, text)
        print(path.relative_to(ROOT))
