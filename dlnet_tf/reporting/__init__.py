"""From rows of numbers to text tables and HTML pages, the paper's numbers beside them."""

from dlnet_tf.reporting import findings, paper, report, tables

__all__ = ["findings", "paper", "report", "tables"]
