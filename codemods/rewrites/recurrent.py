"""Recurrent cells of TF1 and the functions that unroll them, before everything else: written as Keras layers.

``outputs, states = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)`` is a call of ``keras.layers.RNN(cell, ...)``, where
``cell`` is a small class with the kernel, the initial values and the arithmetic of TF1 (see the templates). The layer
is made once, before the code that moves; the other rewrites see a Keras layer. What comes out otherwise is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import libcst as cst

from codemods import templates, tree
from codemods.analysis.symbols import Symbols, Use, symbols_of
from codemods.edits import Edits
from codemods.findings import Finding, Refusal, Status
from codemods.origins import Origins
from codemods.positions import Positions
from codemods.rewrites.literals import literal_value
from codemods.rewrites.recurrent_by_hand import ByHand
from codemods.rewrites.recurrent_cells import Cell, CellReader
from codemods.rewrites.recurrent_dropout import take_apart
from codemods.rewrites.recurrent_names import Names
from codemods.rewrites.recurrent_states import States
from codemods.rewrites.recurrent_targets import PARTS
from codemods.rewrites.recurrent_unrolling import UNROLLED, Unroller
from codemods.templates import Template
from codemods.tree import is_none

_FAMILIES = (
    "tf.nn.rnn_cell.", "tf.contrib.rnn.", "tf.nn.bidirectional", "tf.nn.static_", "tf.nn.raw_rnn", "tf.nn.dynamic_rnn",
)  # fmt: skip
_OF_CELLS = ("output_size", "state_size", "zero_state")


@dataclass
class Written:
    """The module with its recurrent parts as Keras layers, and what was said about them."""

    module: cst.Module
    origins: Origins | None
    templates: dict[str, Template] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def write_out(module: cst.Module, origins: Origins | None) -> Written:
    """Write every recurrent cell and unrolling as Keras layers; a refusal leaves the module as it was."""
    symbols = symbols_of(module)
    uses = [use for use in symbols.tf_uses() if use.name.startswith(_FAMILIES)]
    if not uses:
        return Written(module, origins)
    before = module
    if any(use.name.endswith(".DropoutWrapper") for use in uses):
        module, origins = take_apart(module, symbols, origins)
    if module is not before:
        symbols = Symbols(module)
        uses = [use for use in symbols.tf_uses() if use.name.startswith(_FAMILIES)]
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
    """``module`` with an import of Keras after that of TensorFlow."""
    body = list(module.body)
    found: dict[bool, int] = {}
    for index, statement in enumerate(body):
        inside = statement.body if isinstance(statement, cst.SimpleStatementLine) else ()
        if "tensorflow" in module.code_for_node(statement):
            plain = any(isinstance(item, cst.Import) for item in inside)
            if plain or any(isinstance(item, cst.ImportFrom) for item in inside):
                found.setdefault(plain, index)
    if found:
        body.insert(found.get(True, next(iter(found.values()))) + 1, cst.parse_statement("import keras"))
    return module.with_changes(body=body)


class _Stage:
    """All that becomes of the recurrent parts of one module."""

    def __init__(self, module: cst.Module, symbols: Symbols) -> None:
        self.module = module
        self.symbols = symbols
        self.parents = tree.parents(module)
        self.edits = Edits()
        self.templates: dict[str, Template] = {}
        self.moved: dict[cst.CSTNode, cst.CSTNode] = {}  # new statements, with those of the text that they stand for

    def propose(self, uses: list[Use]) -> None:
        """Propose every edit. Raises Refusal."""
        if any(self._shares(node) for node in tree.walk(self.module)):
            raise Refusal(
                "TF470", "recurrent cells beside scopes that share or regularize variables", uses[0].node, uses[0].name
            )
        tries = [node for node in tree.walk(self.module) if isinstance(node, cst.Try) and self._is_for_versions(node)]
        names = Names(self.module, self.symbols, self.parents, tries)
        gone = {inner for item in tries for node in item.handlers for inner in tree.walk(node)}
        uses = [use for use in uses if use.node not in gone]
        cells = CellReader(self.symbols, names)
        states = States(names, self.symbols, cells, self.edits, self._tensorflow(uses[0]))
        for node in tree.walk(self.module):
            if (
                isinstance(node, cst.Call)
                and isinstance(node.func, cst.Attribute)
                and node.func.attr.value == "zero_state"
            ):
                states.add(node)
        unroller = Unroller(names, self.symbols, cells, states, self.edits, self.moved)
        unrolled = [(use, call) for use in uses if use.name in UNROLLED and (call := self.symbols.call(use.node))]
        for use, call in unrolled:
            unroller.unroll(use, call)
        by_hand = ByHand(names, self.symbols, cells, states, self.edits, unroller)
        by_hand.propose()
        handled: set[cst.CSTNode] = {use.node for use, _ in unrolled}
        self._leftovers(uses, handled, cells)
        for cell in cells.made():
            handled |= cell.uses
        for use in uses:
            if use.node not in handled:
                message = f"{use.name} is used otherwise than as the cell of a dynamic_rnn or static_rnn"
                raise Refusal("TF470", message, use.node, use.name)
        self._check_names(names, cells, unroller)
        self._substitute(cells, unroller)
        states.propose()
        self._check_parts(cells)
        for item in tries:
            for node in item.handlers:
                self.edits.drop(node)
            self.edits.replace(item, _body)
        for cell in cells.made():
            self._emit(cell)

    def _shares(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.Arg) and node.keyword is not None and node.keyword.value == "reuse":
            return not (is_none(node.value) or literal_value(node.value) is False)
        if isinstance(node, cst.Call) and self.symbols.of(node.func) in ("tf.variable_scope", "tf.variable_op_scope"):
            named = {arg.keyword.value: arg.value for arg in node.args if arg.keyword is not None}
            given = [named[name] for name in ("initializer", "regularizer", "custom_getter") if name in named]
            return len(node.args) > len(named) + 1 or not all(is_none(value) for value in given)
        return isinstance(node, cst.Attribute) and node.attr.value in (
            "reuse_variables", "AUTO_REUSE", "set_initializer", "set_regularizer", "set_custom_getter",
        )  # fmt: skip

    def _is_for_versions(self, node: cst.Try) -> bool:
        """``try:`` one unrolling, ``except:`` the same with the result that older versions gave."""
        found = []
        for block in (node.body, *(handler.body for handler in node.handlers)):
            line = block.body[0] if isinstance(block, cst.IndentedBlock) and len(block.body) == 1 else None
            inside = line.body if isinstance(line, cst.SimpleStatementLine) else ()
            value = inside[0].value if len(inside) == 1 and isinstance(inside[0], cst.Assign) else None
            found.append(value)
        symbols = [self.symbols.of(value.func) if isinstance(value, cst.Call) else None for value in found]
        if node.orelse is not None or node.finalbody is not None or symbols[0] not in UNROLLED:
            return False
        first = found[0]
        assert isinstance(first, cst.Call)
        given = [[arg.with_changes(**_PLAIN) for arg in value.args] for value in found if isinstance(value, cst.Call)]
        return set(symbols) == {symbols[0]} and all(
            len(args) == len(given[0]) and all(a.deep_equals(b) for a, b in zip(args, given[0], strict=True))
            for args in given
        )

    def _leftovers(self, uses: list[Use], handled: set[cst.CSTNode], cells: CellReader) -> None:
        """Cells that nothing unrolls are made all the same."""
        known = {node for cell in cells.made() for node in cell.uses} | handled
        for use in uses:
            call = self.symbols.call(use.node)
            if use.node in known or call is None:
                continue
            parent = self.parents.get(call)
            if isinstance(parent, (cst.Assign, cst.Expr)):
                known |= cells.read(call).uses

    def _check_names(self, names: Names, cells: CellReader, unroller: Unroller) -> None:
        """Names of cells are used as cells only. Raises Refusal (TF470)."""
        returned = list(cells.makers.values())
        for function in cells.makers:
            for name in names.everywhere[function.name.value]:
                if name is not function.name and not cells.is_read(self.parents[name]):
                    message = f"{name.value}, which makes recurrent cells, is used for something else"
                    raise Refusal("TF470", message, name)
        for target in list(cells.held):
            for name in names.reads(target):
                parent = self.parents[name]
                inside = parent if not isinstance(parent, (cst.Arg, cst.Element)) else self.parents[parent]
                known = isinstance(parent, cst.Attribute) and (
                    parent.attr.value == "zero_state"
                    or (parent.attr.value == "append" and cells.read(name).listed)
                    or (parent.attr.value == "output_size")
                    or (parent.attr.value == "state_size" and unroller.is_plain_size(parent, cells.read(name)))
                )
                part = any(name in cell.names for cell in [*cells.made(), *unroller.cells])
                if not (known or part or name in returned or isinstance(parent, cst.Expr) or self._is_appended(inside)):
                    message = f"the cell {name.value} is used otherwise than as the cell of a dynamic_rnn or static_rnn"
                    raise Refusal("TF470", message, name)

    def _check_parts(self, cells: CellReader) -> None:
        """The state of an LSTM is a list now: nothing that may hold a fetched one asks it for `c` or `h`."""
        if not any(cell.state.is_pair or cell.state.is_deep for cell in cells.made()):
            return
        for node in tree.walk(self.module):
            if isinstance(node, cst.Attribute) and node.attr.value in PARTS and node not in self.edits.nodes:
                own = isinstance(node.value, cst.Name) and node.value.value == "self"
                if not (own or self.edits.is_dropped(node, self.parents)):
                    raise Refusal(
                        "TF470",
                        f"the state of an LSTM is a list of its tensors, without a part .{node.attr.value}",
                        node,
                    )

    def _is_appended(self, node: cst.CSTNode) -> bool:
        return isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value == "append"

    def _substitute(self, cells: CellReader, unroller: Unroller) -> None:
        """The cells that stay in their places."""
        made = {cell.source: cell for cell in cells.made()}
        for source, cell in made.items():
            current: cst.CSTNode | None = self.parents.get(source)
            while current is not None and current not in made:
                if isinstance(current, cst.Call) and current in unroller.calls:
                    break
                current = self.parents.get(current)
            if current is None and not unroller.has_moved(source) and cell.made is not source:
                self.edits.substitute(source, cell.made)

    def _emit(self, cell: Cell) -> None:
        for name in sorted(cell.templates):
            found = templates.load(name)
            if found.name in self.symbols.names:
                raise Refusal("TF470", f"the program has a {found.name} of its own", cell.source)
            self.templates[found.name] = found

    def _tensorflow(self, use: Use) -> str:
        names = self.symbols.names_of("tf", use.scope)
        if not names:
            raise Refusal("TF470", "TensorFlow has no name here", use.node, use.name)
        return names[0]


_PLAIN = {
    "comma": cst.MaybeSentinel.DEFAULT,
    "equal": cst.MaybeSentinel.DEFAULT,
    "whitespace_after_arg": cst.SimpleWhitespace(""),
}


def _body(node: cst.CSTNode) -> cst.FlattenSentinel[cst.BaseStatement]:
    """What is in a ``try``, in its place."""
    assert isinstance(node, cst.Try)
    first, *rest = node.body.body
    assert isinstance(first, (cst.SimpleStatementLine, cst.BaseCompoundStatement))
    lines = [*node.leading_lines, *first.leading_lines]
    return cst.FlattenSentinel([first.with_changes(leading_lines=lines), *rest])
