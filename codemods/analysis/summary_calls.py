"""How TF1's summary functions are called, and what the analysis of summaries asks about the place of a call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from codemods import tree
from codemods.analysis.statements import Statement
from codemods.analysis.values import Kind

if TYPE_CHECKING:
    from codemods.analysis.graph_calls import GraphCalls

_NEW = ("name", "tensor", "collections", "family")
MAKERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "tf.summary.scalar": ("scalar", _NEW),
    "tf.summary.histogram": ("histogram", ("name", "values", "collections", "family")),
    "tf.summary.image": ("image", ("name", "tensor", "max_outputs", "collections", "family")),
    "tf.summary.audio": ("audio", ("name", "tensor", "sample_rate", "max_outputs", "collections", "family")),
    "tf.summary.text": ("text", ("name", "tensor", "collections")),
    **{
        f"{module}.{name}_summary": (name, parameters)
        for module in ("tf", "tf.contrib.deprecated")
        for name, parameters in (
            ("scalar", ("tags", "values", "collections", "name")),
            ("histogram", ("tag", "values", "collections", "name")),
            ("image", ("tag", "tensor", "max_images", "collections", "name")),
        )
    },
}
MERGES = {
    "tf.summary.merge": ("inputs", "collections", "name"),
    "tf.merge_summary": ("inputs", "collections", "name"),
    "tf.contrib.deprecated.merge_summary": ("inputs", "collections", "name"),
}
MERGES_OF_ALL = {
    "tf.summary.merge_all": ("key", "scope", "name"),
    "tf.merge_all_summaries": ("key",),
    "tf.contrib.deprecated.merge_all_summaries": ("key",),
}
WRITERS = frozenset({"tf.summary.FileWriter", "tf.train.SummaryWriter", "tf.summary.SummaryWriter"})
WRITER_PARAMETERS = ("logdir", "graph", "max_queue", "flush_secs", "graph_def", "filename_suffix", "session")
PROTOS = frozenset({"tf.Summary", "tf.summary.Summary"})
PROTO_VALUES = frozenset({"tf.Summary.Value", "tf.summary.Summary.Value"})
IGNORED = frozenset({"graph", "graph_def"})  # of a writer: the graph is gone
OBJECTS = (Kind.SUMMARY, Kind.EVENTS, Kind.WRITER, Kind.PROTO)
SUMMARIES = "summaries"
# Calls that put summaries of their own into the collection that merge_all reads.
HIDDEN = (
    "tf.contrib.layers.optimize_loss", "tf.contrib.layers.summarize", "tf.contrib.slim.learning", "tf.train.batch",
    "tf.train.shuffle_batch", "tf.train.string_input_producer", "tf.train.slice_input_producer",
    "tf.train.input_producer", "tf.train.range_input_producer", "tf.train.maybe_batch", "tf.add_to_collection",
)  # fmt: skip


class Aside:
    """What is evaluated here belongs to no statement: it moves, or nothing is left of it."""

    def __init__(self, evaluator: GraphCalls, apart: bool = True) -> None:
        self.evaluator = evaluator
        self.apart = apart

    def __enter__(self) -> None:
        current = self.evaluator.current
        self.lengths = (len(current.graph_nodes), len(current.gone)) if current is not None else (0, 0)
        self.outer = self.evaluator.in_fetch
        self.evaluator.in_fetch = self.outer or self.apart

    def __exit__(self, *_: object) -> None:
        self.evaluator.in_fetch = self.outer
        if not self.apart:
            return
        current = self.evaluator.current
        if current is not None:
            del current.graph_nodes[self.lengths[0] :]
            del current.gone[self.lengths[1] :]


def bind(node: cst.Call, parameters: Sequence[str]) -> dict[str, cst.BaseExpression]:
    bound = {}
    for position, argument in enumerate(node.args):
        if argument.keyword is not None and argument.keyword.value in parameters:
            bound[argument.keyword.value] = argument.value
        elif argument.keyword is None and position < len(parameters):
            bound[parameters[position]] = argument.value
    return bound


def calls_program(evaluator: GraphCalls, node: cst.BaseExpression) -> bool:
    """Whether an expression calls a function that the file defines."""
    calls = [found for found in tree.walk(node) if isinstance(found, cst.Call)]
    values = [evaluator.last_values.get(found.func) for found in calls]
    return any(value is not None and value.kind is Kind.FUNCTION for value in values)


def around(statement: Statement | None) -> list[Statement]:
    """The statement's containers, and the statement where it is a compound one."""
    found = []
    current = statement
    while current is not None:
        if not isinstance(current.node, cst.SimpleStatementLine) and not is_main(current.node):
            found.append(current)
        current = current.container
    return found


def is_main(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.If) and "__name__" in cst.Module([]).code_for_node(node.test)
