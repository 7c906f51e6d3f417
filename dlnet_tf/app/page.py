"""The page: its tabs."""

from __future__ import annotations

import pathlib

import gradio as gr

from dlnet_tf.app.enlarge_tab import EnlargeTab
from dlnet_tf.app.enlarging import Enlarger
from dlnet_tf.app.fill_tab import FillTab
from dlnet_tf.app.filling import Filler


def make_page(enlarger: Enlarger, filler: Filler, folder: pathlib.Path) -> gr.Blocks:
    """Make the page.

    Args:
        enlarger: what answers on the one tab.
        filler: what answers on the other.
        folder: for the results.
    """
    # Uploads of more than an hour are removed every ten minutes; all of them when the server ends.
    with gr.Blocks(title="dlnet_tf", analytics_enabled=False, delete_cache=(600, 3600)) as page:
        with gr.Tab("Enlarge"):
            EnlargeTab(enlarger, folder / "enlarged").show()
        with gr.Tab("Fill"):
            FillTab(filler, folder / "filled").show()
    return page
