"""What host code does besides giving a value: whether it may run again, later, or not at all.

Graph code of TF1 ran once, where it stands. In an emitted function it runs when the function is traced: later, and
once for each function that needs it. Host calls inside it must be of the kind for which that makes no difference.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator, Mapping

import libcst as cst

from codemods import tree
from codemods.analysis import stateful
from codemods.analysis.keras_records import Layer
from codemods.analysis.values import Kind, Value, is_namedtuple

_PURE_MODULES = (
    "numpy",
    "math",
    "cmath",
    "operator",
    "functools",
    "itertools",
    "copy",
    "string",
    "collections",
    "os.path",
    "six",
)
_IMPURE_PARTS = ("numpy.random", "numpy.save", "numpy.load", "numpy.loadtxt", "numpy.fromfile", "numpy.genfromtxt")
_SHOWING_MODULES = ("matplotlib", "pylab", "seaborn", "logging", "os", "sys", "time", "warnings")
_IMPURE_BUILTINS = frozenset(
    {"print", "input", "open", "next", "exec", "eval", "setattr", "delattr", "globals", "locals", "vars", "compile",
     "__import__", "id", "breakpoint"}
)  # fmt: skip
_PURE_METHODS = frozenset(
    {
        # str
        "format", "join", "replace", "split", "strip", "lstrip", "rstrip", "lower", "upper", "startswith", "endswith",
        "encode", "decode", "title", "capitalize",
        # dict, list, tuple
        "get", "keys", "values", "items", "index", "count", "copy",
        # NumPy arrays and scalars
        "astype", "reshape", "tolist", "transpose", "dot", "sum", "mean", "std", "var", "min", "max", "prod", "flatten",
        "ravel", "argmax", "argmin", "item", "squeeze", "clip", "round", "cumsum", "take", "repeat", "all", "any",
        # shapes
        "as_list", "num_elements", "with_rank", "is_fully_defined", "merge_with", "concatenate",
    }
)  # fmt: skip


def imported_modules(module: cst.Module) -> dict[str, str]:
    """The modules and their members that names of the file stand for: ``{"np": "numpy", "sqrt": "math.sqrt"}``."""
    found: dict[str, str] = {}
    for node in tree.of_type(module, cst.Import, cst.ImportFrom):
        if isinstance(node, cst.Import):
            for alias in node.names:
                name = _dotted(alias.name)
                if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
                    found[alias.asname.name.value] = name
                else:
                    found[name.partition(".")[0]] = name.partition(".")[0]
        elif node.module is not None and not isinstance(node.names, cst.ImportStar):
            for alias in node.names:
                target = alias.asname.name if alias.asname is not None else alias.name
                if isinstance(target, cst.Name):
                    found[target.value] = f"{_dotted(node.module)}.{_dotted(alias.name)}"
    return found


def only_shows(modules: Mapping[str, str], call: cst.Call) -> bool:
    """Whether a call prints or plots, and leaves its arguments as they are."""
    if isinstance(call.func, cst.Name) and call.func.value == "print":
        return True
    return dotted_name(call.func, modules).partition(".")[0] in _SHOWING_MODULES


def computes_only(call: cst.Call, modules: Mapping[str, str]) -> bool:
    """Whether a call is one of NumPy, or of a method of arrays, that has no effect."""
    name = dotted_name(call.func, modules)
    if name:
        return name.startswith("numpy.") and not name.startswith(_IMPURE_PARTS)
    return isinstance(call.func, cst.Attribute) and call.func.attr.value in _PURE_METHODS


def impure_calls(
    node: cst.CSTNode,
    modules: Mapping[str, str],
    values: Mapping[cst.CSTNode, Value],
    tensorflow: Callable[[cst.CSTNode], object],
) -> Iterator[cst.Call]:
    """The calls in ``node`` (and in the user's functions that it calls) that must run once, where they stand.

    ``tensorflow(expression)`` tells whether an expression is a TensorFlow symbol.
    """
    seen: set[cst.CSTNode] = set()
    stack = [node]
    while stack:
        for found in tree.walk(stack.pop()):
            if not isinstance(found, cst.Call) or tensorflow(found.func):
                continue
            value = values.get(found.func)
            if value is not None and value.kind is Kind.FUNCTION and isinstance(value.payload, tuple):
                body = value.payload[0].body
                if body not in seen:
                    seen.add(body)
                    stack.append(body)
            elif value is not None and value.kind is Kind.OBJECT:
                bodies = [method.body for method in stateful.computing(value) if method.body not in seen]
                seen.update(bodies)
                stack.extend(bodies)
            elif isinstance(getattr(values.get(found), "payload", None), Layer):
                continue  # an emitted layer is made
            elif not _is_pure(found, modules, value) and not _is_regularizer(value, tensorflow):
                yield found


def _is_regularizer(value: Value | None, tensorflow: Callable[[cst.CSTNode], object]) -> bool:
    """Whether a value was made by a function of TensorFlow that makes regularizers."""
    made = value.node if value is not None and value.kind is Kind.HOST else None
    return isinstance(made, cst.Call) and str(tensorflow(made.func)).endswith("_regularizer")


def _is_pure(call: cst.Call, modules: Mapping[str, str], value: Value | None) -> bool:
    if value is None or value.kind in (Kind.TF, Kind.LAYER, Kind.KERAS) or isinstance(value.payload, Layer):
        return True  # never evaluated, or judged by the rewrites of Keras
    if is_namedtuple(value):
        return True
    name = dotted_name(call.func, modules)
    if name:
        return name.startswith(_PURE_MODULES) and not name.startswith(_IMPURE_PARTS)
    if isinstance(call.func, cst.Name):
        known = value.kind is Kind.HOST and hasattr(builtins, call.func.value)
        return known and call.func.value not in _IMPURE_BUILTINS
    if isinstance(call.func, cst.Attribute) and value.kind is Kind.METHOD:
        owner = value.element
        if owner is None or owner.kind not in (Kind.HOST, Kind.UNKNOWN, Kind.METHOD):
            return True  # of a tensor or of a container that the analysis follows
        return call.func.attr.value in _PURE_METHODS
    return isinstance(call.func, cst.Attribute) and call.func.attr.value in _PURE_METHODS


def dotted_name(node: cst.BaseExpression, modules: Mapping[str, str]) -> str:
    """The dotted name of an expression that starts with an imported name, or an empty string."""
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    if not isinstance(node, cst.Name) or node.value not in modules:
        return ""
    return ".".join([modules[node.value], *reversed(parts)])


def _dotted(node: cst.BaseExpression) -> str:
    if isinstance(node, cst.Attribute):
        return f"{_dotted(node.value)}.{node.attr.value}"
    return node.value if isinstance(node, cst.Name) else ""
