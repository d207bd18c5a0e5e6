"""Attributes, items and calls of values that are not plain Python: tensors, variables, layers, sessions, shapes."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from codemods.inventory import host, numbers, op_shapes, tf_ops
from codemods.inventory.graph import KEYS, TF1Error
from codemods.inventory.names import AUTO
from codemods.inventory.program import Call, parameters
from codemods.inventory.registry import METHODS, SPECIAL_CALLS, SYMBOLS
from codemods.inventory.values import (
    UNKNOWN,
    Array,
    Bound,
    Class,
    Foreign,
    Function,
    Instance,
    Items,
    Method,
    Node,
    ShapeValue,
    Special,
    Symbol,
    Unknown,
    Variable,
    known,
    nodes_in,
)  # fmt: skip

if TYPE_CHECKING:
    from codemods.inventory.expressions import Expressions

_RUNS = ("run", "eval", "partial_run")


def symbol_value(run: Expressions, name: str) -> Any:
    """What a TensorFlow name stands for where that is a value."""
    if name == "tf.AUTO_REUSE":
        return AUTO
    owner, _, last = name.rpartition(".")
    if owner == "tf.GraphKeys":
        return KEYS.get(last, last.lower())
    return Symbol(name)


def attribute(run: Expressions, owner: Any, name: str) -> Any:
    """``owner.name``."""
    if isinstance(owner, Instance):
        if name in owner.attributes:
            return owner.attributes[name]
        found = owner.of.find(name)
        if found is None:
            if name == "__class__":
                return owner.of
            return Method(owner, name) if owner.of.foreign else UNKNOWN
        return bound(run, found[0], owner, owner.of)
    if isinstance(owner, Class):
        found = owner.find(name)
        if found is None:
            return owner.name if name == "__name__" else UNKNOWN
        member = found[0]
        if isinstance(member, Special) and member.kind == "static":
            return member.data["function"]
        if isinstance(member, Special) and member.kind == "classmethod":
            return Bound(member.data["function"], owner)
        return member
    if isinstance(owner, Function) and name == "__name__":
        return owner.name
    if isinstance(owner, (Node, Array)):
        return tensor_attribute(run, owner, name)
    if isinstance(owner, ShapeValue):
        if name == "ndims":
            return len(owner.shape) if owner.shape is not None else UNKNOWN
        if name == "dims":
            return list(owner.shape) if owner.shape is not None else UNKNOWN
        return Method(owner, name)
    if isinstance(owner, Special):
        return special_attribute(run, owner, name)
    if isinstance(owner, (int, type(None))) and name == "value":
        return owner  # of a dimension
    if isinstance(owner, Unknown) and name != "value":
        return Method(owner, name)
    return UNKNOWN if isinstance(owner, Unknown) else Method(owner, name)


def bound(run: Expressions, member: Any, receiver: Any, owner: Class) -> Any:
    """A class member as seen from an object."""
    if isinstance(member, Function):
        return Bound(member, receiver)
    if isinstance(member, Special):
        if member.kind == "property":
            return run.call_value(member.data["function"], [receiver], {}, None)
        if member.kind == "static":
            return member.data["function"]
        if member.kind == "classmethod":
            return Bound(member.data["function"], owner)
    return member


def tensor_attribute(run: Expressions, owner: Node | Array, name: str) -> Any:
    """An attribute of a tensor, a variable or an array."""
    if name == "shape":
        return ShapeValue(owner.shape) if isinstance(owner, Node) else _array_shape(owner)
    if name == "dtype":
        return Symbol(f"tf.{owner.dtype}") if owner.dtype is not None else UNKNOWN
    if isinstance(owner, Array):
        if name == "T":
            return Array(owner.shape[::-1] if owner.shape is not None else None, owner.dtype)
        return Method(owner, name) if name != "size" else UNKNOWN
    if name == "name":
        text = owner.name
        return (
            f"{text}:0" if text is not None and "?" not in text else Unknown(text="?" if text is None else f"{text}:0")
        )
    if name == "op":
        return Special("op", data={"nodes": [owner], "node": owner})
    if name == "initializer" and isinstance(owner, Variable):
        return run.program.op(initialises=(owner,))
    if name in ("values", "indices", "graph", "device"):
        return run.program.tensor(owner) if name in ("values", "indices") else UNKNOWN
    return Method(owner, name)


def _array_shape(owner: Array) -> Any:
    return tuple(owner.shape) if owner.shape is not None else UNKNOWN


def special_attribute(run: Expressions, owner: Special, name: str) -> Any:
    """An attribute of a TensorFlow object that is no tensor."""
    if owner.kind == "op":
        if name == "name":
            text = owner.data["node"].name
            return text if text is not None and "?" not in text else Unknown(text=text or "?")
        return Method(owner, name)
    if owner.kind == "namedtuple value" and name in owner.data["fields"]:
        return owner.data["items"][owner.data["fields"].index(name)]
    if owner.kind == "super":
        return super_member(run, owner, name)
    if owner.kind == "scope object" and name in ("name", "original_name_scope"):
        text = owner.data["scope"].name
        return (text if name == "name" else f"{text}/") if "?" not in text else Unknown(text=text)
    if owner.kind == "scope object" and name == "reuse":
        return owner.data["scope"].reuse
    if owner.kind == "parsed":
        return owner.data["values"].get(name, UNKNOWN)
    if owner.kind == "session" and name == "graph":
        graph = owner.data.get("graph") or run.program.graph
        return Special("graph", data={"graph": graph})
    if owner.kind in ("layer", "cell"):
        values = owner.data.get("variables", {})
        if name in values:
            return values[name]
        if name in ("variables", "weights", "trainable_variables", "trainable_weights"):
            return list(values.values())
        if name in owner.data.get("sizes", {}):
            return owner.data["sizes"][name]
    return Method(owner, name)


def super_member(run: Expressions, owner: Special, name: str) -> Any:
    """``super().name``."""
    made, receiver = owner.data["owner"], owner.data["receiver"]
    for base in made.bases if isinstance(made, Class) else []:
        found = base.find(name) if isinstance(base, Class) else None
        if found is not None:
            return bound(run, found[0], receiver, found[1])
    return Method(owner, name)


def set_attribute(owner: Any, name: str, value: Any) -> None:
    """``owner.name = value``."""
    if isinstance(owner, Instance):
        owner.attributes[name] = value
    elif isinstance(owner, Class):
        owner.members[name] = value


def item(run: Expressions, owner: Any, key: Any) -> Any:
    """``owner[key]``."""
    if isinstance(owner, Node):
        return run.program.tensor(owner, *nodes_in(key), shape=op_shapes.sliced(owner.shape, key), dtype=owner.dtype)
    if isinstance(owner, Array):
        return Array(op_shapes.sliced(owner.shape, key), owner.dtype)
    if isinstance(owner, ShapeValue):
        if owner.shape is None:
            return ShapeValue(None) if isinstance(key, slice) else UNKNOWN
        try:
            return ShapeValue(owner.shape[key]) if isinstance(key, slice) else owner.shape[key]
        except (TypeError, IndexError):
            return UNKNOWN
    if isinstance(owner, dict):
        return owner[key] if host.is_key(key) and key in owner else run.mixed(list(owner.values()))
    if isinstance(owner, Special) and owner.kind == "namedtuple value":
        owner = owner.data["items"]
    if isinstance(owner, Items) and owner.open:
        return run.mixed(list(owner))
    if isinstance(owner, (list, tuple, str, range)):
        if isinstance(key, (int, slice)):
            try:
                return owner[key]
            except IndexError:
                if run.program.trying:
                    raise TF1Error("IndexError", "list index out of range") from None
                return UNKNOWN
        nodes = list(nodes_in(owner))
        if nodes and len({node.shape for node in nodes}) == 1 and all(isinstance(part, Node) for part in owner):
            return run.program.tensor(*nodes, shape=nodes[0].shape, dtype=nodes[0].dtype)
        return run.mixed(list(owner))
    if isinstance(owner, Unknown):
        return Unknown(nodes=owner.nodes) if owner.nodes else UNKNOWN
    return UNKNOWN


def call_symbol(
    run: Expressions, name: str, args: list[Any], kwargs: dict[str, Any], node: ast.Call | None, starred: bool
) -> Any:
    """Call a TensorFlow symbol."""
    node = node or ast.Call(func=ast.Name(id=name, ctx=ast.Load()), args=[], keywords=[])
    given = {**_scoped(run, name), **kwargs}
    call = Call(name, args, given, node, starred, parameters(name, tf_ops.PARAMETERS.get(name, ())))
    handler = SYMBOLS.get(name)
    if handler is not None:
        return handler(run, call)
    return tf_ops.other(run, call)


def _scoped(run: Expressions, name: str) -> dict[str, Any]:
    """The defaults that entered arg_scopes give a function."""
    found: dict[str, Any] = {}
    for defaults in run.program.graph.arguments:
        found |= defaults.get(canonical(name), {})
    return found


def canonical(name: str) -> str:
    """One name for the functions that slim and contrib.layers share."""
    return name.replace("tf.contrib.slim.", "tf.contrib.layers.")


def call_method(
    run: Expressions, receiver: Any, name: str, args: list[Any], kwargs: dict[str, Any], node: ast.Call | None,
    starred: bool,
) -> Any:  # fmt: skip
    """Call a method by name."""
    if node is not None and name in _RUNS and _run(run, receiver, name, args, kwargs, node):
        return UNKNOWN
    kind = receiver.kind if isinstance(receiver, Special) else _KINDS.get(type(receiver), "")
    handler = METHODS.get((kind, name))
    if handler is None and isinstance(receiver, Node):
        handler = METHODS.get(("tensor", name))
    if handler is not None:
        call = Call(f"{kind}.{name}", args, kwargs, node or ast.Call(ast.Name(name, ast.Load()), [], []), starred, ())
        return handler(run, receiver, call)
    if isinstance(receiver, (list, dict, str, tuple, set)):
        return _plain_method(run, receiver, name, args, kwargs)
    if isinstance(receiver, Array):
        return _array_method(run, receiver, name, args)
    if isinstance(receiver, Unknown) and receiver.text is not None and name == "format":
        return Unknown(text=host.text_of(receiver))
    nodes = tuple(nodes_in([receiver, *args, *kwargs.values()]))
    if isinstance(receiver, (Special, Node)):
        return run.program.tensor(*nodes)
    if isinstance(receiver, (Unknown, Foreign)):
        return run.mixed(list(nodes))
    return run.program.opaque(f"{ast.unparse(node.func) if node is not None else name}()", nodes)


def _run(run: Expressions, receiver: Any, name: str, args: list[Any], kwargs: dict[str, Any], node: ast.Call) -> bool:
    """Note a run site, if this is one."""
    session = isinstance(receiver, Special) and receiver.kind == "session"
    operation = isinstance(receiver, Node) or (isinstance(receiver, Special) and receiver.kind == "op")
    first = args[0] if args else kwargs.get("fetches")
    maybe = isinstance(receiver, (Unknown, Method, Instance)) and name == "run" and any(nodes_in(first))
    if session or maybe:
        feeds = args[1] if len(args) > 1 else kwargs.get("feed_dict")
        run.run_site(node, first, feeds)
        return True
    if operation:
        run.run_site(node, receiver, first if args else kwargs.get("feed_dict"))
        return True
    return False


def _plain_method(run: Expressions, receiver: Any, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """A method of a plain Python container or text."""
    if isinstance(receiver, str) and name == "format":
        if known(args) and known(kwargs):
            try:
                return receiver.format(*args, **kwargs)
            except (IndexError, KeyError, ValueError):
                return UNKNOWN
        return Unknown(text=host.format_text(receiver, args, kwargs))
    if isinstance(receiver, list) and name in ("append", "extend", "insert", "pop", "reverse", "index", "copy"):
        if isinstance(receiver, Items) and name != "copy" and receiver.depth < len(run.program.conditions):
            receiver.open = True
        if name == "extend":
            items = run.items(args[0]) if args else None
            if items is None and isinstance(receiver, Items):
                receiver.open = True
            receiver.extend(items if items is not None else [run.part_of(args[0] if args else UNKNOWN)])
            return None
        if name == "index" and not known(receiver):
            return UNKNOWN
    elif isinstance(receiver, dict) and name == "items":
        return [(key, value) for key, value in receiver.items()]
    elif isinstance(receiver, dict) and name in ("keys", "values"):
        return list(getattr(receiver, name)())
    elif isinstance(receiver, dict) and name in ("iteritems", "itervalues", "iterkeys"):
        return _plain_method(run, receiver, name.removeprefix("iter"), args, kwargs)
    elif isinstance(receiver, dict) and name in ("get", "pop", "setdefault", "update", "copy"):
        pass
    elif not (isinstance(receiver, (str, tuple)) and known(args) and known(receiver)):
        return UNKNOWN
    try:
        return getattr(receiver, name)(*args, **kwargs)
    except (AttributeError, TypeError, ValueError, IndexError, KeyError):
        return UNKNOWN


def _array_method(run: Expressions, receiver: Array, name: str, args: list[Any]) -> Any:
    if name == "astype" and args:
        found = numbers.dtype_of(args[0])
        return Array(
            receiver.shape, {float: "float64", int: "int64"}.get(args[0], found) if args[0] in (float, int) else found
        )
    if name == "reshape" and args:
        given = args[0] if len(args) == 1 else list(args)
        return numbers.reshaped(receiver, numbers.as_shape(run, given), given)
    if name == "copy":
        return receiver
    return UNKNOWN


def call_special(
    run: Expressions, made: Special, args: list[Any], kwargs: dict[str, Any], node: ast.Call | None, starred: bool
) -> Any:
    """Call an object of TensorFlow: a layer, a cell, a template."""
    handler = SPECIAL_CALLS.get(made.kind)
    call = Call(made.symbol, args, kwargs, node or ast.Call(ast.Name("call", ast.Load()), [], []), starred, ())
    if handler is not None:
        return handler(run, made, call)
    if made.kind == "namedtuple":
        return host.namedtuple_of(made, args, kwargs)
    if made.kind == "arg_scoped":
        return run.call_value(made.data["function"], args, kwargs, node, starred)
    return run.program.tensor(*nodes_in([made, *args, *kwargs.values()]))


_KINDS: dict[type, str] = {
    Node: "tensor",
    Variable: "variable",
    ShapeValue: "shape",
    Instance: "instance",
    Symbol: "symbol",
}
