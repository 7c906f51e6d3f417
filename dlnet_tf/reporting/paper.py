"""The numbers printed in the paper (arXiv:1904.09105v4, Tables I-XIV), beside which ours stand."""

from __future__ import annotations

import functools
import importlib.resources
import json
import operator
from collections.abc import Iterable, Sequence
from typing import Any

from dlnet_tf.evaluation.rows import Row

# What says which experiment a row belongs to; all else is a result or a remark.
_IDENTITY = (
    "task",
    "set",
    "method",
    "variant",
    "backbone",
    "arch",
    "scale",
    "blur_width",
    "noise_sigma",
    "level",
    "composite",
    "boundary_band",
    "adversarial_weight",
    "weight",
)
# A method of other authors, which is cited beside every super-resolution network.
CITED = "srmdnf"
# Images that stand in for a data set that is not there. The paper's numbers get a note on that.
_STAND_INS = {"one face": "CelebA", "samples": "SUN397"}
_OTHER_VIDEOS = "measured on videos that are not public"
# Tables IX and X name networks where the other ones name methods; without DL-Net they are trained on all levels.
_NETWORKS = ("sft", "edgeconnect")


@functools.cache
def _tables() -> dict[str, Any]:
    text = importlib.resources.files(__package__).joinpath("paper_tables.json").read_text("utf-8")
    return dict(json.loads(text))


def paper_table(name: str) -> list[Row]:
    """Return the rows of one of the paper's tables, in the terms of our rows.

    Args:
        name: "I" to "XIV" but "VIII", which holds run-times.
    """
    table = _tables()[name]
    shared = {key: value for key, value in table.items() if key in _IDENTITY}
    return [{"table": name, **shared, **_in_our_terms(row)} for row in table["rows"]]


@functools.cache
def _rows_by_identity() -> dict[tuple[object, ...], Row]:
    tables = _tables()
    found: dict[tuple[object, ...], Row] = {}
    for name, table in tables.items():
        if "task" not in table:  # run-times and numbers in the prose
            continue
        for row in paper_table(name):
            found.setdefault(identity(row), row)
    for place, psnr in tables["prose"]["deeper_autoencoders_s20_centred"].items():
        arch = f"autoencoder_{'back' if place == 'end' else place}"
        row = {"task": "inpaint", "set": "CelebA", "method": "centered", "arch": arch, "level": "s=20 centred"}
        found[identity(row)] = {"table": "Section IV-B", **row, "psnr": psnr}
    video = {"task": "sisr", "set": "Vid4", "backbone": "vespcn", "scale": 2}
    for method, levels in tables["prose"]["vespcn_x2_video"].items():
        for u, psnr in levels.items():
            row = {**video, "method": method, "blur_width": float(u)}
            found[identity(row)] = {"table": "Section IV-D", **row, "psnr": psnr, "note": _OTHER_VIDEOS}
    return found


def prose(name: str) -> float:
    """Return a number of dB that the paper gives outside its tables, by its key under `prose`, or keys with dots."""
    return float(functools.reduce(operator.getitem, name.split("."), _tables()["prose"]))


def _in_our_terms(row: Row) -> Row:
    """Spell `sft+dlnet` as method and arch, `naive_likelihood lambda=1e4` as method and weight."""
    if row.get("backbone") == CITED:
        return {key: value for key, value in row.items() if key != "backbone"} | {"method": CITED}
    network, _, method = row["method"].partition("+")
    if network in _NETWORKS:
        return row | {"method": method or "joint", "arch": network}
    method, _, weight = row["method"].partition(" lambda=")
    return row | {"method": method, "weight": float(weight)} if weight else row


def identity(row: Row) -> tuple[object, ...]:
    """Return what says which experiment a row is of, ours or the paper's: equal for two rows of the same."""
    values = {key: row.get(key) for key in _IDENTITY}
    values["set"] = str(values["set"]).casefold()
    values["composite"] = bool(values["composite"])
    if values["arch"] == "autoencoder":  # the paper's own network, which its tables do not name
        values["arch"] = None
    if values["method"] in ("bicubic", CITED):
        values["backbone"] = None
    return tuple(values.values())


def paper_row(row: Row) -> Row | None:
    """Return the paper's row for the experiment of a report row, or None where the paper has none.

    Args:
        row: a row of a report; compared by task, set, method, backbone or arch, scale, blur_width, level,
            composite, boundary_band and weight (lambda of the naive likelihood).

    Returns:
        The paper's row with its `table`, and a `note` where its number was made in another way than ours.
    """
    theirs = _STAND_INS.get(row.get("set", ""))
    if theirs and row.get("task") != "sisr":
        found = _rows_by_identity().get(identity({**row, "set": theirs}))
        return found and {**found, "note": f"measured on {theirs}'s test images"}
    return _rows_by_identity().get(identity(row))


def missing_rows(rows: Sequence[Row]) -> list[Row]:
    """Return rows without results for what the paper shows beside ours: its DL-Net, and the network that it cites.

    Its DL-Net is asked for where only ours, of learned step sizes, was measured.
    """
    asked = [_asked(row, "dlnet") for row in rows if row["method"] == "dlnet_gradient"]
    asked += [_asked(row, CITED) for row in rows]
    by_identity = {identity(row): row for row in asked if paper_row(row)}
    measured = {identity(row) for row in rows}
    return [row for identity, row in by_identity.items() if identity not in measured]


def _asked(row: Row, method: str) -> Row:
    unlike = ("backbone",) if method == CITED else ()
    return {key: value for key, value in row.items() if key in _IDENTITY and key not in unlike} | {"method": method}


def paper_rows(rows: Iterable[Row]) -> list[Row]:
    """Return the paper's rows for those report rows that have one, in their order and without repeats."""
    matches = {(identity(match), match.get("note")): match for match in map(paper_row, rows) if match is not None}
    return list(matches.values())
