"""The state models of files: text in, and the modules beside it that the program imports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from codemods.inventory import Inventory, inventory
from codemods.source import SourceError, decode
from migrator.files import atomic
from migrator.files.discovery import Found, Problem, discover
from migrator.files.rewriting import MAX_SOURCE_BYTES, mentions_tensorflow
from migrator.settings import Project


def inventories(paths: Iterable[Path], project: Project) -> Iterator[Inventory]:
    """The inventory of each program among ``paths``; of a directory only those files that mention TensorFlow."""
    given = list(paths)
    for entry in discover(given, project.exclude):
        name = project.relative(entry.path)
        if isinstance(entry, Problem):
            yield Inventory(name, failure=entry.reason)
        else:
            yield from _of_file(entry, name, entry.path in given)


def _of_file(entry: Found, name: str, named: bool) -> Iterator[Inventory]:
    if entry.path.suffix == ".ipynb":
        if named:
            yield Inventory(name, failure="the state of notebooks is not listed; save it as a .py file")
        return
    try:
        data = atomic.read(entry.path, MAX_SOURCE_BYTES).data
        if named or mentions_tensorflow(data):
            yield inventory(decode(data).text, name, loader(entry.path.parent))
    except atomic.FileProblem as problem:
        yield Inventory(name, failure=str(problem))
    except SourceError as problem:
        yield Inventory(name, failure=problem.finding.message)


def loader(folder: Path) -> Callable[[str], tuple[str, str] | None]:
    """Finds the modules that a program in ``folder`` imports from beside itself, or from the folder above."""

    def load(module: str) -> tuple[str, str] | None:
        level = len(module) - len(module.lstrip("."))
        base = folder if level < 2 else folder.parents[min(level - 2, len(folder.parents) - 1)]
        parts = module.lstrip(".").split(".")
        for path in (base.joinpath(*parts).with_suffix(".py"), base.joinpath(*parts, "__init__.py")):
            if path.is_file() and path.stat().st_size <= MAX_SOURCE_BYTES:
                try:
                    return decode(path.read_bytes()).text, path.relative_to(base).as_posix()
                except (OSError, SourceError):
                    return None
        return None

    return load
