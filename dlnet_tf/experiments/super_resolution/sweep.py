"""`--sweep`: one photograph in, a contact sheet over blur widths out."""

from __future__ import annotations

import functools
import pathlib

from dlnet_tf.errors import UsageError, named
from dlnet_tf.experiments.one_model import load_one
from dlnet_tf.experiments.super_resolution.experiment import SuperResolution
from dlnet_tf.experiments.super_resolution.options import Enlargement, as_typed
from dlnet_tf.experiments.super_resolution.told import noise_of
from dlnet_tf.files import check_file
from dlnet_tf.imagefiles.photographs import check_output, read_photograph, write_photograph
from dlnet_tf.likelihood import DLNet
from dlnet_tf.restoration import Restorer
from dlnet_tf.restoration.jobs import check_size
from dlnet_tf.restoration.sweep import contact_sheet


def write_sweep(
    experiment: SuperResolution, options: Enlargement, source: pathlib.Path, target: pathlib.Path, max_pixels: int
) -> None:
    """Write the contact sheet of a photograph.

    Args:
        experiment: backbone and scale.
        options: what is shown.
        source: file of the photograph.
        target: file of the sheet.
        max_pixels: how many pixels the photograph may have: what could not be restored is not swept either.

    Raises:
        UsageError: a flag or a file is wrong.
    """
    for name, value in {"blur_width": options.blur_width, "kernel": options.kernel}.items():
        if value is not None:
            raise UsageError(f"--{name}={as_typed(value)}: found with --sweep, which tries several blur widths itself")
    if source.is_dir():
        raise UsageError(f"--input={source}: found a folder with --sweep, expected one image file")
    check_output(target, (0, 0))
    check_file(target, options.overwrite)
    photograph = read_photograph(source, functools.partial(check_size, source, max_pixels=max_pixels))
    name, model = load_one(experiment, options)
    if not isinstance(model, DLNet):
        raise UsageError("--sweep: found a plain network, expected a DL-Net checkpoint")
    restorer = Restorer(model)
    with named(source):
        noise = noise_of(options, restorer, photograph)
        sheet = contact_sheet(
            restorer, photograph.pixels, experiment.scale, options.sweep_at, options.max_memory, **noise
        )
    write_photograph(target, sheet)
    print(f"{target}  (u = 0 to 3, {name}); restore with the --blur_width that looks best and --nocap_blur")
