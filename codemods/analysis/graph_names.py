"""The names that TF1 gave to the scopes and operations of a graph, as far as summaries need them.

TF1 made every name of a graph unique, upper and lower case alike, and a summary's tag is such a name: ``loss`` becomes
``loss_1`` where an operation or a scope is called ``Loss`` already. The model counts what takes which name, and answers
None where that is not certain.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import libcst as cst

from codemods import tables
from codemods.analysis import roles
from codemods.analysis.values import Kind
from codemods.tree import is_none

if TYPE_CHECKING:
    from codemods.analysis.evaluate import EvaluatorBase
    from codemods.analysis.frames import Frame

# What one call takes in the scope around it, where that is just one name.
_ONE_NAME = {
    **{f"tf.reduce_{name}": name for name in ("mean", "sum", "max", "min", "prod", "all", "any")},
    **{f"tf.{name}": name for name in ("matmul", "add", "sqrt", "square", "abs", "log", "exp", "equal", "squeeze")},
    **{f"tf.{name}": name for name in ("sigmoid", "tanh", "reshape", "placeholder", "maximum", "minimum", "pow")},
    **{f"tf.math.{name}": name for name in ("sqrt", "square", "abs", "log", "exp", "equal", "add", "sigmoid", "tanh")},
    **{f"tf.nn.{name}": name for name in ("relu", "sigmoid", "tanh", "softmax", "elu", "relu6", "conv2d")},
    "tf.argmax": "argmax", "tf.argmin": "argmin", "tf.expand_dims": "expanddims", "tf.subtract": "sub",
    "tf.multiply": "mul", "tf.constant": "const", "tf.random_normal": "random_normal", "tf.one_hot": "one_hot",
    "tf.random_uniform": "random_uniform", "tf.truncated_normal": "truncated_normal",
}  # fmt: skip
_OPERATORS: dict[type[cst.CSTNode], str] = {
    cst.Add: "add", cst.Subtract: "sub", cst.Multiply: "mul", cst.Divide: "truediv", cst.FloorDivide: "floordiv",
    cst.Power: "pow", cst.Modulo: "mod", cst.Minus: "neg", cst.MatrixMultiply: "matmul",
}  # fmt: skip
# What many calls make on the side, in their scope or in one of their own.
_ASIDE = frozenset(
    {
        "cast", "concat", "const", "identity", "ones", "ones_like", "range", "rank", "read", "readvariableop", "shape",
        "stack", "strided_slice", "zeros", "zeros_like",
    }
)  # fmt: skip
_WITHOUT_NAMES = (
    roles.SESSION, roles.GRAPH, roles.RESET, roles.CONFIG, roles.SCOPE, roles.VARIABLE_SCOPE, roles.CURRENT_SCOPE,
    roles.VARIABLES, roles.DEPENDENCIES, roles.HOST, roles.SUMMARY,
)  # fmt: skip
_OF_OPTIMIZERS = frozenset({"gradients", "beta1_power", "beta2_power"})
_ILLEGAL = re.compile(r"[^-/\w\.]")
_NUMBERED = re.compile(r"(_\d+)+$")
_PATTERN = re.compile(r"%[-+ #0-9.]*[a-zA-Z]|\{[^{}]*\}")


def clean(text: str) -> str:
    """A tag as TF1 cleaned it: other characters than letters, digits, ``- / . _`` are ``_``, no ``/`` in front."""
    return _ILLEGAL.sub("_", text).lstrip("/")


@dataclass(eq=False)
class _Graph:
    """The names of one graph: how often each was asked for, and what may have asked for others."""

    taken: dict[str, int] = field(default_factory=dict)
    unsure: list[tuple[str | None, frozenset[str], re.Pattern[str] | None, bool]] = field(default_factory=list)


class GraphNames:
    """The scopes that are open, and the names taken so far."""

    def __init__(self) -> None:
        self._graphs: dict[object, _Graph] = {}
        self._stack: list[tuple[object, str | None]] = []  # open graphs and name scopes, innermost last
        self._texts: list[str | None] = []  # the same scopes as they are written
        self._known: dict[tuple[cst.CSTNode, Frame], str | None] = {}

    # What the evaluator tells

    def enter(self, evaluator: EvaluatorBase, items: Sequence[cst.WithItem]) -> int:
        """A ``with`` opens graphs and name scopes; give the result to ``leave``."""
        before = len(self._stack)
        for item in items:
            node = item.item
            value = evaluator.last_values.get(node)
            if value is None:
                continue
            graph = self._graph_of(evaluator, node, value.kind)
            if graph is not None:
                self._stack.append((graph, ""))
                self._texts.append("")
                continue
            opened = self._scope(evaluator, node)
            if opened is not False:
                assert not isinstance(opened, bool)
                self._stack.append((self._current(evaluator), opened))
                self._texts.append(self._scope_text(evaluator, node))
        return len(self._stack) - before

    def leave(self, count: int) -> None:
        """The ``with`` is over."""
        del self._stack[len(self._stack) - count :]
        del self._texts[len(self._texts) - count :]

    def call(self, evaluator: EvaluatorBase, node: cst.Call, symbol: str) -> None:
        """A TensorFlow function is called: it may take names."""
        if roles.role(symbol) in _WITHOUT_NAMES:
            return
        entry = tables.lookup(symbol)
        if symbol.endswith("Optimizer"):
            of_slots = symbol.rpartition(".")[2].removesuffix("Optimizer").lower()
            self._maybe(evaluator, node, None, _OF_OPTIMIZERS | {of_slots}, None)
            return
        if entry is not None and entry.kind not in ("function", "class"):
            return
        given = _name_argument(node, entry.parameters if entry is not None else ())
        prefix = self._prefix(evaluator)
        if symbol == "tf.get_variable" or (given is not None and symbol == "tf.variable_scope"):
            scope = evaluator.state.scopes[-1].name
            prefix = None if scope is None else f"{scope}/" if scope else ""
        if given is not None:
            text = evaluator.value(given).constant
            if isinstance(text, str):
                self._take(evaluator, node, prefix, text)
            else:
                self._maybe(evaluator, node, prefix, frozenset(), _pattern(given))
            return
        name = _ONE_NAME.get(symbol)
        if name is not None:
            self._take(evaluator, node, prefix, name, aside=True)
            return
        last = symbol.rpartition(".")[2]
        own = frozenset({last.lower(), last.lower().replace("_", ""), f"{last.lower()}_loss"})
        if symbol == "tf.Variable":
            own = frozenset({"variable"})
        elif symbol.startswith("tf.train.") and "global_step" in symbol:
            own = frozenset({"global_step"})
        self._maybe(evaluator, node, prefix, own, None, other=True)

    def operator(self, evaluator: EvaluatorBase, node: cst.CSTNode) -> None:
        """Arithmetic on tensors: an operation, named after the operator."""
        symbol = getattr(node, "operator", None)
        name = _OPERATORS.get(type(symbol)) if symbol is not None else None
        if name is not None:
            self._take(evaluator, node, self._prefix(evaluator), name, aside=True)
        else:
            self._maybe(evaluator, node, self._prefix(evaluator), frozenset(), None, other=True)

    # What summaries ask

    @property
    def inside(self) -> bool:
        """Whether a name scope is open."""
        return any(name != "" for _, name in self._stack)

    def graph(self, evaluator: EvaluatorBase) -> object:
        """The graph that operations are added to."""
        return self._current(evaluator)

    def tag(self, evaluator: EvaluatorBase, node: cst.Call, name: str, family: str | None) -> str | None:
        """The tag that TF1 gives a summary called ``name`` here; None where that is not certain."""
        name, family = clean(name), clean(family) if family else None
        found = self._named(evaluator, node, name if family is None else f"{family}/{name}")
        return found if found is None or family is None else f"{family}/{found}"

    def written(self, name: str) -> str | None:
        """What the source calls something named ``name`` here: the open scopes in front, nothing made unique."""
        around = self._texts[-1] if self._texts else ""
        return None if around is None else f"{around}{name}"

    # Inside

    def _scope_text(self, evaluator: EvaluatorBase, node: cst.BaseExpression) -> str | None:
        """The scopes that are open in a ``with`` of ``node``, as they are written."""
        around = self._texts[-1] if self._texts else ""
        first = node.args[0].value if isinstance(node, cst.Call) and node.args else None
        text = evaluator.last_values[first].constant if first in evaluator.last_values else None
        if around is None or not isinstance(text, str) or text.endswith("/"):
            return None
        return f"{around}{text}/" if text else ""

    def _current(self, evaluator: EvaluatorBase) -> object:
        return self._stack[-1][0] if self._stack else evaluator.graph

    def _names(self, evaluator: EvaluatorBase) -> _Graph:
        return self._graphs.setdefault(self._current(evaluator), _Graph())

    def _prefix(self, evaluator: EvaluatorBase) -> str | None:
        """The open scope with a slash at its end; None where it is not known."""
        return self._stack[-1][1] if self._stack else ""

    def _graph_of(self, evaluator: EvaluatorBase, node: cst.BaseExpression, kind: Kind) -> object | None:
        """The graph that a ``with graph.as_default()`` or ``with tf.Session(graph=graph)`` makes the current one."""
        if not isinstance(node, cst.Call) or kind not in (Kind.GRAPH, Kind.SESSION):
            return None
        owner: cst.BaseExpression | None = None
        if kind is Kind.GRAPH and isinstance(node.func, cst.Attribute) and node.func.attr.value == "as_default":
            owner = node.func.value
        if kind is Kind.SESSION:
            owner = next((item.value for item in node.args if item.keyword and item.keyword.value == "graph"), None)
        value = evaluator.last_values.get(owner) if owner is not None else None
        made = value.node if value is not None and value.kind is Kind.GRAPH else None
        if isinstance(made, cst.Call) and evaluator.symbols.of(made.func) == "tf.Graph":
            return made
        return None

    def _scope(self, evaluator: EvaluatorBase, node: cst.BaseExpression) -> str | bool | None:
        """The scope that a ``with`` item opens, with a slash at its end; None: not known; False: it opens none."""
        if not isinstance(node, cst.Call):
            value = evaluator.last_values[node]
            return None if value.kind in (Kind.UNKNOWN, Kind.HOST) else False
        symbol = evaluator.symbols.of(node.func)
        if symbol not in ("tf.name_scope", "tf.variable_scope", "tf.op_scope", "tf.variable_op_scope"):
            callee = evaluator.last_values.get(node.func)
            return None if callee is not None and callee.kind is Kind.FUNCTION else False
        first = node.args[0] if node.args else None
        if symbol.endswith("op_scope") or len(node.args) == 0 or first is None or first.star:
            return None
        if first.keyword is not None and first.keyword.value not in ("name", "name_or_scope"):
            return None
        if is_none(first.value):
            return "" if symbol == "tf.name_scope" and len(node.args) == 1 else None
        text = evaluator.last_values[first.value].constant if first.value in evaluator.last_values else None
        if not isinstance(text, str):
            return None
        if symbol == "tf.name_scope" and (not text or text.endswith("/")):
            return text
        found = self._named(evaluator, node, text)
        return None if found is None else f"{found}/"

    def _named(self, evaluator: EvaluatorBase, node: cst.Call, name: str) -> str | None:
        """The unique name that ``name`` becomes in the open scope; asking again for one call changes nothing."""
        key = (node, evaluator.frame)
        if key not in self._known:
            prefix = self._prefix(evaluator)
            found = None
            if prefix is not None and not _uncertain(evaluator) and not self._contested(evaluator, prefix, name):
                found = self._unique(evaluator, f"{prefix}{name}")
            else:
                self._names(evaluator).unsure.append((prefix, frozenset({_base(name)}), None, False))
            self._known[key] = found
        return self._known[key]

    def _unique(self, evaluator: EvaluatorBase, name: str) -> str:
        """``Graph.unique_name`` of TensorFlow 1.15."""
        taken = self._names(evaluator).taken
        key = name.lower()
        count = taken.get(key, 0)
        taken[key] = count + 1
        if not count:
            return name
        numbered = key
        while numbered in taken:
            numbered = f"{key}_{count}"
            count += 1
        taken[numbered] = 1
        return f"{name}_{count - 1}"

    def _take(
        self, evaluator: EvaluatorBase, node: cst.CSTNode, prefix: str | None, name: str, aside: bool = False
    ) -> None:
        key = (node, evaluator.frame)
        if key in self._known:
            return
        self._known[key] = None
        if prefix is None or _uncertain(evaluator):
            self._names(evaluator).unsure.append((prefix, frozenset({_base(name)}), None, False))
        else:
            self._unique(evaluator, f"{prefix}{name}")
        if aside:
            self._names(evaluator).unsure.append((prefix, _ASIDE, None, False))

    def _maybe(
        self,
        evaluator: EvaluatorBase,
        node: cst.CSTNode,
        prefix: str | None,
        names: frozenset[str],
        pattern: re.Pattern[str] | None,
        other: bool = False,
    ) -> None:
        key = (node, evaluator.frame)
        if key not in self._known:
            self._known[key] = None
            self._names(evaluator).unsure.append((prefix, names, pattern, other))

    def _contested(self, evaluator: EvaluatorBase, prefix: str, name: str) -> bool:
        """Whether something whose name is not certain may have taken ``name`` in this scope."""
        wanted = f"{prefix}{name}".lower()
        for where, names, pattern, other in self._names(evaluator).unsure:
            if where is not None and not wanted.startswith(where.lower()):
                continue
            rest = wanted[len(where) :] if where is not None else _base(name)
            first = _base(rest.partition("/")[0])
            if first in names or first.replace("_", "") in names or (other and first in _operations() | _ASIDE):
                return True
            if pattern is not None and pattern.fullmatch(rest):
                return True
        return False


def _uncertain(evaluator: EvaluatorBase) -> bool:
    """Whether this may happen several times, or not at all."""
    return any(not _is_main(branch) for branch in evaluator.state.branches)


def _is_main(node: cst.CSTNode) -> bool:
    """Whether a branch is the usual ``if __name__ == "__main__":``."""
    return isinstance(node, cst.If) and "__name__" in cst.Module([]).code_for_node(node.test)


def _base(name: str) -> str:
    """A name in small letters, without the numbers that make it unique."""
    return _NUMBERED.sub("", name.lower())


def _name_argument(node: cst.Call, parameters: tuple[str, ...]) -> cst.BaseExpression | None:
    for argument in node.args:
        if argument.keyword is not None and argument.keyword.value in ("name", "scope") and not is_none(argument.value):
            return argument.value
    for parameter, argument in zip(parameters, node.args, strict=False):
        given = argument.keyword is None and not argument.star and not is_none(argument.value)
        if given and parameter in ("name", "scope", "name_or_scope"):
            return argument.value
    return None


def _pattern(node: cst.BaseExpression) -> re.Pattern[str]:
    """What an expression that makes a name may give."""
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Modulo):
        node = node.left
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value == "format":
        node = node.func.value
    if isinstance(node, cst.SimpleString) and isinstance(node.evaluated_value, str):
        parts = [re.escape(part.lower()) for part in _PATTERN.split(node.evaluated_value)]
        return re.compile(".*".join(parts) + "(/.*)?")
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add):
        left, right = _pattern(node.left).pattern, _pattern(node.right).pattern
        return re.compile(left.removesuffix("(/.*)?") + right)
    return re.compile(".*")


@cache
def _operations() -> frozenset[str]:
    """The kinds of TensorFlow's operations, in small letters: the names that operations have by themselves."""
    names = (name.rpartition(".")[2].lower() for name in tables.names() if name.startswith("tf.raw_ops."))
    return frozenset(names) | {name.lower() for name in _OPERATORS.values()}
