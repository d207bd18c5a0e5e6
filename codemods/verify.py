"""The last stage: what comes out must be Python, with no name that lost its meaning."""

from __future__ import annotations

import builtins
import symtable

import libcst as cst

from codemods import tree
from codemods.analysis.era import Era, era, only_in_tf1
from codemods.analysis.symbols import symbols_of
from codemods.findings import Finding, Span, Status

_ALWAYS = frozenset({*dir(builtins), "__file__", "__name__", "__doc__", "__builtins__"})


def verify(module: cst.Module, output: str, source: str, path: str) -> Finding | None:
    """A finding (TF900, a bug of ours) when ``output`` does not compile or reads a name that nothing binds.

    ``module`` is the tree that ``output`` is the text of.
    """
    try:
        compile(output, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        line = error.lineno or 1
        try:
            compile(source, path, "exec", dont_inherit=True)
        except SyntaxError as cause:
            place = Span(
                cause.lineno or 1, max((cause.offset or 1) - 1, 0), cause.lineno or 1, max((cause.offset or 1) - 1, 0)
            )
            return Finding("TF801", place, f"Python does not compile this: {cause.msg}", Status.REFUSED)
        return _bug(f"the rewritten text does not compile (stage verify, line {line} of the output): {error.msg}")
    symbols = symbols_of(module if _is_parsed(module) else cst.parse_module(output))
    if era(symbols) is Era.TF1:
        names = ", ".join(sorted(only_in_tf1(symbols))) or "an import"
        return _bug(f"TensorFlow 1 is left in the rewritten text (stage verify): {names}")
    if "import *" in source:
        return None
    lost = dangling(output, path) - dangling(source, path)
    if lost:
        return _bug(f"names without a meaning in the rewritten text (stage verify): {', '.join(sorted(lost))}")
    return None


def _is_parsed(module: cst.Module) -> bool:
    """Whether every name of a tree is one name in the text as well: nothing that a rewrite put in spells two."""
    return all(node.value.isidentifier() for node in tree.of_type(module, cst.Name))


def dangling(text: str, path: str) -> set[str]:
    """Names that a text reads and nothing in it binds."""
    top = symtable.symtable(text, path, "exec")
    bound = {
        symbol.get_name()
        for symbol in top.get_symbols()
        if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()
    }
    bound |= {
        symbol.get_name() for table in _tables(top) for symbol in table.get_symbols() if symbol.is_declared_global()
    }
    read = {
        symbol.get_name()
        for table in _tables(top)
        for symbol in table.get_symbols()
        if symbol.is_referenced() and (table is top or symbol.is_global())
    }
    return read - bound - _ALWAYS


def _tables(table: symtable.SymbolTable) -> list[symtable.SymbolTable]:
    return [table, *(inner for child in table.get_children() for inner in _tables(child))]


def _bug(message: str) -> Finding:
    return Finding("TF900", Span(1, 0, 1, 0), message, Status.REFUSED)
