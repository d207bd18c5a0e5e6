"""Imports of the rewritten module: TF1 paths go, unused ones go, the ones that were asked for come."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

import libcst as cst

from codemods import tables, tree
from codemods.analysis import modules
from codemods.analysis.symbols import Symbols, symbols_of
from codemods.context import Context
from codemods.edits import Edits, RequiredImport

_OLD = ("tensorflow.contrib", "tensorflow.examples", "tensorflow.python", "tensorflow.compat.v1", "tf_slim")


def fix(ctx: Context, edits: Edits, module: cst.Module) -> cst.Module:
    """``module``, which is ``ctx.module`` after ``edits``, with its imports put in order.

    Nodes outside import statements keep their identity (blocks around changed imports excepted).
    """
    fixer = _Fixer(ctx.symbols, symbols_of(module), module)
    fixer.revise()
    fixer.add(edits.imports)
    return fixer.edits.apply(module, fixer.parents)


def remove_statement(
    edits: Edits, parents: Mapping[cst.CSTNode, cst.CSTNode], statement: cst.BaseSmallStatement
) -> None:
    """Remove a statement with the comment right above it; blank lines and comments further up go to the next one."""
    edits.remove(statement)
    line = parents[statement]
    block = parents.get(line)
    if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
        return
    if not isinstance(block, (cst.Module, cst.IndentedBlock)):
        return
    body = list(block.body)
    following = body[body.index(line) + 1] if line is not body[-1] else None
    blank = [place for place, empty in enumerate(line.leading_lines) if empty.comment is None]
    kept = [*line.leading_lines][: blank[-1] + 1] if blank else []
    if not kept or following is None or following in edits or _starts_blank(following):
        return
    edits.replace(following, lambda updated: updated.with_changes(leading_lines=[*kept, *updated.leading_lines]))


def _starts_blank(statement: cst.BaseStatement) -> bool:
    lines = [*getattr(statement, "leading_lines", ())]
    return bool(lines) and lines[0].comment is None


def stale(ctx: Context, edits: Edits) -> list[tuple[cst.CSTNode, str]]:
    """The import statements that TF2 does not have, with the path they import; not those that already have an edit."""
    found: list[tuple[cst.CSTNode, str]] = []
    for node, line in tree.statement_parents(ctx.module).items():
        if isinstance(node, cst.Import):
            paths = [modules.dotted(alias.name) for alias in node.names]
        elif isinstance(node, cst.ImportFrom) and not node.relative and node.module is not None:
            base = modules.dotted(node.module)
            names = () if isinstance(node.names, cst.ImportStar) else node.names
            paths = [base, *(f"{base}.{modules.dotted(alias.name)}" for alias in names)]
        else:
            continue
        old = [path for path in paths if path.startswith(_OLD)]
        if old and node not in edits and line not in edits and not edits.is_dropped(node, ctx.parents):
            found.append((node, old[-1]))
    return found


class _Fixer:
    def __init__(self, before: Symbols, after: Symbols, module: cst.Module) -> None:
        self.after = after
        self.module = module
        self.edits = Edits()
        self.used = after.reads
        self.used_before = before.reads
        self.parents = tree.statement_parents(module)
        self.present: set[tuple[cst.CSTNode | None, str]] = set()  # (block, import) that are already there
        self.tensorflow: list[cst.CSTNode] = []  # the lines that import TensorFlow, kept or not

    def revise(self) -> None:
        """Turn TF1 import paths into TF2 ones and remove the imports that nothing uses any more."""
        for node in list(self.parents):
            if isinstance(node, cst.Import):
                self._import(node)
            elif isinstance(node, cst.ImportFrom) and not isinstance(node.names, cst.ImportStar):
                self._import_from(node)
            elif isinstance(node, cst.ImportFrom):
                self._star(node)

    def _line(self, node: cst.CSTNode) -> cst.CSTNode:
        return self.parents[node]

    def _import(self, node: cst.Import) -> None:
        kept: list[cst.ImportAlias] = []
        changed = False
        for alias in node.names:
            path = modules.dotted(alias.name)
            if modules.module(path) is None:
                kept.append(alias)
                continue
            self.tensorflow.append(self._line(node))
            new = self._revised(node, alias, path)
            changed = changed or new is not alias
            if new is not None:
                kept.append(new)
        if changed:
            self._replace(node, kept)

    def _revised(self, node: cst.Import, alias: cst.ImportAlias, path: str) -> cst.ImportAlias | None:
        bound = alias.asname.name.value if alias.asname and isinstance(alias.asname.name, cst.Name) else None
        name = bound or path.partition(".")[0]
        if self._is_gone(name, path):
            return None
        native = modules.native(path)
        if bound is None and "." in native and _is_missing(native):
            native = native.partition(".")[0]  # the import binds the root, which is still used
        text = f"{native} as {bound}" if bound and bound != native else native
        key = (self.parents.get(self._line(node)), text)
        if key in self.present:
            return None
        self.present.add(key)
        return alias if native == path else alias.with_changes(name=_dotted(native))

    def _is_gone(self, name: str, path: str) -> bool:
        """Whether an import of TensorFlow has lost its last use; a plain import that never had one stays."""
        if name in self.used:
            return False
        return name in self.used_before or path.startswith(_OLD)

    def _import_from(self, node: cst.ImportFrom) -> None:
        base = modules.dotted(node.module) if node.module is not None else ""
        if node.relative or modules.module(base) is None or isinstance(node.names, cst.ImportStar):
            return
        self.tensorflow.append(self._line(node))
        kept: list[cst.ImportAlias] = []
        for alias in node.names:
            name = alias.asname.name if alias.asname is not None else alias.name
            bound = name.value if isinstance(name, cst.Name) else modules.dotted(alias.name)
            path = f"{base}.{modules.dotted(alias.name)}"
            if self._is_gone(bound, path):
                continue
            if modules.native(path) == "tensorflow":  # from tensorflow.compat import v1 as tf
                self.add((RequiredImport("tensorflow", bound),), beside=node)
                continue
            kept.append(alias)
        native = modules.native(base)
        if len(kept) != len(node.names) or native != base:
            self._replace(node, kept, native if native != base else None)

    def _star(self, node: cst.ImportFrom) -> None:
        base = modules.dotted(node.module) if node.module is not None else ""
        if node.relative or modules.module(base) is None:
            return
        self.tensorflow.append(self._line(node))
        native = modules.native(base)
        if base.startswith(_OLD[:3]) or _is_missing(native):
            self._replace(node, [])
        elif native != base:
            self.edits.replace(node, lambda updated: updated.with_changes(module=_dotted(native)))

    def _replace(
        self, node: cst.Import | cst.ImportFrom, kept: list[cst.ImportAlias], module: str | None = None
    ) -> None:
        if not kept:
            if not self._fills_a_block(node):
                remove_statement(self.edits, self.parents, node)
            else:
                self.edits.replace(node, lambda _: cst.Pass())
            return
        last = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        if isinstance(node, cst.ImportFrom) and node.lpar is not None and not isinstance(node.names, cst.ImportStar):
            last = kept[-1].with_changes(comma=node.names[-1].comma)
        names = [*kept[:-1], last]

        def change(updated: cst.CSTNode) -> cst.CSTNode:
            if module is None:
                return updated.with_changes(names=names)
            return updated.with_changes(names=names, module=_dotted(module))

        self.edits.replace(node, change)

    def _fills_a_block(self, node: cst.CSTNode) -> bool:
        """Whether a block would be empty without the import: ``try: import x``."""
        line = self._line(node)
        block = self.parents.get(line)
        if isinstance(line, cst.SimpleStatementSuite):
            return len(line.body) == 1
        return isinstance(block, cst.IndentedBlock) and len(block.body) == 1 and _size(line) == 1

    def add(self, wanted: tuple[RequiredImport, ...], beside: cst.CSTNode | None = None) -> None:
        """Add the imports that are not there yet."""
        new = [one for one in wanted if beside is not None or not self._is_there(one)]
        for one in new:
            standard = one.module.partition(".")[0] in sys.stdlib_module_names
            anchor = self._line(beside) if beside is not None else None
            self._insert(_statement(one), standard, anchor)

    def _is_there(self, wanted: RequiredImport) -> bool:
        path = f"{wanted.module}.{wanted.name}" if wanted.name else wanted.module
        name = wanted.alias or wanted.name or wanted.module.partition(".")[0]
        for binding in self.after.root.bindings.get(name, ()):
            if binding.path is None or self.parents.get(self._line(binding.node)) is not self.module:
                continue
            if modules.native(binding.path) in (path, f"tensorflow.{path}") and name in self.used:
                return True  # tensorflow.keras is Keras
        return False

    def _insert(self, line: cst.SimpleStatementLine, standard: bool, anchor: cst.CSTNode | None) -> None:
        if anchor is not None:
            self.edits.insert_before(anchor, [line])
            return
        imports = [statement for statement in self.module.body if _imports(statement)]
        future = [statement for statement in imports if _is_future(statement)]
        ordinary = [statement for statement in imports if statement not in future]
        if standard and ordinary:
            self._insert_standard(line, ordinary)
        elif ordinary:
            own = [self._top(found) for found in self.tensorflow]
            own = [statement for statement in own if statement in ordinary]
            self.edits.insert_after(own[-1] if own else ordinary[-1], [line])
        elif future or _has_docstring(self.module):
            place = future[-1] if future else self.module.body[0]
            self.edits.insert_after(place, [line.with_changes(leading_lines=[cst.EmptyLine(indent=False)])])
        elif self.module.body:
            self.edits.insert_before(self.module.body[0], [line])
        else:
            self.edits.replace(
                self.module, lambda updated: updated.with_changes(body=[line], has_trailing_newline=True)
            )

    def _insert_standard(self, line: cst.SimpleStatementLine, ordinary: Sequence[cst.BaseStatement]) -> None:
        """With the other imports of the standard library, or in a group of its own before the first import."""
        own = [statement for statement in ordinary if _is_standard(statement)]
        if own:
            self.edits.insert_after(own[-1], [line])
            return
        first = ordinary[0]
        blank = cst.EmptyLine(indent=False)
        lines = list(getattr(first, "leading_lines", ()))
        self.edits.insert_before(first, [line.with_changes(leading_lines=lines)])
        self.edits.replace(first, lambda updated: updated.with_changes(leading_lines=[blank]))

    def _top(self, node: cst.CSTNode) -> cst.CSTNode:
        """The statement of the module that holds ``node``."""
        while self.parents.get(node) is not self.module:
            node = self.parents[node]
        return node


def _is_missing(path: str) -> bool:
    """Whether TF2 has no module by this path."""
    name = modules.module(path)
    entry = tables.lookup(name) if name is not None else None
    return entry is not None and not entry.in_tf2 and entry.target is None


def _statement(wanted: RequiredImport) -> cst.SimpleStatementLine:
    alias = f" as {wanted.alias}" if wanted.alias and wanted.alias != (wanted.name or wanted.module) else ""
    text = f"from {wanted.module} import {wanted.name}{alias}" if wanted.name else f"import {wanted.module}{alias}"
    return cst.ensure_type(cst.parse_statement(text), cst.SimpleStatementLine)


def _dotted(path: str) -> cst.Name | cst.Attribute:
    first, *rest = path.split(".")
    node: cst.Name | cst.Attribute = cst.Name(first)
    for part in rest:
        node = cst.Attribute(node, cst.Name(part))
    return node


def _size(line: cst.CSTNode) -> int:
    return len(line.body) if isinstance(line, cst.SimpleStatementLine) else 1


def _imports(statement: cst.CSTNode) -> list[str]:
    """The modules that a statement of the module imports, on whatever level in it (not in functions)."""
    found: list[str] = []
    stack: list[cst.CSTNode] = [statement]
    while stack:
        node = stack.pop()
        if isinstance(node, cst.Import):
            found += [modules.dotted(alias.name) for alias in node.names]
        elif isinstance(node, cst.ImportFrom):
            found.append(("." * len(node.relative)) + (modules.dotted(node.module) if node.module else ""))
        elif not isinstance(node, (cst.FunctionDef, cst.ClassDef, cst.BaseExpression)):
            stack.extend(tree.children(node))
    return found


def _is_future(statement: cst.CSTNode) -> bool:
    return _imports(statement) == ["__future__"]


def _is_standard(statement: cst.CSTNode) -> bool:
    roots = [path.partition(".")[0] for path in _imports(statement)]
    return isinstance(statement, cst.SimpleStatementLine) and all(root in sys.stdlib_module_names for root in roots)


def _has_docstring(module: cst.Module) -> bool:
    return module.get_docstring(clean=False) is not None
