"""The reports under docs/results that stand beside the paper's tables, and how their models were trained."""

from __future__ import annotations

import dataclasses
import json
import pathlib
from collections.abc import Mapping
from typing import Any

RESULTS = pathlib.Path(__file__).resolve().parents[1] / "docs" / "results"


@dataclasses.dataclass(frozen=True)
class StoredReport:
    """A stored report, and how its models were trained.

    Attributes:
        report: file under docs/results.
        budget: training of the models, and data.
        command: what measured them.
        stands_for: names of our sets -> the paper's beside which they stand.
        budgets: rows whose models had another budget, by method and variant as `row_method` says -> which budget.
    """

    report: str
    budget: str
    command: str
    stands_for: Mapping[str, str] = dataclasses.field(default_factory=dict)
    budgets: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of the report, of sets by the paper's names."""
        rows = json.loads((RESULTS / self.report).read_text("utf-8"))["rows"]
        return [row | {"set": self.stands_for.get(row["set"], row["set"])} for row in rows]


_EQUAL = (
    "joint training took 20,000 steps of 100 images (2 million) from random weights, then every method 1,500 steps "
    "from it (150,000 images; the paper's fine-tuning sees 50 million), seed 0, 27,000 faces. The Adam rule "
    "has a gamma of 1e-2. 1,000 test images, two masks each"
)
# Those for one level do not start from the joint network; one was trained on after its equal share, which is "short".
_OTHER_BUDGETS = {
    "reference": "400,000 images",
    "centered": "150,000 images from the reference",
    "dlnet_gradient": "600,000 images",
}
_SCENES = (
    "the joint network of faces took {0} steps of 100 scenes of SUN and Places, half of them mirrored; learned step "
    "sizes then took 3,000 steps from it. The test images are 1,000 SUN photographs, not all of SUN397; two masks each"
)
_SCENES_MORE = {"dlnet_gradient": "300,000 images more"}
_SCENES_JOINT = {"inpaint": "6,000", "interp": "4,000"}
_FACES = "python run_inpaint.py --task {0} --checkpoint {1} --likelihood_weight 1e4 --corruptions 2"
_LAMBDAS = ("1e2", "1e3", "1e5")
_LAMBDA = "python run_inpaint.py --task inpaint --checkpoint runs/lambda/{0} --likelihood_weight {0} --corruptions 2"
# Of tables that compare networks or losses.
_SMALL = (
    "each reference took 1,000 steps of 50 images (50,000) from random weights, then every method 800 steps (40,000 "
    "images) from it, seed 0, 27,000 faces. The Adam rule has a gamma of 1e-2. 1,000 test images, two masks each"
)
_ARCH = "python run_inpaint.py --task {0} --arch {1} --checkpoint runs/small --nocomposite --corruptions 2"
_SUN = {
    "inpaint": "python run_inpaint.py --task inpaint --dataset sun397 --corruptions 2 --holes both",
    "interp": "python run_inpaint.py --task interp --dataset sun397 --corruptions 2",
}
_DATA = "{0} x{1}: trained on T91 and BSDS400, seed 0. The reference took "
_SHORT = _DATA + (
    "12,000 steps of 16 patches of 24 x 24 from that of x3; learned step sizes then took 4,000 steps of 8 patches of "
    "40 x 40 from it"
)
_BLUR = {
    ("idn", 2): _SHORT.format("IDN", 2) + ", and joint training and the paper's Adam rule, with a gamma of 1e-2 "
    "and a floor of 3e-4, as many",
    ("idn", 3): _DATA.format("IDN", 3) + "40,000 steps of 16 patches of 24 x 24; each method then took 6,000 steps of "
    "8 patches of 40 x 40 from it. For the learned step sizes the held-out images chose the model of step 3,500. The "
    "paper's Adam rule has a gamma of 1e-2 and a floor of 3e-4",
    ("idn", 4): _SHORT.format("IDN", 4) + ", of which the held-out images chose 3,500, and joint training and the "
    "paper's Adam rule, with a gamma of 1e-2 and a floor of 3e-4, as many",
    ("drrn", 3): _DATA.format("DRRN", 3) + "20,000 steps of 16 patches of 24 x 24; learned step sizes then took 4,000 "
    "steps of 8 patches of 40 x 40 from it",
    ("vdsr", 3): _DATA.format("VDSR", 3) + "20,000 steps of 16 patches of 24 x 24; learned step sizes then took 4,000 "
    "steps of 8 patches of 40 x 40 from it, of which the held-out images chose 2,500",
}


def _measured(backbone: str, sets: str, suffix: str, *scales: int) -> tuple[StoredReport, ...]:
    """Return what a super-resolution network was measured on."""
    command = f"python run_sisr.py --backbone {backbone} --scale {{0}} --test_sets {sets}"
    return tuple(
        StoredReport(f"{backbone}_x{scale}{suffix}.json", _BLUR[backbone, scale], command.format(scale))
        for scale in scales
    )


_PHOTOGRAPHS = tuple(
    report
    for backbone, scales in (("idn", (2, 3, 4)), ("vdsr", (3,)), ("drrn", (3,)))
    for report in _measured(backbone, "Set5,Set14", "", *scales)
)
_CELEBA = {
    "inpaint": (
        StoredReport("inpaint_celeba.json", _EQUAL, _FACES.format("inpaint", "runs/trained"), budgets=_OTHER_BUDGETS),
    ),
    "interp": (
        StoredReport("interp_celeba.json", _EQUAL, _FACES.format("interp", "runs/trained"), budgets=_OTHER_BUDGETS),
    ),
}
_OTHERS = {
    task: (StoredReport(f"{task}_scenes.json", _SCENES.format(steps), _SUN[task], {"scenes": "SUN397"}, _SCENES_MORE),)
    for task, steps in _SCENES_JOINT.items()
}
# The paper's tables, with what they show, and where ours are.
TABLES: dict[str, tuple[str, tuple[StoredReport, ...]]] = {
    "I": (
        "The naive likelihood, inpainting, CelebA",
        (
            *_CELEBA["inpaint"],
            *(StoredReport(f"inpaint_celeba_lambda_{one}.json", _EQUAL, _LAMBDA.format(one)) for one in _LAMBDAS),
        ),
    ),
    "II": ("Inpainting, CelebA", _CELEBA["inpaint"]),
    "III": ("Interpolation, CelebA", _CELEBA["interp"]),
    "IV": ("Inpainting, SUN397", _OTHERS["inpaint"]),
    "V": ("Interpolation, SUN397", _OTHERS["interp"]),
    "VI": ("Inpainting, CelebA, composite", _CELEBA["inpaint"]),
    "VII": ("Interpolation, CelebA, composite", _CELEBA["interp"]),
    "IX": (
        "SFT and EdgeConnect, inpainting, CelebA",
        (StoredReport("inpaint_celeba_sft.json", _SMALL, _ARCH.format("inpaint", "sft")),),
    ),
    "X": ("SFT and EdgeConnect, interpolation, CelebA", ()),
    "XI": ("Inpainting, CelebA, with a boundary that weighs more, composite", ()),
    "XII": ("Super-resolution, Set5", _PHOTOGRAPHS),
    "XIII": ("Super-resolution, Set14", _PHOTOGRAPHS),
    "XIV": (
        "Super-resolution, B100",
        _measured("idn", "B100", "_b100", 2, 3, 4) + _measured("vdsr", "B100 --noise_sigma 0", "_b100", 3),
    ),
}


# Models as they ship: after the joint training one saw more images than the others.
_AS_SHIPPED = {f"{task}_celeba_shipped.json": {"dlnet_gradient": "600,000 images"} for task in ("inpaint", "interp")}


def budgets_of(report: str) -> Mapping[str, str]:
    """Return the rows of a report whose models had another budget, and which; of one that is not known, none."""
    stored = (source for _, sources in TABLES.values() for source in sources)
    return next((source.budgets for source in stored if source.report == report), _AS_SHIPPED.get(report, {}))
