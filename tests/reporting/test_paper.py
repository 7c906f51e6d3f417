"""Looking up the paper's rows."""

import json
import pathlib

import pytest

import dlnet_tf.reporting
from dlnet_tf.reporting.paper import missing_rows, paper_row, paper_rows

ROW = {"task": "sisr", "set": "Set5", "method": "dlnet", "backbone": "idn", "scale": 3, "blur_width": 2.6}


@pytest.mark.parametrize(
    ("changes", "psnr"),
    [
        ({}, 33.32),
        ({"blur_width": 0}, 33.49),
        ({"set": "set5", "blur_width": 1.3, "psnr": 1.0, "images": 5}, 33.58),
        ({"backbone": "drrn", "scale": 2, "blur_width": 0.0}, 37.32),
        ({"method": "reference", "set": "B100", "scale": 4, "blur_width": 2.6}, 24.88),
        ({"method": "bicubic", "scale": 4, "blur_width": 0.0}, 28.42),
    ],
)
def test_super_resolution_rows_are_found(changes, psnr):
    found = paper_row(ROW | changes)
    assert found is not None
    assert found["psnr"] == psnr
    assert found["table"] in ("XII", "XIII", "XIV")


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "joint"},
        {"method": "dlnet_gradient"},
        {"set": "samples"},
        {"blur_width": 1.0},
        {"scale": 8},
    ],
)
def test_what_the_paper_has_not_is_none(changes):
    assert paper_row(ROW | changes) is None


def test_the_video_network_is_found_with_a_word_on_its_videos():
    row = ROW | {"set": "Vid4", "backbone": "vespcn", "scale": 2}
    found = paper_row(row)
    assert found is not None
    assert (found["psnr"], found["table"]) == (25.95, "Section IV-D") and "not public" in found["note"]
    assert paper_row(row | {"set": "Vid4/walk"}) is None and paper_row(row | {"backbone": "vespcn still"}) is None


def test_bicubic_needs_no_backbone_and_says_how_the_papers_was_made():
    row = {key: value for key, value in ROW.items() if key != "backbone"} | {"method": "bicubic"}
    found = paper_row(row)
    assert found is not None
    assert found["psnr"] == 25.32
    assert "stride" in found["note"]
    unblurred = paper_row(row | {"blur_width": 0.0})
    assert unblurred is not None and "note" not in unblurred


@pytest.mark.parametrize(
    ("changes", "table", "psnr"),
    [
        ({}, "II", 32.03),
        ({"arch": "autoencoder", "composite": False}, "II", 32.03),
        ({"composite": True}, "VI", None),
        ({"composite": True, "boundary_band": 7}, "XI", None),
    ],
)
def test_inpainting_rows_are_found_by_level_and_kind_of_output(changes, table, psnr):
    found = paper_row({"task": "inpaint", "set": "celeba", "method": "dlnet", "level": "s=20"} | changes)
    assert found is not None
    assert found["table"] == table
    assert psnr is None or found["psnr"] == psnr


@pytest.mark.parametrize(
    ("changes", "table", "psnr"),
    [
        ({"arch": "sft"}, "IX", 33.24),
        ({"arch": "sft", "method": "joint"}, "IX", 31.84),
        ({"arch": "edgeconnect", "method": "joint", "level": "s=30"}, "IX", 26.28),
        ({"arch": "edgeconnect", "task": "interp", "level": "r=75%"}, "X", 26.52),
        ({"method": "naive_likelihood", "weight": 1e4}, "I", 31.2),
        ({"method": "naive_likelihood", "weight": 100, "level": "s=20 centred"}, "I", 31.48),
        ({"arch": "autoencoder_back", "method": "centered", "level": "s=20 centred"}, "Section IV-B", 32.21),
        ({"arch": "autoencoder_front", "method": "centered", "level": "s=20 centred"}, "Section IV-B", 32.44),
        ({"set": "sun397"}, "IV", 27.73),
        ({"set": "sun397", "task": "interp", "level": "r=0-75%"}, "V", 31.38),
        ({"task": "interp", "level": "r=45%"}, "III", 33.09),
        ({"task": "interp", "level": "r=45%", "composite": True}, "VII", 33.52),
    ],
)
def test_networks_weights_and_sets_of_inpainting_are_told_apart(changes, table, psnr):
    found = paper_row({"task": "inpaint", "set": "celeba", "method": "dlnet", "level": "s=20"} | changes)
    assert found is not None
    assert (found["table"], found["psnr"]) == (table, psnr)
    # In our terms, so that a program can match it with our row.
    assert {key: found[key] for key in changes if key not in ("set", "composite")} == {
        key: value for key, value in changes.items() if key not in ("set", "composite")
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"set": "scenes"},
        {"set": "holidays"},
        {"arch": "sft", "method": "reference"},
        {"arch": "sft", "composite": True},
        {"arch": "autoencoder_both"},
        # The deeper networks were trained on s=20 in the middle alone.
        {"arch": "autoencoder_both", "method": "joint", "level": "s=20 centred"},
        {"method": "naive_likelihood"},
        {"method": "naive_likelihood", "weight": 5e3},
        {"boundary_band": 7},
        {"variant": "K=3"},
        {"adversarial_weight": 0.01},
        {"level": "strokes"},
    ],
)
def test_other_experiments_do_not_take_a_row_of_the_paper(changes):
    assert paper_row({"task": "inpaint", "set": "celeba", "method": "dlnet", "level": "s=20"} | changes) is None


def test_paper_rows_come_in_order_without_repeats():
    rows = [ROW, ROW | {"method": "joint"}, ROW | {"blur_width": 0.0}, ROW]
    assert [row["psnr"] for row in paper_rows(rows)] == [33.32, 33.49]


def test_the_file_holds_the_same_facts_as_its_source(shared):
    source = json.loads((shared / "paper_tables.json").read_text())
    ours = json.loads(pathlib.Path(dlnet_tf.reporting.__file__).with_name("paper_tables.json").read_text())
    assert ours.keys() == source.keys()
    for name in source.keys() - {"prose"}:
        rows = [{key: value for key, value in row.items() if key != "note"} for row in ours[name]["rows"]]
        assert rows == source[name]["rows"]
    assert ours["prose"] == source["prose"]


def test_without_a_data_set_the_papers_numbers_stand_beside_other_images_with_a_word_on_that():
    row = {"task": "inpaint", "method": "joint", "level": "s=10"}
    for name, theirs in (("one face", "CelebA"), ("samples", "SUN397")):
        found = paper_row(row | {"set": name})
        assert found == paper_row(row | {"set": theirs}) | {"note": f"measured on {theirs}'s test images"}
    assert paper_row({"task": "sisr", "set": "samples", "method": "joint", "scale": 3, "blur_width": 0.0}) is None


def test_the_papers_dlnet_is_asked_for_where_ours_stands_alone():
    ours = {"task": "inpaint", "set": "celeba", "method": "dlnet_gradient", "level": "s=10", "psnr": 30.0}
    (asked,) = missing_rows([ours])
    assert "psnr" not in asked and paper_row(asked)["psnr"] == 38.47
    elsewhere = ours | {"method": "dlnet", "set": "mine"}
    assert missing_rows([ours, elsewhere]) == [asked]
    assert missing_rows([ours, ours | {"method": "dlnet"}]) == missing_rows([ours | {"set": "mine"}]) == []


def test_the_network_that_the_paper_cites_stands_beside_any_of_ours_once_a_level():
    rows = [ROW | {"method": method} for method in ("bicubic", "joint", "dlnet")] + [ROW | {"blur_width": 0.0}]
    asked = missing_rows(rows)
    assert [(row["method"], row["blur_width"], paper_row(row)["psnr"]) for row in asked] == [
        ("srmdnf", 2.6, 33.02),
        ("srmdnf", 0.0, 34.12),
    ]
    assert "backbone" not in asked[0] and "cited" in paper_row(asked[0])["note"]
    assert missing_rows([ROW | {"set": "B100"}, ROW | {"blur_width": 1.0}]) == []
