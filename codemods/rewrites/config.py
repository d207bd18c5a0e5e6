"""``tf.ConfigProto`` becomes statements with ``tf.config``.

A configuration is understood when all that is done with it is seen: made, its fields set, passed to sessions. Each
field becomes a statement in the place where it was set, or, if TF2 takes it only before the first operation and some
may have run by then, before the first statement that may run one. The ``config=`` arguments go with their sessions.
"""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from codemods import tree
from codemods.context import Context
from codemods.edits import Edits
from codemods.findings import Finding, Refusal, Status
from codemods.rewrites import names
from codemods.rewrites.config_settings import Lowered, Setting, lower
from codemods.rewrites.flags import flag_symbol
from codemods.rewrites.literals import literal_value
from codemods.rewrites.startup import Startup

_Line = cst.SimpleStatementLine | cst.BaseCompoundStatement

_CONFIGS = {"tf.ConfigProto": (), "tf.GPUOptions": ("gpu_options",)}
_SESSIONS = ("tf.Session", "tf.InteractiveSession")
_CONFIG_POSITION = 2  # Session(target, graph, config)


def propose(ctx: Context, edits: Edits, findings: list[Finding]) -> None:
    """Rewrite every session configuration of the module; one finding for each ``ConfigProto`` and ``GPUOptions``."""
    uses = [use for use in ctx.symbols.tf_uses() if use.name in _CONFIGS]
    if not uses:
        return
    rewriter = _Rewriter(ctx, edits, findings)
    for use in uses:
        try:
            rewriter.rewrite(use.node, use.name)
        except Refusal as refusal:
            findings.append(Finding("TF521", ctx.span(use.node), refusal.message, Status.REFUSED, use.name))
        else:
            message = "session configuration as tf.config statements"
            findings.append(Finding("TF520", ctx.span(use.node), message, Status.NATIVE, use.name))


class _Rewriter:
    def __init__(self, ctx: Context, edits: Edits, findings: list[Finding]) -> None:
        self.ctx = ctx
        self.edits = edits
        self.findings = findings
        self.startup = Startup(ctx)
        self.tf = names.tensorflow(ctx, edits)
        self._said: dict[tuple[str, ...], str] = {}  # the statement that holds for a field
        self._early: set[str] = set()  # the statements that come before the first operation

    def rewrite(self, node: cst.BaseExpression, symbol: str) -> None:
        """Rewrite one configuration, with all that is done to it."""
        call = self.ctx.symbols.call(node)
        if call is None:
            raise Refusal("TF521", f"{symbol} is passed on, not called", node)
        settings = self._arguments(call, _CONFIGS[symbol])
        parent = self.ctx.parents[call]
        if isinstance(parent, cst.Arg):
            outer = self.ctx.parents[parent]
            if self._is_session(outer, parent):
                self._emit(settings, names.statement_of(self.ctx, call), None)
                return
            if symbol == "tf.GPUOptions" and parent.keyword is not None and parent.keyword.value == "gpu_options":
                return  # the ConfigProto around it has the setting
        if isinstance(parent, cst.Assign) and len(parent.targets) == 1:
            self._variable(parent, symbol, settings)
            return
        raise Refusal("TF521", f"it is not certain that this {symbol} is for sessions only", call)

    def _is_session(self, call: cst.CSTNode, argument: cst.Arg) -> bool:
        if not isinstance(call, cst.Call) or self.ctx.symbols.of(call.func) not in _SESSIONS:
            return False
        return names.argument(call, _CONFIG_POSITION, "config") is argument

    def _arguments(self, call: cst.Call, prefix: tuple[str, ...]) -> list[Setting]:
        """The fields that a call of ConfigProto or GPUOptions sets, GPUOptions and dicts in it included."""
        settings = []
        for argument in call.args:
            if argument.keyword is None:
                raise Refusal("TF521", "the fields of a ConfigProto are not known", argument)
            settings += self._fields((*prefix, argument.keyword.value), argument.value, argument)
        return settings

    def _fields(self, path: tuple[str, ...], value: cst.BaseExpression, node: cst.CSTNode) -> list[Setting]:
        if isinstance(value, cst.Call) and self.ctx.symbols.of(value.func) == "tf.GPUOptions":
            return self._arguments(value, path)
        if path == ("gpu_options",) and isinstance(value, cst.Name):
            return []  # a variable: its own assignment has the settings, or the refusal
        if path == ("device_count",) and isinstance(value, cst.Dict):
            settings = []
            for element in value.elements:
                device = literal_value(element.key) if isinstance(element, cst.DictElement) else None
                if not isinstance(device, str):
                    raise Refusal("TF521", "ConfigProto: the devices of device_count are not known", node)
                settings.append(Setting((*path, device), element.value, node))
            return settings
        if any(self._is_rewritten(inner) for inner in tree.walk(value)):
            raise Refusal("TF521", "ConfigProto: a value that needs TensorFlow itself", node)
        return [Setting(path, value, node)]

    def _is_rewritten(self, node: cst.CSTNode) -> bool:
        """Whether the text of the node may change; ``FLAGS``, as a name of its own, stays."""
        symbol = self.ctx.symbols.of(node)
        return symbol is not None and not (isinstance(node, cst.Name) and flag_symbol(symbol) == "FLAGS")

    def _variable(self, assign: cst.Assign, symbol: str, settings: list[Setting]) -> None:
        """``config = tf.ConfigProto(...)`` and what follows it."""
        target = assign.targets[0].target
        if not isinstance(target, cst.Name):
            raise Refusal("TF521", f"{symbol}: the configuration is kept in something else than a variable", assign)
        bindings = [
            binding
            for scope in self.ctx.symbols.scopes()
            for binding in scope.bindings.get(target.value, ())
            if binding.node is assign
        ]
        scope = self.ctx.symbols.scope(assign.value.func) if isinstance(assign.value, cst.Call) else None
        if len(bindings) != 1 or len(self.ctx.symbols.bindings(target.value, scope)) != 1:
            raise Refusal("TF521", f"{target.value!r} is a configuration and, elsewhere, something else", assign)
        groups: list[tuple[cst.BaseSmallStatement, list[Setting]]] = [(assign, settings)]
        for reference in names.references(self.ctx, bindings[0]):
            group = self._use(reference, symbol)
            if group is not None:
                groups.append(group)
        comments: list[cst.EmptyLine] = []
        for statement, group_settings in groups:
            line = names.sole_statement(self.ctx, statement)
            if line is None:
                raise Refusal("TF521", "several statements on one line", statement)
            comments = self._emit(group_settings, line, comments)

    def _use(self, name: cst.Name, symbol: str) -> tuple[cst.BaseSmallStatement, list[Setting]] | None:
        """What one use of a configuration sets; None if it passes the configuration to a session."""
        parent = self.ctx.parents[name]
        if isinstance(parent, cst.Arg):
            if symbol == "tf.ConfigProto" and self._is_session(self.ctx.parents[parent], parent):
                return None
            keyword = parent.keyword.value if parent.keyword is not None else None
            outer = self.ctx.parents[parent]
            called = self.ctx.symbols.of(outer.func) if isinstance(outer, cst.Call) else None
            if symbol == "tf.GPUOptions" and keyword == "gpu_options" and called == "tf.ConfigProto":
                return None
        path: list[str] = []
        node: cst.CSTNode = name
        while isinstance(parent, (cst.Attribute, cst.Subscript)) and parent.value is node:
            path.append(parent.attr.value if isinstance(parent, cst.Attribute) else _key(parent))
            node, parent = parent, self.ctx.parents[parent]
        if path and isinstance(parent, cst.AssignTarget):
            assign = self.ctx.parents[parent]
            if isinstance(assign, cst.Assign) and len(assign.targets) == 1:
                return assign, self._fields((*_CONFIGS[symbol], *path), assign.value, assign)
        raise Refusal("TF521", f"{name.value!r} is used for something else than sessions", name)

    def _emit(
        self, settings: list[Setting], statement: cst.BaseStatement, carried: list[cst.EmptyLine] | None
    ) -> list[cst.EmptyLine]:
        """Say ``settings`` in place of ``statement``, or before it if ``carried`` is None.

        ``carried`` are the comments of statements that went before; returned are those that found no place yet.
        """
        comments = [*(carried or ()), *names.comments(statement)]
        here: list[str] = []
        above: list[str] = []
        for setting in settings:
            lowered = lower(setting, self.tf)
            if lowered.note is not None:
                self.findings.append(Finding("TF522", self.ctx.span(setting.node), lowered.note))
            if lowered.text is None or not self._is_new(setting, lowered, statement):
                continue
            if lowered.early and not self.startup.is_early(statement):
                self._check_movable(setting)
                above.append(lowered.text)
            else:
                here.append(lowered.text)
        if above:
            place = self.startup.place()
            if place is None:
                raise Refusal("TF521", "there is no place before the first operation", statement)
            moved = _statements(above, [] if here or carried is None else comments)
            self.edits.insert_before(place, _set_off(moved, place))
        if carried is None:
            self.edits.insert_before(statement, _set_off(_statements(here, []), statement))
            return []
        line = cst.ensure_type(statement, cst.SimpleStatementLine)
        if not here:
            self.edits.remove(line.body[0])
            return [] if above else comments
        first, *rest = _statements(here, [])
        if isinstance(first, cst.SimpleStatementLine) and not carried:
            self.edits.substitute(line.body[0], first.body[0])
            self.edits.insert_after(line, rest)
            return []
        self.edits.remove(line.body[0])
        new = [first.with_changes(leading_lines=comments), *rest]
        self.edits.insert_before(line, _set_off(new, line))
        return []

    def _is_new(self, setting: Setting, lowered: Lowered, statement: cst.BaseStatement) -> bool:
        """Whether the statement is not there yet. Raises Refusal when two sessions want different things."""
        assert lowered.text is not None
        known = self._said.get(setting.path)
        if lowered.early:
            if known is not None and known != lowered.text:
                raise Refusal(
                    "TF521",
                    f"two sessions set {'.'.join(setting.path)} differently; in TF2 it holds for the process",
                    setting.node,
                )
        elif self.ctx.parents[statement] is not self.ctx.module or not self._is_fixed(setting.value):
            self._said.pop(setting.path, None)
            return True
        self._said[setting.path] = lowered.text
        new = lowered.text != known and not (lowered.early and lowered.text in self._early)
        if lowered.early:
            self._early.add(lowered.text)
        return new

    def _is_fixed(self, value: cst.BaseExpression) -> bool:
        """Whether the expression is a literal, or a name that is bound once."""
        if isinstance(value, cst.Name) and literal_value(value) is None:
            return len(self.ctx.symbols.bindings(value.value, self.ctx.symbols.scope(value))) == 1
        return literal_value(value) is not None

    def _check_movable(self, setting: Setting) -> None:
        """Only what means the same at the top may move there."""
        if any(isinstance(node, cst.Name) and literal_value(node) is None for node in tree.walk(setting.value)):
            raise Refusal(
                "TF521",
                f"{'.'.join(setting.path)} must be set before the first operation, where its value is not known",
                setting.node,
            )


def _set_off(new: list[_Line], statement: cst.BaseStatement) -> list[_Line]:
    """``new`` with an empty line above it if there is one above ``statement``, before which it goes."""
    own = statement.leading_lines if isinstance(statement, (cst.SimpleStatementLine, cst.BaseCompoundStatement)) else ()
    if new and any(line.comment is None for line in own):
        new[0] = new[0].with_changes(leading_lines=[cst.EmptyLine(indent=False), *new[0].leading_lines])
    return new


def _key(subscript: cst.Subscript) -> str:
    index = subscript.slice[0].slice if len(subscript.slice) == 1 else None
    key = literal_value(index.value) if isinstance(index, cst.Index) else None
    if not isinstance(key, str):
        raise Refusal("TF521", "ConfigProto: the field that is set is not known", subscript)
    return key


def _statements(texts: Sequence[str], comments: Sequence[cst.EmptyLine]) -> list[_Line]:
    statements: list[_Line] = [cst.parse_statement(text) for text in texts]
    if statements and comments:
        statements[0] = statements[0].with_changes(leading_lines=comments)
    return statements
