"""`tf.losses.*`: the elementwise loss and its mean, written out.

TensorFlow 1 divides the sum of the weighted losses by the number of weights that are not zero, and adds the result to a
collection; the collection goes where nothing in the file reads it. Without weights the sum over the number of elements
is `tf.reduce_mean`, bit for bit, values and gradients. TensorFlow 1 gave 0 for an empty batch, the mean gives nan.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import libcst as cst

from codemods import tables, templates, tree
from codemods.analysis.dtypes import is_float32
from codemods.analysis.staging import Staging
from codemods.analysis.static_shapes import rank
from codemods.analysis.symbols import Use
from codemods.analysis.values import Kind
from codemods.context import Context
from codemods.edits import Edits
from codemods.findings import Finding, Refusal, Status
from codemods.rewrites import spelling, template
from codemods.rewrites.call_parts import inside, loss_reader, taken
from codemods.rewrites.place import parenthesized


@dataclass(frozen=True)
class _Loss:
    """One function of tf.losses: its parameters for the targets and for what is compared to them, and its text.

    In ``text`` ``{labels}`` and ``{predictions}`` stand for these, ``{extra}`` for further arguments, ``tf`` for
    TensorFlow. ``casts`` says that TF1 makes float32 of both. ``helper`` is a function to put into the file.
    """

    labels: str
    predictions: str | None
    text: str
    casts: bool = True
    helper: str | None = None
    extra: str | None = None
    whole: bool = False  # the helper weighs the losses and sums them up itself


_ENTROPY = "tf.nn.{name}_cross_entropy_with_logits(labels={{labels}}, logits={{predictions}})"
LOSSES = {
    "tf.losses.mean_squared_error": _Loss(
        "labels", "predictions", "tf.math.squared_difference({predictions}, {labels})"
    ),
    "tf.losses.absolute_difference": _Loss("labels", "predictions", "tf.abs({predictions} - {labels})"),
    "tf.losses.hinge_loss": _Loss("labels", "logits", "tf.nn.relu(1.0 - (2.0 * {labels} - 1.0) * {predictions})"),
    "tf.losses.huber_loss": _Loss(
        "labels", "predictions", "huber({labels}, {predictions}{extra})", helper="huber", extra="delta"
    ),
    "tf.losses.log_loss": _Loss(
        "labels", "predictions", "log_loss({labels}, {predictions}{extra})", helper="log_loss", extra="epsilon"
    ),
    "tf.losses.cosine_distance": _Loss(
        "labels", "predictions", "1 - tf.reduce_sum({predictions} * {labels}, axis={axis}, keepdims=True)"
    ),
    "tf.losses.sigmoid_cross_entropy": _Loss(
        "multi_class_labels", "logits", _ENTROPY.format(name="sigmoid"), casts=False
    ),
    "tf.losses.softmax_cross_entropy": _Loss("onehot_labels", "logits", _ENTROPY.format(name="softmax"), casts=False),
    "tf.losses.sparse_softmax_cross_entropy": _Loss(
        "labels", "logits", _ENTROPY.format(name="sparse_softmax"), casts=False
    ),
}
LOSSES["tf.losses.mean_pairwise_squared_error"] = _Loss(
    "labels",
    "predictions",
    "pairwise_squared_error({labels}, {predictions}{extra})",
    helper="pairwise_squared_error",
    extra="weights",
    whole=True,
)
LOSSES["tf.losses.compute_weighted_loss"] = _Loss("losses", None, "{labels}")
_MEANS = ("SUM_BY_NONZERO_WEIGHTS", "SUM_OVER_NONZERO_WEIGHTS")
_REDUCTIONS = {"weighted_sum_by_nonzero_weights": _MEANS[0], "weighted_sum": "SUM", "none": "NONE"}


def propose(ctx: Context, edits: Edits, findings: list[Finding], staging: Staging) -> None:
    """Rewrite every call; one finding for each."""
    for use in ctx.symbols.tf_uses():
        loss = LOSSES.get(use.name)
        call = ctx.symbols.call(use.node) if loss is not None else None
        if loss is None or call is None or call not in staging.last_values:
            continue
        try:
            _Rewrite(ctx, edits, staging, use, call, loss).propose()
        except Refusal as refusal:
            place = refusal.node if isinstance(refusal.node, cst.CSTNode) else use.node
            findings.append(Finding(refusal.code, ctx.span(place), refusal.message, Status.REFUSED, use.name))
        else:
            message = f"{use.name} is written out"
            findings.append(Finding("TF100", ctx.span(use.node), message, Status.NATIVE, use.name))
            if not any(finding.code == "TF723" for finding in findings):
                message = "the mean over an empty batch is nan; TensorFlow 1 made the loss 0 there"
                findings.append(Finding("TF723", ctx.span(use.node), message))
            findings += taken(ctx, edits, use, call)


class _Rewrite:
    def __init__(self, ctx: Context, edits: Edits, staging: Staging, use: Use, call: cst.Call, loss: _Loss) -> None:
        self.ctx = ctx
        self.edits = edits
        self.staging = staging
        self.use = use
        self.call = call
        self.loss = loss
        entry = tables.lookup(use.name)
        assert entry is not None
        bound = tables.bind(call, entry)
        if "dim" in bound:
            bound["axis"] = bound.pop("dim")
        self.position = {name: call.args.index(argument) for name, argument in bound.items()}
        self.given = {name: argument.value for name, argument in bound.items()}
        self.used: set[str] = set()
        self.tf = spelling.root_name(ctx, edits, use.scope, "tf")

    def propose(self) -> None:
        """Propose the edit of the call."""
        reader = loss_reader(self.ctx)
        if reader is not None:
            raise Refusal("TF420", f"the loss is added to a collection, and {reader.name} may read it", self.call)
        labels, predictions = self.loss.labels, self.loss.predictions
        for name in (labels, predictions) if predictions is not None else (labels,):
            if name not in self.given:
                raise Refusal("TF103", f"{self.use.name} needs {name}", self.call)
            self.used.add(name)
        elementwise = self.elementwise()
        reduce = self.reduced()
        for name, value in self.given.items():
            if name not in self.used:
                self.edits.drop(value)
        self.edits.drop(self.call.func)

        def rebuild(updated: cst.Call) -> cst.BaseExpression:
            now = {name: updated.args[index].value for name, index in self.position.items()}
            return inside(self.ctx, self.call, reduce(elementwise(now), now))

        self.edits.replace(self.call, rebuild)

    def elementwise(self) -> Callable[[dict[str, cst.BaseExpression]], cst.BaseExpression]:
        """The loss of each element."""
        loss = self.loss
        prepare = {loss.labels: self.labels()}
        if loss.predictions is not None:
            prepare[loss.predictions] = self.predictions(loss.predictions)
        text = loss.text
        if loss.extra is not None:
            extra = loss.extra if loss.extra in self.given else None
            text = text.replace("{extra}", f", {extra}={{extra}}" if extra is not None else "")
            self.used.update([extra] if extra is not None else [])
        if loss.helper is not None:
            self.emit(loss.helper)
        if "{axis}" in text:
            if "axis" not in self.given:
                raise Refusal("TF103", f"{self.use.name} needs axis", self.call)
            self.used.add("axis")
        text = text.replace("tf.", f"{self.tf}.")
        operator = " - " in text or " * " in text

        def build(now: dict[str, cst.BaseExpression]) -> cst.BaseExpression:
            holes = {"labels": prepare[loss.labels](now[loss.labels])}
            if loss.predictions is not None:
                holes["predictions"] = prepare[loss.predictions](now[loss.predictions])
            if operator:
                holes = {name: parenthesized(node) for name, node in holes.items()}
            if loss.extra is not None and loss.extra in now:
                holes["extra"] = now[loss.extra]
            if "axis" in now:
                holes["axis"] = now["axis"]
            return template.expression(text, **holes)

        return build

    def labels(self) -> Callable[[cst.BaseExpression], cst.BaseExpression]:
        """What TF1 did to the targets first."""
        node = self.given[self.loss.labels]
        if self.use.name == "tf.losses.sparse_softmax_cross_entropy":
            logits = rank(self.staging, self.given["logits"])
            column = logits is not None and logits == rank(self.staging, node)
            text = f"{self.tf}.squeeze({{value}}, axis=-1)" if column else "{value}"
            return lambda value: template.expression(text, value=value) if text != "{value}" else value
        if self.loss.predictions is None and not is_float32(self.staging, node):
            raise Refusal("TF421", f"{self.use.name} of values that are not surely float32", node)
        steps = []
        if not is_float32(self.staging, node) and (self.loss.casts or self.needs_cast(node)):
            steps.append(f"{self.tf}.cast({{value}}, {self.tf}.float32)")
        smoothing = self.given.get("label_smoothing")
        if smoothing is not None and not (isinstance(smoothing, cst.Integer) and smoothing.value == "0"):
            if not isinstance(smoothing, cst.Float) or self.use.name != "tf.losses.sigmoid_cross_entropy":
                raise Refusal("TF421", f"{self.use.name} with this label_smoothing", smoothing)
            rate = smoothing.evaluated_value
            steps.append(f"{{value}} * (1 - {rate!r}) + 0.5 * {rate!r}")
        if self.use.name == "tf.losses.softmax_cross_entropy" and not self.staging.is_constant(node):
            steps.append(f"{self.tf}.stop_gradient({{value}})")

        def prepared(value: cst.BaseExpression) -> cst.BaseExpression:
            for step in steps:
                value = template.expression(step, value=parenthesized(value) if " * " in step else value)
            return value

        return prepared

    def needs_cast(self, node: cst.BaseExpression) -> bool:
        """Whether targets of a cross entropy may have another dtype than the logits, which they are cast to."""
        value = self.staging.last_values.get(node)
        known = value is not None and value.kind in (Kind.PLACEHOLDER, Kind.VARIABLE)
        name = self.loss.predictions
        return known or (name is not None and is_float32(self.staging, self.given[name]))

    def predictions(self, name: str) -> Callable[[cst.BaseExpression], cst.BaseExpression]:
        """What TF1 did to the predictions first."""
        node = self.given[name]
        if not self.loss.casts or is_float32(self.staging, node):
            return lambda value: value
        text = f"{self.tf}.cast({{value}}, {self.tf}.float32)"
        return lambda value: template.expression(text, value=value)

    def reduced(self) -> Callable[[cst.BaseExpression, dict[str, cst.BaseExpression]], cst.BaseExpression]:
        """How the losses become one number."""
        if self.loss.whole:
            return lambda losses, now: losses
        reduction = self.reduction()
        weights = self.given.get("weights")
        scalar = self.staging.last_values[weights].constant if weights is not None else 1.0
        function = {"SUM": "reduce_sum", "NONE": ""}.get(reduction, "reduce_mean")
        if isinstance(scalar, (int, float)) and scalar == 1:
            text = f"{self.tf}.{function}({{losses}})" if function else "{losses}"
            return lambda losses, now: template.expression(text, losses=losses) if function else losses
        assert weights is not None
        self.used.add("weights")
        number = isinstance(scalar, (int, float)) and not isinstance(scalar, bool)
        helper = "weighted_average" if reduction == "MEAN" else "weighted_mean"
        if reduction == "MEAN" or (reduction in _MEANS and not number):
            self.emit(helper)
            text = f"{helper}({{losses}}, {{weights}})"
            squeezed = self.weights(weights, casts=False)
            return lambda losses, now: template.expression(text, losses=losses, weights=squeezed(now["weights"]))
        text = f"{self.tf}.{function}({{losses}} * {{weights}})" if function else "{losses} * {weights}"
        written = self.weights(weights, casts=True)
        return lambda losses, now: template.expression(
            text, losses=parenthesized(losses), weights=parenthesized(written(now["weights"]))
        )

    def weights(self, node: cst.BaseExpression, casts: bool) -> Callable[[cst.BaseExpression], cst.BaseExpression]:
        """What TF1 did to the weights first; ``casts``: and what makes float32 of them where they stand."""
        text = "{weights}"
        if self.use.name == "tf.losses.sparse_softmax_cross_entropy":
            logits, weighted = rank(self.staging, self.given["logits"]), rank(self.staging, node)
            literal = isinstance(self.staging.last_values[node].constant, (int, float))
            if not literal and weighted != 0 and (logits is None or weighted is None or weighted > logits):
                raise Refusal("TF421", f"{self.use.name} with weights of a rank that is not known", node)
            if not literal and weighted == logits:
                text = f"{self.tf}.squeeze({text}, axis=-1)"
        if casts and self.staging.last_values[node].symbolic and not is_float32(self.staging, node):
            text = f"{self.tf}.cast({text}, {self.tf}.float32)"
        return lambda value: template.expression(text, weights=value) if text != "{weights}" else value

    def reduction(self) -> str:
        """The name of the reduction."""
        node = self.given.get("reduction")
        if node is None:
            return _MEANS[0]
        symbol = self.ctx.symbols.of(node) or ""
        if symbol.startswith("tf.losses.Reduction."):
            return symbol.rpartition(".")[2]
        value = self.staging.last_values[node].constant
        if value not in _REDUCTIONS:
            raise Refusal("TF421", "a reduction that is not known here", node)
        return _REDUCTIONS[value]

    def emit(self, name: str) -> None:
        """Put a helper function into the file, where its name is free."""
        if name in self.ctx.templates:
            return
        if name in _bound_names(self.ctx.module):
            raise Refusal("TF110", f"the function {name!r} has to be written, and the file has something of that name")
        found = templates.load(name)
        for module, alias, imported in found.imports:
            self.edits.require_import(module, alias, imported)
        self.ctx.templates[name] = found


def _bound_names(module: cst.Module) -> set[str]:
    """The names that a file uses, but for keywords and attributes."""
    nodes = list(tree.walk(module))
    others = {node.attr for node in nodes if isinstance(node, cst.Attribute)}
    others |= {node.keyword for node in nodes if isinstance(node, cst.Arg) and node.keyword is not None}
    return {node.value for node in nodes if isinstance(node, cst.Name) and node not in others}
