"""What pyproject.toml cannot say: the models that ship, which a checkout has beside the package, go into it."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["dlnet_tf*", "run_flags*"]), "dlnet_tf.checkpoints"],
    package_dir={"dlnet_tf.checkpoints": "checkpoints"},
    py_modules=["run_app", "run_inpaint", "run_sisr"],
)
