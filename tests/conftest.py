"""Fixtures that every room shares."""

import os
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared() -> pathlib.Path:
    """The folder with benchmark images and outside references, which is not part of this repository."""
    folder = pathlib.Path(os.environ.get("DLNET_SHARED", ROOT.parent / "shared"))
    if not (folder / "golden").is_dir():
        pytest.skip(
            f"no reference data at {folder.name}/ (set DLNET_SHARED to the folder that holds golden/ and datasets/)"
        )
    return folder
