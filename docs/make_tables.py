"""Print the README's table of results from a stored report: python docs/make_tables.py docs/results/idn_x3.json."""

import json
import pathlib
import sys

METHODS = {
    "bicubic": "Bicubic",
    "reference": "Reference: trained without blur",
    "joint": "Joint: trained on all widths",
    "dlnet": "DL-Net, the paper's Adam rule",
    "dlnet_gradient": "DL-Net, learned step sizes",
}


def table(path: pathlib.Path) -> str:
    """Return the Markdown table: ours, and the paper's number in parentheses where it has one for the same method."""
    report = json.loads(path.read_text("utf-8"))
    # The paper sampled every t-th pixel for its bicubic rows with blur: another degradation than ours.
    theirs = {
        (row["set"], row["method"], row["blur_width"]): row["psnr"]
        for row in report["paper"]
        if row.get("backbone") == report["config"]["backbone"] or (row["method"], row["blur_width"]) == ("bicubic", 0)
    }
    ours = {(row["set"], row["method"], row["blur_width"]): row["psnr"] for row in report["rows"]}
    sets = list(dict.fromkeys(name for name, _, _ in ours))
    levels = sorted({level for _, _, level in ours})
    heads = [f"{name} u={level:g}" for name in sets for level in levels]
    lines = ["| PSNR in dB | " + " | ".join(heads) + " |", "|---" + "|---:" * len(heads) + "|"]
    for method, label in METHODS.items():
        cells = []
        for key in [(name, method, level) for name in sets for level in levels]:
            if key not in ours:
                cells.append("–")
                continue
            text = f"{ours[key]:.2f}"
            best = max(value for other, value in ours.items() if (other[0], other[2]) == (key[0], key[2]))
            text = f"**{text}**" if ours[key] == best else text
            cells.append(f"{text} ({theirs[key]:.2f})" if key in theirs else text)
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(pathlib.Path(sys.argv[1])))
