"""The rows of a report."""

from __future__ import annotations

from typing import Any, TypeAlias

Row: TypeAlias = dict[str, Any]
"""What says which experiment, method and level it is of, and what was measured, by name."""
