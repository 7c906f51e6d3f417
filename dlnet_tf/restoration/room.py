"""Memory for what is read when it is checked, and used again when it is restored."""

from __future__ import annotations

import math
import pathlib

from dlnet_tf.options import MAX_MEMORY
from dlnet_tf.restoration.tiles import BASE

# Of the memory beside `BASE`, where there are several photographs.
SHARE = 0.05


class Room:
    """Bytes that may be kept of the files of a command; what there is no room for is read again.

    Args:
        source: --input. All of a single file is kept, as there is room for one in any case.
        max_memory: what the whole process may take, in GB.

    Attributes:
        held: bytes that may be kept beside the photograph that is restored.
        memory: what is left for restoring, in GB.
    """

    def __init__(self, source: pathlib.Path, max_memory: float = MAX_MEMORY) -> None:
        self.held = 0 if source.is_file() else int(SHARE * max(0.0, max_memory - BASE) * 1e9)
        self._left = math.inf if source.is_file() else self.held
        self.memory = max_memory - self.held / 1e9

    def take(self, size: int) -> bool:
        """Tell whether so many bytes can be kept; if so they are counted."""
        if size > self._left:
            return False
        self._left -= size
        return True
