"""Expressions on abstract values."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable
from typing import Any

from codemods.analysis import modules
from codemods.inventory import host, objects
from codemods.inventory.operators import Operators
from codemods.inventory.program import Frame, Program
from codemods.inventory.values import (
    UNKNOWN,
    Bound,
    Class,
    Foreign,
    Function,
    Instance,
    Items,
    Method,
    Node,
    Partial,
    ShapeValue,
    Special,
    Symbol,
    Unknown,
    known,
    nodes_in,
)  # fmt: skip

_FLAGS = ("tf.app.flags.FLAGS", "tf.flags.FLAGS", "absl.flags.FLAGS")


class Expressions(Operators):
    """Evaluates expressions; the statements are in the subclass."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def value(self, node: ast.expr) -> Any:
        """The abstract value of an expression."""
        self.program.step()
        handler = _EXPRESSIONS.get(type(node))
        if handler is None:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    self.value(child)
            return UNKNOWN
        return handler(self, node)

    def constant(self, node: ast.Constant) -> Any:
        return node.value

    def name(self, node: ast.Name) -> Any:
        try:
            return self.program.frame.find(node.id)
        except KeyError:
            return host.builtin(node.id)

    def tuple_(self, node: ast.Tuple) -> Any:
        items = self.spread(node.elts)
        return items if isinstance(items, Unknown) else tuple(items)

    def list_(self, node: ast.List) -> Any:
        items = self.spread(node.elts)
        return items if isinstance(items, Unknown) else Items(items, len(self.program.conditions))

    def set_(self, node: ast.Set) -> Any:
        return self.spread(node.elts)

    def spread(self, elements: list[ast.expr]) -> Any:
        """The items of a display; unknown when a starred item is."""
        found: list[Any] = []
        for element in elements:
            if isinstance(element, ast.Starred):
                value = self.value(element.value)
                items = self.items(value)
                if items is None:
                    return Unknown(nodes=tuple(nodes_in([found, value])))
                found += items
            else:
                found.append(self.value(element))
        return found

    def dict_(self, node: ast.Dict) -> Any:
        found: dict[Any, Any] = {}
        for key_node, value_node in zip(node.keys, node.values, strict=True):
            value = self.value(value_node)
            if key_node is None:
                if isinstance(value, dict):
                    found |= value
                continue
            key = self.value(key_node)
            found[key if host.is_key(key) else Unknown()] = value
        return found

    def items(self, value: Any) -> list[Any] | None:
        """What iterating over a value yields; None when that is not known."""
        if isinstance(value, Items) and value.open:
            return None
        if isinstance(value, (list, tuple, set, range, str)):
            return list(value) if len(value) <= 5_000 else None
        if isinstance(value, dict):
            return list(value)
        if isinstance(value, Special) and value.kind in ("generator", "namedtuple value"):
            return list(value.data["items"])
        if isinstance(value, ShapeValue):
            return list(value.shape) if value.shape is not None else None
        return None

    def assign(self, target: ast.expr, value: Any) -> None:
        """Bind a target, unpacking where it is a tuple."""
        if isinstance(target, ast.Name):
            self.program.frame.bind(target.id, value)
        elif isinstance(target, (ast.Tuple, ast.List)):
            items = self.items(value)
            starred = [index for index, item in enumerate(target.elts) if isinstance(item, ast.Starred)]
            if items is not None and not starred and len(items) == len(target.elts):
                for part, item in zip(target.elts, items, strict=True):
                    self.assign(part, item)
                return
            rest = self.part_of(value)
            for part in target.elts:
                self.assign(part.value if isinstance(part, ast.Starred) else part, rest)
        elif isinstance(target, ast.Attribute):
            objects.set_attribute(self.value(target.value), target.attr, value)
        elif isinstance(target, ast.Subscript):
            owner, key = self.value(target.value), self.value(target.slice)
            if (isinstance(owner, dict) and host.is_key(key)) or (
                isinstance(owner, list) and isinstance(key, int) and -len(owner) <= key < len(owner)
            ):
                owner[key] = value

    def part_of(self, value: Any) -> Any:
        """One part of a value that cannot be taken apart exactly."""
        if isinstance(value, Node):
            return Node("tensor", None, value.dtype, (value,), unsure=False)
        nodes = tuple(nodes_in(value))
        return Unknown(nodes=nodes) if nodes else UNKNOWN

    # Parts

    def attribute(self, node: ast.Attribute) -> Any:
        return self.attribute_of(self.value(node.value), node.attr)

    def attribute_of(self, owner: Any, name: str) -> Any:
        """``owner.name``."""
        if getattr(owner, "name", getattr(owner, "path", "")) in _FLAGS:
            return self.program.flags.get(name, UNKNOWN)
        if isinstance(owner, Symbol):
            found = modules.member(owner.name, name)
            return objects.symbol_value(self, found) if found is not None else Method(owner, name)
        if isinstance(owner, Frame):
            return owner.names.get(name, UNKNOWN)
        if isinstance(owner, Foreign):
            return host.foreign_member(owner, name)
        return objects.attribute(self, owner, name)

    def subscript(self, node: ast.Subscript) -> Any:
        owner = self.value(node.value)
        key = self.value(node.slice)
        return objects.item(self, owner, key)

    def slice_(self, node: ast.Slice) -> Any:
        parts = [self.value(part) if part is not None else None for part in (node.lower, node.upper, node.step)]
        return (
            slice(*parts)
            if all(part is None or isinstance(part, int) for part in parts)
            else Unknown(nodes=tuple(nodes_in(parts)), text=":")
        )

    def joined(self, node: ast.JoinedStr) -> Any:
        return host.text([self.value(part) for part in node.values])

    def formatted(self, node: ast.FormattedValue) -> Any:
        value = self.value(node.value)
        if node.format_spec is None and node.conversion == -1:
            return str(value) if known(value) else Unknown(text=host.text_of(value) or "?")
        spec = self.value(node.format_spec) if node.format_spec is not None else ""
        if known(value) and isinstance(spec, str) and node.conversion == -1:
            try:
                return format(value, spec)
            except (TypeError, ValueError):
                return Unknown(text="?")
        return Unknown(text="?")

    def lambda_(self, node: ast.Lambda) -> Any:
        defaults = [self.value(item) for item in node.args.defaults]
        return Function(node, self.program.frame, "<lambda>", defaults)

    def named(self, node: ast.NamedExpr) -> Any:
        value = self.value(node.value)
        self.assign(node.target, value)
        return value

    def yielding(self, node: ast.Yield) -> Any:
        value = self.value(node.value) if node.value is not None else None
        self.program.frame.names.setdefault("  yielded", []).append(value)
        return UNKNOWN

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Any:
        found: list[Any] = []
        certain = self.generated(node.generators, lambda: found.append(self.value(node.elt)))
        return Items(found, len(self.program.conditions)) if certain else Unknown(nodes=tuple(nodes_in(found)))

    def mapping(self, node: ast.DictComp) -> Any:
        found: dict[Any, Any] = {}

        def add() -> None:
            key = self.value(node.key)
            found[key if host.is_key(key) else Unknown()] = self.value(node.value)

        certain = self.generated(node.generators, add)
        return found if certain else Unknown(nodes=tuple(nodes_in(found)))

    def generated(self, clauses: list[ast.comprehension], add: Callable[[], None]) -> bool:
        """Read a comprehension; whether it is known how often each part ran."""
        outer = self.program.frame
        frame = Frame(outer.file, {}, outer, outer.function, line=outer.line)
        frame.owner, frame.receiver = outer.owner, outer.receiver
        self.program.frames.append(frame)
        try:
            return self._clause(clauses, add)
        finally:
            self.program.frames.pop()

    def _clause(self, clauses: list[ast.comprehension], add: Callable[[], None]) -> bool:
        if not clauses:
            add()
            return True
        iterated = self.value(clauses[0].iter)
        items = self.items(iterated)
        certain = items is not None
        if items is None or len(items) > 2_000:
            certain = False
            items = [Unknown(nodes=tuple(nodes_in(iterated)))]
        for item in items:
            self.assign(clauses[0].target, item)
            tests = [self.truth(self.value(test)) for test in clauses[0].ifs]
            if False in tests:
                continue
            certain = certain and None not in tests
            if certain:
                certain = self._clause(clauses[1:], add)
            else:
                with self.program.uncertain("a comprehension of unknown length"):
                    self._clause(clauses[1:], add)
        return certain

    # Calls

    def call(self, node: ast.Call) -> Any:
        function = self.value(node.func)
        args: list[Any] = []
        starred = False
        for argument in node.args:
            if isinstance(argument, ast.Starred):
                items = self.items(self.value(argument.value))
                starred = starred or items is None
                args += items or []
            else:
                args.append(self.value(argument))
        kwargs: dict[str, Any] = {}
        for keyword in node.keywords:
            value = self.value(keyword.value)
            if keyword.arg is not None:
                kwargs[keyword.arg] = value
            elif isinstance(value, dict):
                kwargs |= {key: item for key, item in value.items() if isinstance(key, str)}
            else:
                starred = True
        self.program.frame.line = node.lineno if node.lineno else self.program.frame.line
        return self.call_value(function, args, kwargs, node, starred)

    def call_value(
        self, function: Any, args: list[Any], kwargs: dict[str, Any], node: ast.Call | None, starred: bool = False
    ) -> Any:
        """Call an abstract value."""
        if isinstance(function, Partial):
            return self.call_value(function.function, [*function.args, *args], function.kwargs | kwargs, node, starred)
        if isinstance(function, Function):
            return self.call_function(function, args, kwargs, starred)
        if isinstance(function, Bound):
            return self.call_value(function.function, [function.receiver, *args], kwargs, node, starred)
        if isinstance(function, Class):
            return self.instantiate(function, args, kwargs, starred)
        if isinstance(function, Symbol):
            return objects.call_symbol(self, function.name, args, kwargs, node, starred)
        if isinstance(function, Method):
            return objects.call_method(self, function.receiver, function.name, args, kwargs, node, starred)
        if isinstance(function, Foreign):
            return host.call_foreign(self, function.path, args, kwargs)
        if isinstance(function, Instance):
            found = function.of.find("__call__")
            if found is not None:
                return self.call_value(found[0], [function, *args], kwargs, node, starred)
        if isinstance(function, Special):
            return objects.call_special(self, function, args, kwargs, node, starred)
        if callable(function) and getattr(builtins, getattr(function, "__name__", ""), None) is function:
            return host.call_builtin(self, function, args, kwargs)
        nodes = tuple(nodes_in([*args, *kwargs.values(), function]))
        return self.program.opaque(ast.unparse(node.func) if node is not None else "a call", nodes)

    # What the subclass does

    def call_function(self, function: Function, args: list[Any], kwargs: dict[str, Any], starred: bool) -> Any:
        raise NotImplementedError

    def instantiate(self, made: Class, args: list[Any], kwargs: dict[str, Any], starred: bool) -> Any:
        raise NotImplementedError

    def run_site(self, node: ast.Call, fetches: Any, feeds: Any) -> None:
        raise NotImplementedError


_EXPRESSIONS: dict[type[ast.expr], Callable[[Any, Any], Any]] = {
    ast.Constant: Expressions.constant,
    ast.Name: Expressions.name,
    ast.Tuple: Expressions.tuple_,
    ast.List: Expressions.list_,
    ast.Set: Expressions.set_,
    ast.Dict: Expressions.dict_,
    ast.BinOp: Expressions.binary,
    ast.UnaryOp: Expressions.unary,
    ast.BoolOp: Expressions.boolean,
    ast.Compare: Expressions.compare,
    ast.IfExp: Expressions.conditional,
    ast.Attribute: Expressions.attribute,
    ast.Subscript: Expressions.subscript,
    ast.Slice: Expressions.slice_,
    ast.JoinedStr: Expressions.joined,
    ast.FormattedValue: Expressions.formatted,
    ast.Lambda: Expressions.lambda_,
    ast.NamedExpr: Expressions.named,
    ast.Yield: Expressions.yielding,
    ast.ListComp: Expressions.comprehension,
    ast.SetComp: Expressions.comprehension,
    ast.GeneratorExp: Expressions.comprehension,
    ast.DictComp: Expressions.mapping,
    ast.Call: Expressions.call,
}
