"""What pyproject.toml cannot say: the scripts; and the models that ship, which lie beside the package, go into it."""

from glob import glob

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["dlnet_tf*", "run_flags*"]), "dlnet_tf.checkpoints"],
    package_dir={"dlnet_tf.checkpoints": "checkpoints"},
    py_modules=sorted(name.removesuffix(".py") for name in glob("run_*.py")),
)
