"""The package on another backend of Keras, in processes of their own."""

import json
import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT


def run(*command, **environment):
    environment = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"} | environment
    return subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.fixture
def home(tmp_path):
    (tmp_path / "keras.json").write_text(json.dumps({"backend": "jax"}))
    return str(tmp_path)


def test_a_file_of_another_project_does_not_count(home):
    done = run("-c", "import dlnet_tf, keras; print(keras.config.backend())", KERAS_HOME=home)
    assert done.stdout.strip() == "tensorflow", done.stderr


def test_another_backend_is_refused_in_one_line():
    done = run("-c", "import dlnet_tf", KERAS_BACKEND="torch")
    assert done.stderr.splitlines()[-1].startswith(
        "ImportError: dlnet_tf: found the Keras backend 'torch', expected tensorflow"
    )


def test_the_scripts_choose_their_backend():
    done = run("run_sisr.py", "--mode=restore", KERAS_BACKEND="jax")
    assert done.returncode == 2 and "expected --input and --output" in done.stderr


def test_the_page_chooses_its_backend():
    # Without Gradio it ends before it serves.
    words = "import sys; sys.modules['gradio'] = None; import run_app; run_app.main()"
    done = run("-c", words, KERAS_BACKEND="torch")
    assert done.returncode == 2 and "dlnet-app: found no package 'gradio'" in done.stderr


@pytest.mark.parametrize("flag", ["--port=-1", "--port=65536", "--max_memory=0.1", "--max_memory=nan"])
def test_the_page_refuses_what_it_cannot_be_served_with(flag):
    done = run("run_app.py", flag)
    assert done.returncode == 2 and done.stderr.splitlines()[-1].startswith(f"dlnet-app: error: {flag}: expected ")
