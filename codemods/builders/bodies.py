"""The body of a builder in two: what makes its state, once, and what computes, at each call."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import libcst as cst

from codemods import tables, tree
from codemods.analysis import layer_table
from codemods.analysis.layer_records import python_label
from codemods.analysis.symbols import Symbols
from codemods.builders.functions import (
    Builder,
    Functions,
    Makes,
    assignments,
    is_state,
    late_names,
    read_names,
    reads,
    state_names,
    target_names,
)
from codemods.builders.shapes import shape_read
from codemods.builders.shared import is_reuse_variables
from codemods.builders.trees import Traces
from codemods.findings import Refusal
from codemods.rewrites.names import executed

# Attributes that tf.Module and keras.Model have themselves.
_RESERVED = frozenset(
    [
        "activity_regularizer",
        "add",
        "build",
        "built",
        "call",
        "compile",
        "compiled",
        "compute_dtype",
        "count_params",
        "dtype",
        "evaluate",
        "export",
        "fit",
        "get_config",
        "get_layer",
        "get_weights",
        "input",
        "inputs",
        "input_shape",
        "input_spec",
        "jit_compile",
        "layers",
        "load_weights",
        "loss",
        "losses",
        "metrics",
        "metrics_names",
        "name",
        "name_scope",
        "optimizer",
        "output",
        "outputs",
        "output_shape",
        "path",
        "predict",
        "quantize",
        "reset_metrics",
        "run_eagerly",
        "save",
        "save_weights",
        "set_weights",
        "stateless_call",
        "submodules",
        "summary",
        "supports_masking",
        "test_step",
        "train_step",
        "trainable",
        "trainable_variables",
        "trainable_weights",
        "non_trainable_variables",
        "non_trainable_weights",
        "variables",
        "weights",
        "with_name_scope",
    ]
)
_NAMES = {
    "max_pooling": "pool", "average_pooling": "pool", "batch_normalization": "batch_norm",
    "conv_transpose": "conv_transpose", "separable_conv": "conv", "fully_connected": "dense", "convolution": "conv",
}  # fmt: skip
_SCOPE = re.compile(r"scope|\breus|\bshar", re.IGNORECASE)  # what a comment says of a scope that goes
_CALL_SIDE = ("inputs", "training", "mask")

Replaced = dict[cst.CSTNode, cst.CSTNode]
Block = tuple[list[cst.BaseStatement], list[cst.BaseStatement]]


class Body:
    """Divides the body of one builder; the results are in ``init`` and ``call``.

    ``per_call`` are the parameters whose arguments differ between calls of one object. After ``divide``: ``settings``
    are the parameters of ``__init__``, ``kept`` those among them that the object keeps, ``given`` the parameters of
    the call.
    """

    def __init__(self, builder: Builder, functions: Functions, origins: Traces, per_call: set[str]) -> None:
        self.builder = builder
        self.functions = functions
        self.symbols: Symbols = functions.symbols
        self.parents = functions.parents
        self.origins = origins
        self.per_call = per_call
        self.late = late_names(functions, builder)
        self.states = state_names(functions, builder)
        self.objects: dict[cst.Call, str] = {}  # calls of builders in the body -> the attribute that holds the object
        self.attributes: list[str] = []
        self.bound: dict[str, str] = {}  # name -> the attribute that it stands for now
        self.kept: list[str] = []
        self.layers = False
        self.has_variables = False
        self.transparent: set[cst.With] = set()  # scopes of layers only: they give names in TF1, and nothing else
        self.lazy = False  # whether the state is made when the shape of the input is known
        self.docstring: cst.SimpleStatementLine | None = None
        self.init: list[cst.BaseStatement] = []
        self.call: list[cst.BaseStatement] = []
        self.settings: list[cst.Param] = []
        self.given: list[cst.Param] = []
        self.in_init: set[str] = set()
        self.in_call: set[str] = set()
        self._counts = self._layer_counts()
        self._loop: list[tuple[str, str]] | None = None  # in a loop: the lists it fills, with the name of an element

    # What each side needs

    def divide(self) -> None:
        """Divide the body. Raises Refusal."""
        self._needs()
        self.lazy = bool(self.in_init & self.builder.late)
        for parameter in self.builder.parameters:
            name = parameter.name.value
            if name in self.builder.late:
                self.given.append(parameter)
                continue
            if name in self.per_call:
                if name in self.in_init:
                    message = f"{name!r} differs between two calls that share variables, and these depend on it"
                    raise Refusal("TF442", message, self.builder.definition)
                if name in self.in_call:
                    self.given.append(parameter)
                continue
            if name in self.in_call or name in self.in_init:
                self.settings.append(parameter)
            if name in self.in_call or (self.lazy and name in self.in_init):
                if name in self._assigned():
                    raise Refusal("TF440", f"the parameter {name!r} is bound again", self.builder.definition)
                self.kept.append(name)
                self.attributes.append(self._attribute(name))
                self.bound[name] = self.attributes[-1]
        block = self.builder.definition.body
        if not isinstance(block, cst.IndentedBlock):
            raise Refusal("TF440", "the body of the function is on the line of its name", self.builder.definition)
        self.init, self.call = self._statements(block.body)
        if block.footer and self.call:
            self.footer = block.footer

    footer: Sequence[cst.EmptyLine] = ()

    def _assigned(self) -> set[str]:
        return {name for names, _, _ in assignments(self.builder.definition.body) for name in names}

    def _needs(self) -> None:
        """Which names the making of state reads, and which the rest does."""
        body = self.builder.definition.body
        for node in executed(body):
            made = self.functions.makes(node)
            if made is None:
                continue
            assert isinstance(node, cst.Call)
            for argument in self._state_arguments(node, made):
                self.in_init |= reads(argument, self.parents)
            self.in_init |= reads(node.func, self.parents) if made is Makes.VARIABLE else set()
            self.in_init |= self._around(node)
        static = [item for item in assignments(body) if not set(item[0]) & (self.late | self.states)]
        for side in (self.in_init, self.in_call):
            if side is self.in_call:
                self._call_needs(side)
            grown = True
            while grown:
                grown = False
                for names, value, _ in static:
                    if set(names) & side and not reads(value, self.parents) <= side:
                        side |= reads(value, self.parents)
                        grown = True

    def _around(self, node: cst.CSTNode) -> set[str]:
        """The names in the headers of the compound statements around a call that makes state."""
        found: set[str] = set()
        current = self.parents.get(node)
        while current is not None and current is not self.builder.definition:
            if isinstance(current, cst.If):
                found |= reads(current.test, self.parents)
            elif isinstance(current, cst.For):
                found |= reads(current.iter, self.parents)
            elif isinstance(current, cst.With):
                for item in current.items:
                    found |= self._scope_reads(item)
            current = self.parents.get(current)
        return found

    def _scope_reads(self, item: cst.WithItem) -> set[str]:
        call = item.item
        if isinstance(call, cst.Call) and self.symbols.of(call.func) == "tf.variable_scope":
            return {name for arg in call.args if not _is_reuse(arg, call) for name in reads(arg.value, self.parents)}
        return reads(call, self.parents)

    def _state_arguments(self, node: cst.Call, made: Makes) -> list[cst.BaseExpression]:
        """The arguments of a call that makes state which the making itself needs."""
        if made is Makes.VARIABLE:
            return [argument.value for argument in node.args]
        if made is Makes.LAYER:
            side = {id(argument) for argument in self._call_arguments(node).values()}
            return [
                argument.value for argument in node.args if id(argument) not in side and not _named(argument, "reuse")
            ]
        builder = self.callee(node)
        return [
            argument.value
            for name, argument in self.functions.bound(builder, node).items()
            if name in self.settings_of(builder)
        ]

    # Supplied by the separation of the whole module, where the other builders are known.
    settings_of: Callable[[Builder], set[str]]
    shared: Callable[[cst.Call], cst.Call | None]
    object_call: Callable[[Body, cst.Call, cst.BaseExpression, Replaced], tuple[cst.Call | None, cst.Call]]

    def callee(self, node: cst.Call) -> Builder:
        """The builder that a call is of."""
        return self.functions.builders[self.functions.staging.user_calls[node].definition]

    def _call_arguments(self, node: cst.Call) -> dict[str, cst.Arg]:
        """The arguments of a layer function that go to the call of the layer."""
        symbol = self.symbols.of(node.func) or ""
        entry = tables.lookup(symbol)
        bound = tables.bind(node, entry) if entry is not None else {}
        return {name: bound[name] for name in _CALL_SIDE if name in bound}

    def _call_needs(self, side: set[str]) -> None:
        for node in executed(self.builder.definition.body):
            if isinstance(node, cst.Return) and node.value is not None:
                side |= self._outside_state(node.value)
            elif isinstance(node, (cst.Assert, cst.Raise)):
                side |= reads(node, self.parents) if reads(node, self.parents) & self.late else set()
            elif isinstance(node, cst.Expr):
                side |= self._outside_state(node.value)
            elif isinstance(node, (cst.If, cst.While)) and self._holds_late(node):
                side |= reads(node.test, self.parents) if not _is_reuse_branch(node) else set()
            elif isinstance(node, cst.For) and self._holds_late(node):
                targets = set(target_names(node.target))
                if not self.functions.made_in(node) or any(
                    targets & self._outside_state(item.value)
                    for item in executed(node.body)
                    if isinstance(item, (cst.Assign, cst.AugAssign, cst.Expr)) and self._is_late_statement(item)
                ):
                    side |= reads(node.iter, self.parents)
            elif isinstance(node, cst.With) and self._holds_late(node):
                for item in node.items:
                    call = item.item
                    variable = isinstance(call, cst.Call) and self.symbols.of(call.func) == "tf.variable_scope"
                    side |= set() if variable else reads(call, self.parents)
        for names, value, node in assignments(self.builder.definition.body):
            if set(names) & self.late and not (isinstance(node, cst.Assign) and is_state(self.functions, value)):
                side |= self._outside_state(value)
            elif isinstance(node, cst.Assign) and not names:  # a[i] = ...
                side |= reads(node, self.parents)

    def _holds_late(self, node: cst.CSTNode) -> bool:
        for inner in executed(node):
            if isinstance(inner, (cst.Return, cst.Call)) and reads(inner, self.parents) & self.late:
                return True
            if isinstance(inner, cst.BinaryOperation) and reads(inner, self.parents) & (self.late | self.states):
                return True
            if isinstance(inner, cst.Assign) and reads(inner.value, self.parents) & (self.late | self.states):
                return True
        return False

    def _is_late_statement(self, node: cst.Assign | cst.AugAssign | cst.Expr) -> bool:
        names = set(self._bound_names(node))
        return isinstance(node, cst.Expr) or not names or bool(names & self.late)

    def _outside_state(self, node: cst.BaseExpression) -> set[str]:
        """The names that an expression reads outside of the making of its state."""
        inside: set[str] = set()
        for call in self.functions.made_in(node):
            made = self.functions.makes(call)
            assert made is not None
            skipped = {id(found) for argument in self._state_arguments(call, made) for found in self._names(argument)}
            if made is Makes.LAYER:
                skipped |= {id(found) for arg in call.args if _named(arg, "reuse") for found in self._names(arg.value)}
            if made is Makes.VARIABLE:
                skipped |= {id(found) for found in self._names(call)}
            inside |= {str(item) for item in skipped}
        return {found.value for found in self._names(node) if str(id(found)) not in inside}

    def _names(self, node: cst.CSTNode) -> Iterator[cst.Name]:
        return read_names(node, self.parents)

    # Names of attributes

    def _layer_counts(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for call in self.functions.made_in(self.builder.definition.body):
            current = self.parents.get(call)
            while current is not None and not isinstance(current, (cst.For, cst.FunctionDef)):
                current = self.parents.get(current)
            stem = self._stem(call)
            counts[stem] = counts.get(stem, 0) + (not isinstance(current, cst.For))
        return counts

    def _stem(self, call: cst.Call) -> str:
        """What a layer, variable or object without a name of its own is called after: its function."""
        func = call.func
        name = func.attr.value if isinstance(func, cst.Attribute) else getattr(func, "value", "layer")
        if self.functions.makes(call) is Makes.LAYER:
            plain = re.sub(r"\d+d", "", name).replace("__", "_")
            return _NAMES.get(plain, plain)
        return "variable" if name in ("Variable", "get_variable") else name

    def _attribute(self, wanted: str) -> str:
        """An attribute name that is free."""
        name = {"name": "label"}.get(wanted, wanted).lstrip("_") or "state"
        if name in _RESERVED:
            name = f"{name}_layer" if self.layers else f"{name}_"
        count, found = 2, name
        while found in self.attributes:
            found, count = f"{name}_{count}", count + 1
        return found

    def _numbered(self, stem: str) -> str:
        if self._counts.get(stem, 0) < 2 or stem not in self._counts:
            return self._attribute(stem)
        count = 1
        while f"{stem}{count}" in self.attributes:
            count += 1
        return self._attribute(f"{stem}{count}")

    def _name_for(self, call: cst.Call, target: str | None) -> str:
        """The attribute for a layer, object or variable that is made inside an expression."""
        given = next((arg.value for arg in call.args if _named(arg, "name")), None)
        label = python_label(given.evaluated_value) if isinstance(given, cst.SimpleString) else None
        if label is not None:
            return self._attribute(label)
        symbol = self.symbols.of(call.func) or ""
        kind = layer_table.FUNCTIONS.get(symbol)
        weightless = kind is not None and not kind.weights
        parameters = {parameter.name.value for parameter in self.builder.parameters}
        generic = target is None or target in parameters or len(target) < 2 or target in self.attributes
        if not generic and not weightless and target is not None:
            return self._attribute(target)
        return self._numbered(self._stem(call))

    # Statements

    def _statements(self, body: Sequence[cst.BaseStatement | cst.BaseSmallStatement]) -> Block:
        init: list[cst.BaseStatement] = []
        call: list[cst.BaseStatement] = []
        for position, node in enumerate(body):
            if isinstance(node, cst.SimpleStatementLine):
                made, computed = self._line(node, first=position == 0 and self.docstring is None)
            elif isinstance(node, cst.BaseCompoundStatement):
                made, computed = self._compound(node)
            else:
                raise Refusal("TF440", "a block on the line of its header", self.builder.definition)
            init += made
            call += computed
        return init, call

    def _line(self, node: cst.SimpleStatementLine, first: bool) -> Block:
        init: list[cst.BaseStatement] = []
        call: list[cst.BaseStatement] = []
        small = node.body[0]
        if (
            first
            and isinstance(small, cst.Expr)
            and isinstance(small.value, (cst.SimpleString, cst.ConcatenatedString))
        ):
            self.docstring = node
            return [], []
        for position, item in enumerate(node.body):
            if position < len(node.body) - 1:
                item = self.origins.note(item.with_changes(semicolon=cst.MaybeSentinel.DEFAULT), item)
            made, computed = self._small(item, node.body[position])
            init += [self._as_line(new, node) for new in made]
            call += [self._as_line(new, node) for new in computed]
        holder = call or init
        if holder:
            holder[0] = holder[0].with_changes(leading_lines=node.leading_lines)
            last = holder[-1]
            assert isinstance(last, cst.SimpleStatementLine)
            holder[-1] = self.origins.made_for(last.with_changes(trailing_whitespace=node.trailing_whitespace), node)
            holder[0] = self.origins.made_for(holder[0], node)
        if call and init and _has_blank(node):
            init[0] = self.origins.made_for(init[0].with_changes(leading_lines=[]), node)
        return init, call

    def _as_line(self, small: cst.BaseSmallStatement, node: cst.SimpleStatementLine) -> cst.SimpleStatementLine:
        return self.origins.made_for(cst.SimpleStatementLine([small]), node)

    def _small(
        self, small: cst.BaseSmallStatement, original: cst.BaseSmallStatement
    ) -> tuple[list[cst.BaseSmallStatement], list[cst.BaseSmallStatement]]:
        """One small statement, as statements of ``__init__`` and of the call."""
        if isinstance(original, cst.Pass):
            return [], []
        if isinstance(original, (cst.Global, cst.Nonlocal, cst.Del, cst.Import, cst.ImportFrom)):
            raise Refusal("TF440", "a statement that cannot be divided between state and computation", original)
        if isinstance(original, cst.Expr) and is_reuse_variables(original.value):
            return [], []
        if isinstance(original, cst.Assign) and is_state(self.functions, original.value):
            return [self._state(original)], []
        if isinstance(original, (cst.Assign, cst.AugAssign, cst.AnnAssign, cst.Expr, cst.Return)):
            value = original.value
            if value is None:
                return [], [small]
            target = None
            if isinstance(original, cst.Assign) and len(original.targets) == 1:
                names = target_names(original.targets[0].target)
                target = names[0] if len(names) == 1 else None
            made = self.functions.made_in(value)
            if made:
                return self._with_state(small, original, made, target)
        read = self.functions.reads_of_tensors(self.builder, original)
        names = self._bound_names(original)
        if read & (self.late | self.states) or set(names) & self.late or isinstance(original, cst.Return):
            self._check_effect(original)
            new = self._in_call(small, original)
            for name in names:
                self.bound.pop(name, None)
            return [], [new]
        return self._static(small, original, names)

    def _bound_names(self, node: cst.CSTNode) -> list[str]:
        if isinstance(node, cst.Assign):
            return [name for target in node.targets for name in target_names(target.target)]
        return target_names(node.target) if isinstance(node, (cst.AugAssign, cst.AnnAssign)) else []

    def _check_effect(self, node: cst.BaseSmallStatement) -> None:
        """A statement that only has an effect: TF1 ran it once, when the graph was built."""
        if not isinstance(node, cst.Expr) or not isinstance(node.value, cst.Call):
            return
        func = node.value.func
        filled = isinstance(func, cst.Attribute) and func.attr.value in ("append", "extend", "insert", "update")
        if self.symbols.of(func) is None and not filled:
            raise Refusal("TF440", "a call whose effect TF1 saw once, when the graph was built", node)

    def _static(
        self, small: cst.BaseSmallStatement, original: cst.BaseSmallStatement, names: list[str]
    ) -> tuple[list[cst.BaseSmallStatement], list[cst.BaseSmallStatement]]:
        """A statement about Python values: it stands where its values are needed."""
        to_init, to_call = bool(set(names) & self.in_init), bool(set(names) & self.in_call)
        if isinstance(original, cst.Assign) and not names:
            raise Refusal("TF440", "an object is changed in place", original)
        if isinstance(original, cst.Expr):
            self._check_effect(original)
        if to_init and to_call:
            counted = [name for bound, _, _ in assignments(self.builder.definition.body) for name in bound]
            single = isinstance(original, cst.Assign) and len(names) == 1 and counted.count(names[0]) == 1
            drawn = isinstance(original, cst.Assign) and self._is_drawn(original.value)
            if not single or drawn or self._is_nested(original):
                raise Refusal("TF440", f"{names[0]!r} is needed by the variables and by the computation", original)
            assert isinstance(original, cst.Assign)
            return [self._own(original, names)], []
        if to_call:
            return [], [self._in_call(small, original)]
        return [self._in_init(small, original)], []

    def _is_drawn(self, node: cst.BaseExpression) -> bool:
        """Whether an expression has another value at each run, as one with random ops has."""
        value = self.functions.staging.last_values.get(node)
        return value is None or value.any_dynamic()

    def _is_nested(self, node: cst.CSTNode) -> bool:
        line = self.parents.get(node)
        block = self.parents.get(line) if line is not None else None
        return block is not self.builder.definition.body

    def _state(self, node: cst.Assign) -> cst.BaseSmallStatement:
        """``W = tf.Variable(...)``: an attribute of the object."""
        self.has_variables = True
        names = self._bound_names(node)
        if len(node.targets) != 1 or not names:
            raise Refusal("TF440", "a variable that is not held by one name", node)
        return self._own(node, names)

    def _own(self, node: cst.Assign, names: list[str]) -> cst.BaseSmallStatement:
        """An assignment to names that become attributes."""
        if self._loop is not None:
            if len(names) != 1 or names[0] in self.in_init or names[0] in [name for _, name in self._loop]:
                raise Refusal("TF444", "a loop that makes variables which its next ones depend on", node)
            return self._appended(self._list(names[0], names[0]), self.init_expression(node.value), node)
        value = self.init_expression(node.value)
        replaced: dict[cst.CSTNode, cst.CSTNode] = {node.value: value}
        fresh: dict[str, str] = {}
        target = node.targets[0].target
        elements = (
            [target] if isinstance(target, cst.Name) else [item.value for item in getattr(target, "elements", ())]
        )
        if not all(isinstance(item, cst.Name) for item in elements):
            raise Refusal("TF440", "a variable that is not held by one name", node)
        for item, name in zip(elements, names, strict=True):
            fresh[name] = self._attribute(name)
            self.attributes.append(fresh[name])
            replaced[item] = self._self(fresh[name], item)
        self.bound |= fresh
        new = self.origins.rebuilt(node, replaced)
        return new.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)

    def _list(self, stem: str, element: str) -> str:
        """The attribute for a list of what a loop makes; in the loop, ``element`` is the name of one of them."""
        assert self._loop is not None
        plain = not self.layers or stem.endswith("layer")
        wanted = f"{stem}_layers" if not plain else f"{stem}_list" if stem.endswith("s") else f"{stem}s"
        attribute = self._attribute(wanted)
        self.attributes.append(attribute)
        self._loop.append((attribute, element))
        return attribute

    def _appended(self, attribute: str, value: cst.BaseExpression, node: cst.CSTNode) -> cst.BaseSmallStatement:
        func = cst.Attribute(self._self(attribute, node), cst.Name("append"))
        return self.origins.made_for(cst.Expr(cst.Call(func, [cst.Arg(value)])), node)

    def _self(self, attribute: str, node: cst.CSTNode) -> cst.Attribute:
        old = node if isinstance(node, cst.Name) else None
        new = cst.Attribute(
            cst.Name("self"), cst.Name(attribute), lpar=old.lpar if old else [], rpar=old.rpar if old else []
        )
        return self.origins.made_for(new, node)

    # Expressions

    def _mapped(self, node: cst.CSTNode, *, settings: bool) -> dict[cst.CSTNode, cst.CSTNode]:
        """The names in ``node`` that stand for attributes; parameters keep their names in ``__init__``."""
        found: dict[cst.CSTNode, cst.CSTNode] = {}
        for name in self._names(node):
            attribute = self.bound.get(name.value)
            if attribute is None or (not settings and not self.lazy and name.value in self.kept):
                continue
            found[name] = self._self(attribute, name)
        return found

    def init_expression(self, node: cst.BaseExpression) -> cst.BaseExpression:
        """An expression that ``__init__`` evaluates."""
        for call in self.functions.made_in(node):
            if self.functions.makes(call) is not Makes.VARIABLE:
                raise Refusal("TF440", "a layer is called while the variables are made", call)
        return self.origins.rebuilt(node, self._early(node))

    def _early(self, node: cst.CSTNode) -> dict[cst.CSTNode, cst.CSTNode]:
        """What the names in ``node`` become in ``__init__``. Raises Refusal where a graph tensor is among them."""
        mapped = self._mapped(node, settings=False)
        for name in self._names(node):
            read = shape_read(name, self.parents) if self.functions.is_input(self.builder, name) else None
            if read is not None and self.given and self.given[0].name.value == name.value:
                mapped[read.node] = self.origins.made_for(read.written("input_shape"), read.node)
            elif name not in mapped and name.value in self.late:
                message = f"what a variable is made from depends on the graph tensor {name.value!r}"
                raise Refusal("TF441", message, name)
        return mapped

    def _in_init(self, small: cst.BaseSmallStatement, original: cst.BaseSmallStatement) -> cst.BaseSmallStatement:
        return self.origins.rebuilt(small, self._early(original))

    def _in_call(self, small: cst.BaseSmallStatement, original: cst.BaseSmallStatement) -> cst.BaseSmallStatement:
        return self.origins.rebuilt(small, self._mapped(original, settings=True))

    def _with_state(
        self,
        small: cst.BaseSmallStatement,
        original: cst.BaseSmallStatement,
        made: list[cst.Call],
        target: str | None,
    ) -> tuple[list[cst.BaseSmallStatement], list[cst.BaseSmallStatement]]:
        """A statement that makes state inside its expression: the making goes to ``__init__``."""
        init: list[cst.BaseSmallStatement] = []
        replaced = self._mapped(original, settings=True)
        for call in made:
            shared = self.shared(call)
            if shared is not None:
                own = self._self(self.objects[shared], call)
                _, replaced[call] = self.object_call(self, call, own, replaced)
                continue
            if self._is_conditional(call, original):
                raise Refusal("TF440", "state is made in a part of an expression that may not run", call)
            if self._loop is not None:
                init.append(self._made_in_loop(call, replaced))
                continue
            attribute = self._name_for(call, target if call is made[-1] else None)
            self.attributes.append(attribute)
            own = self._self(attribute, call)
            value = self._made(call, attribute, own, replaced)
            target_ = self._self(attribute, call)
            init.append(self.origins.made_for(cst.Assign([cst.AssignTarget(target_)], value), call))
        names = self._bound_names(original)
        new = self.origins.rebuilt(small, replaced)
        for name in names:
            self.bound.pop(name, None)
        return init, [new]

    def _is_conditional(self, call: cst.CSTNode, statement: cst.CSTNode) -> bool:
        current = self.parents.get(call)
        while current is not None and current is not statement:
            if isinstance(current, (cst.IfExp, cst.BooleanOperation, cst.BaseComp, cst.Lambda)):
                return True
            current = self.parents.get(current)
        return False

    def _made_in_loop(self, call: cst.Call, replaced: Replaced) -> cst.BaseSmallStatement:
        """The same in a loop: what is made goes into a list, and the loop of the call goes over that."""
        assert self._loop is not None
        stem = self._stem(call)
        local, count = stem, 2
        while local in self._assigned() | {name for _, name in self._loop} | self._parameter_names():
            local, count = f"{stem}_{count}", count + 1
        own = self.origins.made_for(cst.Name(local), call)
        self.layers = self.layers or self.functions.makes(call) is Makes.LAYER
        attribute = self._list(local, local)
        return self._appended(attribute, self._made(call, attribute, own, replaced), call)

    def _parameter_names(self) -> set[str]:
        return {parameter.name.value for parameter in self.builder.parameters}

    def _made(self, call: cst.Call, attribute: str, own: cst.BaseExpression, replaced: Replaced) -> cst.BaseExpression:
        """The making of what ``call`` makes; ``replaced`` gets what the call becomes, ``own`` is what it is called."""
        made = self.functions.makes(call)
        value: cst.BaseExpression
        if made is Makes.VARIABLE:
            self.has_variables = True
            value = self.init_expression(call)
            replaced[call] = own
        elif made is Makes.LAYER:
            self.layers = True
            sides = self._call_arguments(call)
            value = self._layer_maker(call, sides)
            given = [
                cst.Arg(
                    self.origins.rebuilt(argument.value, replaced),
                    keyword=None if name == "inputs" else cst.Name(name),
                    equal=cst.MaybeSentinel.DEFAULT if name == "inputs" else _plain_equal(),
                )
                for name, argument in sides.items()
            ]
            new = cst.Call(own, separated(given), lpar=call.lpar, rpar=call.rpar)
            replaced[call] = self.origins.made_for(new, call)
        else:
            self.objects[call] = attribute
            constructor, replaced[call] = self.object_call(self, call, own, replaced)
            assert constructor is not None
            value = constructor
        return value

    def _layer_maker(self, call: cst.Call, sides: dict[str, cst.Arg]) -> cst.Call:
        """``tf.layers.dense(x, 10)`` as the maker of its layer, ``tf.layers.Dense(10)``."""
        entry = tables.lookup(self.symbols.of(call.func) or "")
        bound = tables.bind(call, entry) if entry is not None else {}
        func = call.func
        if len(bound) != len(call.args) or not isinstance(func, cst.Attribute):
            raise Refusal("TF440", "a layer whose arguments are not all written out, or without its module", call)
        args: list[cst.Arg] = []
        left_out = False
        for name, argument in bound.items():
            if argument in sides.values() or name in ("reuse", "_reuse", "_scope"):
                left_out = left_out or (name != "inputs" and argument.keyword is None)
                continue
            value = self.init_expression(argument.value)
            new = self.origins.rebuilt(argument, {argument.value: value})
            if left_out and argument.keyword is None:
                new = self.origins.note(new.with_changes(keyword=cst.Name(name), equal=_plain_equal()), argument)
            args.append(new)
        kind = layer_table.FUNCTIONS[self.symbols.of(call.func) or ""]
        named = self.origins.note(cst.Name(kind.name), func.attr)
        made = self.origins.note(func.with_changes(attr=named), func)
        new_call = call.with_changes(func=made, args=separated(args), lpar=[], rpar=[])
        return self.origins.note(new_call, call)

    # Compound statements

    def _compound(self, node: cst.BaseCompoundStatement) -> Block:
        if isinstance(node, cst.If) and _is_reuse_branch(node):
            return [], []
        makes = bool(self.functions.made_in(node))
        if isinstance(node, cst.With):
            return self._with(node)
        if isinstance(node, cst.FunctionDef):
            return self._inner_function(node)
        if not makes:
            return self._whole(node)
        if isinstance(node, cst.If):
            return self._if(node)
        if isinstance(node, cst.For):
            return self._for(node)
        raise Refusal("TF440", "state is made in a `while` or `try`", node)

    def _whole(self, node: cst.BaseCompoundStatement) -> Block:
        """A compound statement that makes no state."""
        names = {name for bound, _, _ in assignments(node) for name in bound}
        if names & self.states:
            raise Refusal("TF440", "a name that holds a variable is bound again under a condition", node)
        late = bool(names & self.late) or bool(reads(node, self.parents) & (self.late | self.states))
        late = late or any(isinstance(item, cst.Return) for item in executed(node))
        if not late and names & self.in_init:
            if names & self.in_call:
                raise Refusal("TF440", "a value is needed by the variables and by the computation", node)
            return [self.origins.rebuilt(node, self._early(node))], []
        for item in executed(node):
            if isinstance(item, cst.Return) and self._makes_after(node):
                raise Refusal("TF440", "the function may return before all its variables are made", item)
            if isinstance(item, cst.BaseSmallStatement):
                self._check_effect(item)
        if not late and not names & self.in_call:
            return [self.origins.rebuilt(node, self._early(node))], []
        return [], [self.origins.rebuilt(node, self._mapped(node, settings=True))]

    def _makes_after(self, node: cst.CSTNode) -> bool:
        calls = self.functions.made_in(self.builder.definition.body)
        inside = set(self.functions.made_in(node))
        places = {item: index for index, item in enumerate(executed(self.builder.definition.body))}
        return any(places.get(call, 0) > places[node] for call in calls if call not in inside)

    def _inner_function(self, node: cst.FunctionDef) -> Block:
        name = node.name.value
        if name in self.in_init and name in self.in_call:
            raise Refusal("TF440", f"{name}() is needed by the variables and by the computation", node)
        if name in self.in_init:
            return [self.origins.rebuilt(node, self._early(node))], []
        return [], [self.origins.rebuilt(node, self._mapped(node, settings=True))]

    def _with(self, node: cst.With) -> Block:
        symbols = [self.symbols.of(item.item.func) if isinstance(item.item, cst.Call) else None for item in node.items]
        if not isinstance(node.body, cst.IndentedBlock):
            raise Refusal("TF440", "a block on the line of its header", node)
        if not all(symbol in ("tf.variable_scope", "tf.name_scope", "tf.device") for symbol in symbols):
            if self.functions.made_in(node):
                raise Refusal("TF440", "state is made inside this `with`", node)
            return self._whole(node)
        for item in node.items:
            alias = item.asname.name if item.asname is not None else None
            if isinstance(alias, cst.Name) and self._uses(alias.value, node):
                raise Refusal("TF440", "the object of the variable scope is used", node)
        before = self.has_variables
        self.has_variables = False
        init, call = self._statements(node.body.body)
        variables, self.has_variables = self.has_variables, self.has_variables or before
        lead = [line for line in node.leading_lines if line.comment is None or not _SCOPE.search(line.comment.value)]
        named = "tf.variable_scope" in symbols
        if init and (variables or named):
            header = self._scope_header(node, init)
            init = [header]
            if not variables and all(isinstance(arg.value, cst.SimpleString) for arg in _scope_arguments(header)):
                self.transparent.add(node)
        scopes = [symbol for symbol in symbols if symbol != "tf.variable_scope"]
        if call and scopes and len(scopes) == len(symbols):
            items = [self.origins.copy(item) for item in node.items] if init and variables else list(node.items)
            mapped = node.with_changes(items=items, body=node.body.with_changes(body=call), leading_lines=lead)
            return init, [self.origins.note(mapped, node)]
        for block in (call, init):
            if block:
                block[0] = _with_lead(block[0], lead)
                self.origins.made_for(block[0], node)
                break
        if call and node.body.footer:
            self.footer = node.body.footer
        return init, call

    def _uses(self, name: str, node: cst.With) -> bool:
        return any(
            found.value == name and not _is_reuse_receiver(found, self.parents)
            for found in self._names(self.builder.definition.body)
            if found.value == name
        )

    def _scope_header(self, node: cst.With, init: list[cst.BaseStatement]) -> cst.With:
        """The ``with`` around what makes variables: its reuse is known, and not needed."""
        items = []
        for item in node.items:
            call = item.item
            if not isinstance(call, cst.Call) or self.symbols.of(call.func) != "tf.variable_scope":
                items.append(item)
                continue
            kept = [argument for argument in call.args if not _is_reuse(argument, call)]
            if kept:
                kept[-1] = self.origins.note(kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT), kept[-1])
            mapped = [self.origins.rebuilt(arg, self._early(arg)) for arg in kept]
            new = self.origins.note(call.with_changes(args=mapped), call)
            items.append(self.origins.note(item.with_changes(item=new, asname=None), item))
        body = node.body.with_changes(body=init, footer=[])
        return self.origins.note(node.with_changes(items=items, body=body, leading_lines=[]), node)

    def _for(self, node: cst.For) -> Block:
        """A loop that makes state: one that fills lists, and one that goes over them."""
        simple = node.orelse is None and isinstance(node.body, cst.IndentedBlock) and self._loop is None
        leaves = [item for item in executed(node.body) if isinstance(item, (cst.Break, cst.Continue, cst.Return))]
        if not simple or leaves:
            raise Refusal("TF444", "a loop that makes variables, in another one or left early", node)
        for item in executed(node.body):
            inside = isinstance(item, (cst.If, cst.Try, cst.While)) and self.functions.made_in(item)
            if inside or (self.shared_in(item)):
                raise Refusal("TF444", "a loop that makes variables only sometimes", item)
        rebound = set(target_names(node.target))
        if rebound & {name for names, _, inner in assignments(node.body) for name in names}:
            raise Refusal("TF444", "a loop that binds its own variable again", node)
        self._loop = []
        init, call = self._statements(cst.ensure_type(node.body, cst.IndentedBlock).body)
        lists, self._loop = self._loop, None
        made: list[cst.BaseStatement] = []
        for attribute, _ in lists:
            line = cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(self._self(attribute, node))], cst.List([]))])
            made.append(self.origins.made_for(line, node))
        mapped = self._early(node.iter)
        used = rebound & {name for item in call for name in _plain_reads(item)}
        first = self.origins.rebuilt(node.iter, mapped)
        block = cst.ensure_type(node.body, cst.IndentedBlock)
        filling = node.with_changes(
            iter=self.origins.copy(first) if used else first,
            body=block.with_changes(body=init, footer=[]),
            leading_lines=[],
        )
        made.append(self.origins.note(filling, node))
        if not call:
            return made, []
        sources: list[cst.BaseExpression] = [self._self(attribute, node) for attribute, _ in lists]
        targets: list[cst.BaseExpression] = [cst.Name(name) for _, name in lists]
        if used:
            sources.insert(0, self.origins.rebuilt(node.iter, self._mapped(node.iter, settings=True)))
            assert isinstance(node.target, cst.BaseExpression)
            targets.insert(0, node.target)
        iterated: cst.BaseExpression = sources[0]
        target: cst.BaseExpression = targets[0]
        if len(sources) > 1:
            iterated = cst.Call(cst.Name("zip"), separated([cst.Arg(source) for source in sources]))
            target = cst.Tuple([cst.Element(item) for item in targets], lpar=[], rpar=[])
        computing = node.with_changes(target=target, iter=iterated, body=block.with_changes(body=call))
        return made, [self.origins.made_for(self.origins.note(computing, node), node)]

    def shared_in(self, node: cst.CSTNode) -> bool:
        """Whether a node is a call that shares the object of another one."""
        return isinstance(node, cst.Call) and self.shared(node) is not None

    def _if(self, node: cst.If) -> Block:
        if not isinstance(node.body, cst.IndentedBlock):
            raise Refusal("TF440", "a block on the line of its header", node)
        before, attributes = dict(self.bound), list(self.attributes)
        init, call = self._statements(node.body.body)
        after, used = dict(self.bound), list(self.attributes)
        self.bound, self.attributes = before, attributes
        otherwise: Block = ([], [])
        inner: tuple[cst.BaseStatement | None, cst.BaseStatement | None] = (None, None)
        if isinstance(node.orelse, cst.If):
            made, computed = self._compound(node.orelse)
            inner = (made[0] if made else None, computed[0] if computed else None)
        elif node.orelse is not None:
            if not isinstance(node.orelse.body, cst.IndentedBlock):
                raise Refusal("TF440", "a block on the line of its header", node)
            otherwise = self._statements(node.orelse.body.body)
        for name in {*after, *self.bound}:
            if after.get(name) != self.bound.get(name):
                raise Refusal("TF440", f"{name!r} holds a variable on one path only", node)
        self.attributes = list(dict.fromkeys([*used, *self.attributes]))
        return (
            self._branch(node, init, otherwise[0], inner[0], computes=False),
            self._branch(node, call, otherwise[1], inner[1], computes=True),
        )

    def _branch(
        self,
        node: cst.If,
        body: list[cst.BaseStatement],
        otherwise: list[cst.BaseStatement],
        inner: cst.BaseStatement | None,
        computes: bool,
    ) -> list[cst.BaseStatement]:
        if not body and not otherwise and inner is None:
            return []
        orelse: cst.If | cst.Else | None = None
        if isinstance(inner, cst.If):
            orelse = inner
        elif otherwise and isinstance(node.orelse, cst.Else):
            block = node.orelse.body.with_changes(body=otherwise)
            orelse = self.origins.note(node.orelse.with_changes(body=block), node.orelse)
        mapped = self._mapped(node.test, settings=True) if computes else self._early(node.test)
        test = self.origins.rebuilt(node.test, mapped)
        if not computes:
            test = self.origins.copy(test) if test is node.test else test
        lines = body or [self.origins.made_for(cst.SimpleStatementLine([cst.Pass()]), node)]
        assert isinstance(node.body, cst.IndentedBlock)
        changed = node.with_changes(
            test=test,
            body=node.body.with_changes(body=lines),
            orelse=orelse,
            leading_lines=node.leading_lines if computes else [],
        )
        return [self.origins.note(changed, node)]


def _plain_reads(node: cst.CSTNode) -> set[str]:
    """The names that occur in a statement, wherever."""
    return {found.value for found in tree.walk(node) if isinstance(found, cst.Name)}


def _scope_arguments(node: cst.With) -> list[cst.Arg]:
    return [arg for item in node.items if isinstance(item.item, cst.Call) for arg in item.item.args]


def _named(argument: cst.Arg, name: str) -> bool:
    return argument.keyword is not None and argument.keyword.value == name


def _is_reuse(argument: cst.Arg, call: cst.Call) -> bool:
    """Whether an argument of ``tf.variable_scope`` is the one that says whether variables are reused."""
    entry = tables.lookup("tf.variable_scope")
    return entry is not None and tables.bind(call, entry).get("reuse") is argument


def _is_reuse_branch(node: cst.CSTNode) -> bool:
    """``if reuse: scope.reuse_variables()``."""
    if not isinstance(node, cst.If) or node.orelse is not None or not isinstance(node.body, cst.IndentedBlock):
        return False
    lines = node.body.body
    if len(lines) != 1 or not isinstance(lines[0], cst.SimpleStatementLine) or len(lines[0].body) != 1:
        return False
    small = lines[0].body[0]
    return isinstance(small, cst.Expr) and is_reuse_variables(small.value)


def _is_reuse_receiver(name: cst.Name, parents: dict[cst.CSTNode, cst.CSTNode]) -> bool:
    attribute = parents.get(name)
    return isinstance(attribute, cst.Attribute) and attribute.attr.value == "reuse_variables"


def _has_blank(node: cst.SimpleStatementLine) -> bool:
    return any(line.comment is None for line in node.leading_lines)


def _with_lead(node: cst.BaseStatement, lines: Sequence[cst.EmptyLine]) -> cst.BaseStatement:
    own = getattr(node, "leading_lines", ())
    return node.with_changes(leading_lines=[*lines, *own])


def _plain_equal() -> cst.AssignEqual:
    return cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))


def separated(args: Sequence[cst.Arg]) -> list[cst.Arg]:
    """Arguments in a row, with the commas that they have, or plain ones."""
    plain = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    found = []
    for arg in args:
        if arg is args[-1]:
            found.append(
                arg.with_changes(comma=cst.MaybeSentinel.DEFAULT, whitespace_after_arg=cst.SimpleWhitespace(""))
            )
        else:
            found.append(arg.with_changes(comma=plain) if isinstance(arg.comma, cst.MaybeSentinel) else arg)
    return found
