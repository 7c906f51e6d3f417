"""A degraded photograph in, a restored one out: NumPy arrays of any size, in three lines.

    from dlnet_tf import restoration
    restore = restoration.load("checkpoints/idn_x3_dlnet_gradient.keras")
    enlarged = restore(image, blur_width=1.3)

and for holes or missing pixels, with a mask that is 1 where the image is known and 0 where it is to be filled:

    restore = restoration.load("checkpoints/inpaint_celeba_dlnet_gradient.keras")
    filled = restore(image, mask)

Images are uint8 or uint16, [H, W] gray, [H, W, 3] RGB, or with alpha as one channel more.
"""

from dlnet_tf.restoration.inpaint import inpaint
from dlnet_tf.restoration.load import load
from dlnet_tf.restoration.restorer import Restorer
from dlnet_tf.restoration.super_resolve import super_resolve

__all__ = ["Restorer", "inpaint", "load", "super_resolve"]
