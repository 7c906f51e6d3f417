"""Help, grouped by mode."""

from __future__ import annotations

import re
from collections.abc import Sequence

from run_flags.calling import program
from run_flags.defining import FLAGS, MODES, MODES_OF, flags


def _is_about(line: str, modes: Sequence[str]) -> bool:
    """Tell whether a line of a script's docstring is no example, or one of these modes."""
    if not line.startswith(program()):
        return True
    return (line.partition("--mode ")[2].split() or ["eval"])[0] in modes


def help_of(script: str, argv: Sequence[str]) -> str:
    """Return the flags under headings; with --mode beside --help those of that mode alone."""
    words = " ".join(argv).replace("=", " ").split()
    chosen = [mode for word, mode in zip(words, words[1:], strict=False) if word.lstrip("-") == "mode"]
    shown = [mode for mode in MODES if mode in chosen[-1:]] or list(MODES)
    told = re.sub(r"^python \w+\.py", program(), script.strip(), flags=re.MULTILINE)
    lines = [*(line for line in told.splitlines() if _is_about(line, shown)), ""]
    general = {"every mode": [name for name in MODES_OF if MODES_OF[name] == MODES]}
    special = {mode: [name for name in MODES_OF if mode in MODES_OF[name] != MODES] for mode in shown}
    # Who asks about one mode wants its own flags first.
    groups = general | special if len(shown) > 1 else special | general
    for group, names in groups.items():
        lines.append(f"{group}:")
        for name in names:
            flag = FLAGS[name]
            values = " {" + ",".join(flag.parser.enum_values) + "}" if isinstance(flag, flags.EnumFlag) else ""
            given = f"--[no]{name}" if flag.boolean else f"--{name}{values}"
            # absl repeats an enumeration's values in front of its text.
            text = flag.help.partition(">: ")[2] if values else flag.help
            default = "" if flag.default is None or flag.boolean else f" [{flag.default}]"
            gap = " " * (28 - len(given)) if len(given) < 28 else "\n" + " " * 30
            lines.append(f"  {given}{gap}{text}{default}")
        lines.append("")
    if len(shown) > 1:
        lines.append("--help --mode restore, or another one, lists the flags of that mode alone.")
    return "\n".join(lines)
