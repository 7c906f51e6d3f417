"""What a DL-Net that is trained on takes over beside the weights of its network: step sizes and dampings."""

from __future__ import annotations

import keras

from dlnet_tf.likelihood.plain_network import described


def take_over(model: keras.Model, source: keras.Model) -> None:
    """Give a DL-Net what another one has learned of how z is moved, where both have it.

    The rule takes what fits of another rule (`Update.take_over`), and a start the dampings of another start. Where K is
    larger than it was the last step's repeat.

    Args:
        model: what is trained next; nothing happens to a plain network.
        source: what training starts from.
    """
    taker, giver = described(model), described(source)
    if taker.start is not None and giver.start is not None:
        taker.start.dampings.take_over(giver.start.dampings)
    taker.update.take_over(giver.update)
