"""Python's own side of a program: built-in functions, texts, NumPy shapes, flags, arguments of functions."""

from __future__ import annotations

import ast
import builtins
import math
import re
from typing import TYPE_CHECKING, Any

from codemods.inventory import numbers
from codemods.inventory.program import Program
from codemods.inventory.values import (
    UNKNOWN,
    Array,
    Bound,
    Class,
    Foreign,
    Function,
    Instance,
    Items,
    Node,
    Partial,
    Special,
    Symbol,
    Unknown,
    known,
    nodes_in,
)  # fmt: skip

if TYPE_CHECKING:
    from codemods.inventory.expressions import Expressions

_PURE = frozenset(
    {"abs", "all", "any", "bool", "divmod", "float", "int", "len", "max", "min", "pow", "repr", "round", "str", "sum"}
)
_SEQUENCES = frozenset({"enumerate", "filter", "list", "map", "range", "reversed", "set", "sorted", "tuple", "zip"})
_MATH = {
    name: getattr(math, name)
    for name in ("sqrt", "ceil", "floor", "log", "log2", "log10", "exp", "pow", "cos", "sin", "fabs")
}
_FIELD = re.compile(r"%[-#0 +]*\d*(?:\.\d+)?[a-zA-Z]")


def builtin(name: str) -> Any:
    """The value of a name that the program does not bind."""
    if name in ("xrange", "unicode", "raw_input", "reduce"):
        return {"xrange": range, "unicode": str}.get(name, UNKNOWN)
    return getattr(builtins, name, UNKNOWN)


def is_key(value: Any) -> bool:
    """Whether a value can be the key of a dict here."""
    try:
        hash(value)
    except TypeError:
        return False
    return True


def text_of(value: Any) -> str | None:
    """What is known of a text, with ``?`` for the rest; None for what is no text."""
    if isinstance(value, str):
        return value
    return value.text if isinstance(value, Unknown) else None


def text(parts: list[Any]) -> Any:
    """The concatenation of texts."""
    if all(isinstance(part, str) for part in parts):
        return "".join(parts)
    return Unknown(text="".join(text_of(part) or "?" for part in parts))


def percent(left: Any, right: Any) -> Any:
    """``left % right`` for texts."""
    if isinstance(left, str) and known(right):
        try:
            return left % right
        except (TypeError, ValueError):
            return UNKNOWN
    shown = text_of(left) or "?"
    return Unknown(text=_FIELD.sub("?", shown))


def format_text(pattern: str, args: list[Any], kwargs: dict[str, Any]) -> str:
    """``pattern.format(...)`` with ``?`` for the arguments that are not known."""
    shown = [item if known(item) else text_of(item) or "?" for item in args]
    named = {key: item if known(item) else text_of(item) or "?" for key, item in kwargs.items()}
    try:
        return pattern.format(*shown, **named)
    except (IndexError, KeyError, ValueError):
        return "?"


def joined(results: list[dict[str, Any]], program: Program) -> dict[str, Any]:
    """The names after paths meet."""
    found: dict[str, Any] = {}
    for name in dict.fromkeys(name for names in results for name in names):
        values = [names[name] for names in results if name in names]
        found[name] = values[0] if all(value is values[0] for value in values) else merge(values, program)
    return found


def merge(values: list[Any], program: Program) -> Any:
    """What is known when either value may be there."""
    first = values[0]
    if all(value is first for value in values) or (known(values) and all(value == first for value in values)):
        return first
    tensors = [value for value in values if value is not None]
    if len(tensors) == 1 and isinstance(tensors[0], (Node, Special, Instance)):
        return tensors[0]
    if all(isinstance(value, Node) for value in values):
        shapes = [value.shape for value in values]
        shape = shapes[0] if all(item == shapes[0] for item in shapes) else None
        return Node("tensor", shape, first.dtype, tuple(values))
    if all(isinstance(value, tuple) and len(value) == len(first) for value in values if isinstance(first, tuple)):
        return (
            tuple(merge(list(parts), program) for parts in zip(*values, strict=True))
            if isinstance(first, tuple)
            else UNKNOWN
        )
    nodes = tuple(nodes_in(values))
    return Unknown(nodes=nodes) if nodes else UNKNOWN


def catches(handler: ast.ExceptHandler, kind: str) -> bool:
    """Whether an ``except`` clause catches an exception of this name."""
    if handler.type is None:
        return True
    names = {child.id for child in ast.walk(handler.type) if isinstance(child, ast.Name)}
    return bool(names & {kind, "Exception", "BaseException"})


def is_generator(node: ast.AST) -> bool:
    """Whether a function yields."""
    if isinstance(node, ast.Lambda):
        return False
    stack: list[ast.AST] = list(ast.iter_child_nodes(node))
    while stack:
        child = stack.pop()
        if isinstance(child, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(child, (ast.FunctionDef, ast.Lambda, ast.ClassDef)):
            stack.extend(ast.iter_child_nodes(child))
    return False


def bind(function: Function, args: list[Any], kwargs: dict[str, Any], starred: bool) -> dict[str, Any]:
    """The parameters of a function of the program with their arguments."""
    spec = function.node.args
    names = [argument.arg for argument in (*spec.posonlyargs, *spec.args)]
    found: dict[str, Any] = dict(zip(names, args, strict=False))
    rest = dict(kwargs)
    for name in (*names, *(argument.arg for argument in spec.kwonlyargs)):
        if name in rest:
            found[name] = rest.pop(name)
    for name, default in zip(reversed(names), reversed(function.defaults), strict=False):
        found.setdefault(name, UNKNOWN if starred else default)
    for name, default in function.keyword_defaults.items():
        found.setdefault(name, UNKNOWN if starred else default)
    for name in names:
        found.setdefault(name, UNKNOWN)
    if spec.vararg is not None:
        found[spec.vararg.arg] = UNKNOWN if starred else tuple(args[len(names) :])
    if spec.kwarg is not None:
        found[spec.kwarg.arg] = rest
    return found


def namedtuple_of(made: Special, args: list[Any], kwargs: dict[str, Any]) -> Special:
    """A value of a ``namedtuple`` class."""
    fields = made.data["fields"]
    values = {**dict(zip(fields, args, strict=False)), **kwargs}
    items = [values.get(name, UNKNOWN) for name in fields]
    return Special("namedtuple value", data={"fields": fields, "items": items, "nodes": items})


def foreign_member(owner: Foreign, name: str) -> Any:
    """A member of a foreign module."""
    root = owner.path.partition(".")[0]
    if owner.path == "math" and name in ("pi", "e"):
        return getattr(math, name)
    if root == "numpy" and name in ("pi", "e"):
        return getattr(math, name)
    if root == "numpy" and name in ("newaxis",):
        return None
    if owner.path == "sys" and name == "version_info":
        return (3, 11, 0)
    return Foreign(f"{owner.path}.{name}")


def call_builtin(run: Expressions, function: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Call a function that Python itself has."""
    name = function.__name__
    if name == "isinstance" and len(args) == 2:
        return _isinstance(*args)
    if name == "getattr" and len(args) >= 2 and isinstance(args[1], str):
        found = run.attribute_of(args[0], args[1])
        missing = isinstance(args[0], Instance) and found is UNKNOWN and args[1] not in args[0].attributes
        return args[2] if missing and len(args) == 3 else found
    if name == "hasattr" and len(args) == 2:
        if isinstance(args[0], Instance) and isinstance(args[1], str):
            return args[1] in args[0].attributes or args[0].of.find(args[1]) is not None
        return UNKNOWN
    if name == "setattr" and len(args) == 3 and isinstance(args[0], Instance) and isinstance(args[1], str):
        args[0].attributes[args[1]] = args[2]
        return None
    if name == "super":
        return Special("super", data={"owner": run.program.frame.owner, "receiver": run.program.frame.receiver})
    if name == "type" and len(args) == 1 and isinstance(args[0], Instance):
        return args[0].of
    if name == "callable" and args:
        return isinstance(args[0], (Function, Bound, Class, Symbol, Partial)) or UNKNOWN
    if name == "dict":
        found_dict = dict(args[0]) if args and isinstance(args[0], dict) else {}
        pairs = run.items(args[0]) if args and not isinstance(args[0], dict) else []
        for pair in pairs or []:
            if isinstance(pair, (tuple, list)) and len(pair) == 2 and is_key(pair[0]):
                found_dict[pair[0]] = pair[1]
        return found_dict | kwargs if pairs is not None else UNKNOWN
    if name in _SEQUENCES:
        return _sequence(run, name, args, kwargs)
    if name == "len" and len(args) == 1:
        items = run.items(args[0])
        if isinstance(args[0], Array) and args[0].shape:
            return args[0].shape[0] if isinstance(args[0].shape[0], int) else UNKNOWN
        return len(items) if items is not None else UNKNOWN
    if name in ("int", "float") and len(args) == 1 and isinstance(args[0], (Node, Array)):
        return UNKNOWN
    if name in _PURE and known(args) and known(kwargs):
        try:
            return function(*args, **kwargs)
        except (TypeError, ValueError, ArithmeticError):
            return UNKNOWN
    if name == "str" and args:
        return Unknown(text="?")
    if name == "sum" and args and (items := run.items(args[0])) is not None and any(True for _ in nodes_in(items)):
        return numbers.elementwise(run.program, items)
    if name in ("exit", "quit"):
        return UNKNOWN
    return run.mixed(*args) if name != "print" else None


def _sequence(run: Expressions, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if name == "range":
        return range(*args) if args and all(type(item) is int for item in args) else UNKNOWN
    if name in ("map", "filter") and len(args) >= 2:
        columns = [run.items(item) for item in args[1:]]
        if any(column is None for column in columns):
            return run.mixed(*args[1:])
        rows = list(zip(*[column or [] for column in columns], strict=False))
        if name == "map":
            return [run.call_value(args[0], list(row), {}, None) for row in rows]
        kept = [(row[0], run.truth(run.call_value(args[0], [row[0]], {}, None))) for row in rows]
        return (
            [item for item, keep in kept if keep] if all(keep is not None for _, keep in kept) else run.mixed(args[1])
        )
    if not args:
        return Items([], len(run.program.conditions)) if name in ("list", "set") else ()
    columns = [run.items(item) for item in (args if name == "zip" else args[:1])]
    if any(column is None for column in columns):
        return run.mixed(*args)
    items = columns[0] or []
    if name == "zip":
        return list(zip(*[column or [] for column in columns], strict=False))
    if name == "enumerate":
        start = args[1] if len(args) > 1 else kwargs.get("start", 0)
        return list(enumerate(items, start)) if isinstance(start, int) else UNKNOWN
    if name == "sorted":
        return _sorted(run, items, kwargs)
    if name == "reversed":
        return items[::-1]
    return tuple(items) if name == "tuple" else Items(items, len(run.program.conditions))


def _sorted(run: Expressions, items: list[Any], kwargs: dict[str, Any]) -> Any:
    keys = [run.call_value(kwargs["key"], [item], {}, None) for item in items] if "key" in kwargs else items
    if not known(keys) or not known(kwargs.get("reverse", False)):
        return run.mixed(items)
    try:
        order = sorted(range(len(items)), key=keys.__getitem__, reverse=bool(kwargs.get("reverse", False)))
    except TypeError:
        return run.mixed(items)
    return [items[index] for index in order]


def _isinstance(value: Any, kind: Any) -> Any:
    kinds = kind if isinstance(kind, tuple) else (kind,)
    if isinstance(value, Unknown) or any(not isinstance(item, (type, Symbol, Class)) for item in kinds):
        return UNKNOWN
    for item in kinds:
        own = isinstance(value, (Node, Special, Instance, Symbol, Foreign, Array))
        if isinstance(item, type) and not own and isinstance(value, item):
            return True
        if isinstance(item, Symbol) and isinstance(value, Node):
            return (
                item.name in ("tf.Tensor",) if value.kind != "variable" else item.name in ("tf.Variable", "tf.Tensor")
            )
        if isinstance(item, Class) and isinstance(value, Instance):
            stack: list[Any] = [value.of]
            while stack:
                found = stack.pop()
                if found is item:
                    return True
                stack += found.bases if isinstance(found, Class) else []
    return False


def call_foreign(run: Expressions, path: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Call a function of a foreign module."""
    root, _, rest = path.partition(".")
    last = path.rpartition(".")[2]
    if root == "math" and last in _MATH and known(args):
        try:
            return _MATH[last](*args)
        except (TypeError, ValueError, ArithmeticError):
            return UNKNOWN
    if path.startswith("absl.flags.DEFINE_") and len(args) >= 2 and isinstance(args[0], str):
        run.program.flags[args[0]] = args[1]
        return None
    if path == "absl.app.run" and args:
        return run.call_value(args[0], [["program"]], {}, None)
    if root == "numpy":
        return numbers.call_numpy(run, rest, args, kwargs)
    if path == "functools.partial" and args:
        return Partial(args[0], args[1:], kwargs)
    if path in ("functools.wraps", "functools.lru_cache"):
        return Special("wraps")
    if path == "functools.reduce" and len(args) >= 2 and (items := run.items(args[1])) is not None:
        found = args[2] if len(args) > 2 else items.pop(0) if items else UNKNOWN
        for item in items:
            found = run.call_value(args[0], [found, item], {}, None)
        return found
    if path == "collections.namedtuple" and len(args) >= 2:
        fields = args[1].replace(",", " ").split() if isinstance(args[1], str) else run.items(args[1])
        return Special("namedtuple", data={"fields": fields}) if fields is not None and known(fields) else UNKNOWN
    if path in ("collections.OrderedDict", "collections.defaultdict"):
        if path.endswith("OrderedDict"):
            return call_builtin(run, dict, args, kwargs)
        return UNKNOWN
    if path == "itertools.chain":
        columns = [run.items(item) for item in args]
        if all(column is not None for column in columns):
            return [item for column in columns for item in column or []]
    if path in ("six.moves.xrange", "six.moves.range", "builtins.range"):
        return call_builtin(run, range, args, kwargs)
    if path in ("six.moves.zip", "builtins.zip", "itertools.izip"):
        return call_builtin(run, zip, args, kwargs)
    if path in ("copy.copy", "copy.deepcopy") and args and known(args[0]):
        return list(args[0]) if isinstance(args[0], list) else dict(args[0]) if isinstance(args[0], dict) else args[0]
    if last == "ArgumentParser":
        return Special("parser", data={"values": {}})
    if path in ("sys.exit", "os._exit"):
        return UNKNOWN
    if path == "contextlib.nullcontext":
        return UNKNOWN
    if root in ("print", "logging", "time", "os", "sys", "matplotlib", "random", "warnings", "pprint", "tqdm"):
        return UNKNOWN
    return run.program.opaque(path, tuple(nodes_in([*args, *kwargs.values()])))
