"""What is fuzzed: how the files of a case are made, and what reads them."""

import contextlib
import dataclasses
import importlib
import io
import itertools
import pathlib
import sys
from collections.abc import Callable, Sequence

import numpy as np

from dlnet_tf.data import thumbnails
from dlnet_tf.data.archives import ArchiveSource
from dlnet_tf.data.array_files import ArraySource
from dlnet_tf.errors import UsageError
from dlnet_tf.experiments.super_resolution.experiment import SuperResolution
from dlnet_tf.imagefiles import images, kernels, masks
from dlnet_tf.imagefiles.photographs import read_photograph, write_photograph
from dlnet_tf.likelihood import DLNet
from dlnet_tf.restoration import Restorer
from tests.fuzz import seeds
from tests.fuzz.mutations import mutated

IMAGE_SUFFIXES = (".png", ".jpg", ".webp", ".tif", ".bmp")


@dataclasses.dataclass(frozen=True)
class Target:
    """One kind of input.

    Attributes:
        share: of 100 cases.
        make: writes the input of a random case into a folder, returns what `run` takes.
        run: reads it; may raise UsageError and nothing else.
        bombs: inputs made on purpose, each of them run once.
    """

    share: int
    make: Callable[[np.random.Generator, pathlib.Path], object]
    run: Callable[[object], object]
    bombs: Callable[[pathlib.Path], Sequence[object]] = lambda folder: ()


def _pick(random, choices):
    return choices[int(random.integers(len(choices)))]


def _from(corpus, suffixes, kept=0.05):
    """Writes a mutated file of a corpus, or with the probability `kept` one as it is."""

    def make(random, folder):
        files = corpus()
        data = _pick(random, files)
        if random.random() >= kept:
            data = mutated(random, data, _pick(random, files))
        path = folder / f"case{_pick(random, suffixes)}"
        path.write_bytes(data)
        return path

    return make


def _written(corpus, suffix):
    def bombs(folder):
        folder.mkdir(exist_ok=True)
        paths = []
        for index, data in enumerate(corpus()):
            paths.append(folder / f"bomb{index}{suffix}")
            paths[-1].write_bytes(data)
        return paths

    return bombs


def _read_image(path):
    images.read_image(path)


def _photograph(path):
    path = pathlib.Path(path)
    found = read_photograph(path)
    write_photograph(path.with_name("out.tif"), found.pixels, found.profile)


def _decode(path):
    thumbnails.thumbnail(path.name, path, thumbnails.crop)


def _read_mask(path):
    masks.read_mask(path, (seeds.SIDE, seeds.SIDE + 5))


def _kernel(random, folder):
    suffix = _pick(random, list(seeds.kernels()))
    return _from(lambda: seeds.kernels()[suffix], [suffix])(random, folder)


def _kernel_bombs(folder):
    return [
        path for suffix, files in seeds.kernel_bombs().items() for path in _written(lambda f=files: f, suffix)(folder)
    ]


def _read_all(source):
    source.names()
    for _ in source.read(0):
        pass


def _checkpoint(random, folder):
    data = _pick(random, seeds.checkpoints())
    if random.random() < 0.5:
        path = folder / "case.keras"
        path.write_bytes(seeds.changed_config(random, data))
        return path
    return _from(seeds.checkpoints, [".keras"])(random, folder)


def _restore(path):
    """As the scripts use a checkpoint."""
    model = SuperResolution("idn", 3).load(pathlib.Path(path))
    Restorer(model)(np.zeros((1, 7, 6, 1)), **({"blur_width": np.ones(1)} if isinstance(model, DLNet) else {}))


# The script whose flags this process has: both define some of the same ones, so that it can be one only.
SCRIPTS = ("run_sisr", "run_inpaint")
script = SCRIPTS[0]


def _launch(arguments, whole=True):
    """A command line, or its flags alone; its one line becomes a UsageError."""
    import run_flags

    module = importlib.import_module(script)
    before, sys.argv = sys.argv, [f"{script}.py", *arguments]
    for flag in run_flags.FLAGS:
        run_flags.FLAGS[flag].unparse()
    try:
        with contextlib.redirect_stderr(io.StringIO()) as refusal, contextlib.redirect_stdout(io.StringIO()):
            run_flags.launch(module.__doc__, module.run if whole else lambda: None)
    except SystemExit as exit:
        if exit.code == 2:
            raise UsageError(refusal.getvalue().removesuffix("\n")) from None
        if exit.code:
            raise ValueError(f"exit code {exit.code}") from None
    finally:
        sys.argv = before


FLAGS = """
    mode method checkpoint num_steps step_size precision data_dir output_dir report overwrite train_steps batch_size
    learning_rate schedule seed resume log_dir strategy backbone scale test_sets input output blur_width kernel
    noise_sigma max_memory gallery sweep sweep_at task dataset weights arch composite mask nonsense
""".split()
VALUES = (
    """
    eval train restore export dlnet reference 3 idn 0 1 -1 nan inf -inf 1e999 1e-3 99999999999999999999 0x10 1,2 ../..
    /dev/null true false auto none -- --mode --help= =
""".split()
    + ["", " ", "a b", "x" * 300, "\n", "%s{}", "\u00e9\u4e2d"]
)


def _flags(random, folder):
    found = []
    for _ in range(int(random.integers(1, 6))):
        name, value = _pick(random, FLAGS), _pick(random, VALUES)
        found += _pick(random, [[f"--{name}={value}"], [f"--{name}", value], [f"--{name}"], [f"--no{name}"], [value]])
    return found


def _command(random, folder):
    """--mode restore with a small model, a mutated photograph and flags that may not suit them."""
    image = _from(seeds.images, IMAGE_SUFFIXES, kept=0.7)(random, folder)
    model = folder / "model.keras"
    found = ["--mode=restore", f"--input={image}", f"--output={folder / 'out.png'}", f"--checkpoint={model}"]
    found += _pick(random, [["--overwrite"], []])
    if script == "run_inpaint":
        model.write_bytes(seeds.inpainting_checkpoint())
        mask = folder / "mask.png"
        mask.write_bytes(_pick(random, seeds.masks()))
        found += [
            f"--mask={mask}",
            *_pick(random, [["--task=interp"], ["--nocomposite"], ["--mask_white=observed"], []]),
        ]
    else:
        model.write_bytes(_pick(random, seeds.checkpoints()))
        kernel = _kernel(random, folder)
        width = _pick(random, ["0", "1.3", "3", "1e9", "1e-9"])
        found += _pick(
            random, [[f"--blur_width={width}"], [f"--kernel={kernel}"], ["--blur_width=1", "--noise_sigma=1"], []]
        )
    return found


def _images(share, run, corpus=seeds.images, suffixes=IMAGE_SUFFIXES):
    return Target(share, _from(corpus, suffixes), run, _written(seeds.image_bombs, ".png"))


def _files(share, run, corpus, bombs, suffix):
    return Target(share, _from(corpus, (suffix,)), lambda path: _read_all(run(path)), _written(bombs, suffix))


TARGETS = {
    "photograph": _images(15, _photograph),
    "image": _images(23, _read_image),
    "thumbnail": _images(15, _decode),
    "mask": _images(10, _read_mask, seeds.masks, (".png",)),
    "kernel": Target(8, _kernel, kernels.read_kernel, _kernel_bombs),
    "npz": _files(7, ArraySource, seeds.arrays, seeds.array_bombs, ".npz"),
    "tar": _files(7, lambda path: ArchiveSource([path]), seeds.archives, seeds.archive_bombs, ".tar"),
    "keras": Target(3, _checkpoint, _restore, _written(seeds.checkpoint_bombs, ".keras")),
    "flags": Target(10, _flags, lambda arguments: _launch(arguments, whole=False)),
    "command": Target(2, _command, _launch),
}


def schedule(cases):
    """The kinds of `cases` random cases, in turns."""
    hundred = [kind for kind, target in TARGETS.items() for _ in range(target.share)]
    mixed = [hundred[(37 * index) % 100] for index in range(100)]
    return list(itertools.islice(itertools.cycle(mixed), cases))
