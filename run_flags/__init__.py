"""What `run_sisr.py` and `run_inpaint.py` share on the command line: flags, help grouped by mode, one-line errors."""

from run_flags.apart import networks, tasks
from run_flags.calling import command_line
from run_flags.defining import FLAGS, MODES_OF, define, define_path, flags, require_not_negative
from run_flags.launching import launch, options_of, parse
from run_flags.shared import define_shared

__all__ = [
    "FLAGS",
    "MODES_OF",
    "command_line",
    "define",
    "define_path",
    "define_shared",
    "flags",
    "launch",
    "networks",
    "options_of",
    "parse",
    "require_not_negative",
    "tasks",
]
