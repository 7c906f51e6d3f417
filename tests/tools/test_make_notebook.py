"""The quickstart runs, and gives the outputs that it is kept with."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from tools import make_notebook

NUMBER = re.compile(r"\d+\.\d+")


def outputs(notebook):
    return [cell["outputs"] for cell in notebook["cells"] if cell["cell_type"] == "code"]


def test_every_cell_was_run_in_order_and_only_a_picture_is_large():
    cells = [cell for cell in make_notebook.read()["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == [*range(1, len(cells) + 1)]
    assert len({cell["id"] for cell in make_notebook.read()["cells"]}) == len(make_notebook.read()["cells"])
    assert make_notebook.PAGE.stat().st_size < 150_000


@pytest.mark.slow
def test_the_outputs_are_those_of_the_cells():
    kept = make_notebook.read()
    fresh = make_notebook.executed(kept)
    assert len(outputs(kept)) > 5
    pictures = 0
    for old, new in zip(outputs(kept), outputs(fresh), strict=True):
        assert [output["output_type"] for output in old] == [output["output_type"] for output in new]
        for before, after in zip(old, new, strict=True):
            if "image/png" in before.get("data", {}):
                pictures += 1
                seen = [
                    np.asarray(Image.open(io.BytesIO(base64.b64decode(output["data"]["image/png"]))), np.int16)
                    for output in (before, after)
                ]
                assert seen[0].shape == seen[1].shape and np.abs(seen[0] - seen[1]).max() <= 2
                continue
            words = ["".join(output.get("text") or output["data"]["text/plain"]) for output in (before, after)]
            assert NUMBER.sub("", words[0]) == NUMBER.sub("", words[1])
            # Training differs in rounding from one processor to another.
            numbers = [[float(number) for number in NUMBER.findall(text)] for text in words]
            np.testing.assert_allclose(*numbers, rtol=0.05)
    assert pictures == 1
