"""Which part of a program runs before the first TensorFlow operation.

TF2 fixes its devices and threads when the first operation runs; later settings raise. TF1 took them when the session
was made, after the graph was built. So a setting either stays where it is, if nothing has run by then, or moves up.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import libcst as cst

from codemods import tree
from codemods.context import Context
from codemods.rewrites import names

# Symbols that run no operation in the migrated program: placeholders become specs, sessions and graphs go.
_INERT = (
    "tf.app", "tf.flags", "tf.logging", "tf.gfile", "tf.examples", "tf.ConfigProto", "tf.GPUOptions", "tf.Session",
    "tf.InteractiveSession", "tf.Graph", "tf.placeholder", "tf.sparse_placeholder", "tf.reset_default_graph",
    "tf.get_default_graph", "tf.set_random_seed", "tf.random.set_random_seed", "tf.disable_v2_behavior",
    "tf.disable_eager_execution", "tf.TensorShape", "tf.VERSION", "tf.__version__", "tf.global_variables_initializer",
    "tf.initialize_all_variables", "tf.local_variables_initializer", "tf.test.is_built_with_cuda", "tf.config",
    "tf.errors", "tf.device", "tf.name_scope", "tf.contrib.learn.datasets", "tf.python.client.device_lib",
)  # fmt: skip
_TYPES = frozenset(
    {
        "tf.float16", "tf.float32", "tf.float64", "tf.bfloat16", "tf.int8", "tf.int16", "tf.int32", "tf.int64",
        "tf.uint8", "tf.uint16", "tf.uint32", "tf.uint64", "tf.bool", "tf.string",
    }
)  # fmt: skip


class Startup:
    """The order of the statements of a module, and which of them may run operations."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._operating = cache(self._is_operating)
        self._visiting: set[str] = set()

    def place(self) -> cst.BaseStatement | None:
        """The first statement of the module that may run an operation; without one, the first after the imports."""
        statements = self._statements(self._ctx.module.body)
        for statement in statements:
            if self._operating(statement, None):
                return statement
        return next((statement for statement in statements if not names.is_preamble(statement)), None)

    def is_early(self, statement: cst.BaseStatement) -> bool:
        """Whether surely no operation has run when ``statement`` runs."""
        function: cst.FunctionDef | None = None
        current: cst.CSTNode = statement
        while current is not self._ctx.module:
            parent = self._ctx.parents[current]
            if isinstance(parent, (cst.For, cst.While, cst.ClassDef, cst.Lambda)):
                return False
            if isinstance(parent, (cst.Module, cst.BaseSuite)):
                before = parent.body[: _index(parent.body, current)]
                name = function.name.value if function is not None else None
                if any(self._operating(item, name) for item in before):
                    return False
                if function is not None and isinstance(parent, cst.Module):
                    return self._called_early(function, parent.body)
            if isinstance(parent, cst.FunctionDef):
                if function is not None:
                    return False
                function = parent
            current = parent
        return True

    def _called_early(self, function: cst.FunctionDef, body: Sequence[cst.CSTNode]) -> bool:
        """Whether the module runs nothing else up to the statement that calls ``function``."""
        name = function.name.value
        if len(self._ctx.symbols.bindings(name)) != 1:
            return False
        for statement in self._statements(body):
            used = {node.value for node in names.executed(statement) if isinstance(node, cst.Name)}
            if self._operating(statement, name):
                return False
            if name in used and not isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
                return True
        return True

    def _is_operating(self, statement: cst.CSTNode, ignored: str | None) -> bool:
        """Whether the statement may run an operation, calls of the function ``ignored`` aside."""
        if isinstance(statement, cst.SimpleStatementLine) and names.is_import(statement):
            return False
        return any(self._operates(node, ignored) for node in names.executed(statement))

    def _operates(self, node: cst.CSTNode, ignored: str | None) -> bool:
        if not isinstance(node, (cst.Name, cst.Attribute)):
            return False
        symbol = self._ctx.symbols.of(node)
        if symbol is not None:
            parent = self._ctx.parents.get(node)
            if isinstance(parent, cst.Attribute) and self._ctx.symbols.of(parent) is not None:
                return False  # the whole name decides
            return not is_inert(symbol)
        if not isinstance(node, cst.Name) or node.value == ignored or node.value in self._visiting:
            return False
        if node.value in self._ctx.symbols.emitted:
            return True
        definitions = [
            binding.node
            for binding in self._ctx.symbols.root.bindings.get(node.value, ())
            if isinstance(binding.node, (cst.FunctionDef, cst.ClassDef))
        ]
        self._visiting.add(node.value)
        try:
            return any(self._operates(inner, ignored) for item in definitions for inner in tree.walk(item))
        finally:
            self._visiting.discard(node.value)

    @staticmethod
    def _statements(body: Sequence[cst.CSTNode]) -> list[cst.BaseStatement]:
        return [statement for statement in body if isinstance(statement, cst.BaseStatement)]


def is_inert(symbol: str) -> bool:
    """Whether the symbol runs no operation in the migrated program."""
    return symbol in _TYPES or symbol == "tf" or any(symbol == item or symbol.startswith(item + ".") for item in _INERT)


def _index(body: Sequence[cst.CSTNode], statement: cst.CSTNode) -> int:
    return next(index for index, item in enumerate(body) if item is statement)
