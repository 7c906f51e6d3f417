"""Fixtures that every room shares, the order of the files, and how many threads a test may have."""

import collections
import gc
import os
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
# There is a process for every core. Of small matrices, more threads of one spend most of their time waiting for each
# other, which takes the cores from the rest: the blur of a photograph is then estimated in 16 s in place of 1.5.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")


def pytest_collection_modifyitems(items):
    """Files with slow tests first, then large ones: a long file at the end would leave all but one core idle."""
    slow = collections.Counter(item.path for item in items if item.get_closest_marker("slow"))
    all_of = collections.Counter(item.path for item in items)
    items.sort(key=lambda item: (-slow[item.path], -all_of[item.path], item.path))


def pytest_collection_finish():
    """What is imported stays: to look through it for garbage again and again takes 7 % of the time of small tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)


@pytest.fixture(scope="session")
def shared() -> pathlib.Path:
    """The folder with benchmark images and outside references, which is not part of this repository."""
    folder = pathlib.Path(os.environ.get("DLNET_SHARED", ROOT.parent / "shared"))
    if not (folder / "golden").is_dir():
        pytest.skip(
            f"no reference data at {folder.name}/ (set DLNET_SHARED to the folder that holds golden/ and datasets/)"
        )
    return folder
