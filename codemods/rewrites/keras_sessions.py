"""Keras tensors in run sites: calls of the model that ends in them, on what a run feeds.

Keras code stays where it is. In an emitted function each Keras tensor that TensorFlow takes, or that is returned,
becomes ``model(inputs)``; where the program has no model that ends in it, one is made beside the tensor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING

import libcst as cst

from codemods.analysis import keras_graph
from codemods.analysis.keras_graph import Layer, Symbolic, Use
from codemods.analysis.statements import Site, Statement
from codemods.analysis.values import Placeholder
from codemods.findings import Refusal
from codemods.rewrites import spelling, template
from codemods.rewrites.literals import literal_value
from codemods.rewrites.names import append_argument

if TYPE_CHECKING:
    from codemods.plan import Function
    from codemods.rewrites.sessions import Lowerer

_PHASE = "__learning_phase__"


class KerasParts:
    """Proposes the edits for one file; `parameter` and `with_phase` complete the functions."""

    def __init__(self, lowerer: Lowerer) -> None:
        self.lowerer = lowerer
        self.phased = any(keras_graph.is_phase(feed) for site in lowerer.staging.sites for feed in site.feeds)
        self._done: set[cst.CSTNode] = set()
        self._made: dict[Symbolic, str] = {}

    def propose(self) -> None:
        """Replace every Keras tensor that enters a function."""
        staging, edits = self.lowerer.staging, self.lowerer.edits
        for end in staging.sequential_ends:
            edits.replace(end, _first_end)
        if self.phased:
            for call in staging.layer_calls:
                edits.replace(call, lambda updated: append_argument(updated, f"training={_PHASE}"))
        for site in staging.sites:
            for feed in site.feeds:
                if keras_graph.is_phase(feed):
                    edits.drop(feed.value)
        for function in self.lowerer.plan.functions:
            statements = function.slice.ordered()
            site = function.lowerings[0].site
            first = statements[0] if statements else site.statement
            nodes: list[cst.CSTNode] = [statement.node for statement in statements]
            nodes += [element.node for lowering in function.lowerings for element in lowering.elements]
            for node in nodes:
                for use in keras_graph.uses(staging.last_values, node):
                    self.use(use, site, first)

    def use(self, use: Use, site: Site, first: Statement) -> None:
        """One place; ``first`` is the statement before which a model can be made."""
        if use.node in self._done:
            return
        self._done.add(use.node)
        self.lowerer.edits.substitute(use.node, self.value(use, site, first))

    def value(self, use: Use, site: Site, first: Statement) -> cst.BaseExpression:
        symbolic = use.symbolic
        if symbolic.placeholder is not None:
            return cst.Name(_parameter_name(symbolic.placeholder))
        model = symbolic.model
        if model is not None and model.target is not None and _means(site, model.target, model):
            inputs = [_placeholder(value.payload) for value in model.inputs]
            if all(item is not None for item in inputs):
                text = self.called(model.target, [item for item in inputs if item is not None])
                return cst.parse_expression(text if symbolic.index is None else f"{text}[{symbolic.index}]")
        if symbolic not in self._made:
            self._made[symbolic] = self.make_model(use, site, first)
        return cst.parse_expression(self.called(self._made[symbolic], symbolic.inputs))

    def called(self, model: str, inputs: Sequence[Placeholder]) -> str:
        """The text of a call of ``model`` on the parameters for ``inputs``."""
        names = [_parameter_name(item) for item in inputs]
        phase = f", training={_PHASE}" if self.phased else ""
        return f"{model}({names[0] if len(names) == 1 else '[' + ', '.join(names) + ']'}{phase})"

    def make_model(self, use: Use, site: Site, first: Statement) -> str:
        """Propose ``x_model = keras.Model(inputs, x)`` after the statement that binds ``x``; return its name."""
        lowerer = self.lowerer
        if not use.symbolic.inputs:
            raise Refusal("TF604", "it is not known which inputs this Keras tensor depends on", use.node)
        inputs = [self.expression(item, site, use.node) for item in use.symbolic.inputs]
        given = inputs[0] if len(inputs) == 1 else f"[{', '.join(inputs)}]"
        keras = spelling.root_name(lowerer.ctx, lowerer.edits, lowerer.ctx.symbols.root, "keras")
        output = cst.Module([]).code_for_node(use.node)
        stem = use.node.value if isinstance(use.node, cst.Name) else "output"
        name = lowerer.fresh(f"{stem}_model")
        text = f"{name} = {keras}.Model({given}, {output})"
        if isinstance(use.node, cst.Name):
            binding = site.names.get(use.node.value)
            if binding is None or binding.value.payload is not use.symbolic or len(binding.sources) != 1:
                raise Refusal("TF604", f"{use.node.value!r} has another value when this runs", use.node)
            source = next(iter(binding.sources))
            if source is None:
                raise Refusal("TF604", "the Keras tensor is not made by a statement of this scope", use.node)
            lowerer.edits.insert_after(source.node, [_line(text)])
        else:
            lowerer.edits.insert_before(first.outermost().node, [_line(text)])
        return name

    def expression(self, placeholder: Placeholder, site: Site, place: cst.CSTNode) -> str:
        """An expression for the ``keras.Input`` of ``placeholder`` that holds where the functions are."""
        owner = placeholder.owner
        if isinstance(owner, Layer) and owner.target is not None and _means(site, owner.target, owner):
            return f"{owner.target}.inputs[0]"
        target = placeholder.target
        binding = site.names.get(target) if target is not None else None
        if target is None or binding is None or _placeholder(binding.value.payload) is not placeholder:
            raise Refusal("TF604", "the Keras input has no name of its own when this runs", place)
        return target

    # Functions

    def specification(self, function: Function, name: str, placeholder: Placeholder) -> str:
        """The entry of ``input_signature`` for one parameter."""
        if not placeholder.keras:
            return name
        lowerer = self.lowerer
        found = self.expression(placeholder, function.lowerings[0].site, placeholder.call)
        tf = spelling.root_name(lowerer.ctx, lowerer.edits, lowerer.ctx.symbols.root, "tf")
        return f"{tf}.TensorSpec({found}.shape, {found}.dtype)"

    def with_phase(self, made: cst.FunctionDef, phase: bool) -> cst.FunctionDef:
        """``made`` with the learning phase that its runs were fed."""
        if not self.phased:
            return made
        result = _with_phase(made, phase, self.lowerer.edits.carry)
        assert isinstance(result, cst.FunctionDef)
        return result

    def is_default(self, placeholder: Placeholder) -> bool:
        """Whether the dtype of a placeholder is that of every ``keras.Input``."""
        node = placeholder.dtype
        return node is None or self.lowerer.ctx.symbols.of(node) == "tf.float32" or literal_value(node) == "float32"

    def becomes_input(self, placeholder: Placeholder, shape: cst.CSTNode, dtype: cst.CSTNode | None) -> cst.CSTNode:
        """The ``keras.Input`` that a placeholder becomes which goes straight into a layer."""
        if placeholder.shape is None:
            raise Refusal("TF604", "a placeholder without a shape goes into a Keras layer", placeholder.call)
        lowerer = self.lowerer
        keras = spelling.root_name(lowerer.ctx, lowerer.edits, lowerer.ctx.symbols.root, "keras")
        if dtype is None:
            return template.expression(f"{keras}.Input(batch_shape={{shape}})", shape=shape)
        return template.expression(f"{keras}.Input(batch_shape={{shape}}, dtype={{dtype}})", shape=shape, dtype=dtype)


Carry = Callable[[cst.CSTNode, cst.CSTNode], None]


def _with_phase(node: cst.CSTNode, phase: bool, carry: Carry) -> cst.CSTNode:
    """``node`` with the learning phase in the calls of models and layers; False is what they do anyway.

    Only what changes is made anew, and ``carry`` is told what takes the place of what.
    """
    changes: dict[str, object] = {}
    for part in fields(node):
        value = getattr(node, part.name)
        if isinstance(value, cst.CSTNode):
            new = _with_phase(value, phase, carry)
            if new is not value:
                changes[part.name] = new
        elif isinstance(value, list | tuple):
            items = [_with_phase(item, phase, carry) if isinstance(item, cst.CSTNode) else item for item in value]
            if any(new is not old for new, old in zip(items, value, strict=True)):
                changes[part.name] = items
    if isinstance(node, cst.Call) and node.args and _is_phase(node.args[-1]):
        args = list(changes.get("args", node.args))  # type: ignore[call-overload]  # a list of arguments either way
        args[-1] = args[-1].with_changes(value=cst.Name("True"))
        if not phase:
            args.pop()
            args[-1:] = [item.with_changes(comma=cst.MaybeSentinel.DEFAULT) for item in args[-1:]]
        changes["args"] = args
    if not changes:
        return node
    made = node.with_changes(**changes)
    carry(node, made)
    return made


def _is_phase(arg: cst.Arg) -> bool:
    return isinstance(arg.value, cst.Name) and arg.value.value == _PHASE


def _parameter_name(placeholder: Placeholder) -> str:
    if placeholder.target is None:
        raise Refusal("TF604", "the Keras input has no name of its own", placeholder.call)
    return placeholder.target


def _placeholder(payload: object) -> Placeholder | None:
    return (
        payload.placeholder if isinstance(payload, Symbolic) else payload if isinstance(payload, Placeholder) else None
    )


def _means(site: Site, name: str, payload: object) -> bool:
    binding = site.names.get(name)
    return binding is not None and binding.value.payload is payload


def _first_end(updated: cst.Attribute) -> cst.BaseExpression:
    """``model.output`` of a Sequential is ``model.outputs[0]`` in Keras 3."""
    plural = updated.with_changes(attr=cst.Name(f"{updated.attr.value}s"))
    return cst.Subscript(plural, [cst.SubscriptElement(cst.Index(cst.Integer("0")))])


def _line(text: str) -> cst.BaseStatement:
    return cst.ensure_type(cst.parse_statement(text), cst.SimpleStatementLine)
