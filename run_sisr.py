"""Enlarge photographs and remove their blur, with one network for every blur width.

python run_sisr.py --backbone idn --scale 3                              compare the shipped models on photographs
python run_sisr.py --mode train --backbone idn --scale 3 --method joint  train one of them
python run_sisr.py --mode restore --input lr.png --output hr.png --blur_width auto
python run_sisr.py --mode export --method dlnet_gradient --output saved_model/
"""

from __future__ import annotations

from run_flags import define, define_shared, flags, launch, networks, options_of
from run_flags.degradation import define_degradation

NETWORKS = [*networks.of_task("sisr"), *networks.of_task("video")]
define("backbone", flags.DEFINE_enum, default="idn", help="which network", enum_values=NETWORKS)
define("scale", flags.DEFINE_enum, default="3", help="magnification", enum_values=["2", "3", "4"], parse=int)
DATA = "folder of the image sets; train: any folder of photographs, or of clips"
define_shared(("sisr", "video"), ("train",), DATA, "image or video")
SETS = "folders in --data_dir, or samples [Set5,Set14,B100, else samples]"
define("test_sets", flags.DEFINE_list, help=SETS, modes=("eval",))
define_degradation()


def run() -> None:
    """Run the experiment that the flags name; each mode imports what it needs."""
    from dlnet_tf.experiments.super_resolution.experiment import SuperResolution
    from dlnet_tf.experiments.super_resolution.options import Enlargement, SRChoice, SRComparison

    choice = options_of(SRChoice)
    experiment = SuperResolution(choice.backbone, choice.scale)
    video = choice.backbone in networks.of_task("video")
    if choice.mode == "eval":
        if video:
            from dlnet_tf.experiments.video.evaluation import evaluate
        else:
            from dlnet_tf.experiments.super_resolution.evaluation import evaluate

        evaluate(experiment, options_of(SRComparison))
    elif choice.mode == "train":
        from dlnet_tf.options import TrainOptions

        if video:
            from dlnet_tf.experiments.video.training import train_model
        else:
            from dlnet_tf.experiments.super_resolution.training import train_model

        train_model(experiment, options_of(TrainOptions))
    elif choice.mode == "restore":
        from dlnet_tf.imagefiles.video_files import is_video_file

        enlargement = options_of(Enlargement)
        if video or is_video_file(enlargement.input):
            from dlnet_tf.experiments.video.restoring import restore
        else:
            from dlnet_tf.experiments.super_resolution.restoring import restore

        restore(experiment, enlargement)
    else:
        from dlnet_tf.experiments.exporting import export_model
        from dlnet_tf.options import ExportOptions

        export_model(experiment, options_of(ExportOptions))


def main() -> None:
    """Run the command line."""
    launch(__doc__ or "", run)


if __name__ == "__main__":
    main()
