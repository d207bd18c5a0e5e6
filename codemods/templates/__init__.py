"""Source texts of the classes and functions that a rewrite may emit into a migrated file, as data files.

Each ``NAME.py.txt`` is a valid module: its imports, then the definitions to emit. Nothing here is imported by the
engine; the text is only copied.
"""

from __future__ import annotations

import ast
import functools
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True)
class Template:
    """A definition to emit once into a migrated file.

    ``source`` is the text of the definitions without their imports, ending in one newline. ``imports`` are
    (module, alias, name) triples, as in ``import module as alias`` or ``from module import name as alias``: the names
    that ``source`` relies on.
    """

    name: str
    source: str
    imports: tuple[tuple[str, str | None, str | None], ...]


@functools.cache
def load(name: str) -> Template:
    """Return the template stored as ``name.py.txt``; ``.name`` is that of its last definition."""
    text = resources.files(__package__).joinpath(f"{name}.py.txt").read_text(encoding="utf-8")
    imports: list[tuple[str, str | None, str | None]] = []
    definitions: list[ast.stmt] = []
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.Import):
            imports += [(alias.name, alias.asname, None) for alias in statement.names]
        elif isinstance(statement, ast.ImportFrom):
            imports += [(statement.module or "", alias.asname, alias.name) for alias in statement.names]
        else:
            definitions.append(statement)
    last = definitions[-1]
    if not isinstance(last, ast.ClassDef | ast.FunctionDef):
        raise ValueError(f"template {name} does not end in a class or function")
    first = definitions[0]
    decorators = getattr(first, "decorator_list", [])
    start = min([first.lineno, *(decorator.lineno for decorator in decorators)])
    return Template(last.name, "".join(text.splitlines(keepends=True)[start - 1 :]), tuple(imports))
