"""One TF1 graph while the program is read: its names, variables and collections."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from codemods.inventory.names import AUTO, Names
from codemods.inventory.values import Node, Variable

GLOBAL, LOCAL, TRAINABLE, MODEL = "variables", "local_variables", "trainable_variables", "model_variables"
AVERAGES, UPDATE_OPS, LOSSES, REGULARIZATION = (
    "moving_average_variables", "update_ops", "losses", "regularization_losses",
)  # fmt: skip
#: ``tf.GraphKeys`` by member.
KEYS = {
    "GLOBAL_VARIABLES": GLOBAL, "VARIABLES": GLOBAL, "LOCAL_VARIABLES": LOCAL, "TRAINABLE_VARIABLES": TRAINABLE,
    "MODEL_VARIABLES": MODEL, "MOVING_AVERAGE_VARIABLES": AVERAGES, "UPDATE_OPS": UPDATE_OPS, "LOSSES": LOSSES,
    "REGULARIZATION_LOSSES": REGULARIZATION, "GLOBAL_STEP": "global_step", "SUMMARIES": "summaries",
    "METRIC_VARIABLES": "metric_variables", "WEIGHTS": "weights", "BIASES": "biases", "ACTIVATIONS": "activations",
    "SAVERS": "savers", "TRAIN_OP": "train_op", "INIT_OP": "init_op", "SUMMARY_OP": "summary_op",
}  # fmt: skip


class TF1Error(Exception):
    """What TF1 itself would raise at this place: ``kind`` is the exception's name."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Graph:
    """The default graph of one stretch of the program."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.names = Names()
        self.variables: list[Variable] = []
        self.by_name: dict[str, Variable] = {}  # of get_variable
        self.collections: dict[str, list[Any]] = defaultdict(list)
        self.controls: list[Node] = []
        self.opaque = False  # foreign code was called that may make variables here
        self.arguments: list[dict[str, dict[str, Any]]] = [{}]  # entered arg_scopes

    def add(self, variable: Variable, collections: Iterable[str]) -> None:
        """Note a new variable in its collections."""
        self.variables.append(variable)
        for name in collections:
            self.collections[name].append(variable)

    def existing(self, name: str, reuse: Any) -> Variable | None:
        """What ``get_variable`` of a full name stands for; None when it makes a variable.

        Raises TF1Error where TF1 does.
        """
        found = self.by_name.get(name)
        if reuse is True and found is None and "?" not in name:
            raise TF1Error("ValueError", f"variable {name} does not exist")
        if not reuse and found is not None and "?" not in name and reuse is False:
            raise TF1Error("ValueError", f"variable {name} already exists")
        return found if reuse in (True, AUTO, None) else None

    def trainable(self) -> list[Variable]:
        """The trainable variables so far, in order."""
        return list(self.collections[TRAINABLE])

    def listed(self, key: str, scope: Any = None) -> list[Any]:
        """A collection, or what of it a name filter lets through."""
        items = list(self.collections[key])
        if isinstance(scope, str) and scope:
            items = [item for item in items if isinstance(item, Node) and re.match(scope, item.name or "")]
        return items


def closure(nodes: Iterable[Node], stop: Iterable[Node] = (), *, gradients: bool = False) -> tuple[list[Node], bool]:
    """Everything that nodes are computed from, themselves included, and whether all of it is known.

    ``stop`` are nodes that were fed. With ``gradients`` only what a gradient flows through counts.
    """
    fed = set(map(id, stop))
    seen: dict[int, Node] = {}
    stack = list(nodes)
    certain = True
    while stack:
        node = stack.pop()
        if id(node) in seen or id(node) in fed:
            continue
        seen[id(node)] = node
        certain = certain and not node.unsure
        if gradients and node.cut:
            continue
        stack.extend(node.inputs)
        if not gradients:
            stack.extend(node.controls)
    return list(seen.values()), certain
