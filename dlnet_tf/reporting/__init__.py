"""From rows of numbers to text tables and HTML pages, the paper's numbers beside them."""

from dlnet_tf.reporting import paper, report, tables

__all__ = ["paper", "report", "tables"]
