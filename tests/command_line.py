"""What the tests of both scripts share: the script as a user runs it, and one process for many command lines."""

import json
import os
import pathlib
import re
import subprocess
import sys

import cv2

ROOT = pathlib.Path(__file__).resolve().parents[1]
# TensorFlow's own words are kept back by the scripts themselves, unless the environment asks for them.
ENVIRONMENT = os.environ | {"CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": str(ROOT)}
ENVIRONMENT.pop("TF_CPP_MIN_LOG_LEVEL", None)


def script(name, *arguments, **options):
    """The script `name`.py as a user runs it."""
    command = [sys.executable, str(ROOT / f"{name}.py"), *arguments]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=120, **options)


def choices(name, flag):
    """The values of a flag that the help of the script lists.

    The script is not imported: absl's flags are global, and both scripts define some of the same names.
    """
    return re.search(rf"--{flag} {{(.*?)}}", script(name, "--help").stdout)[1].split(",")


def parse(name, lines):
    """The refusal of each command line, empty for those that are parsed."""
    code = (
        "import importlib, json, sys\n"
        f"sys.path.insert(0, {str(ROOT)!r}); importlib.import_module({name!r}); import run_flags\n"
        "for line in sys.stdin:\n"
        "    for flag in run_flags.FLAGS:\n        run_flags.FLAGS[flag].unparse()\n"
        "    try:\n        run_flags.parse(['script', *json.loads(line)]); print()\n"
        "    except run_flags.flags.Error as error:\n        print(' '.join(str(error).split()))\n"
    )
    text = "".join(json.dumps(words) + "\n" for words in lines)
    done = subprocess.run([sys.executable, "-c", code], input=text, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")[: len(lines)]


class Session:
    """One process that answers many command lines of a script, in a folder with small models under checkpoints/.

    With `thin` it trains networks as small as those.
    """

    def __init__(self, name, folder, thin=False):
        self.name = name
        self.folder = folder
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.command_line_worker", name, str(folder / "checkpoints"), *["thin"] * thin],
            cwd=folder,
            env=ENVIRONMENT | {"TF_CPP_MIN_LOG_LEVEL": "3"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments, traced=False):
        self._process.stdin.write(json.dumps({"arguments": arguments, "traced": traced}) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self):
        self._process.communicate()

    def accepts(self, *arguments):
        answer = self(*arguments)
        assert (answer["code"], answer["err"]) == (0, ""), answer
        return answer["out"]

    def refuses(self, *arguments):
        """Asserts exit code 2, one line and nothing written; returns the line."""
        before = snapshot(self.folder)
        answer = self(*arguments)
        assert answer["code"] == 2, answer
        assert answer["err"].startswith(f"{self.name}.py: ") and answer["err"].count("\n") == 1, answer["err"]
        assert snapshot(self.folder) == before
        return answer["err"]


def snapshot(folder):
    return {str(path): path.is_file() and path.read_bytes() for path in sorted(folder.rglob("*"))}


def write(path, image):
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), image if image.ndim == 2 else image[..., ::-1])


def read_help(name):
    """Asserts that --help is quick and does without TensorFlow; returns its lines and the flags by heading."""
    code = (
        "import runpy, sys, time\n"
        f"sys.argv = ['{name}.py', '--help']; sys.path.insert(0, {str(ROOT)!r})\n"
        f"try:\n    runpy.run_path('{name}.py', run_name='__main__')\n"
        "except SystemExit as exit:\n    print(exit.code, 'tensorflow' in sys.modules, time.process_time())"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True)
    *text, last = done.stdout.splitlines()
    exit_code, imported, seconds = last.split()
    assert (exit_code, imported, done.stderr) == ("0", "False", "")
    assert float(seconds) < 1.0
    assert max(map(len, text)) <= 130
    groups, listed = {}, []
    for line in text:
        if line.endswith(":") and not line.startswith(" "):
            groups[line[:-1]] = listed = []
        elif line.startswith("  --"):
            listed.append(line.split()[0].replace("--", "").replace("[no]", ""))
    assert list(groups) == ["every mode", "eval", "train", "restore", "export"]
    assert [group for group in groups if "data_dir" in groups[group]] == ["eval", "train"]
    assert [group for group in groups if "overwrite" in groups[group]] == ["eval", "restore", "export"]
    return text, groups
