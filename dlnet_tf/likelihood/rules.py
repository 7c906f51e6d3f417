"""The rules that move z, by their names: rule "some_name" is `SomeNameUpdate` of `some_name_update.py`."""

from __future__ import annotations

import importlib

from dlnet_tf.likelihood.update import Update
from dlnet_tf.methods import METHODS


def _class_of(rule: str) -> type[Update]:
    """Find the class of a rule."""
    module = importlib.import_module(f"dlnet_tf.likelihood.{rule}_update")
    kind: type[Update] = getattr(module, f"{rule.title().replace('_', '')}Update")
    return kind


RULES = {rule: _class_of(rule) for rule in sorted({method.rule for method in METHODS.values() if method.rule})}


def make_rule(name: str, **settings: float) -> Update:
    """Make a rule, of those settings that are given to it and not learned; see `Update.given`."""
    kind = RULES[name]
    return kind(**{key: settings[key] for key in kind.given})


def has_step_size(name: str | None) -> bool:
    """Tell whether a rule of this name, which may be None, is given gamma."""
    return name is not None and "step_size" in RULES[name].given


def name_of(update: Update) -> str | None:
    """Name a rule as methods do; None for one that is not listed."""
    return next((name for name, kind in RULES.items() if isinstance(update, kind)), None)
