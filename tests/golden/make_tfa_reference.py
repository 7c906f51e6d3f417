"""Make `tfa_reference.npz`, what TensorFlow Addons computes, as an independent check of this project.

TensorFlow Addons ended in 2024 and imports neither with TensorFlow >= 2.16 nor with Python >= 3.12, so it
gets an environment of its own:

    python3.11 -m venv tfa-env && tfa-env/bin/pip install -r requirements-tfa.txt
    tfa-env/bin/python tests/golden/make_tfa_reference.py tests/golden/tfa_reference.npz new.npz

The inputs (`blur_image`, `adamw_w0`, `adamw_grads`) are taken from the first file; everything else is
computed anew and written to the second, and the largest difference from the first is printed for every key.
"""

import argparse
import pathlib

import numpy as np
import tensorflow as tf
import tensorflow_addons as tfa

TAPS = 15
SIGMAS = (0.5, 1.3, 2.6, 3.0)
PADDINGS = ("reflect", "symmetric", "constant")


def blurs(image: np.ndarray) -> dict[str, np.ndarray]:
    """Blur an image [B, H, W, C] with every width and border rule."""
    return {
        f"blur_sigma{sigma}_{padding}": tfa.image.gaussian_filter2d(
            image, filter_shape=(TAPS, TAPS), sigma=sigma, padding=padding.upper()
        ).numpy()
        for sigma in SIGMAS
        for padding in PADDINGS
    }


def adamw_trajectory(start: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """Return the weights after each AdamW step, shaped like `gradients` [steps, ...]."""
    weights = tf.Variable(start)
    # The weight decay of TensorFlow Addons is not scaled by the learning rate.
    optimizer = tfa.optimizers.AdamW(weight_decay=1e-4, learning_rate=1e-3)
    trajectory = []
    for gradient in gradients:
        optimizer.apply_gradients([(tf.constant(gradient), weights)])
        trajectory.append(weights.numpy())
    return np.stack(trajectory)


def main() -> None:
    """Recompute the reference file and say how far it is from the old one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old", type=pathlib.Path, help="the file that holds the inputs")
    parser.add_argument("new", type=pathlib.Path, help="the file to write; must not exist")
    arguments = parser.parse_args()
    if arguments.new.exists():
        parser.error(f"{arguments.new}: exists; expected a new file name")
    with np.load(arguments.old) as stored:
        old = dict(stored)
    new = {key: old[key] for key in ("blur_image", "adamw_w0", "adamw_grads")}
    new |= blurs(old["blur_image"])
    new["adamw_trajectory"] = adamw_trajectory(old["adamw_w0"], old["adamw_grads"])
    if new.keys() != old.keys():
        parser.error(f"{arguments.old}: keys found {sorted(old)}, expected {sorted(new)}")
    for key, value in new.items():
        print(f"{key:28s} {np.abs(value - old[key]).max():.1e}")
    np.savez_compressed(arguments.new, **new)


if __name__ == "__main__":
    main()
