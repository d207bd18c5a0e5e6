"""What the source tells about the names of operations: names that calls are given, and whether calls happen once."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

import libcst as cst

from codemods import tree
from codemods.analysis import operation_names
from codemods.analysis.frames import is_builtin
from codemods.analysis.symbols import Symbols
from codemods.tree import is_none

if TYPE_CHECKING:
    from codemods.analysis.evaluate import EvaluatorBase

# Packages that many programs use and that never add anything to a graph of TensorFlow.
_APART = sys.stdlib_module_names | {
    "numpy", "scipy", "pandas", "matplotlib", "pylab", "sklearn", "PIL", "cv2", "gym", "tqdm", "six", "h5py", "seaborn",
    "skimage", "requests", "nltk", "mpl_toolkits", "IPython",
}  # fmt: skip
_PATTERN = re.compile(r"%[-+ #0-9.]*[a-zA-Z]|\{[^{}]*\}")


def is_main(node: cst.CSTNode) -> bool:
    """Whether a branch is the usual ``if __name__ == "__main__":``."""
    return isinstance(node, cst.If) and "__name__" in cst.Module([]).code_for_node(node.test)


def builds(symbols: Symbols, definition: cst.CSTNode) -> bool:
    """Whether the text of a function or class calls TensorFlow."""
    return any(isinstance(node, cst.Call) and symbols.of(node.func) is not None for node in tree.walk(definition))


def builds_nothing(evaluator: EvaluatorBase, call: cst.Call) -> bool:
    """Whether a call of code from elsewhere surely adds nothing to a graph of its own accord."""
    root: cst.BaseExpression = call.func
    while isinstance(root, cst.Attribute | cst.Subscript | cst.Call):
        root = root.func if isinstance(root, cst.Call) else root.value
    if not isinstance(root, cst.Name):
        return True  # a method of a literal
    path = evaluator.symbols.path(root)
    if path is not None:
        return path.partition(".")[0] in _APART
    found = evaluator.frame.find(root.value)
    if found is None:
        return is_builtin(root.value)
    return not isinstance(found[0].value.node, cst.Import | cst.ImportFrom)


@lru_cache(maxsize=64)
def may_stop(definition: cst.CSTNode) -> bool:
    """Whether a function may end before its last line, or runs only when it is asked for values."""
    stack: list[tuple[cst.CSTNode, bool]] = [(item, False) for item in tree.children(definition)]
    while stack:
        node, inside = stack.pop()
        if isinstance(node, cst.FunctionDef | cst.Lambda | cst.ClassDef):
            continue
        if isinstance(node, cst.Yield) or (inside and isinstance(node, cst.Return)):
            return True
        inside = inside or isinstance(node, cst.If | cst.For | cst.While | cst.Try)
        stack += [(item, inside) for item in tree.children(node)]
    return False


def last_operation(evaluator: EvaluatorBase, symbol: str, arguments: Mapping[str, cst.Arg]) -> str | None:
    """The name of the operation that gives the result of a layer, inside of the scope of its operations."""
    if symbol not in operation_names.LAYERS or "contrib" in arguments:
        return None
    given = arguments.get("activation")
    if given is not None and not is_none(given.value):
        return operation_names.ACTIVATIONS.get(evaluator.symbols.of(given.value) or "")
    biased = evaluator.last_values[arguments["use_bias"].value].constant if "use_bias" in arguments else True
    with_bias, without = operation_names.LAYERS[symbol]
    return with_bias if biased is True else without if biased is False and symbol != "tf.layers.dense" else None


def name_argument(node: cst.Call, parameters: tuple[str, ...]) -> cst.BaseExpression | None:
    """The argument that gives the operations of a call their name or scope."""
    for argument in node.args:
        if argument.keyword is not None and argument.keyword.value in ("name", "scope") and not is_none(argument.value):
            return argument.value
    for parameter, argument in zip(parameters, node.args, strict=False):
        given = argument.keyword is None and not argument.star and not is_none(argument.value)
        if given and parameter in ("name", "scope", "name_or_scope"):
            return argument.value
    return None


def pattern(node: cst.BaseExpression) -> re.Pattern[str]:
    """What an expression that makes a name may give."""
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Modulo):
        node = node.left
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value == "format":
        node = node.func.value
    if isinstance(node, cst.SimpleString) and isinstance(node.evaluated_value, str):
        parts = [re.escape(part.lower()) for part in _PATTERN.split(node.evaluated_value)]
        return re.compile(".*".join(parts) + "(/.*)?")
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add):
        left, right = pattern(node.left).pattern, pattern(node.right).pattern
        return re.compile(left.removesuffix("(/.*)?") + right)
    return re.compile(".*")
