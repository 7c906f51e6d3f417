"""What the documentation says is so: its commands, flags, links, code and the API reference."""

import concurrent.futures
import itertools
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

import keras
import numpy as np
import pytest

from dlnet_tf import zoo
from tests import stand_in
from tests.command_line import ROOT, Session, parse, write
from tools import make_api

PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
    for pattern in ("*.md", "docs/*.md", "docs/quality/*.md", "data/*.md", "checkpoints/*.md", "docs/api/*.md")
    for path in sorted(ROOT.glob(pattern))
}
# The README's code is run by test_readme.py; what is in the API reference are signatures.
WITH_CODE = [page for page in PAGES if "```python" in PAGES[page] and page != "README.md" and "api/" not in page]
SCRIPTS = ("run_sisr", "run_inpaint")
# Beginnings of commands that are not run here, and why.
ELSEWHERE = {
    "python3 -m venv": "makes an environment",
    ". .venv": "enters it",
    "python -m pip install": "downloads",
    ".venv/bin/python -m pip install": "downloads",
    ".venv/bin/python -c": "looks for a GPU",
    "python -m pytest": "is this",
    "tensorboard": "serves until it is stopped",
    ".ci/run": "is what runs this",
}
# Folders, files and terms of shell commands that users adapt.
SHELL = ("tar", "mkdir", "cp", "rm", "curl", "docker")


def shell_lines(page):
    """The lines of indented and fenced blocks, continued ones joined, and what is written in line as a command."""
    text = re.sub(r"```python\n.*?```", "", PAGES[page], flags=re.S)
    joined = text.replace("\\\n", " ")
    blocks = re.findall(r"(?:^    (?![ -]).*$)", joined, flags=re.M)
    fenced = [
        line for block in re.findall(r"```(?:sh|bash)?\n(.*?)```", joined, flags=re.S) for line in block.split("\n")
    ]
    inline = [code.replace("\n", " ") for code in re.findall(r"(?<!`)`([^`]+)`(?!`)", joined)]
    inline = [code for code in inline if re.match(r"(\w+=\S* )?(python|make) ", code)]
    return [line.strip() for line in [*blocks, *fenced, *inline]]


def commands(page):
    """Words of every command of a page, without comments and settings of the environment."""
    found = []
    for line in shell_lines(page):
        words = shlex.split(line, comments=True)
        while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
            words.pop(0)
        if words and words[-1] == "...":
            words.pop()
        # Formulas stand in such blocks too.
        if words and re.fullmatch(r"(\.?[\w./-]*/)?(python3?|make|tensorboard|run|\.)|" + "|".join(SHELL), words[0]):
            found.append(words)
    return found


def of_script(name, pages=PAGES):
    return {page: [words[2:] for words in commands(page) if words[1:2] == [f"{name}.py"]] for page in pages}


def test_commands_are_found():
    found = [words for page in PAGES for words in commands(page)]
    assert ["make", "sisr"] in found
    assert any(words[1:2] == ["run_sisr.py"] and "--checkpoint" in words for words in found)
    assert len(found) > 50


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_scripts_take_the_flags_of_every_command(name):
    lines = [(page, words) for page, found in of_script(name).items() for words in found]
    assert len(lines) > 10
    refused = parse(name, [words for _, words in lines])
    assert [(*line, text) for line, text in zip(lines, refused, strict=True) if text] == []


def test_the_parser_of_commands_refuses():
    lines = [["--blur_width=1"], ["--bakbone=idn"], ["--mode=restore", "--input=a.png"], ["photo.png"]]
    unknown = parse("run_sisr", lines)
    assert [bool(text) for text in unknown] == [True, True, False, True]


def test_every_other_command_is_there():
    targets = set(re.findall(r"^(\w[\w-]*):", (ROOT / "Makefile").read_text("utf-8"), flags=re.M))
    for page in PAGES:
        for words in commands(page):
            line = " ".join(words)
            if words[0] == "make":
                assert set(words[1:]) - {word for word in words if "=" in word} <= targets, (page, line)
            elif words[1:2] and words[1].removesuffix(".py") in SCRIPTS or words[0] in SHELL:
                pass
            elif any(line.startswith(start) for start in ELSEWHERE):
                pass
            elif words[0].endswith("python") and words[1] == "-m":
                path = ROOT.joinpath(*words[2].split(".")).with_suffix(".py")
                source = path.read_text("utf-8")
                if "import machine" in source:  # a benchmark, which has the flags of all
                    source += (ROOT / "benchmarks" / "recording.py").read_text("utf-8")
                for flag in [word.partition("=")[0] for word in words if word.startswith("--")]:
                    assert f'"{flag}"' in source, (page, line)
            elif words[0].endswith("python"):
                assert (ROOT / words[1]).is_file(), (page, line)
            else:
                raise AssertionError(f"{page}: nothing is known of the command {line}")


def test_flags_that_are_written_alone_exist():
    known = set()
    for name in SCRIPTS:
        code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import {name}, run_flags; print(*run_flags.MODES_OF)"
        known |= set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.split())
    known |= {f"no{flag}" for flag in known} | {"help"}
    for page, text in PAGES.items():
        for code in re.findall(r"(?<!`)`(--[^`]+)`(?!`)", text):
            for flag in re.findall(r"(?:^|\s)--([a-z_]\w*)", code):
                assert flag in known, (page, code)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", PAGES[page], flags=re.S)
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text):
        file, _, anchor = target.partition("#")
        path = (ROOT / page).parent / file if file else ROOT / page
        assert path.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", path.read_text("utf-8"), flags=re.M)
            assert anchor in {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}, (
                target
            )


def test_every_page_is_in_the_index():
    for page in PAGES:
        if page.startswith("docs/") and "docs/api/" not in page and page != "docs/README.md":
            assert f"]({page.removeprefix('docs/')})" in PAGES["docs/README.md"], f"docs/README.md lacks {page}"


def test_the_api_reference_is_that_of_the_docstrings():
    stored = {path.name: path.read_text("utf-8") for path in (ROOT / "docs" / "api").iterdir()}
    fresh = make_api.pages()
    different = sorted(name for name in stored.keys() | fresh.keys() if stored.get(name) != fresh.get(name))
    assert not different, f"`python -m tools.make_api` makes others of {different}"


# --- run, with small networks, small images and few steps

# What tells commands apart beside their flags, and what they mean where they do not say it; where one model is used, it
# is the best DL-Net.
DEFAULTS = {"--mode": "eval", "--method": "", "--task": "inpaint", "--dataset": "celeba"}
# Where a DL-Net is trained, or one that is not trained is compared.
FEW = "--num_steps=2"
QUICK = {
    ("run_sisr", "train"): ["--train_steps=2", "--batch_size=2"],
    ("run_inpaint", "train"): ["--train_steps=2", "--batch_size=5"],
    ("run_inpaint", "eval"): ["--images=1", "--corruptions=1"],
    # Pages export to the same places.
    ("run_sisr", "export"): ["--overwrite"],
    ("run_inpaint", "export"): ["--overwrite"],
}
# Which files are read, how long and fast is trained: not told apart.
PLAIN = {"--backbone", "--data_dir", "--scale", "--train_steps", "--batch_size", "--learning_rate", "--average"}
PLAIN |= {"--precision"}
# What is written and drawn, which changes no other flag.
ALONE = {"--output_dir", "--output", "--report", "--overwrite", "--seed", "--images", "--corruptions"}
# Several workers train in tests/training/test_strategies.py; one alone waits for the others. And networks of the paper
# that are measured once, of which there are no small ones here.
NOT_RUN = {("--strategy", "multiworker"), ("--arch", "sft"), ("--arch", "edgeconnect")}
# Pages that evaluate what is in runs.
COMPARING = [("run_inpaint", "README.md"), ("run_inpaint", "docs/reproduction.md")]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with all that the commands name: images, masks, a kernel, data sets, models."""
    from dlnet_tf import backbones
    from dlnet_tf.degradations import BlurDownsample, Masking
    from dlnet_tf.likelihood import DLNet, GradientUpdate

    folder = tmp_path_factory.mktemp("home")
    (folder / "checkpoints").mkdir()
    keras.utils.set_random_seed(7)
    network = stand_in.idn()
    models = {"idn_x3_reference": network, "idn_x3_joint": network, "idn_x2_reference": stand_in.idn(2)}
    # One that undoes the blur too takes thrice as long to trace; a command trains that.
    models["idn_x3_dlnet_gradient"] = DLNet(network, BlurDownsample(3), 2, GradientUpdate(4.0, damping=None))
    models["idn_x3_dlnet"] = DLNet(network, BlurDownsample(3), 2, step_size=1e-3)
    models["drrn_x3_reference"] = backbones.drrn(3, width=4)
    clips = backbones.vespcn(2, width=4)
    models |= {"vespcn_x2_reference": clips, "vdsr_x3_reference": backbones.vdsr(3, width=4)}
    models["vespcn_x2_dlnet_gradient"] = DLNet(clips, BlurDownsample(2), 2, GradientUpdate(0.1, damping=None))
    network = stand_in.with_statistics(stand_in.autoencoder())
    # Images of a trained network's range, of which an export may differ by 1e-5.
    network.get_layer("out").kernel.assign(0.1 * network.get_layer("out").kernel)
    for task in ("inpaint", "interp"):
        for method in ("reference", "joint", "naive_likelihood"):
            models[f"{task}_celeba_{method}"] = network
        models[f"{task}_scenes_joint"] = network
        models |= {
            f"{task}_{name}_dlnet_gradient": DLNet(network, Masking(), 2, GradientUpdate(0.1))
            for name in ("celeba", "scenes")
        }
    for name, model in models.items():
        model.save(folder / "checkpoints" / f"{name}.keras")
    # What the models of faces started from, which does not ship.
    trained = folder / "runs" / "trained"
    (trained / "short").mkdir(parents=True)
    for task in ("inpaint", "interp"):
        network.save(trained / f"{task}_celeba_base.keras")
        models[f"{task}_celeba_dlnet_gradient"].save(trained / "short" / f"{task}_celeba_dlnet_gradient.keras")
    for index in range(3):
        write(folder / "data" / "T91" / f"{index}.png", stand_in.photograph(index, 130, 125))
        write(folder / "photos" / f"{index}.png", stand_in.photograph(index, 130, 125))
        write(folder / "masks" / f"{index}.png", np.pad(np.full((20, 20), 255, np.uint8), ((50, 60), (50, 55))))
    for name in ("Set5", "Set14", "B100"):
        write(folder / "data" / name / "a.png", stand_in.photograph(5, 45, 52))
    for name in ("celeba64", "scenes64"):
        stand_in.image_set(folder / "data" / name)
    write(folder / "small.png", stand_in.photograph(6, 40, 50))
    write(folder / "folder" / "a.png", stand_in.photograph(6, 40, 50))
    shutil.copy(folder / "photos" / "0.png", folder / "photo.png")
    shutil.copy(folder / "masks" / "0.png", folder / "mask.png")
    np.save(folder / "kernel.npy", np.full((3, 3), 1 / 9))
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_CODE)
def test_python_blocks_run(page, tmp_path, monkeypatch, home):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "checkpoints").symlink_to(home / "checkpoints")
    monkeypatch.setattr(zoo, "CHECKPOINTS", home / "checkpoints")
    names = {}
    for block in re.findall(r"```python\n(.*?)```", PAGES[page], flags=re.S):
        exec(compile(block, page, "exec"), names)


def apart(words):
    """Flags apart from their values, which cards of recipes write as one word."""
    return [part for word in words for part in (word.split("=", 1) if word.startswith("--") else [word])]


def values_of(words):
    given = dict(zip(words, words[1:], strict=False))
    one = given.get("--mode") in ("restore", "export") and "--checkpoint" not in given
    return DEFAULTS | ({"--method": "dlnet_gradient"} if one else {}) | given


def pairs(words):
    """What a command has that others may lack, and two by two what changes how others work."""
    values = values_of(words)
    flags = {word for word in words if word.startswith("--")} - DEFAULTS.keys() - PLAIN
    has = {f"{flag}={values[flag]}" for flag in DEFAULTS} | flags - ALONE
    if values["--mode"] == "export":
        has.add(pathlib.Path(values["--output"]).suffix)
    together = itertools.combinations(sorted(has), 2)
    return {(values["--mode"], *alone_or_pair) for alone_or_pair in [*zip(flags & ALONE), *together]}


def shortened(name, words):
    values = values_of(words)
    trained = values["--mode"] == "train" and values["--method"].startswith("dlnet")
    compared = name == "run_sisr" and not {"--mode", "--method", "--checkpoint"} & set(words)
    return [*words, *([FEW] if trained or compared else []), *QUICK.get((name, values["--mode"]), [])]


def lend_models(home):
    """Put into runs what commands of other pages and of model cards train there, as far as they have not."""
    (home / "runs" / "trained").mkdir(parents=True, exist_ok=True)
    there = {path.name for path in (home / "runs").rglob("*.keras")}
    lent = []
    for path in sorted((home / "checkpoints").glob("in*_celeba_*.keras")):
        if path.stem.endswith(("joint", "naive_likelihood")) and path.name not in there:
            lent.append(pathlib.Path(shutil.copy(path, home / "runs" / "trained")))
    return lent


def refused(name, home):
    """Runs commands of one script until every pair has occurred; returns the first that is refused, with the answer."""
    session = Session(name, home, thin=True)
    done, made = set(), {}
    try:
        for page, found in of_script(name).items():
            lent = lend_models(home) if (name, page) in COMPARING else []
            for words in map(apart, found):
                values = values_of(words)
                if pairs(words) <= done or values.items() & NOT_RUN:
                    continue
                done |= pairs(words)
                answer = session(*shortened(name, words))
                # A page trains anew what another one trained, and a card tells of several rounds.
                held = re.search(r"(runs/train-\S+): holds a run already", answer["err"])
                if held and (made[held[1]] != page or page.startswith("checkpoints/")):
                    shutil.rmtree(home / held[1])
                    del made[held[1]]
                    answer = session(*shortened(name, words))
                for folder in (home / "runs").glob("train-*"):
                    made.setdefault(f"runs/{folder.name}", page)
                # A process that traces many models is warned by TensorFlow.
                if answer["code"] or "Traceback" in answer["err"]:
                    return page, words, answer
            for path in lent:
                path.unlink()
    finally:
        session.close()
    return None


@pytest.mark.slow
def test_the_commands_run(home):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        assert list(pool.map(refused, SCRIPTS, [home] * 2)) == [None, None]
