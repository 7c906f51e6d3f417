"""Text tables: what stands where."""

import pytest

from dlnet_tf.evaluation.tables import format_tables, lay_out, line_label


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
            "* best of ours; + the paper's was made by stride-t sampling, not by an antialiased bicubic",
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
    rows = [row("my own one", 0.0, 30.0), row("my own one", 0.0, 31.0, backbone="vdsr")]
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
