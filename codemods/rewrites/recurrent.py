"""Recurrent cells of TF1 and the functions that unroll them, before everything else: written as Keras layers.

``outputs, states = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)`` is a call of ``keras.layers.RNN(cell, ...)``, where
``cell`` is a small class with the kernel, the initial values and the arithmetic of TF1 (see the templates). The layer
is made once, before the code that moves; the other rewrites see a Keras layer. What comes out otherwise is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import libcst as cst

from codemods import tables, templates, tree
from codemods.analysis.slices import free_names
from codemods.analysis.symbols import Symbols, Use
from codemods.edits import Edits
from codemods.findings import Finding, Refusal, Status
from codemods.origins import Origins
from codemods.positions import Positions
from codemods.rewrites.literals import literal_value
from codemods.rewrites.recurrent_cells import Cell, CellReader
from codemods.rewrites.recurrent_targets import Target, read_target
from codemods.templates import Template
from codemods.tree import is_none

_UNROLLED = {
    "tf.nn.dynamic_rnn": "tf.nn.dynamic_rnn",
    "tf.nn.static_rnn": "tf.nn.static_rnn",
    "tf.contrib.rnn.static_rnn": "tf.nn.static_rnn",
}
_FAMILIES = (
    "tf.nn.rnn_cell.", "tf.contrib.rnn.", "tf.nn.bidirectional", "tf.nn.static_", "tf.nn.raw_rnn", "tf.nn.dynamic_rnn",
)  # fmt: skip
_WITHOUT_MEANING = {"dtype", "parallel_iterations", "swap_memory", "scope"}
_KERAS = cst.Attribute(cst.Attribute(cst.Name("keras"), cst.Name("layers")), cst.Name("RNN"))


@dataclass
class Written:
    """The module with its recurrent parts as Keras layers, and what was said about them."""

    module: cst.Module
    origins: Origins | None
    templates: dict[str, Template] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def write_out(module: cst.Module, origins: Origins | None) -> Written:
    """Write every recurrent cell and unrolling as Keras layers; a refusal leaves the module as it was."""
    symbols = Symbols(module)
    uses = [use for use in symbols.tf_uses() if use.name.startswith(_FAMILIES)]
    if not uses:
        return Written(module, origins)
    places = Positions(module) if origins is None else origins
    stage = _Stage(module, symbols)
    try:
        stage.propose(uses)
    except Refusal as refusal:
        node = refusal.node if isinstance(refusal.node, cst.CSTNode) else module
        finding = Finding(refusal.code, places[node], refusal.message, Status.REFUSED, refusal.symbol)
        return Written(module, origins, findings=[finding])
    after = stage.edits.apply(module, stage.parents)
    message = "{} became a Keras layer over a cell with the arithmetic of TensorFlow 1"
    findings = [Finding("TF100", places[use.node], message.format(use.name), Status.NATIVE, use.name) for use in uses]
    return Written(
        _with_keras(after), Origins(module, after, stage.edits, origins, stage.moved), stage.templates, findings
    )


def _with_keras(module: cst.Module) -> cst.Module:
    """``module`` with an import of Keras before that of TensorFlow."""
    body = list(module.body)
    for index, statement in enumerate(body):
        inside = statement.body if isinstance(statement, cst.SimpleStatementLine) else ()
        imports = any(isinstance(item, (cst.Import, cst.ImportFrom)) for item in inside)
        if imports and "tensorflow" in module.code_for_node(statement):
            body.insert(index, cst.parse_statement("import keras"))
            return module.with_changes(body=body)
    return module


class _Stage:
    def __init__(self, module: cst.Module, symbols: Symbols) -> None:
        self.module = module
        self.symbols = symbols
        self.parents = tree.parents(module)
        self.edits = Edits()
        self.templates: dict[str, Template] = {}
        self.cells = CellReader(symbols)
        self.moved: dict[cst.CSTNode, cst.CSTNode] = {}  # new statements, with those of the text that they stand for
        self._removed: set[cst.CSTNode] = set()
        self._taken: set[str] = set()

    def propose(self, uses: list[Use]) -> None:
        """Propose every edit. Raises Refusal."""
        if any(self._shares(node) for node in tree.walk(self.module)):
            raise Refusal(
                "TF470", "recurrent cells beside scopes that share or regularize variables", uses[0].node, uses[0].name
            )
        unrolled: list[tuple[Use, cst.Call]] = []
        handled: set[cst.CSTNode] = set()
        for use in uses:
            call = self.symbols.call(use.node)
            if use.name in _UNROLLED and call is not None:
                unrolled.append((use, call))
                handled.add(use.node)
        for use, call in unrolled:
            handled |= self.unroll(use, call)
        for use in uses:
            if use.node not in handled:
                message = f"{use.name} is used otherwise than as the cell of one dynamic_rnn or static_rnn"
                raise Refusal("TF470", message, use.node, use.name)

    def _shares(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.Arg) and node.keyword is not None and node.keyword.value == "reuse":
            return not (is_none(node.value) or literal_value(node.value) is False)
        if isinstance(node, cst.Arg) and node.keyword is not None and node.keyword.value == "regularizer":
            return not is_none(node.value)
        return isinstance(node, cst.Attribute) and node.attr.value in ("reuse_variables", "AUTO_REUSE")

    def unroll(self, use: Use, call: cst.Call) -> set[cst.CSTNode]:
        """One ``dynamic_rnn`` or ``static_rnn``; the uses of cells that it takes."""
        symbol = _UNROLLED[use.name]
        entry = tables.lookup(symbol)
        bound = dict(tables.bind(call, entry)) if entry is not None else {}
        if any(arg.star for arg in call.args) or "cell" not in bound or "inputs" not in bound:
            raise Refusal("TF470", f"{use.name} with arguments that are not written out", use.node, use.name)
        line = self.parents.get(self.parents.get(call, call), call)
        statement = self.parents.get(call)
        if not (
            isinstance(statement, cst.Assign) and isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1
        ):
            raise Refusal("TF470", f"{use.name} whose result is not assigned at once", use.node, use.name)
        for name, arg in bound.items():
            self._check(use, name, arg)
        cell, cell_line = self._cell(use, bound["cell"].value, line)
        place = self._place(use, line, cell)
        if place is not line and cell.parts:
            raise Refusal("TF470", f"{use.name} of a list of cells, in a function or a scope", use.node, use.name)
        owner = self._body(line)
        target = read_target(statement, cell.states, self._names(owner), self.parents, use)
        listed = symbol == "tf.nn.static_rnn"
        lengths = bound.get("sequence_length")
        lengths = None if lengths is None or is_none(lengths.value) else lengths
        layer = self._fresh(cell.stem)
        made = [cst.Arg(cst.Name(cell.name) if cell.name is not None else cell.made), _keyword("return_sequences")]
        made += [_keyword("return_state")] if target.states else []
        made += [_keyword("zero_output_for_mask")] if lengths is not None else []
        lines: list[cst.BaseStatement] = []
        if cell_line is not None and place is not line:
            blank = [cst.EmptyLine(indent=False)]
            comments = [item for item in cell_line.leading_lines if item.comment is not None]
            lines.append(
                self._stands_for(cell_line, _assigned(cst.Name(str(cell.name)), cell.made, [*blank, *comments]))
            )
            self._remove(cell_line)
        elif cell.source is not None and cell.name is not None:  # it stays where it is
            self.edits.substitute(cell.source, cell.made)
        for source, new in cell.parts:
            self.edits.substitute(source, new)
        lines.append(self._stands_for(line, _assigned(cst.Name(layer), cst.Call(_KERAS, made))))
        self.edits.insert_before(place, lines)
        inputs = bound["inputs"].value
        if listed:
            inputs = self._stacked(use, inputs, line, owner)
        args = [cst.Arg(inputs)]
        if lengths is not None:
            text = "tf.sequence_mask(lengths, tf.shape(inputs)[1])"
            mask = _filled(text, {"lengths": lengths.value, "inputs": inputs, "tf": self._tensorflow(use)})
            args = [args[0].with_changes(comma=_COMMA), cst.Arg(mask, cst.Name("mask"), equal=_TIGHT)]
        result: cst.BaseExpression = cst.Call(cst.Name(layer), args)
        if listed:
            result = self._as_list(use, result, target, owner, line)
        target.write(self.edits, line, statement, result)
        for template in cell.templates:
            found = templates.load(template)
            if found.name in self.symbols.names:
                raise Refusal("TF470", f"the program has a {found.name} of its own", use.node, use.name)
            self.templates[found.name] = found
        return cell.uses

    def _stands_for(self, old: cst.SimpleStatementLine, new: cst.SimpleStatementLine) -> cst.SimpleStatementLine:
        """Note where a new statement comes from."""
        self.moved[new.body[0]] = old.body[0]
        return new

    def _check(self, use: Use, name: str, arg: cst.Arg) -> None:
        if name in ("cell", "inputs", "sequence_length") or is_none(arg.value):
            return
        if name == "dtype" and self.symbols.of(arg.value) != "tf.float32":
            raise Refusal("TF470", f"{use.name} of another dtype than float32", arg, use.name)
        if name in _WITHOUT_MEANING:
            return
        if name == "time_major" and literal_value(arg.value) is False:
            return
        raise Refusal("TF470", f"{use.name} with {name}=", arg, use.name)

    # The cell

    def _cell(
        self, use: Use, node: cst.BaseExpression, line: cst.CSTNode
    ) -> tuple[Cell, cst.SimpleStatementLine | None]:
        """The cell that an expression is, and the statement that makes it under a name."""
        if not isinstance(node, cst.Name):
            return self.cells.read(node, lambda name: self._value(use, name, line)), None
        assign, statement = self._made(use, node, line)
        cell = self.cells.read(assign.value, lambda name: self._value(use, name, line))
        cell.name = node.value
        return cell, statement

    def _value(self, use: Use, node: cst.Name, line: cst.CSTNode) -> cst.BaseExpression:
        """The one value of a name that nothing else reads."""
        return self._made(use, node, line)[0].value

    def _made(self, use: Use, node: cst.Name, line: cst.CSTNode) -> tuple[cst.Assign, cst.SimpleStatementLine]:
        """The assignment that makes the cell, or the list of cells, of a name."""
        owner = self._body(line)
        found = [item for item in self._names(owner).get(node.value, ()) if self._is_target(item)]
        everywhere = self._names(self.module).get(node.value, [])
        if len(found) != 1 or len(everywhere) != 2:
            message = f"the cell {node.value} is used more than once, or not made here"
            raise Refusal("TF470", message, node, use.name)
        assign = self.parents[self.parents[found[0]]]
        statement = self.parents[assign]
        if not isinstance(assign, cst.Assign) or not isinstance(statement, cst.SimpleStatementLine):
            raise Refusal("TF470", f"the cell {node.value} is not made by a plain assignment", node, use.name)
        if len(statement.body) != 1 or self._body(statement) is not owner:
            raise Refusal("TF470", f"the cell {node.value} is made elsewhere", node, use.name)
        return assign, statement

    def _is_target(self, name: cst.Name) -> bool:
        return isinstance(self.parents.get(name), cst.AssignTarget)

    def _body(self, node: cst.CSTNode) -> cst.CSTNode:
        """The module or function in whose body a statement stands."""
        current: cst.CSTNode = node
        while not isinstance(current, (cst.Module, cst.FunctionDef)):
            current = self.parents[current]
        return current

    def _place(self, use: Use, line: cst.CSTNode, cell: Cell) -> cst.CSTNode:
        """The statement of the module before which the layer is made: that of the call, or the function around it."""
        current, place = line, line
        around: list[cst.CSTNode] = []
        while not isinstance(current, cst.Module):
            current = self.parents[current]
            if isinstance(current, (cst.With, cst.FunctionDef)):
                place = current
                around.append(current)
            elif not isinstance(current, (cst.IndentedBlock, cst.Module)):
                message = f"{use.name} in a branch, a loop or a class"
                raise Refusal("TF470", message, use.node, use.name)
        if place is line:  # nothing moves
            return place
        functions = [item for item in around if isinstance(item, cst.FunctionDef)]
        read = set(free_names(cell.made))
        if len(functions) > 1 or (functions and functions[0] is not place):
            raise Refusal("TF470", f"{use.name} in a function in another function", use.node, use.name)
        if functions:
            self._called_once(use, functions[0])
        inside = {name.value for name in self._bound_in(place)}
        if read & inside:
            names = ", ".join(sorted(read & inside))
            message = f"the size of the cell depends on {names}, which is bound beside it"
            raise Refusal("TF470", message, use.node, use.name)
        late = [name for name in read if not self._bound_before(name, place)]
        if late:
            raise Refusal("TF470", f"{late[0]} is bound after {use.name}, or more than once", use.node, use.name)
        return place

    def _called_once(self, use: Use, function: cst.FunctionDef) -> None:
        name = function.name.value
        calls = [
            node
            for node in tree.walk(self.module)
            if isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == name
        ]
        if len(calls) != 1 or len(self._names(self.module).get(name, [])) != 2:
            message = f"{use.name} in a function that is called more than once"
            raise Refusal("TF470", message, use.node, use.name)
        current: cst.CSTNode | None = calls[0]
        while current is not None:
            if isinstance(current, (cst.For, cst.While, cst.FunctionDef, cst.Lambda, cst.BaseComp, cst.If, cst.Try)):
                message = f"{use.name} in a function that may be called more than once"
                raise Refusal("TF470", message, use.node, use.name)
            current = self.parents.get(current)

    def _bound_in(self, container: cst.CSTNode) -> Iterator[cst.Name]:
        for node in tree.walk(container):
            if isinstance(node, cst.Param):
                yield node.name
            elif isinstance(node, cst.Name) and self._binds(node):
                yield node

    def _binds(self, node: cst.Name) -> bool:
        parent = self.parents.get(node)
        while isinstance(parent, (cst.Element, cst.Tuple, cst.List, cst.StarredElement)):
            parent = self.parents.get(parent)
        return isinstance(parent, (cst.AssignTarget, cst.AsName)) or (
            isinstance(parent, (cst.For, cst.CompFor, cst.AugAssign, cst.AnnAssign)) and parent.target is node
        )

    def _bound_before(self, name: str, place: cst.CSTNode) -> bool:
        """Whether a name of the module has its one value before a statement of it."""
        bindings = [item for item in self._names(self.module).get(name, []) if self._binds(item)]
        if not bindings:
            return True  # an import, a function or a built-in
        if len(bindings) != 1 or self._body(bindings[0]) is not self.module:
            return False
        order = {node: index for index, node in enumerate(tree.walk(self.module))}
        return order[bindings[0]] < order[place]

    # Names

    def _names(self, owner: cst.CSTNode) -> dict[str, list[cst.Name]]:
        """The names in a body, with all their nodes; those of attributes and keywords left out."""
        found: dict[str, list[cst.Name]] = {}
        for node in tree.walk(owner):
            if isinstance(node, cst.Name):
                parent = self.parents.get(node)
                if isinstance(parent, cst.Attribute) and parent.attr is node:
                    continue
                if isinstance(parent, cst.Arg) and parent.keyword is node:
                    continue
                found.setdefault(node.value, []).append(node)
        return found

    def _fresh(self, stem: str) -> str:
        name, number = stem, 2
        while name in self.symbols.names or name in self._taken or any(name == t for t in self._names(self.module)):
            name, number = f"{stem}_{number}", number + 1
        self._taken.add(name)
        return name

    def _tensorflow(self, use: Use) -> cst.BaseExpression:
        names = self.symbols.names_of("tf", use.scope)
        if not names:
            raise Refusal("TF470", "TensorFlow has no name here", use.node, use.name)
        return cst.Name(names[0])

    def _remove(self, line: cst.SimpleStatementLine) -> None:
        if line not in self._removed:
            self._removed.add(line)
            self.edits.remove(line)

    # Lists of time steps

    def _stacked(
        self, use: Use, inputs: cst.BaseExpression, line: cst.CSTNode, owner: cst.CSTNode
    ) -> cst.BaseExpression:
        """A list of time steps as one tensor: what it was unstacked from, where nothing else takes the list."""
        steps = self._unstacked(inputs, line, owner)
        if steps is not None:
            statement, source = steps
            self._remove(statement)
            return source
        return _filled("tf.stack(inputs, axis=1)", {"inputs": inputs, "tf": self._tensorflow(use)})

    def _unstacked(
        self, inputs: cst.BaseExpression, line: cst.CSTNode, owner: cst.CSTNode
    ) -> tuple[cst.SimpleStatementLine, cst.BaseExpression] | None:
        if not isinstance(inputs, cst.Name):
            return None
        block = self.parents[line]
        body = list(getattr(block, "body", ()))
        for statement in reversed(body[: body.index(line)]):
            assign = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) and statement.body else None
            if not isinstance(assign, cst.Assign) or len(statement.body) != 1 or len(assign.targets) != 1:
                continue
            target = assign.targets[0].target
            if not isinstance(target, cst.Name) or target.value != inputs.value:
                continue
            call = assign.value
            if not isinstance(call, cst.Call) or self.symbols.of(call.func) not in ("tf.unstack", "tf.unpack"):
                return None
            entry = tables.lookup("tf.unstack")
            bound = tables.bind(call, entry) if entry is not None else {}
            axis = bound.get("axis")
            source = bound.get("value")
            order = {node: index for index, node in enumerate(tree.walk(owner))}
            later = [n for n in self._names(owner)[inputs.value] if order[n] > order[call] and n is not inputs]
            later = [name for name in later if name not in set(tree.walk(assign))]
            if axis is None or literal_value(axis.value) != 1 or source is None or later:
                return None
            return statement, source.value
        return None

    def _as_list(
        self, use: Use, result: cst.BaseExpression, target: Target, owner: cst.CSTNode, line: cst.CSTNode
    ) -> cst.BaseExpression:
        """The outputs as the list that ``static_rnn`` gave; the last one alone is taken from the tensor."""
        if target.states:
            raise Refusal("TF470", f"{use.name} whose states are used", use.node, use.name)
        names = [n for n in self._names(owner).get(target.outputs, []) if not self._binds(n)]
        subscripts = [self.parents.get(name) for name in names]
        if names and all(_is_last(item, name) for item, name in zip(subscripts, names, strict=True)):
            for item in subscripts:
                assert isinstance(item, cst.Subscript)
                self.edits.replace(item, _last_step)
            return result
        return _filled("tf.unstack(outputs, axis=1)", {"outputs": result, "tf": self._tensorflow(use)})


def _filled(text: str, values: dict[str, cst.BaseExpression]) -> cst.BaseExpression:
    """An expression with others in the place of names."""
    found = cst.parse_expression(text).visit(_Fill(values))
    assert isinstance(found, cst.BaseExpression)
    return found


class _Fill(cst.CSTTransformer):
    def __init__(self, values: dict[str, cst.BaseExpression]) -> None:
        super().__init__()
        self._values = values

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        found = self._values.get(original_node.value)
        return updated_node if found is None else found.deep_clone()


_COMMA = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
_TIGHT = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))


def _keyword(name: str) -> cst.Arg:
    return cst.Arg(cst.Name("True"), cst.Name(name), equal=_TIGHT)


def _assigned(
    target: cst.Name, value: cst.BaseExpression, above: Sequence[cst.EmptyLine] = ()
) -> cst.SimpleStatementLine:
    return cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(target)], value)], leading_lines=above)


def _is_last(node: cst.CSTNode | None, name: cst.Name) -> bool:
    """``name[-1]``."""
    if not isinstance(node, cst.Subscript) or node.value is not name or len(node.slice) != 1:
        return False
    index = node.slice[0].slice
    return isinstance(index, cst.Index) and literal_value(index.value) == -1


def _last_step(node: cst.Subscript) -> cst.Subscript:
    """``outputs[-1]`` of a list of time steps as ``outputs[:, -1]`` of a tensor."""
    every = cst.SubscriptElement(cst.Slice(None, None), comma=cst.Comma(whitespace_after=cst.SimpleWhitespace(" ")))
    return node.with_changes(slice=[every, *node.slice])
