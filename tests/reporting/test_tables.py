"""Text tables: what stands where."""

import pytest

from dlnet_tf.reporting.grouping import lay_out, line_label
from dlnet_tf.reporting.tables import format_tables


def row(method, blur_width, psnr, **changes):
    keys = {"task": "sisr", "set": "Set5", "backbone": "idn", "scale": 3, "ssim": 0.9, "images": 5}
    if method == "bicubic":
        del keys["backbone"]
    return keys | {"method": method, "blur_width": blur_width, "psnr": psnr} | changes


ROWS = [
    row("bicubic", 0.0, 30.392),
    row("dlnet", 0.0, 33.1),
    row("dlnet_gradient", 0.0, 33.0),
    row("bicubic", 2.6, 26.09),
    row("dlnet", 2.6, 32.0),
    row("dlnet_gradient", 2.6, 32.004),
]


def test_a_table_prints_ours_the_papers_and_the_best():
    assert format_tables(ROWS) == "\n".join(
        [
            "Set5, x3, IDN, 5 images",
            "                            u = 0                   u = 2.6",
            "PSNR in dB           PSNR     SSIM  paper     PSNR     SSIM  paper",
            "-------------------------------------------------------------------",
            "Bicubic             30.39   0.9000  30.39    26.09   0.9000  25.32+",
            "DL-Net              33.10*  0.9000  33.49    32.00*  0.9000  33.32",
            "DL-Net (gradient)   33.00   0.9000      -    32.00*  0.9000      -",
            "SRMDNF                  -       -   34.12+       -       -   33.02+",
            "* best of ours; + the paper's number was cited from its own paper: 5,944 training images, about 1.49M "
            "parameters; + the paper's number was made by stride-t sampling, not by an antialiased bicubic",
        ]
    )


def test_no_column_stands_for_a_paper_without_numbers():
    text = format_tables([row("dlnet", 1.0, 30.0, set="samples", images=1)])
    assert "paper" not in text
    assert text.startswith("samples, x3, IDN, 1 image\n")


def test_what_was_not_measured_is_a_dash():
    (line,) = [line for line in format_tables(ROWS[:4]).splitlines() if line.startswith("DL-Net   ")]
    assert line.split() == ["DL-Net", "33.10*", "0.9000", "33.49", "-", "-", "-"]


def test_sets_and_scales_have_their_own_tables():
    tables = lay_out([row("dlnet", 0.0, 33.0), row("dlnet", 0.0, 29.0, set="B100"), row("dlnet", 0.0, 31.0, scale=4)])
    assert [table.title for table in tables] == [
        "Set5, x3, IDN, 5 images",
        "B100, x3, IDN, 5 images",
        "Set5, x4, IDN, 5 images",
    ]


def test_several_backbones_share_a_table_line_by_line():
    rows = [row("bicubic", 0.0, 30.0), row("dlnet", 0.0, 33.0), row("dlnet", 0.0, 32.0, backbone="vdsr")]
    text = format_tables(rows)
    assert text.startswith("Set5, x3, 5 images\n")
    assert [line.split("  ")[0] for line in text.splitlines()[4:7]] == [
        "Bicubic",
        "DL-Net IDN",
        "DL-Net VDSR",
    ]


def test_a_method_of_any_name_is_a_line():
    rows = [row("my own one", 1.0, 30.0), row("my own one", 1.0, 31.0, backbone="vdsr")]
    assert [line_label(line) for line in lay_out(rows)[0].lines] == ["my own one IDN", "my own one VDSR"]
    assert [line_label(line) for line in lay_out(rows[:1])[0].lines] == ["my own one"]


@pytest.mark.parametrize("composite", [False, True])
def test_levels_of_inpainting_are_columns(composite):
    common = {"task": "inpaint", "set": "celeba", "arch": "autoencoder", "images": 9, "composite": composite}
    rows = [common | {"method": "dlnet", "level": level, "psnr": 32.0} for level in ("s=20", "s=30")]
    (table,) = lay_out(rows)
    assert table.levels == ["s=20", "s=30"]
    assert table.has_paper
    assert ("composite" in table.title) == composite
    assert "-" in format_tables(rows)  # no SSIM here


def filled(method, level, psnr, l1, **changes):
    keys = {"task": "inpaint", "set": "celeba", "arch": "autoencoder", "composite": False, "images": 1000}
    values = {"psnr": psnr, "ssim": 0.95, "l1": l1, "l2": l1 / 10, "corruptions": 1 if "centred" in level else 10}
    return keys | values | {"method": method, "level": level} | changes


FILLED = [
    filled("dlnet", "s=20 centred", 32.0, 0.0214),
    filled("naive_likelihood", "s=20 centred", 33.0, 0.0213, weight=1e3),
    filled("naive_likelihood", "s=20 centred", 31.0, 0.021301, weight=1e4),
    filled("dlnet", "s=30", 26.0, 0.0321),
]


def test_the_errors_of_inpainting_stand_under_one_another_with_the_papers():
    assert format_tables(FILLED) == "\n".join(
        [
            "celeba, inpainting, autoencoder, 1000 images x 10 corruptions",
            "                        s=20 centred         s=30",
            "PSNR in dB               ours   paper     ours   paper",
            "------------------------------------------------------",
            "DL-Net                  32.00   32.82    26.00*  26.54",
            "Naive likelihood 1e3    33.00*  31.61        -       -",
            "Naive likelihood 1e4    31.00   31.94        -       -",
            "",
            "SSIM                     ours             ours",
            "------------------------------------------------------",
            "DL-Net                 0.9500*          0.9500*",
            "Naive likelihood 1e3   0.9500*               -",
            "Naive likelihood 1e4   0.9500*               -",
            "",
            "l1                       ours   paper     ours   paper",
            "------------------------------------------------------",
            "DL-Net                 0.0214  0.0205   0.0321* 0.0413",
            "Naive likelihood 1e3   0.0213* 0.0287        -       -",
            "Naive likelihood 1e4   0.0213* 0.0248        -       -",
            "",
            "l2                       ours   paper     ours   paper",
            "------------------------------------------------------",
            "DL-Net                 0.0021* 0.0028   0.0032* 0.0110",
            "Naive likelihood 1e3   0.0021* 0.0035        -       -",
            "Naive likelihood 1e4   0.0021* 0.0033        -       -",
            "* best of ours",
        ]
    )


def test_a_full_table_of_inpainting_fits_a_terminal():
    levels = ("s=10", "s=20", "s=30", "s=20 centred")
    rows = [filled("dlnet", level, 32.0, 0.02) for level in levels]
    rows += [filled("naive_likelihood", level, 32.0, 0.02, weight=1e4) for level in levels]
    assert max(map(len, format_tables(rows).splitlines())) <= 100


def test_sets_without_numbers_in_the_paper_have_no_column_for_them():
    text = format_tables([filled("dlnet", "s=20", 30.0, 0.02, set="scenes")])
    assert "paper" not in text and "0.0200*" in text


def test_what_changes_the_experiment_makes_another_table():
    changes = [{}, {"composite": True}, {"arch": "sft"}, {"boundary_band": 7}, {"adversarial_weight": 0.1}]
    assert len(lay_out([filled("dlnet", "s=20", 30.0, 0.02, **change) for change in changes])) == len(changes)


def test_the_papers_dlnet_has_a_line_where_ours_is_another_one():
    text = format_tables([row("dlnet_gradient", 0.0, 33.0), row("dlnet_gradient", 0.3, 32.9)])
    ours, papers = text.splitlines()[4:6]
    assert ours.split() == ["DL-Net", "(gradient)", "33.00*", "0.9000", "-", "32.90*", "0.9000", "-"]
    assert papers.split() == ["DL-Net", "-", "-", "33.49", "-", "-", "-"]
