"""What `pip install` of a source archive and of a wheel gives, away from the checkout."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile

import cv2
import numpy as np
import pytest

import dlnet_tf
from tests import stand_in
from tests.conftest import ROOT

LEFT_OUT = (".*", "__pycache__", "*.egg-info", "build", "dist", "runs", "shared")
BUILD = """
import sys
from setuptools import build_meta
print(getattr(build_meta, "build_" + sys.argv[1])(sys.argv[2]))
"""
pytestmark = pytest.mark.slow


def run(*command, **options):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return subprocess.run(
        command, env=environment | {"CUDA_VISIBLE_DEVICES": ""}, capture_output=True, text=True, **options
    )


def accepted(*command, **options):
    done = run(*command, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """An empty environment that sees the packages of this one, but not the checkout; with what builds wheels."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["build-system"]["requires"]
    done = run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted)
    if "No matching distribution" in done.stderr:
        pytest.skip(f"no package index to take {', '.join(wanted)} from")
    assert done.returncode == 0, done.stderr
    site = accepted(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    with open(os.path.join(site, "beside.pth"), "w", encoding="utf-8") as file:
        file.write(sysconfig.get_path("purelib") + "\n")
    return folder / "bin"


@pytest.fixture(scope="module")
def archives(environment, tmp_path_factory):
    """The source archive of a checkout, and the wheel that is made of the archive alone."""
    folder = tmp_path_factory.mktemp("archives")
    tree = shutil.copytree(ROOT, folder / "tree", ignore=shutil.ignore_patterns(*LEFT_OUT))
    accepted(environment / "python", "-c", BUILD, "sdist", folder, cwd=tree)
    (source,) = folder.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    (unpacked,) = (folder / "unpacked").iterdir()
    accepted(environment / "python", "-c", BUILD, "wheel", folder, cwd=unpacked)
    (wheel,) = folder.glob("*.whl")
    return source, wheel


@pytest.fixture(scope="module")
def installed(environment, archives):
    accepted(environment / "python", "-m", "pip", "install", "--quiet", "--no-deps", archives[1])
    return environment


def test_the_wheel_has_the_weights_and_little_else(archives):
    with zipfile.ZipFile(archives[1]) as archive:
        names = set(archive.namelist())
        (metadata,) = (archive.read(name).decode() for name in names if name.endswith("/METADATA"))
    shipped = {path.name for pattern in ("*.keras", "*.md") for path in (ROOT / "checkpoints").glob(pattern)}
    assert {f"dlnet_tf/checkpoints/{name}" for name in shipped | {"models.json"}} <= names
    assert {"run_sisr.py", "run_inpaint.py", "run_flags/launching.py", "dlnet_tf/reporting/report.css"} <= names
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {
        *("dlnet_tf", "run_flags"),
        *(path.name for path in ROOT.glob("run_*.py")),
    }
    assert not [name for name in names if "state.npz" in name or "recipes.toml" in name]
    files = [path for pattern in ("*.py", "task.toml") for path in (ROOT / "dlnet_tf").rglob(pattern)]
    code = {path.relative_to(ROOT).as_posix() for path in files}
    assert code <= names
    # One source of what is needed: the files of requirements.
    for file, end in (
        ("requirements.txt", ""),
        ("requirements-app.txt", '; extra == "app"'),
        ("requirements-dev.txt", '; extra == "dev"'),
        ("requirements-video.txt", '; extra == "video"'),
    ):
        for line in (ROOT / file).read_text("utf-8").splitlines():
            if line and not line.startswith("#"):
                assert f"Requires-Dist: {line}{end}\n" in metadata


def test_the_commands_are_quick_to_help(installed, tmp_path):
    for name, script in (("dlnet-sisr", "run_sisr"), ("dlnet-inpaint", "run_inpaint")):
        own = accepted(installed / name, "--help", cwd=tmp_path)
        assert own == accepted(sys.executable, ROOT / f"{script}.py", "--help").replace(f"python {script}.py", name)
        assert f"{name} --mode restore" in own
    assert "--port" in accepted(installed / "dlnet-app", "--help", cwd=tmp_path)


def test_a_photograph_is_restored_as_from_a_checkout(installed, tmp_path):
    image = stand_in.photograph(1, 30, 40)
    assert cv2.imwrite(str(tmp_path / "small.png"), image[..., ::-1])
    flags = ("--input", "small.png", "--output", "large.png", "--blur_width", "0.5")
    out = accepted(installed / "dlnet-sisr", "--mode", "restore", *flags, cwd=tmp_path)
    assert out == "large.png  (120 x 90, idn_x3_dlnet_gradient)\n"
    enlarged = cv2.imread(str(tmp_path / "large.png"))[..., ::-1]
    expected = dlnet_tf.load("idn_x3")(image, blur_width=0.5)
    assert np.abs(enlarged.astype(int) - expected).max() <= 1
    done = run(installed / "dlnet-inpaint", "--checkpoint", "inpaint_moon", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("dlnet-inpaint: --checkpoint: found no file or model 'inpaint_moon', expected one of")
    code = "import dlnet_tf; print(dlnet_tf.__file__, [model.name for model in dlnet_tf.models()])"
    place, _, names = accepted(installed / "python", "-c", code, cwd=tmp_path).partition(" ")
    assert place.startswith(str(installed.parent)) and names == f"{[model.name for model in dlnet_tf.models()]}\n"
