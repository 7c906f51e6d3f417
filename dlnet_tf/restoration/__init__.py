"""A degraded photograph in, a restored one out."""

from .photograph import super_resolve
from .restorer import Restorer

__all__ = ["Restorer", "super_resolve"]
