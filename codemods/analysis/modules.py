"""From dotted module paths to canonical names.

TF1 code reaches one symbol by many paths: the public one, ``compat.v1``, the private ``tensorflow.python`` tree, Keras
inside and outside TensorFlow. Here they become one: ``tf.*`` for TF1's public API, ``keras.*`` for Keras.
"""

from __future__ import annotations

from functools import cache

import libcst as cst

from codemods import tables

USUAL_NAMES = frozenset({"tf", "tensorflow", "keras", "slim"})

# Other names of whole modules.
_ALIASES = {
    "tf.compat.v1": "tf",
    "tf.keras": "keras",
    "tf.python.keras": "keras",
    "tf.contrib.keras": "keras",
    "tf.contrib.keras.python.keras": "keras",
    "tf.contrib.keras.api.keras": "keras",
    "tf.contrib.eager.python": "tf.contrib.eager",
}
_ROOTS = {"tensorflow": "tf", "keras": "keras", "tf_keras": "keras", "tf_slim": "tf.contrib.slim"}

# Keras 2 modules whose members are public one level up: keras.layers.core.Dense is keras.layers.Dense.
_KERAS_INNER = {
    "keras.layers": frozenset(
        {
            "core", "convolutional", "convolutional_recurrent", "pooling", "recurrent", "recurrent_v2", "embeddings",
            "merge", "merging", "noise", "normalization", "advanced_activations", "wrappers", "local",
            "cudnn_recurrent", "activation", "attention", "regularization", "reshaping", "rnn",
        }
    ),
    "keras.utils": frozenset({"np_utils", "generic_utils", "data_utils", "io_utils", "layer_utils", "vis_utils"}),
    "keras.models": frozenset({"model", "sequential"}),
    "keras.backend": frozenset({"tensorflow_backend"}),
}  # fmt: skip
_KERAS_MOVED = {
    "keras.engine.topology": ("keras.layers", "keras"),
    "keras.engine.base_layer": ("keras.layers", "keras"),
    "keras.engine.input_layer": ("keras.layers", "keras"),
    "keras.engine.training": ("keras.models", "keras"),
    "keras.engine.sequential": ("keras.models", "keras"),
    "keras.engine.network": ("keras.models", "keras"),
    "keras.engine": ("keras.layers", "keras.models", "keras"),
}


def dotted(node: cst.BaseExpression) -> str:
    """The text of a dotted name in an import statement."""
    if isinstance(node, cst.Attribute):
        return f"{dotted(node.value)}.{node.attr.value}"
    return node.value if isinstance(node, cst.Name) else ""


@cache
def module(path: str) -> str | None:
    """The canonical name of an imported module, or None if it is neither TensorFlow nor Keras."""
    root, _, rest = path.partition(".")
    name = _ROOTS.get(root)
    if name is None:
        return None
    for part in rest.split(".") if rest else ():
        name = member(name, part) or f"{name}.{part}"
    return name


def native(path: str) -> str:
    """The path that an import names once the detour over ``compat.v1`` is gone."""
    head, found, rest = path.partition("tensorflow.compat.v1")
    return f"tensorflow{rest}" if found and not head and rest[:1] in ("", ".") else path


@cache
def member(base: str, name: str) -> str | None:
    """The canonical name of ``base.name``; None when ``base`` is a value, whose attributes are not symbols."""
    if tables.is_value(base):
        return None
    path = f"{base}.{name}"
    if path in _ALIASES:
        return _ALIASES[path]
    if base.startswith("tf.python"):
        return _public(base, name)
    if base in _KERAS_INNER and name in _KERAS_INNER[base]:
        return base
    if base in _KERAS_MOVED and path not in _KERAS_MOVED:
        return next((f"{home}.{name}" for home in _KERAS_MOVED[base] if tables.known(f"{home}.{name}")), path)
    return path


@cache
def _public(base: str, name: str) -> str:
    """The public name of a member of the private tree, or its private path if it has none."""
    inner = base.removeprefix("tf.python").removeprefix(".")
    for home in tables.homes(inner):
        if tables.known(f"{home}.{name}"):
            return f"{home}.{name}"
    return f"{base}.{name}"


def star_member(base: str, name: str) -> str | None:
    """What ``name`` means after ``from base import *``: a known public symbol of it, else None."""
    found = member(base, name)
    return found if found is not None and tables.known(found) and not name.startswith("_") else None
