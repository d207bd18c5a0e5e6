"""What in a file may see that ``optimize_loss`` does more than to train: its variable, its names, its summaries."""

from __future__ import annotations

import re
from collections.abc import Iterable

import libcst as cst

from codemods.context import Context
from codemods.findings import Refusal
from codemods.rewrites.optimize_loss_arguments import CODE, Arguments

# Lists of all variables and savers: the variable of the learning rate and the slots are in them, with their names.
_STATE = (
    "tf.global_variables", "tf.all_variables", "tf.report_uninitialized", "tf.train.Saver",
    "tf.contrib.framework.get_v", "tf.contrib.slim.get_v",
    "tf.contrib.framework.assign_from", "tf.contrib.slim.assign_from", "tf.saved_model",
    "tf.train.export_meta", "tf.train.import_meta", "tf.train.Supervisor", "tf.train.Monitored", "tf.estimator",
    "tf.train.CheckpointSaverHook", "tf.contrib.learn", "tf.contrib.training", "tf.contrib.slim.learning",
    "tf.contrib.framework.filter_var", "tf.contrib.slim.filter_var", "tf.train.init_from_checkpoint",
)  # fmt: skip
_NOT_STATE = ("tf.global_variables_initializer",)
_SUMMARIES = (
    "tf.summary.merge_all", "tf.merge_all_summaries", "tf.contrib.deprecated.merge_all", "tf.train.SummarySaverHook",
    "tf.GraphKeys.SUMMARIES", "tf.contrib.summary",
)  # fmt: skip
_COLLECTIONS = frozenset(
    {"tf.get_collection", "tf.get_collection_ref", "tf.add_to_collection", "tf.add_to_collections"}
)
_TRAINABLE = "tf.GraphKeys.TRAINABLE_VARIABLES"
_LOOKUPS = frozenset(
    {
        "get_tensor_by_name", "get_operation_by_name", "get_operations", "as_graph_def", "get_collection",
        "get_collection_ref", "add_to_collection", "as_graph_element", "get_all_collection_keys",
    }
)  # fmt: skip
_TENSOR_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.\\/-]*:\d+")
_UPDATES = re.compile(r"batch_?norm|UPDATE_OPS|spectral_norm|renorm", re.IGNORECASE)


def check_file(ctx: Context, given: Arguments, call: cst.Call, count: int, reads: Iterable[cst.Name]) -> None:
    """Raise Refusal where the file may see more of a call than the step; ``reads`` are of what it gives."""
    for use in ctx.symbols.tf_uses():
        made = ctx.symbols.call(use.node)
        if use.name.startswith(_STATE) and not use.name.startswith(_NOT_STATE):
            raise Refusal(CODE, f"optimize_loss makes variables with names of its own, and {use.name} sees them", call)
        if use.name in _COLLECTIONS:
            key = made.args[0].value if made is not None and made.args else None
            if key is None or ctx.symbols.of(key) != _TRAINABLE:
                raise Refusal(CODE, f"optimize_loss adds to collections or waits for one, and so does {use.name}", call)
        if use.name.startswith(_SUMMARIES) and given.makes_summaries:
            raise Refusal(CODE, f"optimize_loss adds summaries, which {use.name} sees; give it summaries=[]", call)
        if use.name.startswith("tf.contrib.slim.nets") and given.needs_updates:
            raise Refusal(CODE, "optimize_loss waits for the updates of the network", call)
    for node in ctx.parents:
        text = _text(node)
        if given.needs_updates and text and _UPDATES.search(text):
            raise Refusal(CODE, f"optimize_loss waits for the updates of the collection, and of {text}", call)
        if isinstance(node, cst.Attribute) and node.attr.value in _LOOKUPS and ctx.symbols.of(node) is None:
            raise Refusal(CODE, f"optimize_loss gives names of its own, and {node.attr.value} may look for them", call)
        if isinstance(node, cst.SimpleString) and ("OptimizeLoss" in text or _TENSOR_NAME.fullmatch(text)):
            raise Refusal(CODE, f"optimize_loss gives names of its own, and {node.value} may be one", call)
        if given.name is not None and isinstance(node, cst.Arg) and node.keyword and node.keyword.value == "reuse":
            raise Refusal(CODE, "optimize_loss with a name= in a file that shares variables", call)
    if given.name is not None and (count > 1 or not isinstance(given.name, cst.SimpleString)):
        raise Refusal(CODE, "optimize_loss with a name= that may name two of them", call)
    for read in reads:
        parent = ctx.parents.get(read)
        if isinstance(parent, cst.Attribute) and parent.attr.value != "eval":
            raise Refusal(CODE, f"optimize_loss, of which {parent.attr.value} is read", call)


def _text(node: cst.CSTNode) -> str:
    """What a name, or a string, says."""
    if isinstance(node, cst.Name):
        return node.value
    value = node.evaluated_value if isinstance(node, cst.SimpleString) else ""
    return value if isinstance(value, str) else ""
