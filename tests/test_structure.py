"""The rooms of the package stand one upon the other, and none of them, no file and no function is too large."""

import ast
import collections
import graphlib
import re

import pytest

from dlnet_tf.degradations import REGISTRY
from dlnet_tf.likelihood.rules import RULES
from tests.conftest import ROOT

PACKAGE = ROOT / "dlnet_tf"
# From the ground up; each may import those before it. What lies beside the rooms is listed as they are.
ROOMS = [
    *(
        "native_log",
        "keras_backend",
        "tensors",
        "graph_mode",
        "errors",
        "progress",
        "files",
        "rectangle",
        "colour",
        "resize",
        "reach",
        "copies",
        "methods",
        "tasks",
        "method_labels",
        "networks",
        "rounding",
        "saved_model",
        "validation",
        "options",
    ),
    *("degradations", "backbones", "likelihood", "keras_models", "objectives"),
    *(
        "imagefiles",
        "data",
        "restoration",
        "zoo",
        "evaluation",
        "reporting",
        "export",
        "training",
        "experiments",
        "app",
    ),
]
LARGEST_SHARE = 0.14
LARGEST_FILE, LONGEST_FUNCTION = 12 * 1024, 60
SOURCES = ("dlnet_tf/**/*.py", "run_*.py", "run_flags/*.py", "tools/*.py", "benchmarks/*.py")
# What stands above the package.
ABOVE = {"absl", "run_flags", "run_sisr", "run_inpaint", "tools", "benchmarks", "tests"}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def names_in(tree):
    """The last parts of all names in an expression."""
    nodes = list(ast.walk(tree))
    return {node.id for node in nodes if isinstance(node, ast.Name)} | {
        node.attr for node in nodes if isinstance(node, ast.Attribute)
    }


def names_of(node):
    """What a node names in full: an attribute, or what is imported from a module."""
    if isinstance(node, ast.ImportFrom):
        return {f"{node.module}.{alias.name}" for alias in node.names}
    return {ast.unparse(node)} if isinstance(node, ast.Attribute) else set()


def modules():
    """Dotted name -> file, packages by their own name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path, known):
    """The modules of the package that a file imports anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                # A package may have a function that is called as the module that it is in.
                exports = known.get(node.module, PACKAGE).name == "__init__.py" and alias.name in exported(
                    known[node.module]
                )
                found.add(name if name in known and not exports else node.module)
    return found & known.keys()


def exported(path):
    """Names that a package takes from its modules."""
    nodes = ast.parse(path.read_text("utf-8")).body
    return {
        alias.name
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module and node.module.count(".") > 1
        for alias in node.names
    }


@pytest.fixture(scope="module")
def graph():
    known = modules()
    return {name: imports(path, known) for name, path in known.items() if name != "dlnet_tf"}


def room(module):
    return module.split(".")[1]


def test_no_module_imports_itself_on_a_way_round(graph):
    list(graphlib.TopologicalSorter(graph).static_order())


def test_every_arrow_leads_down(graph):
    assert {room(name) for name in graph} == set(ROOMS)
    up = [
        f"{name} -> {other}"
        for name, others in graph.items()
        for other in sorted(others)
        if other != "dlnet_tf" and ROOMS.index(room(other)) > ROOMS.index(room(name))
    ]
    assert up == []


def test_a_newcomer_reads_of_the_folders_in_their_order():
    told = re.findall(r"^\| `([a-z_]+)/` \|", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.MULTILINE)
    assert told == [name for name in ROOMS if (PACKAGE / name).is_dir()]


def test_no_module_imports_the_whole_package(graph):
    assert [name for name, others in graph.items() if "dlnet_tf" in others] == []


def test_the_package_knows_nothing_of_the_command_line():
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not {name.partition(".")[0] for name in names} & ABOVE, path
            assert "sys.argv" not in names_of(node), path


def test_no_file_hides_what_it_imports():
    # What stands in their own folder, by the names of a table; and libraries that may be missing.
    by_name = {"backbones/__init__.py", "likelihood/rules.py", "data/tfds.py", "imagefiles/video_files.py"}
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, (ast.Name, ast.Attribute)) and ast.unparse(node).endswith(("import_module", "__import__"))
    }
    assert found == by_name


def test_options_have_types():
    loose = [
        (path.name, node.name)
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, FUNCTIONS)
        for argument in [*node.args.args, *node.args.kwonlyargs]
        if argument.arg == "options" and (argument.annotation is None or ast.unparse(argument.annotation) == "Any")
    ]
    assert loose == []


def test_nobody_else_asks_of_what_kind_a_rule_or_degradation_is():
    bases = {
        node.name: {ast.unparse(base) for base in node.bases}
        for room in ("degradations", "likelihood")
        for path in (PACKAGE / room).glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
    }
    classes = {"Update", "Degradation", "LinearOperator"}
    while more := {name for name, above in bases.items() if above & classes} - classes:
        classes |= more
    assert classes >= {type(one).__name__ for one in REGISTRY.values()} | {kind.__name__ for kind in RULES.values()}
    asking = [
        (path.name, ast.unparse(node))
        for path in PACKAGE.rglob("*.py")
        if path.parent.name not in ("degradations", "likelihood")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "isinstance" and names_in(node.args[1]) & classes
    ]
    assert asking == []


def test_no_room_is_larger_than_a_seventh():
    lines = collections.Counter()
    for name, path in modules().items():
        lines[room(name + ".x") if name.count(".") else "dlnet_tf"] += len(path.read_text("utf-8").splitlines())
    name, most = lines.most_common(1)[0]
    assert most <= LARGEST_SHARE * lines.total(), f"{name} has {most} of {lines.total()} lines"


def test_no_file_and_no_function_is_long():
    paths = [path for pattern in SOURCES for path in sorted(ROOT.glob(pattern))]
    assert all(any(ROOT.glob(pattern)) for pattern in SOURCES)
    large = [(path.name, size) for path in paths if (size := path.stat().st_size) > LARGEST_FILE]
    long = [
        (path.name, node.name, lines)
        for path in paths
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, FUNCTIONS) and (lines := node.end_lineno - node.lineno + 1) > LONGEST_FUNCTION
    ]
    assert (large, long) == ([], [])


# Where TensorFlow or Keras are at hand: how many products there are in which a batch axis could be broadcast.
PRODUCTS = {
    "dlnet_tf/degradations/blur_downsample.py": 2,  # matrices without a batch
    "dlnet_tf/degradations/jacobi.py": 3,  # matrices of one batch
    "dlnet_tf/degradations/kronecker.py": 1,  # a matrix by its own transpose
    "dlnet_tf/objectives/multitask.py": 1,  # a matrix by a vector
    "dlnet_tf/restoration/blur_estimation.py": 8,  # of NumPy's arrays
    "dlnet_tf/training/filter_gradient.py": 1,  # matrices without a batch
}


def products(tree):
    """Number of matrix products other than einsums, which refuse batch axes that differ."""
    return sum(
        isinstance(node, ast.MatMult)
        or (isinstance(node, ast.Attribute) and node.attr in {"matmul", "matvec", "dot", "tensordot", "batch_dot"})
        for node in ast.walk(tree)
    )


def takes_tensors(tree):
    """Whether a module imports TensorFlow or Keras."""
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return bool({name.partition(".")[0] for name in names} & {"tensorflow", "keras"})


def test_no_product_broadcasts_a_batch_axis():
    # With oneDNN TensorFlow's batched product writes beyond its memory where a batch axis of 1 meets a longer one.
    trees = {path: ast.parse(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py")}
    found = {path.relative_to(ROOT).as_posix(): products(tree) for path, tree in trees.items() if takes_tensors(tree)}
    assert {path: count for path, count in found.items() if count} == PRODUCTS
