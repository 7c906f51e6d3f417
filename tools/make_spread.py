"""Print means and standard deviations over seeds: python -m tools.make_spread docs/results/seeds."""

import json
import pathlib
import statistics
import sys


def spread(folder: pathlib.Path) -> str:
    """Return PSNR in dB at each level as `mean +- sample standard deviation`, in words.

    Args:
        folder: reports as `--report` writes them, one a seed, of one model on one set.
    """
    psnr: dict[float, list[float]] = {}
    for path in sorted(folder.glob("*.json")):
        for row in json.loads(path.read_text("utf-8"))["rows"]:
            if row["method"] != "bicubic":
                psnr.setdefault(row["blur_width"], []).append(row["psnr"])
    texts = [
        f"{statistics.mean(values):.2f} +- {statistics.stdev(values):.2f} dB at u={u:g}"
        for u, values in sorted(psnr.items())
    ]
    return f"{', '.join(texts[:-1])} and {texts[-1]}"


if __name__ == "__main__":
    print(spread(pathlib.Path(sys.argv[1])))
