"""tf.contrib.layers and slim, before everything else: their calls are written out as the TF1 that they stand for.

``slim.conv2d(net, 64, [3, 3])`` is ``tf.layers.conv2d(net, 64, [3, 3], padding="same", activation="relu")``, and the
arguments that an ``arg_scope`` gives are written where they hold. What comes out is TF1 still; the other rewrites never
see contrib. Calls that cannot be written out are left, and refused with a reason.
"""

from __future__ import annotations

import libcst as cst

from codemods import tree
from codemods.analysis.arg_scopes import ArgScopes, Given, contrib_name, layer_key
from codemods.analysis.symbols import Scope, Symbols
from codemods.context import Context
from codemods.edits import EditFunction, Edits
from codemods.findings import Finding, Refusal, Status
from codemods.origins import Origins
from codemods.rewrites import partials, spelling
from codemods.rewrites.call_parts import keyword
from codemods.rewrites.contrib_calls import CallWriter, Request, Step, is_passing, joined
from codemods.rewrites.contrib_functions import FUNCTIONS, SHARED
from codemods.rewrites.contrib_names import Names
from codemods.rewrites.contrib_variables import ALIASES, arguments
from codemods.rewrites.contrib_written import Symbol, Written
from codemods.rewrites.keras_classes import tidy
from codemods.rewrites.wrapping import has_lines, wrapped

_REPEATED = 8  # more layers than these are not written one by one


def write_out(module: cst.Module) -> Written:
    """Write out every call of tf.contrib.layers and slim that has a counterpart in TF1's own layers."""
    symbols = Symbols(module)
    if not any(contrib_name(use.name) or use.name.startswith("tf.layers.") for use in symbols.tf_uses()):
        return Written(module)
    stage = _Stage(module, symbols)
    stage.propose()
    if stage.refusals:
        return Written(module, findings=stage.refused())
    if not stage.edits:
        return Written(module)
    after = stage.with_imports(stage.edits.apply(module, stage.ctx.parents))
    spans = {use.node: stage.ctx.span(use.node) for use in symbols.tf_uses()}
    places = frozenset((span.line, span.column) for span in spans.values())
    written = Written(after, Origins(module, after, stage.edits, known=stage.first), places=places)
    for use in symbols.tf_uses():
        span = spans[use.node]
        if use.node in stage.written:
            written.symbols[span.line, span.column] = Symbol(stage.written[use.node], use.name, span)
        elif use.node in stage.absorbed:
            message = f"{use.name} became part of the layers that it stands for"
            written.findings.append(Finding("TF100", span, message, Status.NATIVE, use.name))
    return written


class _Stage:
    def __init__(self, module: cst.Module, symbols: Symbols) -> None:
        self.ctx = Context(module, symbols)
        self.symbols = symbols
        self.edits = Edits()
        self.refusals: list[Refusal] = []
        self.scopes = ArgScopes(module, symbols, self.ctx.parents)
        self.names = Names(symbols, self.ctx.parents)
        self.writer = CallWriter(symbols, self.scopes, self.spell, self.names)
        self.written: dict[cst.CSTNode, str] = {}  # uses that became another symbol
        self.absorbed: dict[cst.CSTNode, None] = {}  # uses that went
        self.first: dict[cst.CSTNode, cst.CSTNode] = {}  # the first of the calls that a call became
        self.lines: dict[cst.CSTNode, list[cst.BaseStatement]] = {}

    def refused(self) -> list[Finding]:
        """The findings of the refusals."""
        found = []
        for refusal in self.refusals:
            place = refusal.node if isinstance(refusal.node, cst.CSTNode) else self.ctx.module
            found.append(Finding(refusal.code, self.ctx.span(place), refusal.message, Status.REFUSED, refusal.symbol))
        return found

    def spell(self, symbol: str, call: cst.Call) -> cst.BaseExpression:
        """An expression for a symbol of TF1 or Keras, to be put where ``call`` is."""
        node: cst.CSTNode = call.func
        while isinstance(node, cst.Attribute):
            node = node.value
        return spelling.symbol(self.ctx, self.edits, self.symbols.scope(node), symbol)

    def propose(self) -> None:
        """Propose every edit; what is in the way is in ``refusals``."""
        for use in self.symbols.tf_uses():
            name = contrib_name(use.name)
            if name in SHARED and use.name.startswith("tf.contrib.slim."):
                self.shared(use.node, f"tf.contrib.layers.{name}", use.scope)
        self.write_partials()
        for use in self.symbols.tf_uses():
            name = contrib_name(use.name)
            call = self.symbols.call(use.node)
            try:
                if name in ("repeat", "stack") and call is not None:
                    self.repeated(use.node, use.name, call)
                elif layer_key(use.name) in FUNCTIONS and call is not None:
                    self.layer(use.node, use.name, call)
                elif name in ALIASES and call is not None:
                    self.alias(use.node, name, call)
                elif use.name == "tf.variable_scope" and call is not None:
                    self.variable_scope(call)
            except Refusal as refusal:
                self.refusals.append(_at(refusal, use.node, use.name))
        try:
            self.functions_of_the_program()
            self.leave_scopes()
            self.leave_names()
        except Refusal as refusal:
            self.refusals.append(_at(refusal, self.ctx.module, None))

    # Calls

    def layer(self, func: cst.BaseExpression, symbol: str, call: cst.Call) -> None:
        """One layer."""
        if self.inside_scopes(call):
            return
        steps = self.writer.steps(Request(call, symbol, range(len(call.args))))
        self.write(call, steps)
        self.written[func] = FUNCTIONS[layer_key(symbol) or ""].target

    def alias(self, func: cst.BaseExpression, name: str, call: cst.Call) -> None:
        """A function that TF1 has under another name."""
        if self.inside_scopes(call):
            return
        alias = ALIASES[name]
        if self.scopes.defaults(call, name):
            raise Refusal("TF450", f"an arg scope gives arguments to {name}()", call)
        kept = arguments(self.symbols, alias, call, name)
        target = self.spell(alias.target, call)
        first = []
        if alias.first is not None and alias.first[0] not in [parameter for parameter, _ in kept]:
            first = [cst.Arg(self.spell(alias.first[1], call))]

        def build(updated: cst.Call) -> cst.Call:
            plain = not first and [place for _, place in kept] == list(range(len(kept)))
            args = []
            for parameter, place in kept:
                arg = updated.args[place]
                if plain and arg.keyword is None and alias.renamed.get(parameter, parameter) == parameter:
                    args.append(arg)
                else:
                    args.append(keyword(parameter, arg.value))
            return updated.with_changes(func=target, args=_separated([*first, *args]))

        self.edits.drop(func)
        self.edits.replace(call, build)
        self.written[func] = alias.target

    def variable_scope(self, call: cst.Call) -> None:
        """``tf.variable_scope(scope, "Net", [inputs])``: the values only say which graph is meant."""
        values = [arg for arg in call.args[2:3] if arg.keyword is None and not arg.star]
        values += [arg for arg in call.args if arg.keyword is not None and arg.keyword.value == "values"]
        if len(call.args) >= 2 and values and all(arg.keyword is not None for arg in call.args[3:]):
            self.edits.remove(values[0])
            self.edits.replace(call, tidy)

    def repeated(self, func: cst.BaseExpression, symbol: str, call: cst.Call) -> None:
        """``repeat`` and ``stack``: one layer after the other."""
        repeat = contrib_name(symbol) == "repeat"
        if any(arg.star for arg in call.args) or any(
            arg.keyword is not None for arg in call.args[: 3 if repeat else 2]
        ):
            raise Refusal("TF451", "the arguments of this call cannot be told apart", call)
        if len(call.args) < 3:
            raise Refusal("TF103", f"{symbol} is not given all its arguments", call)
        count, layer = (call.args[1].value, call.args[2].value) if repeat else (None, call.args[1].value)
        inner = self.symbols.of(layer)
        definition = self.scopes.definition(layer)
        if definition is not None and repeat:
            self.repeated_block(func, call, count, definition)
            return
        if inner is None or layer_key(inner) not in FUNCTIONS:
            raise Refusal("TF451", f"{symbol} of something else than a layer of tf.contrib", call)
        places = list(range(3, len(call.args)))
        rows: list[list[cst.BaseExpression]] = [[] for _ in self.count(call, count)] if repeat else self.rows(call)
        scope = self.scope_text(call, inner)
        places = [place for place in places if not _is_scope(call.args[place])]
        parameters = FUNCTIONS[layer_key(inner) or ""].parameters
        steps: list[Step] = []
        for number, row in enumerate(rows, 1):
            fixed: dict[str, cst.BaseExpression] = dict(zip(parameters[1:], row, strict=False))
            if scope is not None:
                fixed["scope"] = cst.SimpleString(repr(f"{scope}_{number}"))
            follows = number > 1
            used = places if follows else [0, *places]
            steps += self.writer.steps(Request(call, inner, used, fixed, follows, clones=True))
        self.write(call, steps)
        self.written[func] = FUNCTIONS[layer_key(inner) or ""].target
        self.absorbed.update(dict.fromkeys(tree.walk(layer)))

    def count(self, call: cst.Call, count: cst.BaseExpression | None) -> range:
        """The numbers of the layers of a ``repeat``."""
        if not isinstance(count, cst.Integer) or not 1 <= int(count.value) <= _REPEATED:
            raise Refusal("TF451", "how often the layer is repeated is not written out, or is too often", call)
        return range(1, int(count.value) + 1)

    def repeated_block(
        self, func: cst.BaseExpression, call: cst.Call, count: cst.BaseExpression | None, definition: cst.FunctionDef
    ) -> None:
        """``repeat`` of a function of the program, which is given a scope of its own at each call."""
        scope = self.scope_text(call, definition.name.value) or f"Repeat/{definition.name.value}"
        places = [0, *(place for place in range(3, len(call.args)) if not _is_scope(call.args[place]))]

        def block(number: int) -> Step:
            def step(updated: cst.Call, previous: cst.BaseExpression | None) -> cst.BaseExpression:
                args = [updated.args[place].deep_clone() for place in places]
                if previous is not None:
                    args[0] = cst.Arg(previous)
                label = keyword("scope", cst.SimpleString(repr(f"{scope}_{number}")))
                return cst.Call(cst.Name(definition.name.value), _separated([*args, label]))

            return step

        self.write(call, [block(number) for number in self.count(call, count)])
        self.absorbed.update(dict.fromkeys(tree.walk(func)))

    def rows(self, call: cst.Call) -> list[list[cst.BaseExpression]]:
        """The arguments of each layer of a ``stack``."""
        listed = call.args[2].value
        if not isinstance(listed, (cst.List, cst.Tuple)) or not 1 <= len(listed.elements) <= _REPEATED:
            raise Refusal("TF451", "the arguments of a stack are not written out, or are too many", call)
        rows = []
        for element in listed.elements:
            value = element.value
            if isinstance(element, cst.StarredElement):
                raise Refusal("TF451", "the arguments of a stack are not written out", call)
            if isinstance(value, (cst.List, cst.Tuple)):
                rows.append([inner.value for inner in value.elements])
            elif isinstance(value, (cst.Integer, cst.Name)):
                if isinstance(value, cst.Name) and not self.names.is_number(value):
                    raise Refusal("TF451", "the arguments of a stack are not written out", call)
                rows.append([value])
            else:
                raise Refusal("TF451", "the arguments of a stack are not written out", call)
        return rows

    def scope_text(self, call: cst.Call, layer: str) -> str | None:
        """The stem of the layers' names, where one is given."""
        for arg in call.args:
            if _is_scope(arg):
                value = arg.value
                if isinstance(value, cst.SimpleString):
                    text = str(value.evaluated_value)
                    return f"{text}/{text}"
                if not (isinstance(value, cst.Name) and value.value == "None"):
                    raise Refusal("TF451", "the scope of repeated layers is not written out", call)
        return None

    def write(self, call: cst.Call, steps: list[Step]) -> None:
        """Put the steps in the place of a call: on lines of their own where it is all that a statement computes."""
        self.edits.drop(call)
        line = self.line_of(call)
        small = line.body[0] if line is not None else None
        if len(steps) == 1 and line is not None and isinstance(small, cst.Assign) and len(small.targets) > 1:
            self.edits.replace(line, _one_target_each)
        if len(steps) == 1 or line is None:

            def nested(updated: cst.Call) -> cst.BaseExpression:
                value: cst.BaseExpression | None = None
                for step in steps:
                    value = step(updated, value)
                assert value is not None
                return value

            self.edits.replace(call, nested)
            return
        name = self.target(line)

        def last(updated: cst.Call) -> cst.BaseExpression:
            value = steps[0](updated, None)
            self.first[value] = call
            self.lines[line] = []
            for step in steps[1:]:
                target = cst.AssignTarget(cst.Name(name))
                self.lines[line].append(cst.SimpleStatementLine([cst.Assign([target], value)]))
                value = step(updated, cst.Name(name))
            return value

        def all_lines(updated: cst.SimpleStatementLine) -> cst.FlattenSentinel[cst.BaseStatement]:
            first, *others = self.lines[line]
            first = first.with_changes(leading_lines=updated.leading_lines)
            last_line = updated.with_changes(leading_lines=[])
            several = isinstance(last_line.body[0], cst.Assign) and len(last_line.body[0].targets) > 1
            rest = _one_target_each(last_line) if several else last_line
            lines = list(rest) if isinstance(rest, cst.FlattenSentinel) else [rest]
            return cst.FlattenSentinel([first, *others, *lines])

        self.edits.replace(call, last)
        self.edits.replace(line, all_lines)

    def line_of(self, call: cst.Call) -> cst.SimpleStatementLine | None:
        """The line that computes nothing but ``call``."""
        small = self.ctx.parents.get(call)
        if not isinstance(small, (cst.Assign, cst.Return)) or small.value is not call:
            return None
        line = self.ctx.parents.get(small)
        if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
            return None
        plain = isinstance(self.ctx.parents.get(line), (cst.Module, cst.IndentedBlock))
        return line if plain else None

    def target(self, line: cst.SimpleStatementLine) -> str:
        """The name that holds what the first steps give."""
        small = line.body[0]
        for item in small.targets if isinstance(small, cst.Assign) else ():
            if isinstance(item.target, cst.Name):
                return item.target.value
        name, count = "net", 2
        while self.symbols.is_bound(name):
            name, count = f"net_{count}", count + 1
        return name

    def shared(self, func: cst.BaseExpression, target: str, scope: Scope) -> None:
        """A function of slim that tf.contrib.layers has, too."""
        made = spelling.symbol(self.ctx, self.edits, scope, target)
        self.writer.respelled[func] = made
        self.edits.replace(func, lambda _: made.deep_clone())
        self.written[func] = target

    # Layers with some of their arguments

    def write_partials(self) -> None:
        """Write out the calls of names that stand for a ``partial`` of a layer."""
        for found in partials.partials(self.symbols, self.names):
            try:
                for read in found.reads:
                    self.partial(found, read)
            except Refusal as refusal:
                self.refusals.append(_at(refusal, found.call, found.symbol))
            self.absorb(found.line)
            self.edits.remove(found.line)
            if isinstance(found.call.func, cst.Name):
                self.leave_import(found.call.func)

    def leave_import(self, name: cst.Name) -> None:
        """``from functools import partial`` goes with the last use of the name."""
        reads = self.names.reads_of_import(name)
        bound = self.names.bindings(name)
        statement = bound[0].node if len(bound) == 1 else None
        line = self.ctx.parents.get(statement) if isinstance(statement, cst.ImportFrom) else None
        if not isinstance(statement, cst.ImportFrom) or not isinstance(line, cst.SimpleStatementLine):
            return
        if all(read in self.absorbed for read in reads) and len(statement.names) == 1 and len(line.body) == 1:  # type: ignore[arg-type]
            self.edits.remove(line)

    def partial(self, found: partials.Partial, read: cst.Name) -> None:
        """One call of a ``partial``."""
        call = self.symbols.call(read)
        assert call is not None
        if layer_key(found.symbol) in FUNCTIONS:
            self.write(call, self.writer.steps(Request(call, found.symbol, range(len(call.args)), partial=found.given)))
            self.written[read] = FUNCTIONS[layer_key(found.symbol) or ""].target
            return
        given = {name: value for name, value in found.given.items() if name not in _keywords(call)}
        for value in (Given(found.function), *given.values()):
            self.writer.check(value, call)
        function = Given(found.function)

        def complete(updated: cst.Call) -> cst.Call:
            made = [keyword(name, value.written(self.writer.respelled)) for name, value in given.items()]
            whole = updated.with_changes(func=function.written({}), args=joined([*updated.args], made))
            return wrapped(whole, is_passing) if made and not has_lines(updated) else whole

        self.edits.drop(read)
        self.edits.replace(call, complete)
        self.written[read] = found.symbol

    # Scopes

    def inside_scopes(self, node: cst.CSTNode) -> bool:
        """Whether a call only makes or enters scopes."""
        current: cst.CSTNode | None = node
        while current is not None:
            if isinstance(current, cst.WithItem) and current in self.scopes.entered:
                return True
            if isinstance(current, cst.FunctionDef) and current in self.scopes.makers:
                return True
            current = self.ctx.parents.get(current)
        return False

    def functions_of_the_program(self) -> None:
        """Functions that take arguments from scopes: the arguments are written into their calls."""
        for decorator, definition in self.scopes.decorated.items():
            key = f"def {definition.name.value}"
            for place in self.scopes.references(definition):
                call = self.symbols.call(place)
                if call is None:
                    if not self.inside_scopes(place):
                        raise Refusal(
                            "TF450", f"{definition.name.value}() takes arguments of scopes, and is passed on", place
                        )
                    continue
                self.complete(call, definition, self.scopes.defaults(call, key))
            self.absorbed.update(dict.fromkeys(tree.walk(decorator.decorator)))
            self.edits.remove(decorator)

    def complete(self, call: cst.Call, definition: cst.FunctionDef, given: dict[str, Given]) -> None:
        """Write what the scopes give into a call of a function of the program."""
        parameters = [param.name.value for param in definition.params.params]
        present = {arg.keyword.value for arg in call.args if arg.keyword is not None}
        present |= set(parameters[: sum(arg.keyword is None for arg in call.args)])
        if any(arg.star for arg in call.args):
            raise Refusal("TF450", "the arguments of this call cannot be told apart", call)
        added = {name: found for name, found in given.items() if name not in present}
        for found in added.values():
            self.writer.check(found, call)
        if added:
            made = [keyword(name, found.written(self.writer.respelled)) for name, found in added.items()]
            self.edits.replace(call, lambda updated: updated.with_changes(args=_separated([*updated.args, *made])))

    def leave_scopes(self) -> None:
        """The ``with`` statements of scopes dissolve, and the functions that make scopes go."""
        for item in self.scopes.entered:
            if not self.inside_scopes(self.ctx.parents[item]):
                self.scopes.enter(item.item, self.scopes.at(item), {})
        statements = {self.ctx.parents[item]: None for item in self.scopes.entered}
        for statement in statements:
            assert isinstance(statement, cst.With)
            self.absorb(*(item for item in statement.items if item in self.scopes.entered))
            if any(maker in self.around(statement) for maker in self.scopes.makers):
                continue
            kept = [place for place, item in enumerate(statement.items) if item not in self.scopes.entered]
            if kept:
                self.edits.replace(statement, _only(kept))
            else:
                self.edits.replace(statement, self.dissolved)
        for maker in self.scopes.makers:
            places = [place for place in self.scopes.references(maker) if not self.inside_scopes(place)]
            if any(self.holder(place) is None for place in places):
                raise Refusal("TF450", f"{maker.name.value}() is used for something else than to enter a scope", maker)
            for place in places:
                holder = self.holder(place)
                assert holder is not None
                self.absorb(holder)
                self.edits.remove(holder)
            self.absorb(maker)
            self.edits.remove(maker)

    def dissolved(self, updated: cst.With) -> cst.FlattenSentinel[cst.BaseStatement]:
        """The body of a ``with`` in the place of the statement."""
        block = updated.body
        if not isinstance(block, cst.IndentedBlock):
            assert isinstance(block, cst.SimpleStatementSuite)
            return cst.FlattenSentinel([cst.SimpleStatementLine(block.body, leading_lines=updated.leading_lines)])
        first, *others = block.body
        head = [*updated.leading_lines]
        if block.header.comment is not None:
            head.append(cst.EmptyLine(comment=block.header.comment))
        moved = first.with_changes(leading_lines=[*head, *getattr(first, "leading_lines", ())])
        self.edits.carry(first, moved)
        return cst.FlattenSentinel([moved, *others])

    def holder(self, place: cst.CSTNode) -> cst.SimpleStatementLine | None:
        """``sc = my_arg_scope()``: the line goes when nothing but scopes read the name."""
        call = self.ctx.parents.get(place)
        assign = self.ctx.parents.get(call) if isinstance(call, cst.Call) and call.func is place else None
        line = self.ctx.parents.get(assign) if isinstance(assign, cst.Assign) else None
        if not isinstance(assign, cst.Assign) or not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
            return None
        target = assign.targets[0].target
        if len(assign.targets) != 1 or not isinstance(target, cst.Name):
            return None
        return line if all(self.inside_scopes(read) for read in self.names.reads(target)) else None

    def around(self, node: cst.CSTNode) -> set[cst.CSTNode]:
        """What ``node`` stands in."""
        found = set()
        current = self.ctx.parents.get(node)
        while current is not None:
            found.add(current)
            current = self.ctx.parents.get(current)
        return found

    def absorb(self, *nodes: cst.CSTNode) -> None:
        """Note the uses of TensorFlow in what goes."""
        for node in nodes:
            self.edits.drop(node)
            self.absorbed.update(dict.fromkeys(tree.walk(node)))

    # Names

    def leave_names(self) -> None:
        """Assignments that nothing reads any more: ``slim = tf.contrib.slim``, a dict of parameters."""
        for call in list(self.edits.nodes):
            if isinstance(call, cst.Call) and self.edits.is_dropped(call, self.ctx.parents):
                self.absorb(*(arg for arg in call.args if self.is_normalizer(arg)))
        gone = {*self.absorbed, *(node for found in self.written for node in tree.walk(found))}
        for line, name in self.names.assignments():
            reads = self.names.reads(name)
            if reads and all(read in gone for read in reads) and self.names.is_removable(line):
                self.absorb(line)
                self.edits.remove(line)

    def is_normalizer(self, arg: cst.Arg) -> bool:
        """Whether an argument of a layer that was written out is not in the output as such."""
        gone = ("normalizer_fn", "normalizer_params", "param_initializers")
        return arg.keyword is not None and arg.keyword.value in gone

    def with_imports(self, module: cst.Module) -> cst.Module:
        """``module`` with the imports that its new names need."""
        if not self.edits.imports:
            return module
        lines = []
        for required in self.edits.imports:
            alias = f" as {required.alias}" if required.alias else ""
            lines.append(cst.parse_statement(f"import {required.module}{alias}"))
        body = list(module.body)
        place = next((at for at, node in enumerate(body) if _imports_tensorflow(node)), 0)
        return module.with_changes(body=[*body[:place], *lines, *body[place:]])


def _at(refusal: Refusal, node: cst.CSTNode, symbol: str | None) -> Refusal:
    if not isinstance(refusal.node, cst.CSTNode):
        refusal.node = node
    refusal.symbol = refusal.symbol or symbol
    return refusal


def _keywords(call: cst.Call) -> set[str]:
    return {arg.keyword.value for arg in call.args if arg.keyword is not None}


def _is_scope(arg: cst.Arg) -> bool:
    return arg.keyword is not None and arg.keyword.value == "scope"


def _imports_tensorflow(node: cst.CSTNode) -> bool:
    text = cst.Module([]).code_for_node(node) if isinstance(node, cst.SimpleStatementLine) else ""
    return text.lstrip().startswith(("import tensorflow", "from tensorflow", "import tf_slim", "from tf_slim"))


def _one_target_each(updated: cst.SimpleStatementLine) -> cst.BaseStatement | cst.FlattenSentinel[cst.BaseStatement]:
    """``net = end_points["a"] = value`` as one assignment after the other, where the first is of a name."""
    assign = updated.body[0]
    assert isinstance(assign, cst.Assign)
    named = [item for item in assign.targets if isinstance(item.target, cst.Name)]
    others = [item for item in assign.targets if isinstance(item.target, cst.Subscript)]
    if len(named) != 1 or len(others) + 1 != len(assign.targets):
        return updated
    name = cst.ensure_type(named[0].target, cst.Name)
    lines = [updated.with_changes(body=[assign.with_changes(targets=named)])]
    lines += [cst.SimpleStatementLine([cst.Assign([item], name.deep_clone())]) for item in others]
    return cst.FlattenSentinel(lines)


def _separated(args: list[cst.Arg]) -> list[cst.Arg]:
    """The arguments of one call, with what closes it after the last one."""
    return [arg.with_changes(comma=cst.MaybeSentinel.DEFAULT) for arg in args]


def _only(kept: list[int]) -> EditFunction:
    def build(updated: cst.With) -> cst.With:
        items = [updated.items[place] for place in kept]
        items[-1] = items[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return updated.with_changes(items=items)

    return build
