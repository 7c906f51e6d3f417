"""The rules that move z by the names that methods have for them: rule "name" is `NameUpdate` of `name_update.py`."""

from __future__ import annotations

import importlib

from dlnet_tf.likelihood.update import Update
from dlnet_tf.methods import METHODS

RULES: dict[str, type[Update]] = {
    rule: getattr(importlib.import_module(f"dlnet_tf.likelihood.{rule}_update"), f"{rule.title()}Update")
    for rule in sorted({method.rule for method in METHODS.values() if method.rule})
}


def make_rule(name: str, **settings: float) -> Update:
    """Make a rule, of those settings that are given to it and not learned; see `Update.given`."""
    kind = RULES[name]
    return kind(**{key: settings[key] for key in kind.given})


def name_of(update: Update) -> str | None:
    """Name a rule as methods do; None for one that is not listed."""
    return next((name for name, kind in RULES.items() if isinstance(update, kind)), None)
