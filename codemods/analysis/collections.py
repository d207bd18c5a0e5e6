"""Collections of tensors: what was added to each, in order, and how the list is written where it is read.

TF2 has no collections. ``tf.add_to_collection(key, value)`` goes, and a read becomes the list of the members. Losses
(`tf.losses.*`) and regularizers of variables add to a collection by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from codemods import tables, tree
from codemods.analysis import helper_members
from codemods.analysis.regularizers import Regularizer, regularizer
from codemods.analysis.values import Kind, Value, Variable, host, sequence, unknown
from codemods.analysis.variable_names import spelled
from codemods.tree import is_none

if TYPE_CHECKING:
    from codemods.analysis.evaluate import EvaluatorBase
    from codemods.analysis.graph_calls import GraphCalls

CODE = "TF424"
LOSSES, REGULARIZATION = "losses", "regularization_losses"
_KEYS = {
    "tf.GraphKeys.LOSSES": LOSSES,
    "tf.GraphKeys.REGULARIZATION_LOSSES": REGULARIZATION,
    "tf.GraphKeys.WEIGHTS": "weights",
    "tf.GraphKeys.BIASES": "biases",
    "tf.GraphKeys.ACTIVATIONS": "activations",
}
# Collections that TensorFlow itself fills or reads.
STANDARD = frozenset(
    {
        "variables", "local_variables", "model_variables", "trainable_variables", "summaries", "queue_runners",
        "table_initializer", "asset_filepaths", "moving_average_variables", "concatenated_variables", "savers",
        "update_ops", "saveable_objects", "resources", "local_resources", "local_init_op", "ready_op",
        "ready_for_local_init_op", "global_step", "eval_step", "cond_context",
        "while_context", "_summary_tags",
    }
)  # fmt: skip
READERS = {
    "tf.losses.get_losses": (LOSSES,),
    "tf.losses.get_regularization_losses": (REGULARIZATION,),
    "tf.losses.get_regularization_loss": (REGULARIZATION,),
    "tf.losses.get_total_loss": (LOSSES, REGULARIZATION),
}
_SUMS = frozenset({"tf.losses.get_regularization_loss", "tf.losses.get_total_loss"})


@dataclass(eq=False)
class Member:
    """One thing that was added: a value that a name must hold, or the regularized form of a variable."""

    node: cst.CSTNode
    value: Value
    branches: tuple[cst.CSTNode, ...]
    regularizer: Regularizer | None = None


class Collections:
    """The collections of one program, in the order in which it fills them."""

    def __init__(self) -> None:
        self.members: dict[tuple[int, str], list[Member]] = {}
        self.named: dict[cst.Call, str] = {}  # calls that add an expression: the name that it gets
        self.added: set[cst.Call] = set()  # calls that add what a name holds: they go
        self.nameless: dict[cst.Call, str] = {}  # losses that are only added: the names that they get
        self.helpers: dict[cst.Call, cst.BaseExpression] = {}  # calls in helpers, and what they add of a variable

    # Adding

    def add(self, evaluator: GraphCalls, node: cst.Call, symbol: str) -> Value:
        """``tf.add_to_collection(key, value)`` and ``tf.losses.add_loss(value)``."""
        entry = tables.lookup(symbol)
        arguments = tables.bind(node, entry) if entry is not None else {}
        values = {name: evaluator.value(argument.value) for name, argument in arguments.items()}
        given = arguments.get("loss" if symbol == "tf.losses.add_loss" else "value")
        if symbol == "tf.losses.add_loss":
            keys: list[str | None] = [self._key(evaluator, arguments.get("loss_collection"), LOSSES)]
        elif symbol == "tf.add_to_collections":
            names = arguments.get("names")
            listed = names.value if names is not None else None
            items = listed.elements if isinstance(listed, cst.List | cst.Tuple) else ()
            keys = [self.key(evaluator, item.value) for item in items] or [None]
        else:
            keys = [self._key(evaluator, arguments.get("name"), None)]
        if given is None or evaluator.in_fetch or evaluator.current is None:
            evaluator.refuse(CODE, f"{symbol} inside a run site, or without a value", node, symbol)
            return unknown(node)
        found = values["loss" if symbol == "tf.losses.add_loss" else "value"]
        if evaluator.frame.recorded:
            evaluator.current.gone.append(node)
        elif self._in_helper(evaluator, node, found, keys):
            return host(node)
        if isinstance(given.value, cst.Name | cst.Attribute | cst.Subscript):
            self.added.add(node)
        else:
            name = self.named.setdefault(node, self._fresh(evaluator, given.value, next(iter(keys)) or "member"))
            evaluator.bind(name, found)
        for key in dict.fromkeys(keys):
            if key is None or key in STANDARD:
                evaluator.refuse(CODE, f"{symbol} of a collection that TensorFlow keeps, or that is not known", node)
            else:
                self.note(evaluator, key, Member(node, found, tuple(evaluator.state.branches)))
        return host(node)

    def _in_helper(self, evaluator: GraphCalls, node: cst.Call, value: Value, keys: list[str | None]) -> bool:
        """What a helper function adds for its variable is written out where the collection is read."""
        found = helper_members.member(evaluator, value)
        branches, reached = helper_members.certain(evaluator, node)
        if found is None or any(key is None or key in STANDARD for key in keys):
            return False
        variable, text, made = found
        if not helper_members.only_added(evaluator, node, made):
            return False
        self.helpers[node] = made
        if evaluator.current is not None:
            inside = set(tree.walk(made))
            evaluator.current.graph_nodes[:] = [item for item in evaluator.current.graph_nodes if item not in inside]
        computed = Value(Kind.TENSOR, made, dynamic=True, reads=frozenset({variable}), payload=variable)
        for key in dict.fromkeys(keys) if reached else ():
            assert key is not None
            self.note(evaluator, key, Member(node, computed, tuple(branches), text))
        return True

    def note(self, evaluator: EvaluatorBase, key: str, member: Member) -> None:
        """Add a member; the second visit of a loop takes the place of the first."""
        members = self.members.setdefault((evaluator.graph, key), [])
        looped = any(not isinstance(item, cst.If | cst.Try) for item in member.branches)
        if looped:
            members[:] = [item for item in members if item.node is not member.node]
        members.append(member)

    def loss(self, evaluator: GraphCalls, node: cst.Call, symbol: str, value: Value) -> None:
        """A function of `tf.losses` adds its result."""
        entry = tables.lookup(symbol)
        arguments = tables.bind(node, entry) if entry is not None else {}
        given = arguments.get("loss_collection")
        if given is not None and is_none(given.value):
            return
        key = self._key(evaluator, given, LOSSES)
        if key is None or key in STANDARD:
            evaluator.refuse(CODE, f"{symbol} adds to a collection that is not known", node, symbol)
            return
        if _is_statement(evaluator, node):
            last = symbol.rpartition(".")[2]
            wanted = "cross_entropy" if last.endswith("cross_entropy") else last
            evaluator.bind(self.nameless.setdefault(node, self._free(evaluator, wanted)), value)
        self.note(evaluator, key, Member(node, value, tuple(evaluator.state.branches)))

    def regularized(
        self, evaluator: EvaluatorBase, variable: Variable, given: cst.BaseExpression, value: Value
    ) -> None:
        """A variable is made with a regularizer."""
        found = regularizer(evaluator, given, value)
        if found is None or (isinstance(found, Regularizer) and found.nothing):
            return
        computed = Value(Kind.TENSOR, variable.call, dynamic=True, reads=frozenset({variable}), payload=variable)
        known = found if isinstance(found, Regularizer) else None
        member = Member(variable.call, computed, tuple(evaluator.state.branches), known)
        self.note(evaluator, REGULARIZATION, member)

    def _key(self, evaluator: EvaluatorBase, given: cst.Arg | None, default: str | None) -> str | None:
        return default if given is None else self.key(evaluator, given.value)

    def key(self, evaluator: EvaluatorBase, node: cst.BaseExpression) -> str | None:
        """The text of a collection's key."""
        symbol = evaluator.symbols.of(node)
        if symbol is not None and symbol.startswith("tf.GraphKeys."):
            return _KEYS.get(symbol, symbol.rpartition(".")[2].lower())
        constant = evaluator.value(node).constant
        return constant if isinstance(constant, str) else None

    def _fresh(self, evaluator: EvaluatorBase, node: cst.BaseExpression, key: str) -> str:
        """A name for an expression that is added: its own label, or the singular of the key."""
        label = None
        for argument in node.args if isinstance(node, cst.Call) else ():
            if argument.keyword is not None and argument.keyword.value == "name":
                label = evaluator.value(argument.value).constant
        wanted = label if isinstance(label, str) else {"losses": "loss"}.get(key, key.removesuffix("s"))
        return self._free(evaluator, wanted if wanted.isidentifier() else "member")

    def _free(self, evaluator: EvaluatorBase, wanted: str) -> str:
        """A name that nothing has."""
        name, count = wanted, 2
        while name in evaluator.symbols.names or name in (*self.named.values(), *self.nameless.values()):
            name, count = f"{wanted}_{count}", count + 1
        return name

    # Reading

    def read(self, evaluator: GraphCalls, node: cst.Call, symbol: str, key: str | None = None) -> Value:
        """``tf.get_collection(key)``, `tf.losses.get_total_loss()` and their like."""
        entry = tables.lookup(symbol)
        arguments = tables.bind(node, entry) if entry is not None else {}
        values = {name: evaluator.value(argument.value) for name, argument in arguments.items()}
        keys = [self._key(evaluator, arguments.get("loss_collection"), LOSSES)] if symbol.endswith("get_losses") else []
        keys = keys or (list(READERS[symbol]) if symbol in READERS else [key])
        if values.get("add_regularization_losses", host(constant=True)).constant is False:
            keys.remove(REGULARIZATION)
        members = [item for name in keys if name for item in self.members.get((evaluator.graph, name), ())]
        problem = self._problem(evaluator, symbol, arguments, values, members, REGULARIZATION in keys)
        written: list[str] = []
        if problem is None:
            for member in members:
                text = self._written(evaluator, member)
                if text is None:
                    problem = "no name holds one of the members in this place"
                    break
                written.append(text)
        if problem is None and not written and symbol != "tf.losses.get_regularization_loss":
            problem = "nothing was added to it"
        text = f"[{', '.join(written)}]"
        if symbol in _SUMS:
            text = f"{{tf}}.add_n({text})" if len(written) > 1 else written[0] if written else "{tf}.constant(0.0)"
        if problem is None and evaluator.in_fetch:  # the list is written out before everything else
            evaluator.lookups.written[node] = text
            if all(name.isidentifier() for name in written):
                evaluator.lookups.lists[node] = written
            evaluator.refuse(CODE, f"{symbol}: a collection is read inside a run site", node, symbol)
            return sequence([member.value for member in members], node=node)
        if problem is None and evaluator.state.lists.setdefault(node, text) != text:
            problem = "the members differ from call to call"
        if problem is not None:
            evaluator.refuse(CODE, f"{symbol}: {problem}", node, symbol)
            return unknown(node)
        if symbol == "tf.get_collection" and all(name.isidentifier() for name in written):
            evaluator.lookups.lists[node] = written
        self._order(evaluator, node, members)
        if symbol in _SUMS:
            return evaluator.computed(node, [member.value for member in members])
        if any(member.regularizer is not None for member in members) and evaluator.current is not None:
            evaluator.current.graph_nodes.append(node)
        return sequence([member.value for member in members], node=node)

    def _problem(
        self,
        evaluator: EvaluatorBase,
        symbol: str,
        arguments: dict[str, cst.Arg],
        values: dict[str, Value],
        members: list[Member],
        regular: bool,
    ) -> str | None:
        if evaluator.current is None or (evaluator.in_fetch and (regular or symbol != "tf.get_collection")):
            return "a collection is read inside a run site"
        if symbol == "tf.get_collection_ref":
            return "a reference to the collection itself"
        if "scope" in arguments and not is_none(arguments["scope"].value):
            return "members are chosen by the names of their operations"
        flag = values.get("add_regularization_losses", host(constant=True)).constant
        if not isinstance(flag, bool):
            return "it is not known whether regularization losses are added"
        if len(evaluator.state.graphs) > 1:
            return "the program has several graphs"
        for member in members:
            looped = any(not isinstance(item, cst.If | cst.Try) for item in member.branches)
            if looped or list(member.branches) != evaluator.state.branches[: len(member.branches)]:
                return "something is added to it in a loop or a branch"
        layers = [call for call in evaluator.keras.layers if call not in evaluator.keras.made]
        if regular and (layers or evaluator.state.layers):
            return "layers may add to it, too"
        return None

    def _written(self, evaluator: EvaluatorBase, member: Member) -> str | None:
        """How a member is written where the evaluator stands."""
        if member.regularizer is not None:
            variable = member.value.payload
            assert isinstance(variable, Variable)
            return member.regularizer.written(evaluator, variable)
        variable = member.value.payload
        if member.value.kind is Kind.VARIABLE and isinstance(variable, Variable):
            return spelled(evaluator, variable)
        for name, binding in evaluator.frame.visible().items():
            if binding.value is member.value and len(binding.sources) == 1:
                evaluator.name(cst.Name(name))
                return name
        return None

    def _order(self, evaluator: EvaluatorBase, node: cst.Call, members: list[Member]) -> None:
        """Weights of layers exist after the calls of the layers only."""
        weights = [item.value.payload for item in members if item.regularizer is not None]
        layers = [item for item in weights if isinstance(item, Variable) and item.weight is not None]
        if layers:
            evaluator.state.listed_weights[node] = layers


def _is_statement(evaluator: EvaluatorBase, node: cst.Call) -> bool:
    """Whether a call is all that the statement at hand does, outside of helper functions."""
    line = evaluator.current.node if evaluator.current is not None and evaluator.frame.recorded else None
    small = line.body[0] if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1 else None
    return isinstance(small, cst.Expr) and small.value is node and not evaluator.in_fetch
