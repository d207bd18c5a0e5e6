"""Whether a file is TF1 or TF2 code. Many names are in both and mean different things."""

from __future__ import annotations

import enum
from functools import lru_cache

import libcst as cst

from codemods import tables
from codemods.analysis.symbols import Symbols, Use

# In TF 1.15 too, but nobody used them before TF2.
_TF2_STYLE = frozenset(
    {"tf.function", "tf.GradientTape", "tf.TensorSpec", "tf.Module", "tf.summary.create_file_writer"}
)

# Keras 2 on a graph and a session.
_GRAPH_KERAS = frozenset(
    f"keras.backend.{name}" for name in ("placeholder", "get_session", "set_session", "learning_phase", "function")
)


class Era(enum.Enum):
    """What a file was written for."""

    TF1 = 1
    TF2 = 2
    EITHER = 0


@lru_cache(maxsize=4)
def era(symbols: Symbols) -> Era:
    """TF1 if anything in the file exists only there (a name, a keyword, ``compat.v1``); TF2 likewise; else EITHER."""
    found = Era.EITHER
    for path in symbols.imported_paths():
        if path.startswith(("tensorflow.compat.v1", "tensorflow.contrib", "tensorflow.examples", "tensorflow.python")):
            return Era.TF1
    for use in symbols.tf_uses():
        of_use = _of_use(symbols, use)
        if of_use is Era.TF1:
            return Era.TF1
        if of_use is Era.TF2:
            found = Era.TF2
    return found


def only_in_tf1(symbols: Symbols) -> set[str]:
    """The names by which a file is known as TF1."""
    return {use.name for use in symbols.tf_uses() if _of_use(symbols, use) is Era.TF1}


def _of_use(symbols: Symbols, use: Use) -> Era:
    if _through_compat_v1(symbols, use.node) or use.name.startswith(("tf.contrib.", "tf.examples.", "tf.python.")):
        return Era.TF1
    entry = tables.lookup(use.name)
    if use.name.partition(".")[0] == "keras":
        # Sessions, placeholders and the learning phase of keras.backend.
        return Era.TF1 if entry is not None and entry.decision is tables.Decision.LOWERED else Era.EITHER
    if entry is None:
        return Era.EITHER
    if not entry.in_tf1 or use.name in _TF2_STYLE:
        return Era.TF2
    if not entry.in_tf2:
        return Era.TF1
    call = symbols.call(use.node)
    if call is not None and entry.change is not None:
        for argument in call.args:
            keyword = argument.keyword.value if argument.keyword is not None else None
            if keyword is None:
                continue
            if keyword in entry.parameters and keyword not in entry.change.parameters:
                return Era.TF1
            if entry.parameters and keyword not in entry.parameters and keyword in entry.change.parameters:
                return Era.TF2
    return Era.EITHER


def _through_compat_v1(symbols: Symbols, node: cst.BaseExpression) -> bool:
    while isinstance(node, cst.Attribute):
        if node.attr.value == "v1" and symbols.of(node) == "tf":
            return True
        node = node.value
    return False
