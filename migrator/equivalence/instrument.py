"""Make the migrated program observable: wrap its run sites and the functions that the rewrite emitted.

The expression of site ``i`` becomes ``__site_end__(__site_begin__(i), <expression>)``. Python evaluates arguments in
order, so the begin is seen, then the expression runs in its own scope: assignment expressions, comprehension and class
scopes, ``yield`` and ``await`` keep their meaning, which a lambda around the expression would change. Of a generator
expression (``(value.numpy() for value in f(x))``) the first iterable is wrapped. Nodes keep their positions, so
tracebacks show the lines of the file on disk.

An emitted function gets ``@__emitted__("name")`` as its outermost decorator.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from types import CodeType

from codemods.findings import Span
from migrator.equivalence.statements import source_lines
from migrator.errors import MigratorError

BEGIN, END, EMITTED = "__site_begin__", "__site_end__", "__emitted__"
_AROUND = " \t\r\n\f\\();,"


class InstrumentError(MigratorError):
    """The replay map does not fit the text."""


def instrument(text: str, path: str, sites: Mapping[int, Span], functions: Sequence[str]) -> CodeType:
    """Compile ``text`` with the expression at each span of ``sites`` and each of ``functions`` wrapped.

    Raises InstrumentError when a span holds no single expression, a function is not defined, or the text does not
    parse.
    """
    try:
        tree = ast.parse(text, path)
    except (SyntaxError, ValueError) as error:
        raise InstrumentError(f"{path} does not parse: {error}") from error
    source = _Source(text)
    wanted = {id(_expression(tree, source, span, index)): index for index, span in sites.items()}
    if len(wanted) != len(sites):
        raise InstrumentError("two run sites of the replay map have the same expression")
    missing = set(functions) - {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    if missing:
        raise InstrumentError(f"the replay map names functions that are not defined: {', '.join(sorted(missing))}")
    wrapped = _Wrapper(wanted, frozenset(functions)).visit(tree)
    assert isinstance(wrapped, ast.Module)
    return compile(wrapped, path, "exec", dont_inherit=True)


class _Source:
    """Offsets in characters for `ast` positions (UTF-8 bytes) and spans (characters)."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0]
        self._lines = source_lines(text)
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

    def offset(self, line: int, column: int) -> int:
        if not 1 <= line <= len(self._lines):
            raise InstrumentError(f"the replay map speaks of line {line}; the text has {len(self._lines)}")
        return self._starts[line - 1] + column

    def extent(self, node: ast.expr) -> tuple[int, int]:
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
        return self._byte_offset(node.lineno, node.col_offset), self._byte_offset(end_line, end_column)

    def _byte_offset(self, line: int, column: int) -> int:
        text = self._lines[line - 1]
        if not text.isascii():
            column = len(text.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "surrogatepass"))
        return self.offset(line, column)

    def is_around(self, start: int, end: int) -> bool:
        """True if the text between two offsets is only parentheses, commas and white space."""
        return not self.text[start:end].strip(_AROUND)


def _expression(tree: ast.Module, source: _Source, span: Span, index: int) -> ast.expr:
    """The outermost expression that fills the span, give or take parentheses."""
    start, end = source.offset(span.line, span.column), source.offset(span.end_line, span.end_column)
    best: ast.expr | None = None
    for node in ast.walk(tree):  # breadth first: an outer expression comes before its parts
        if not isinstance(node, ast.expr) or isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del)):
            continue
        if best is None and node.lineno <= span.end_line and (node.end_lineno or node.lineno) >= span.line:
            left, right = source.extent(node)
            inside = start <= left and right <= end and source.is_around(start, left) and source.is_around(right, end)
            around = left <= start and end <= right and source.is_around(left, start) and source.is_around(end, right)
            if inside or around:
                best = node
    if isinstance(best, ast.GeneratorExp):  # its first iterable is evaluated at once, and holds the values
        return best.generators[0].iter
    if best is None:
        raise InstrumentError(
            f"run site {index} of the replay map is no expression of the migrated text "
            f"(line {span.line}, column {span.column} to line {span.end_line}, column {span.end_column})"
        )
    return best


class _Wrapper(ast.NodeTransformer):
    def __init__(self, wanted: Mapping[int, int], functions: frozenset[str]) -> None:
        self._wanted = wanted
        self._functions = functions

    def visit(self, node: ast.AST) -> ast.AST:
        index = self._wanted.get(id(node))
        changed = super().visit(node)
        if index is None or not isinstance(changed, ast.expr):
            assert isinstance(changed, ast.AST)
            return changed
        return _call(END, [_call(BEGIN, [ast.Constant(index)], changed), changed], changed)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        if node.name in self._functions:
            place = node.decorator_list[0] if node.decorator_list else node
            node.decorator_list.insert(0, _call(EMITTED, [ast.Constant(node.name)], place))
        return node


def _call(name: str, arguments: list[ast.expr], place: ast.expr | ast.stmt) -> ast.Call:
    """A call that claims the position of ``place`` for itself and its new parts."""
    call = ast.Call(func=ast.Name(name, ast.Load()), args=arguments, keywords=[])
    for part in (call, call.func, *arguments):
        if not hasattr(part, "lineno"):
            ast.copy_location(part, place)
    return call
