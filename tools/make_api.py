"""Write the API reference in docs/api/ from the docstrings: python -m tools.make_api.

A page for every package whose `__init__.py` has an `__all__`; nothing is imported, the files are parsed.
"""

import ast
import inspect
import os
import pathlib
import re
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).resolve().parents[1]
PACKAGE = "dlnet_tf"
FOLDER = ROOT / "docs" / "api"
# What every Keras object has.
BOILERPLATE = {"from_config", "get_config"}
SECTIONS = {"Args": "Arguments", "Attributes": "Attributes", "Raises": "Raises", "Returns": "Returns"}
WIDTH = 100
Definition = ast.FunctionDef | ast.ClassDef


def pages() -> dict[str, str]:
    """Return the text of every page by the name of its file."""
    packages = {name: text for name in _packages() if (text := _package(name))}
    lines = [
        "# API reference",
        "",
        "Made from the docstrings by `python -m tools.make_api`; a test keeps it current.",
        "",
    ]
    lines += ["| | |", "|---|---|"]
    for name in packages:
        summary = _escape(_docstring(_parse(_file(name))).partition("\n\n")[0].replace("\n", " ")).replace("|", "\\|")
        lines.append(f"| [`{name}`]({name.rpartition('.')[2]}.md) | {summary} |")
    return {"README.md": "\n".join(lines) + "\n"} | {
        f"{name.rpartition('.')[2]}.md": text for name, text in packages.items()
    }


def _packages() -> list[str]:
    return [PACKAGE, *sorted(f"{PACKAGE}.{path.parent.name}" for path in (ROOT / PACKAGE).glob("*/__init__.py"))]


def _file(module: str) -> pathlib.Path:
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_name(f"{path.name}.py")


def _parse(path: pathlib.Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def _docstring(node: ast.Module | Definition) -> str:
    return ast.get_docstring(node) or ""


def _package(name: str) -> str:
    """Return the page of a package, empty where it exports nothing."""
    tree = _parse(_file(name))
    exported = _exported(tree)
    origins = {
        alias.asname or alias.name: (node.module or "", alias.name)
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    if not exported:
        return ""
    lines = [f"# {name}", "", *_text(_docstring(tree)), "", "[All packages](README.md)", ""]
    links, parts = [], []
    for public in exported:
        module, original = origins.get(public, (name, public))
        full = f"{module}.{original}"
        if module != name and original in _exported(_parse(_file(module))):
            page = module.rpartition(".")[2]
            links.append(f"- [`{full}`]({page}.md#{original.lower()})")
        elif _file(full).name == "__init__.py":
            links.append(f"- [`{full}`]({original}.md)")
        elif _file(full).is_file():
            parts += _module(full)
        else:
            parts += _one(module, original)
    return re.sub(r"\n{3,}", "\n\n", "\n".join([*lines, *links, "", *parts])).rstrip() + "\n"


def _exported(tree: ast.Module) -> list[str]:
    for node in tree.body:
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value and _assigns(node, "__all__"):
            return ast.literal_eval(node.value)
    return []


def _assigns(node: ast.AST, name: str) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return any(isinstance(target, ast.Name) and target.id == name for target in targets)


def _module(name: str) -> list[str]:
    """Describe all that is public in a module."""
    tree = _parse(_file(name))
    lines = ["", f"## {name}", "", *_text(_docstring(tree)), ""]
    for node in tree.body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            lines += _definition(node, name, "###")
    return lines


def _one(module: str, name: str) -> list[str]:
    """Describe a function, a class or a constant."""
    for node in _parse(_file(module)).body:
        if isinstance(node, Definition) and node.name == name:
            return ["", *_definition(node, module, "##")]
        if _assigns(node, name):
            kind = f": {ast.unparse(node.annotation)}" if isinstance(node, ast.AnnAssign) else ""
            return ["", f"## {name}", "", f"```python\n{name}{kind}\n```", "", _source(module), ""]
    raise ValueError(f"{module}: found no {name}")


def _source(module: str) -> str:
    path = os.path.relpath(_file(module), FOLDER)
    return f"[{module}]({path})"


def _definition(node: Definition, module: str, heading: str) -> list[str]:
    lines = [f"{heading} {node.name}", "", f"```python\n{_signature(node, node.name)}\n```", ""]
    lines += [*_text(_docstring(node)), "", _source(module), ""]
    for method in node.body if isinstance(node, ast.ClassDef) else []:
        if isinstance(method, ast.FunctionDef) and not method.name.startswith("_"):
            if _docstring(method) and method.name not in BOILERPLATE:
                lines += _method(method, f"{node.name}.{method.name}", f"{heading}#")
    return lines


def _method(node: ast.FunctionDef, shown: str, heading: str) -> list[str]:
    marks = {ast.unparse(mark) for mark in node.decorator_list}
    if "property" in marks:
        signature = shown + (f": {ast.unparse(node.returns)}" if node.returns else "")
    else:
        signature = _signature(node, shown, bound="staticmethod" not in marks)
    return [f"{heading} {shown}", "", f"```python\n{signature}\n```", "", *_text(_docstring(node)), ""]


def _signature(node: Definition, shown: str, bound: bool = False) -> str:
    """Return a call as it is written, over several lines where it is long."""
    parts, returns = [], ""
    if isinstance(node, ast.FunctionDef):
        parts = list(_arguments(node.args))[bound:]
        returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    else:
        constructor = [part for part in node.body if isinstance(part, ast.FunctionDef) and part.name == "__init__"]
        if constructor:
            parts = list(_arguments(constructor[0].args))[1:]
        elif any("dataclass" in ast.unparse(mark) for mark in node.decorator_list) or "NamedTuple" in map(
            ast.unparse, node.bases
        ):
            parts = [ast.unparse(part) for part in node.body if isinstance(part, ast.AnnAssign)]
            parts = [part for part in parts if not part.startswith("_")]
    short = f"{shown}({', '.join(parts)}){returns}"
    if len(short) <= WIDTH:
        return short
    return f"{shown}(\n" + "".join(f"    {part},\n" for part in parts) + f"){returns}"


def _arguments(arguments: ast.arguments) -> Iterator[str]:
    def shown(argument: ast.arg, default: ast.expr | None, star: str = "") -> str:
        text = star + ast.unparse(argument)
        if default is None:
            return text
        return f"{text}{' = ' if argument.annotation else '='}{ast.unparse(default)}"

    plain = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(plain) - len(arguments.defaults)) + list(arguments.defaults)
    for argument, default in zip(plain, defaults, strict=True):
        yield shown(argument, default)
    if arguments.vararg:
        yield shown(arguments.vararg, None, "*")
    elif arguments.kwonlyargs:
        yield "*"
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield shown(argument, default)
    if arguments.kwarg:
        yield shown(arguments.kwarg, None, "**")


def _text(docstring: str) -> list[str]:
    """Turn a docstring into Markdown: its paragraphs, then lists of arguments and the like."""
    lines: list[str] = []
    in_section = in_list = False
    for line in inspect.cleandoc(docstring).splitlines():
        indent = len(line) - len(line.lstrip())
        item = re.match(r" {4}([*\w.]+): (.*)", line)
        if indent == 0 and line[:-1] in SECTIONS and line.endswith(":"):
            in_section, in_list = True, False
            lines += [f"**{SECTIONS[line[:-1]]}**", ""]
        elif item:
            in_list = True
            lines.append(f"- `{item[1]}`: {_escape(item[2])}")
        elif indent >= 4 and not in_section and not in_list:
            lines.append(line)  # code
        else:
            in_list = in_list and (indent > 4 or not line)
            lines.append("  " * in_list * bool(line) + _escape(line.strip()))
    return lines


def _escape(text: str) -> str:
    """Keep what is no code from being taken for Markdown."""
    parts = text.split("`")
    parts[::2] = [re.sub(r"(\*(?=\S)|(?<=\S)\*|<(?=[A-Za-z/]))", r"\\\1", part) for part in parts[::2]]
    return "`".join(parts)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for file, content in pages().items():
        (FOLDER / file).write_text(content, "utf-8")
