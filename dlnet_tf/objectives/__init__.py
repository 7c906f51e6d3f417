"""What training minimises."""

from .reconstruction import reconstruction

__all__ = ["reconstruction"]
