"""Keras tensors in run sites: calls of the model that ends in them, on what a run feeds.

Keras code stays where it is. In an emitted function each Keras tensor that TensorFlow takes, or that is returned,
becomes ``model(inputs)``; where the program has no model that ends in it, one is made beside the tensor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING

import libcst as cst

from codemods import keras_outputs, tree
from codemods.analysis import keras_runs
from codemods.analysis.keras_records import Layer, Symbolic, Use
from codemods.analysis.layer_records import MadeLayer, snake
from codemods.analysis.slices import free_names
from codemods.analysis.statements import Binding, Site, Statement
from codemods.analysis.values import Kind, Placeholder
from codemods.findings import Refusal
from codemods.rewrites import spelling, template
from codemods.rewrites.keras_classes import plain_equal
from codemods.rewrites.learning_phase import PHASE, training_calls, with_phase
from codemods.rewrites.literals import literal_value
from codemods.rewrites.names import append_argument

if TYPE_CHECKING:
    from codemods.plan import Function
    from codemods.rewrites.sessions import Lowerer

Names = Mapping[str, Binding]


class KerasParts:
    """Proposes the edits for one file; `parameter` and `with_phase` complete the functions."""

    def __init__(self, lowerer: Lowerer) -> None:
        self.lowerer = lowerer
        self.phased = any(keras_runs.is_phase(feed) for site in lowerer.staging.sites for feed in site.feeds)
        self._done: set[cst.CSTNode] = set()
        self._placed: set[cst.CSTNode] = set()  # statements before which layers are made
        self._made: dict[Symbolic, str] = {}
        self._named: dict[str, tuple[Use, Site, Statement, Names]] = {}  # tensors that functions bind to their names
        self.bindings: dict[Function, list[tuple[list[str], cst.BaseExpression]]] = {}
        self._models: dict[tuple[str, frozenset[Statement | None]], str] = {}  # by text, and what its names stand for
        self._joints: dict[str, str] = {}

    def propose(self) -> None:
        """Replace every Keras tensor that enters a function."""
        staging, edits = self.lowerer.staging, self.lowerer.edits
        notes = staging.keras
        for end in notes.sequential_ends:
            edits.replace(end, _first_end)
        for call in notes.aliases:
            edits.replace(call, _its_tensor)
        for call, made in notes.bound.items():
            assert made.bound is not None
            self.lowerer.capture(made.bound)
            edits.replace(call, self.input_like(made.bound))
        for call, owner in notes.shapes.items():
            if owner.kind is Kind.KERAS or (isinstance(owner.payload, Placeholder) and owner.payload.keras):
                edits.replace(call, _plain_shape)
        for call in notes.layer_uses:
            if isinstance(call.func, cst.Attribute) and call.func.attr.value in ("apply", "__call__"):
                edits.replace(call.func, lambda updated: updated.value)
        for layer in notes.placed.values():
            self.place(layer)
        for call, statement in notes.hoisted.items():
            self.hoist(call, statement)
        if self.phased:
            for call in notes.layer_calls:
                edits.replace(call, lambda updated: append_argument(updated, f"training={PHASE}"))
        for site in staging.sites:
            for feed in site.feeds:
                if keras_runs.is_phase(feed):
                    edits.drop(feed.value)
        for function in self.lowerer.plan.functions:
            statements = function.slice.ordered()
            site = function.lowerings[0].site
            first = statements[0] if statements else site.statement
            places: list[tuple[cst.CSTNode, Names]] = [(item.node, _names(item)) for item in statements]
            for lowering in function.lowerings:
                places += [(element.node, element.names) for element in lowering.elements]
            for node, names in places:
                for call in keras_runs.making_calls(staging, node):
                    message = "a function that makes layers is called in a TensorFlow expression; name its output"
                    raise Refusal("TF604", message, call)
                for held in keras_runs.containers(staging.last_values, node):
                    raise Refusal("TF604", "a list of Keras tensors is used in a TensorFlow expression", held)
                for use in keras_runs.uses(staging.last_values, node):
                    self.use(use, site, first, names)
        for function in self.lowerer.plan.functions:
            self.bind(function)

    def place(self, made: MadeLayer) -> None:
        """``h = tf.layers.dense(x, 4)``: the layer is made before this, under its name."""
        assert made.place is not None and made.name is not None
        target = cst.AssignTarget(cst.Name(made.name))
        makers = self.lowerer.ctx.layer_makers

        node = made.place.node
        first = node not in self._placed
        self._placed.add(node)
        blank = list(takewhile(lambda line: line.comment is None, node.leading_lines)) if first else []

        def line() -> list[cst.BaseStatement]:
            assign = cst.Assign([target], makers[made])
            self.lowerer.ctx.layer_lines[assign] = made
            return [cst.SimpleStatementLine([assign], leading_lines=[cst.EmptyLine(indent=False) for _ in blank])]

        self.lowerer.removal.line_before(node, line)

    def hoist(self, call: cst.Call, statement: Statement) -> None:
        """``h = Dense(4)(x)``: the layer is made where this stands, and the function calls it."""
        lowerer = self.lowerer
        assert isinstance(call.func, cst.Call)
        symbol = lowerer.ctx.symbols.of(call.func.func) or "layer"
        name = lowerer.names.fresh(snake(symbol.rpartition(".")[2]))
        kept: list[cst.BaseExpression] = []

        def apart(updated: cst.Call) -> cst.Call:
            kept.append(updated.func)
            return updated.with_changes(func=cst.Name(name))

        def line() -> list[cst.BaseStatement]:
            return [cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name(name))], kept[0])])]

        lowerer.edits.replace(call, apart)
        lowerer.removal.line_before(statement.node, line)

    def use(self, use: Use, site: Site, first: Statement, names: Names) -> None:
        """One place; ``first`` is the statement before which a model can be made."""
        if use.node in self._done:
            return
        if isinstance(use.node, cst.Call):
            raise Refusal(
                "TF604", "a layer is made inside of a TensorFlow expression; give its output a name", use.node
            )
        self._done.add(use.node)
        name = getattr(use.node, "value", None)
        if isinstance(name, str) and self.lowerer.plan.outputs.get(name) is use.symbolic:
            self._named.setdefault(name, (use, site, first, names))
            return
        value = self.value(use, site, first, names)
        self.lowerer.edits.substitute(use.node, value)
        if self.lowerer.staging.keras.bound:
            self.lowerer.edits.replace(use.node, self.with_bound)

    def bind(self, function: Function) -> None:
        """Decide how a function computes the Keras tensors that it reads by name."""
        outputs = self.lowerer.plan.outputs
        found = self.bindings[function] = []
        for group in keras_outputs.groups(keras_outputs.used(function, outputs), outputs):
            own = [name for name in group if self.own_model(outputs[name], self._named[name][1]) is None]
            if len(own) > 1:
                own.sort(key=lambda name: self.source(name).order)
                found.append((own, self.joint(own)))
                group = [name for name in group if name not in own]
            found += [([name], self.value(*self._named[name])) for name in group]

    def source(self, name: str) -> Statement:
        """The statement that binds a Keras tensor to its name."""
        use, _, _, names = self._named[name]
        return _source(use, names)

    def joint(self, names: list[str]) -> cst.BaseExpression:
        """A call of one model with several outputs, which is made after the last of them."""
        outputs = self.lowerer.plan.outputs
        key = ", ".join(names)
        if key not in self._joints:
            last = self.source(names[-1])
            keras = spelling.root_name(self.lowerer.ctx, self.lowerer.edits, self.lowerer.ctx.symbols.root, "keras")
            given = [_parameter_name(item) for item in outputs[names[0]].inputs]
            inputs = given[0] if len(given) == 1 else f"[{', '.join(given)}]"
            self._joints[key] = self.lowerer.names.fresh("model")
            text = f"{self._joints[key]} = {keras}.Model({inputs}, [{key}])"
            self.lowerer.edits.insert_after(last.node, [_line(text)])
        return cst.parse_expression(self.called(self._joints[key], outputs[names[0]].inputs))

    def with_bound(self, value: cst.BaseExpression) -> cst.CSTNode:
        """``value`` with the tensors that inputs are made from in the place of their markers."""
        text = cst.Module([]).code_for_node(value)
        holes = {}
        for index, made in enumerate(self.lowerer.staging.keras.bound.values()):
            if made.bound is not None and _marker(index) in text:
                text = text.replace(_marker(index), f"{{bound{index}}}")
                holes[f"bound{index}"] = self.lowerer.rewritten(made.bound)
        return template.expression(text, **holes) if holes else value

    def input_like(self, tensor: cst.BaseExpression) -> Callable[[cst.Call], cst.CSTNode]:
        """``Input(tensor=x)`` becomes an input of that shape."""

        def build(updated: cst.Call) -> cst.CSTNode:
            new = template.expression("batch_shape({tensor}.shape)", tensor=self.lowerer.rewritten(tensor))
            assert isinstance(new, cst.Call)
            keyword = cst.Name("batch_shape")
            return updated.with_changes(args=[new.args[0].with_changes(keyword=keyword, equal=plain_equal())])

        return build

    def value(self, use: Use, site: Site, first: Statement, names: Names) -> cst.BaseExpression:
        symbolic = use.symbolic
        if symbolic.placeholder is not None:
            return cst.Name(self.parameter_name(symbolic.placeholder))
        text = self.own_model(symbolic, site)
        if text is not None:
            return cst.parse_expression(text)
        if symbolic not in self._made:
            self._made[symbolic] = self.make_model(use, site, first, names)
        return cst.parse_expression(self.called(self._made[symbolic], symbolic.inputs))

    def own_model(self, symbolic: Symbolic, site: Site) -> str | None:
        """A call of the program's own model that ends in a tensor; None where there is none."""
        model = symbolic.model
        if model is None or model.target is None or not _means(site, model.target, model):
            return None
        inputs = [_placeholder(value.payload) for value in model.inputs]
        if not set(inputs) <= set(symbolic.inputs):
            return None  # a model with inputs that this tensor does not need cannot be called for it
        text = self.called(model.target, [item for item in inputs if item is not None])
        return text if symbolic.index is None else f"{text}[{symbolic.index}]"

    def called(self, model: str, inputs: Sequence[Placeholder]) -> str:
        """The text of a call of ``model`` on the parameters for ``inputs``."""
        names = [self.parameter_name(item) for item in inputs]
        phase = f", training={PHASE}" if self.phased else ""
        return f"{model}({names[0] if len(names) == 1 else '[' + ', '.join(names) + ']'}{phase})"

    def parameter_name(self, placeholder: Placeholder) -> str:
        """The name of the parameter for an input, or the marker for what the input is made from."""
        if placeholder.bound is not None:
            return _marker(list(self.lowerer.staging.keras.bound.values()).index(placeholder))
        return _parameter_name(placeholder)

    def make_model(self, use: Use, site: Site, first: Statement, names: Names) -> str:
        """Propose ``x_model = keras.Model(inputs, x)`` after the statement that binds ``x``; return its name."""
        lowerer = self.lowerer
        if not use.symbolic.inputs:
            raise Refusal("TF604", "it is not known which inputs this Keras tensor depends on", use.node)
        inputs = [self.expression(item, site, use.node) for item in use.symbolic.inputs]
        given = inputs[0] if len(inputs) == 1 else f"[{', '.join(inputs)}]"
        keras = spelling.root_name(lowerer.ctx, lowerer.edits, lowerer.ctx.symbols.root, "keras")
        output = cst.Module([]).code_for_node(use.node)
        stem = use.node.value if isinstance(use.node, cst.Name) else "output"
        model = f"{keras}.Model({given}, {output})"
        bindings = [names[item] for item in free_names(use.node) if item in names]
        key = model, frozenset(source for binding in bindings for source in binding.sources)
        if key in self._models:
            return self._models[key]
        name = self._models[key] = lowerer.fresh(f"{stem}_model")
        text = f"{name} = {model}"
        if isinstance(use.node, cst.Name):
            lowerer.edits.insert_after(_source(use, names).node, [_line(text)])
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
        result = with_phase(made, phase, self.lowerer.edits.carry)
        assert isinstance(result, cst.FunctionDef)
        return result

    def check_draws(self, output: cst.Module) -> None:
        """Raise Refusal where one run calls layers in training mode twice: dropout would draw two masks, not one."""
        if not self.phased:
            return
        functions = {node.name.value: node for node in tree.walk(output) if isinstance(node, cst.FunctionDef)}
        for name, node in functions.items():
            if training_calls(node, functions, {name}) > 1:
                message = f"layers run in training mode twice in {name}(), and dropout would draw a mask for each"
                raise Refusal("TF609", message)

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


def _marker(index: int) -> str:
    """The name that stands for what the input of that number is made from."""
    return f"__bound{index}__"


def _parameter_name(placeholder: Placeholder) -> str:
    if placeholder.target is None:
        raise Refusal("TF604", "the Keras input has no name of its own", placeholder.call)
    return placeholder.target


def _placeholder(payload: object) -> Placeholder | None:
    return (
        payload.placeholder if isinstance(payload, Symbolic) else payload if isinstance(payload, Placeholder) else None
    )


def _names(statement: Statement) -> Names:
    """What each name that a statement reads means there, where that is one thing."""
    return {name: found[0] for name, found in statement.uses.items() if len(found) == 1}


def _source(use: Use, names: Names) -> Statement:
    """The one statement that binds a Keras tensor to the name that ``use`` is."""
    assert isinstance(use.node, cst.Name)
    name = use.node.value
    binding = names.get(name)
    if binding is None or binding.value.payload is not use.symbolic or len(binding.sources) != 1:
        raise Refusal("TF604", f"{name!r} may be one of several Keras tensors", use.node)
    found = next(iter(binding.sources))
    if found is None:
        raise Refusal("TF604", "the Keras tensor is not made by a statement of this scope", use.node)
    return found


def _means(site: Site, name: str, payload: object) -> bool:
    binding = site.names.get(name)
    return binding is not None and binding.value.payload is payload


def _first_end(updated: cst.Attribute) -> cst.BaseExpression:
    """``model.output`` of a Sequential is ``model.outputs[0]`` in Keras 3."""
    plural = updated.with_changes(attr=cst.Name(f"{updated.attr.value}s"))
    return cst.Subscript(plural, [cst.SubscriptElement(cst.Index(cst.Integer("0")))])


def _its_tensor(updated: cst.Call) -> cst.BaseExpression:
    """``Input(tensor=x)`` is the tensor itself."""
    return next(arg.value for arg in updated.args if arg.keyword is not None and arg.keyword.value == "tensor")


def _plain_shape(updated: cst.Call) -> cst.BaseExpression:
    """``x.get_shape()`` is ``x.shape`` and ``shape.as_list()`` is ``list(shape)``."""
    assert isinstance(updated.func, cst.Attribute)
    if updated.func.attr.value == "get_shape":
        return updated.func.with_changes(attr=cst.Name("shape"))
    return cst.Call(cst.Name("list"), [cst.Arg(updated.func.value)])


def _line(text: str) -> cst.BaseStatement:
    return cst.ensure_type(cst.parse_statement(text), cst.SimpleStatementLine)
