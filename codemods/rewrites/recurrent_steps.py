"""Lists of time steps, which ``static_rnn`` takes and gives, as tensors with the time in their second dimension."""

from __future__ import annotations

import libcst as cst

from codemods import tables, tree
from codemods.analysis.symbols import Symbols, Use
from codemods.edits import Edits
from codemods.findings import Refusal
from codemods.rewrites.literals import literal_value
from codemods.rewrites.recurrent_names import Names
from codemods.rewrites.recurrent_nodes import COMMA, filled


class Steps:
    """Rewrites the lists of time steps of one module."""

    def __init__(self, names: Names, symbols: Symbols, edits: Edits) -> None:
        self._names = names
        self._symbols = symbols
        self._edits = edits
        self._parents = names.parents
        self._removed: set[cst.CSTNode] = set()

    def tensorflow(self, use: Use) -> cst.BaseExpression:
        """The name of TensorFlow where ``use`` stands. Raises Refusal (TF470)."""
        names = self._symbols.names_of("tf", use.scope)
        if not names:
            raise Refusal("TF470", "TensorFlow has no name here", use.node, use.name)
        return cst.Name(names[0])

    def stacked(self, use: Use, inputs: cst.BaseExpression, line: cst.CSTNode) -> cst.BaseExpression:
        """A list of time steps as one tensor: what it was unstacked from, where nothing else takes the list."""
        steps = self._unstacked(inputs, line)
        if steps is not None:
            statement, source = steps
            if statement not in self._removed:
                self._removed.add(statement)
                self._edits.remove(statement)
            return source
        return filled("tf.stack(inputs, axis=1)", {"inputs": inputs, "tf": self.tensorflow(use)})

    def _unstacked(
        self, inputs: cst.BaseExpression, line: cst.CSTNode
    ) -> tuple[cst.SimpleStatementLine, cst.BaseExpression] | None:
        if not isinstance(inputs, cst.Name):
            return None
        block = self._parents[line]
        if self._parents.get(block) in self._names.tries:
            line = self._parents[block]
            block = self._parents[line]
        body = list(getattr(block, "body", ()))
        for statement in reversed(body[: body.index(line)]):
            assign = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) and statement.body else None
            if not isinstance(assign, cst.Assign) or len(statement.body) != 1 or len(assign.targets) != 1:
                continue
            target = assign.targets[0].target
            if not isinstance(target, cst.Name) or target.value != inputs.value:
                continue
            call = assign.value
            if not isinstance(call, cst.Call) or self._symbols.of(call.func) not in ("tf.unstack", "tf.unpack"):
                return None
            entry = tables.lookup("tf.unstack")
            bound = tables.bind(call, entry) if entry is not None else {}
            axis = bound.get("axis")
            source = bound.get("value")
            order = self._names.order
            later = [node for node in self._names.same(inputs) if order[node] > order[call] and node is not inputs]
            later = [name for name in later if name not in set(tree.walk(assign))]
            if axis is None or literal_value(axis.value) != 1 or source is None or later:
                return None
            return statement, source.value
        return None

    def unstacked(self, use: Use, result: cst.BaseExpression, target: cst.Name) -> cst.BaseExpression:
        """The outputs as the list that ``static_rnn`` gave; the last one alone is taken from the tensor."""
        names = self._names.reads(target)
        once = len(self._names.same(target)) == len(names) + 1
        subscripts = [self._parents.get(name) for name in names]
        if once and all(_is_last(item, name) for item, name in zip(subscripts, names, strict=True)):
            for item in subscripts:
                assert isinstance(item, cst.Subscript)
                self._edits.replace(item, _last_step)
            return result
        return filled("tf.unstack(outputs, axis=1)", {"outputs": result, "tf": self.tensorflow(use)})


def _is_last(node: cst.CSTNode | None, name: cst.Name) -> bool:
    """``name[-1]``."""
    if not isinstance(node, cst.Subscript) or node.value is not name or len(node.slice) != 1:
        return False
    index = node.slice[0].slice
    return isinstance(index, cst.Index) and literal_value(index.value) == -1


def _last_step(node: cst.CSTNode) -> cst.CSTNode:
    """``outputs[-1]`` of a list of time steps as ``outputs[:, -1]`` of a tensor."""
    assert isinstance(node, cst.Subscript)
    return node.with_changes(slice=[cst.SubscriptElement(cst.Slice(None, None), comma=COMMA), *node.slice])
