"""Run docs/quickstart.ipynb from its first cell to its last, and keep the outputs: python -m tools.make_notebook.

Edit the cells as in any notebook. There is no Jupyter in this: the code runs in one namespace, and its outputs are what
it prints and the value of a cell's last line.
"""

import ast
import base64
import contextlib
import io
import json
import linecache
import pathlib
import tempfile
from typing import Any

from dlnet_tf.files import write_text

PAGE = pathlib.Path(__file__).resolve().parents[1] / "docs" / "quickstart.ipynb"


def read() -> dict[str, Any]:
    """Return the notebook as it is kept."""
    return json.loads(PAGE.read_text("utf-8"))


def executed(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook with fresh outputs; what it writes to temporary folders is removed."""
    names: dict[str, Any] = {"__name__": "__main__"}
    cells, count = [], 0
    with tempfile.TemporaryDirectory() as folder:
        before, tempfile.tempdir = tempfile.tempdir, folder
        try:
            for cell in notebook["cells"]:
                if cell["cell_type"] == "code":
                    count += 1
                    outputs = _run("".join(cell["source"]), names, count)
                    cell = cell | {"execution_count": count, "outputs": outputs}
                cells.append(cell)
        finally:
            tempfile.tempdir = before
    return notebook | {"cells": cells}


def _run(source: str, names: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """Run one cell and return its outputs."""
    name = f"<cell {count}>"
    # AutoGraph reads the source of functions.
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    value = None
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(tree, name, "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), name, "eval"), names)
    outputs: list[dict[str, Any]] = []
    if printed.getvalue():
        text = printed.getvalue().splitlines(keepends=True)
        outputs.append({"name": "stdout", "output_type": "stream", "text": text})
    if value is not None:
        outputs.append(
            {"data": _shown(value), "execution_count": count, "metadata": {}, "output_type": "execute_result"}
        )
    return outputs


def _shown(value: Any) -> dict[str, Any]:
    """Return how a value is shown: one of Pillow's pictures as a picture, anything else as text."""
    if hasattr(value, "_repr_png_"):
        return {"image/png": base64.b64encode(value._repr_png_()).decode()}
    return {"text/plain": [repr(value)]}


def main() -> None:
    """Write the notebook with fresh outputs."""
    write_text(PAGE, json.dumps(executed(read()), indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
