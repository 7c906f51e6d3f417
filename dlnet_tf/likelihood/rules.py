"""The rules that move z by the names that methods have for them: what is listed here, the conformance suite tests."""

from __future__ import annotations

from dlnet_tf.likelihood.adam_update import AdamUpdate
from dlnet_tf.likelihood.gradient_update import GradientUpdate
from dlnet_tf.likelihood.update import Update

RULES: dict[str, type[Update]] = {"adam": AdamUpdate, "gradient": GradientUpdate}


def make_rule(name: str, gamma: float) -> Update:
    """Make a rule, of step size gamma where that is given and not learned."""
    kind = RULES[name]
    return kind(step_size=gamma) if kind.has_gamma else kind()


def name_of(update: Update) -> str | None:
    """Name a rule as methods do; None for one that is not listed."""
    return next((name for name, kind in RULES.items() if isinstance(update, kind)), None)
