"""The README's tables; those that stand there are tested with the README."""

import json

from tools import make_tables
from tools.make_tables import table


def row(method, level, psnr, **changes):
    keys = {"task": "interp", "set": "celeba", "arch": "autoencoder", "composite": False}
    return keys | {"method": method, "level": level, "psnr": psnr} | changes


def test_outputs_and_composites_have_a_table_each_with_the_papers_numbers(tmp_path):
    rows = [
        row("dlnet", "r=15%", 34.0),
        row("joint", "r=15%", 33.0),
        row("dlnet", "r=45%", 29.0),
        row("naive_likelihood", "r=45%", 28.0, weight=1e4),
        row("dlnet", "r=15%", 36.0, composite=True),
    ]
    paper = [{**row("dlnet", "r=15%", 38.35, set="CelebA"), "table": "III"}]
    del paper[0]["arch"], paper[0]["composite"]
    path = tmp_path / "report.json"
    path.write_text(json.dumps({"config": {}, "rows": rows, "paper": paper}))
    assert table(path) == "\n".join(
        [
            "| PSNR in dB, celeba | r=15% | r=45% |",
            "|---|---:|---:|",
            "| Joint: trained on all rates | 33.00 | – |",
            "| Naive likelihood, lambda = 10000 | – | 28.00 |",
            "| DL-Net, the paper's Adam rule | **34.00** (38.35) | **29.00** |",
            "",
            "| PSNR in dB, celeba, composite | r=15% |",
            "|---|---:|",
            "| DL-Net, the paper's Adam rule | **36.00** |",
        ]
    )


def test_a_row_with_another_budget_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(make_tables, "budgets_of", {"inpaint_celeba.json": {"joint": "400,000 images"}}.get)
    path = tmp_path / "inpaint_celeba.json"
    rows = [row("joint", "r=15%", 33.0), row("joint", "r=15%", 32.0) | {"variant": "short"}]
    path.write_text(json.dumps({"config": {}, "rows": rows, "paper": []}))
    assert table(path).splitlines()[2:] == [
        "| Joint: trained on all rates (400,000 images) | **33.00** |",
        "| Joint: trained on all rates, short | 32.00 |",
    ]


def test_a_network_that_the_paper_cites_has_a_line_without_numbers_of_ours(tmp_path):
    level = {"task": "sisr", "set": "Set5", "blur_width": 2.6}
    ours = level | {"method": "joint", "backbone": "idn", "psnr": 31.0}
    paper = [
        level | {"method": "srmdnf", "psnr": 33.02},
        level | {"method": "dlnet", "backbone": "vdsr", "psnr": 32.89},
    ]
    path = tmp_path / "report.json"
    path.write_text(json.dumps({"config": {"backbone": "idn"}, "rows": [ours], "paper": paper}))
    assert table(path).splitlines()[2:] == ["| Joint: trained on all widths | **31.00** |", "| SRMDNF | – (33.02) |"]


def test_noise_has_a_table_of_its_own_and_what_is_not_trained_says_so(tmp_path):
    keys = {"task": "sisr", "set": "Set5", "scale": 3, "blur_width": 1.3}
    rows = [
        keys | {"method": "zero_shot", "backbone": "idn", "psnr": 33.5},
        keys | {"method": "dlnet_gradient", "backbone": "idn", "psnr": 34.0, "noise_sigma": "8 bits"},
    ]
    paper = [keys | {"method": "dlnet_gradient", "backbone": "idn", "psnr": 33.58}]
    path = tmp_path / "report.json"
    path.write_text(json.dumps({"config": {"backbone": "idn"}, "rows": rows, "paper": paper}))
    assert table(path) == "\n".join(
        [
            "| PSNR in dB | Set5 u=1.3 |",
            "|---|---:|",
            "| DL-Net (no training) | **33.50** |",
            "",
            "| PSNR in dB, 8 bits | Set5 u=1.3 |",
            "|---|---:|",
            "| DL-Net, learned step sizes | **34.00** |",
        ]
    )


def test_clips_have_a_table_for_each_width_and_others_for_all(tmp_path):
    lines = [("bicubic", None), ("dlnet_gradient", "vespcn"), ("dlnet_gradient", "vespcn still"), ("joint", "idn")]
    rows = []
    for index, (method, network) in enumerate(lines):
        for noise in (None, "8 bits") if network in (None, "vespcn") else (None,):
            for level in (0.0, 1.3):
                for place, name in enumerate(("Vid4/city", "Vid4/walk", "Vid4")):
                    found = {"psnr": 20 + index + place - level - bool(noise), "ssim": 0.5 + index / 10}
                    row = {"task": "sisr", "set": name, "method": method, "blur_width": level, "flicker": 9 - index}
                    row |= {"backbone": network} if network else {}
                    rows.append(found | row | ({"noise_sigma": noise} if noise else {}))
    path = tmp_path / "report.json"
    path.write_text(json.dumps({"rows": rows, "paper": [], "config": {"backbone": "vespcn"}}))
    tables = table(path).split("\n\n")
    assert [one.split("|")[1].strip() for one in tables] == [
        "PSNR in dB, u=0",
        "PSNR in dB, u=1.3",
        "PSNR in dB, all clips, 8 bits",
        "SSIM, all clips",
        "Flicker in grey levels, all clips",
    ]
    first, rounded, flicker = (tables[index].splitlines() for index in (1, 2, 4))
    assert first[0] == "| PSNR in dB, u=1.3 | city | walk | Vid4 |"
    assert first[3:] == [
        "| DL-Net, learned step sizes | 19.70 | 20.70 | 21.70 |",
        "| DL-Net, learned step sizes, middle frame three times | 20.70 | 21.70 | 22.70 |",
        "| Joint: trained on all widths, IDN frame by frame | **21.70** | **22.70** | **23.70** |",
    ]
    assert rounded[2:] == ["| Bicubic | 21.00 | 19.70 |", "| DL-Net, learned step sizes | **22.00** | **20.70** |"]
    assert tables[3].splitlines()[-1].endswith("| **0.8000** | **0.8000** |")
    # The least is best.
    assert flicker[-1].endswith("| **6.00** | **6.00** |")
