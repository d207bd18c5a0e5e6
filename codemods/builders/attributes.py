"""The attributes that hold what a builder makes, and their names."""

from __future__ import annotations

import re
from functools import cached_property

import libcst as cst

from codemods.analysis import layer_table
from codemods.analysis.layer_records import python_label
from codemods.builders.functions import (
    Makes,
)
from codemods.builders.needs import Needs
from codemods.builders.parts import (
    is_named,
)

# Attributes that tf.Module and keras.Model have themselves.
_RESERVED = frozenset(
    {
        "activity_regularizer", "add", "build", "built", "call", "compile", "compiled", "compute_dtype",
        "count_params", "dtype", "evaluate", "export", "fit", "get_config", "get_layer", "get_weights", "input",
        "inputs", "input_shape", "input_spec", "jit_compile", "layers", "load_weights", "loss", "losses", "metrics",
        "metrics_names", "name", "name_scope", "optimizer", "output", "outputs", "output_shape", "path", "predict",
        "quantize", "reset_metrics", "run_eagerly", "save", "save_weights", "set_weights", "stateless_call",
        "submodules", "summary", "supports_masking", "test_step", "train_step", "trainable", "trainable_variables",
        "trainable_weights", "non_trainable_variables", "non_trainable_weights", "variables", "weights",
        "with_name_scope",
    }
)  # fmt: skip
_NAMES = {
    "max_pooling": "pool", "average_pooling": "pool", "batch_normalization": "batch_norm",
    "conv_transpose": "conv_transpose", "separable_conv": "conv", "fully_connected": "dense", "convolution": "conv",
}  # fmt: skip


class Attributes(Needs):
    """Names of attributes: from the user's own names, or from the function that makes a layer."""

    @cached_property
    def _counts(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for call in self.functions.made_in(self.builder.definition.body):
            current = self.parents.get(call)
            while current is not None and not isinstance(current, (cst.For, cst.FunctionDef)):
                current = self.parents.get(current)
            stem = self._stem(call)
            counts[stem] = counts.get(stem, 0) + (not isinstance(current, cst.For))
        return counts

    def _stem(self, call: cst.Call) -> str:
        """What a layer, variable or object without a name of its own is called after: its function."""
        func = call.func
        name = func.attr.value if isinstance(func, cst.Attribute) else getattr(func, "value", "layer")
        if self.functions.makes(call) is Makes.LAYER:
            plain = re.sub(r"\d+d", "", name).replace("__", "_")
            return _NAMES.get(plain, plain)
        return "variable" if name in ("Variable", "get_variable") else name

    def _attribute(self, wanted: str) -> str:
        """An attribute name that is free."""
        name = {"name": "label"}.get(wanted, wanted).lstrip("_") or "state"
        if name in _RESERVED:
            name = f"{name}_layer" if self.layers else f"{name}_"
        count, found = 2, name
        while found in self.attributes:
            found, count = f"{name}_{count}", count + 1
        return found

    def _numbered(self, stem: str) -> str:
        if self._counts.get(stem, 0) < 2 or stem not in self._counts:
            return self._attribute(stem)
        count = 1
        while f"{stem}{count}" in self.attributes:
            count += 1
        return self._attribute(f"{stem}{count}")

    def _name_for(self, call: cst.Call, target: str | None) -> str:
        """The attribute for a layer, object or variable that is made inside an expression."""
        given = next((arg.value for arg in call.args if is_named(arg, "name")), None)
        label = python_label(given.evaluated_value) if isinstance(given, cst.SimpleString) else None
        if label is not None:
            return self._attribute(label)
        symbol = self.symbols.of(call.func) or ""
        kind = layer_table.FUNCTIONS.get(symbol)
        weightless = kind is not None and not kind.weights
        parameters = {parameter.name.value for parameter in self.builder.parameters}
        generic = target is None or target in parameters or len(target) < 2 or target in self.attributes
        if not generic and not weightless and target is not None:
            return self._attribute(target)
        return self._numbered(self._stem(call))

    def _list(self, stem: str, element: str) -> str:
        """The attribute for a list of what a loop makes; in the loop, ``element`` is the name of one of them."""
        assert self._loop is not None
        plain = not self.layers or stem.endswith("layer")
        wanted = f"{stem}_layers" if not plain else f"{stem}_list" if stem.endswith("s") else f"{stem}s"
        attribute = self._attribute(wanted)
        self.attributes.append(attribute)
        self._loop.append((attribute, element))
        return attribute

    def _appended(self, attribute: str, value: cst.BaseExpression, node: cst.CSTNode) -> cst.BaseSmallStatement:
        func = cst.Attribute(self._self(attribute, node), cst.Name("append"))
        return self.origins.made_for(cst.Expr(cst.Call(func, [cst.Arg(value)])), node)

    def _self(self, attribute: str, node: cst.CSTNode) -> cst.Attribute | cst.Name:
        old = node if isinstance(node, cst.Name) else None
        new = cst.Attribute(
            cst.Name("self"), cst.Name(attribute), lpar=old.lpar if old else [], rpar=old.rpar if old else []
        )
        return self.origins.made_for(new, node)
