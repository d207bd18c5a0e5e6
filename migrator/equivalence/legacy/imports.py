"""The import hook: user files get the legacy modules, everything else the real ones."""

from __future__ import annotations

import builtins
import importlib
import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

#: full module name -> the module that user files get, or None when the hook has no say in it
Finder = Callable[[str], ModuleType | None]


def install(finder: Finder, is_user_file: Callable[[str], bool]) -> None:
    """Serve ``import`` statements and ``importlib.import_module`` of user files from ``finder`` first."""
    original_import = builtins.__import__
    original_import_module = importlib.import_module

    def __import__(
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: tuple[str, ...] | None = (),
        level: int = 0,
    ) -> ModuleType:
        if level == 0 and is_user_file(sys._getframe(1).f_code.co_filename):
            module = finder(name)
            if module is not None:
                if not fromlist:
                    root = finder(name.partition(".")[0])
                    assert root is not None
                    return root
                for attribute in fromlist:  # a submodule that nobody has imported yet
                    if attribute != "*" and not hasattr(module, attribute):
                        finder(f"{name}.{attribute}")
                return module
        return original_import(name, globals, locals, fromlist or (), level)

    def import_module(name: str, package: str | None = None) -> ModuleType:
        if not name.startswith(".") and is_user_file(sys._getframe(1).f_code.co_filename):
            module = finder(name)
            if module is not None:
                return module
        return original_import_module(name, package)

    builtins.__import__ = __import__  # type: ignore[assignment]
    importlib.import_module = import_module
