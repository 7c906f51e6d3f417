"""What the modes of the command line ask for, whatever the task; experiments add their own."""

from __future__ import annotations

import dataclasses
import pathlib

# GB that a process may take for restoring: as a rule, and at the least, as TensorFlow alone takes most of that.
MAX_MEMORY, LEAST_MEMORY = 2.0, 1.0


@dataclasses.dataclass(frozen=True)
class ModelOptions:
    """Which models, and what is changed about them.

    Attributes:
        method: how they are trained; None for what the mode takes by default.
        checkpoint: `.keras` file or folder of runs; None for what ships. In training the file to start from, or "none".
        num_steps: K of a DL-Net; None for its own.
        step_size: gamma of the Adam rule; None for its own.
        precision: dtype policy of the layers before z, "float32" or "mixed_bfloat16"; None for their own. In training
            also "auto" for the faster one, which is what None means where a run is not a short one.
    """

    method: str | None = None
    checkpoint: str | None = None
    num_steps: int | None = None
    step_size: float | None = None
    precision: str | None = None


@dataclasses.dataclass(frozen=True)
class EvalOptions(ModelOptions):
    """What is compared, and where the report goes.

    Attributes:
        data_dir: folder of the image sets.
        data_dir_given: whether the user named it; then a set that is missing there is refused.
        test_sets: names of the sets; None for those that are there.
        output_dir: folder of the report; None for a new one under runs/.
        report: further `.json` file.
        overwrite: whether files that exist are replaced.
    """

    data_dir: str = "data"
    data_dir_given: bool = False
    test_sets: list[str] | None = None
    output_dir: pathlib.Path | None = None
    report: pathlib.Path | None = None
    overwrite: bool = False


@dataclasses.dataclass(frozen=True)
class TrainOptions(ModelOptions):
    """How a model is trained, and where its run is kept.

    Attributes:
        data_dir: folder of the images.
        output_dir: folder of the run; None for one under runs/.
        log_dir: folder of TensorBoard's files; None for one in the run's.
        train_steps: how many the whole run has.
        batch_size: examples a step; None for the method's.
        learning_rate: peak of the schedule.
        schedule: "cosine" or "paper".
        average: decay of the moving average of the weights, which is validated and kept; 0 for none.
        seed: seed of every random draw.
        resume: whether to go on from the state in `output_dir`.
        strategy: "none", "mirrored" or "multiworker".
        command: the command line without --resume, for the card.
    """

    data_dir: str = "data"
    output_dir: pathlib.Path | None = None
    log_dir: pathlib.Path | None = None
    train_steps: int = 10000
    batch_size: int | None = None
    learning_rate: float = 1e-3
    schedule: str = "cosine"
    average: float = 0.0
    seed: int = 0
    resume: bool = False
    strategy: str = "none"
    command: str = ""


@dataclasses.dataclass(frozen=True)
class RestoreOptions(ModelOptions):
    """What is restored, and where the results go.

    Attributes:
        input: image file, folder or pattern.
        output: file or folder.
        overwrite: whether files that exist are replaced.
        gallery: whether a page with before/after sliders is written.
        max_memory: GB that the process may take.
    """

    input: str | None = None
    output: pathlib.Path | None = None
    overwrite: bool = False
    gallery: bool = False
    max_memory: float = MAX_MEMORY


@dataclasses.dataclass(frozen=True)
class ExportOptions(ModelOptions):
    """What is exported, and where to.

    Attributes:
        output: folder of the SavedModel, or `.tflite` file.
        overwrite: whether what exists is replaced.
    """

    output: pathlib.Path | None = None
    overwrite: bool = False
