"""Fixtures of this room."""

import pytest

from tests.training.processes import starter


@pytest.fixture
def start():
    """Starts `tests.training.resumable_run` with arguments and variables of the environment."""
    with starter() as function:
        yield function
