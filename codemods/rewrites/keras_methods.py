"""Methods of Keras models and optimizers that Keras 3 renamed or dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import libcst as cst

from codemods import tree
from codemods.context import Context
from codemods.edits import Edits
from codemods.findings import Refusal
from codemods.rewrites.keras_classes import Report, plain_equal, tidy
from codemods.rewrites.literals import literal_value


@dataclass(frozen=True)
class _Method:
    """A method that is gone: the one to call, Keras 2's parameters in order, and those that go or change name."""

    target: str
    parameters: tuple[str, ...]
    rename: Mapping[str, str] = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    refuse: Mapping[str, str] = field(default_factory=dict)


_WORKERS = ("max_queue_size", "workers", "use_multiprocessing", "max_q_size", "nb_worker", "pickle_safe")
_SAMPLES = {
    "samples_per_epoch": "Keras 3 counts batches; write steps_per_epoch",
    "nb_val_samples": "Keras 3 counts batches; write validation_steps",
    "val_samples": "Keras 3 counts batches; write steps",
}
_METHODS: Mapping[str, _Method] = {
    "fit_generator": _Method(
        "fit",
        ("generator", "steps_per_epoch", "epochs", "verbose", "callbacks", "validation_data", "validation_steps"),
        {"generator": "x", "nb_epoch": "epochs"},
        _WORKERS,
        _SAMPLES,
    ),
    "evaluate_generator": _Method("evaluate", ("generator", "steps"), {"generator": "x"}, _WORKERS, _SAMPLES),
    "predict_generator": _Method("predict", ("generator", "steps"), {"generator": "x"}, _WORKERS, _SAMPLES),
    "predict_proba": _Method("predict", ("x", "batch_size", "verbose")),
}
_REFUSED = {
    "predict_classes": "take the argmax of predict, or compare it with 0.5 if the model has one output unit",
    "to_yaml": "Keras 3 writes no YAML; use to_json",
    "get_updates_for": "Keras 3 keeps no list of updates",
    "get_losses_for": "Keras 3 keeps no losses by input; use losses",
}
_LOSSES = {
    "logcosh": "log_cosh",
    "kullback_leibler_divergence": "kl_divergence",
    "cosine_proximity": "cosine_similarity",
    "cosine": "cosine_similarity",
}


def places(ctx: Context) -> Iterator[tuple[str, cst.CSTNode]]:
    """What is old in the calls of methods, as (kind, node): ``method``, ``epochs``, ``rate``, ``loss`` or ``gone``."""
    for node in tree.walk(ctx.module):
        if isinstance(node, cst.Attribute) and node.attr.value == "lr":
            inner = node.value
            if (isinstance(inner, cst.Attribute) and inner.attr.value == "optimizer") or (
                isinstance(inner, cst.Name) and inner.value in ("optimizer", "opt") and _is_keras_optimizer(ctx, inner)
            ):
                yield "rate", node
        if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute):
            continue
        if ctx.symbols.of(node.func) is not None:
            continue
        name = node.func.attr.value
        if name in _METHODS:
            yield "method", node
        elif name in _REFUSED:
            yield "gone", node
        elif name == "fit" and any(arg.keyword is not None and arg.keyword.value == "nb_epoch" for arg in node.args):
            yield "epochs", node
        elif name == "compile":
            for arg in node.args:
                if arg.keyword is not None and arg.keyword.value == "loss" and literal_value(arg.value) in _LOSSES:
                    yield "loss", arg


def _is_keras_optimizer(ctx: Context, name: cst.Name) -> bool:
    bindings = ctx.symbols.bindings(name.value, ctx.symbols.scope(name))
    values = [binding.node.value for binding in bindings if isinstance(binding.node, cst.Assign)]
    calls = [value for value in values if isinstance(value, cst.Call)]
    return bool(calls) and all((ctx.symbols.of(call.func) or "").startswith("keras.optimizers.") for call in calls)


def propose(ctx: Context, edits: Edits, report: Report) -> list[Refusal]:
    """Propose the edits; ``report(node, message, symbol)`` is told what changes. The refusals are returned."""
    refusals = []
    for kind, node in places(ctx):
        try:
            _propose(edits, kind, node, report)
        except Refusal as refusal:
            refusals.append(refusal)
    return refusals


def _propose(edits: Edits, kind: str, node: cst.CSTNode, report: Report) -> None:
    if kind == "rate":
        assert isinstance(node, cst.Attribute)
        edits.replace(node.attr, _renamed("learning_rate"))
        report(node, "the attribute of Keras optimizers is learning_rate", "keras.optimizers.Optimizer.lr")
    elif kind == "loss":
        assert isinstance(node, cst.Arg)
        old = literal_value(node.value)
        assert isinstance(old, str)
        edits.replace(node.value, lambda updated: updated.with_changes(value=updated.value.replace(old, _LOSSES[old])))
        report(node, f"the loss {old!r} has another name in Keras 3", f"keras.losses.{old}")
    else:
        assert isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute)
        name = node.func.attr.value
        if kind == "gone":
            raise Refusal("TF602", f"{name} is not in Keras 3: {_REFUSED[name]}", node, f"keras.Model.{name}")
        if kind == "epochs":
            for arg in node.args:
                if arg.keyword is not None and arg.keyword.value == "nb_epoch":
                    edits.replace(arg.keyword, _renamed("epochs"))
            report(node, "nb_epoch is epochs since Keras 2", "keras.Model.fit")
        else:
            _method(edits, node, node.func, _METHODS[name])
            report(node, f"{name} is {_METHODS[name].target} in Keras 3", f"keras.Model.{name}")


def _method(edits: Edits, call: cst.Call, func: cst.Attribute, method: _Method) -> None:
    for position, arg in enumerate(call.args):
        if arg.star:
            raise Refusal("TF102", f"{func.attr.value}: arguments passed with {arg.star}", arg)
        if arg.keyword is None and position >= len(method.parameters):
            raise Refusal("TF602", f"{func.attr.value} is called with too many positional arguments", arg)
        name = arg.keyword.value if arg.keyword is not None else method.parameters[position]
        if name in method.refuse:
            raise Refusal("TF602", f"{func.attr.value}({name}=...): {method.refuse[name]}", arg)
        if name in method.remove:
            edits.remove(arg)
            edits.replace(call, tidy)
        elif arg.keyword is not None and name in method.rename:
            edits.replace(arg.keyword, _renamed(method.rename[name]))
        elif arg.keyword is None and position > 0:
            edits.replace(arg, _with_keyword(method.rename.get(name, name)))
    edits.replace(func.attr, _renamed(method.target))


def _renamed(value: str) -> Callable[[cst.Name], cst.Name]:
    return lambda updated: updated.with_changes(value=value)


def _with_keyword(name: str) -> Callable[[cst.Arg], cst.Arg]:
    return lambda updated: updated.with_changes(keyword=cst.Name(name), equal=plain_equal())
