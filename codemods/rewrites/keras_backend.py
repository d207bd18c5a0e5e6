"""The functions of Keras 2's ``keras.backend`` and their twins in Keras 3 and TensorFlow 2.

Keras 3 keeps only the configuration functions of the backend (``epsilon``, ``floatx``, ``image_data_format`` ...); the
tensor functions are in ``keras.ops`` with NumPy's names, defaults and dtypes. Each twin below says what has to be
written so that the values stay the same; ``tests/codemods/test_keras_numerics.py`` runs both sides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import libcst as cst

from codemods.findings import Refusal

Arguments = Mapping[str, cst.BaseExpression]


@dataclass(frozen=True)
class Twin:
    """What becomes of one backend function.

    ``parameters`` are the backend function's, in order. ``target`` is the canonical name of the function to call
    instead: its parameters come in the same order, ``rename`` gives those with other names, ``defaults`` the values
    (source text) to write when the program gives none. ``template`` is used instead of a plain call when one call is
    not enough: ``{x}`` stands for an argument and ``target`` names start with ``keras.`` or ``tf.``. ``drop`` lists
    parameters without effect (names of operations).
    """

    parameters: str
    target: str = ""
    rename: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    template: str = ""
    drop: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The parameter names."""
        return tuple(self.parameters.split())

    @property
    def is_plain(self) -> bool:
        """Whether the function may be passed on without a call: same order, names and defaults."""
        return not (self.template or self.defaults or self.drop)


_TWO = {"x": "x1", "y": "x2"}


def _ops(parameters: str, name: str, rename: Mapping[str, str] | None = None, **defaults: str) -> Twin:
    return Twin(parameters, f"keras.ops.{name}", rename or {}, defaults)


def _template(parameters: str, template: str, **defaults: str) -> Twin:
    return Twin(parameters, defaults=defaults, template=template)


_UNARY = ("abs", "exp", "log", "square", "round", "sign", "sin", "cos", "sigmoid", "tanh", "softplus", "softsign")
_REDUCTIONS = ("sum", "mean", "prod", "max", "min", "std", "var", "any", "all", "logsumexp")
_COMPARISONS = ("equal", "not_equal", "greater", "greater_equal", "less", "less_equal", "maximum", "minimum")

TWINS: dict[str, Twin] = {
    **{name: _ops("x", name) for name in _UNARY},
    **{name: _ops("x axis keepdims", name) for name in _REDUCTIONS},
    **{name: _ops("x y", name, _TWO) for name in _COMPARISONS},
    # Keras 2 clips at zero before the root; `sqrt` leaves the clipping out where the argument cannot be negative.
    "sqrt": _template("x", "keras.ops.sqrt(keras.ops.maximum({x}, 0.0))"),
    "relu": Twin("x alpha max_value threshold", "keras.activations.relu", {"alpha": "negative_slope"}),
    "elu": _ops("x alpha", "elu"),
    "softmax": _ops("x axis", "softmax"),
    "hard_sigmoid": _template("x", "keras.ops.clip(0.2 * {x} + 0.5, 0.0, 1.0)"),
    "pow": _ops("x a", "power", {"x": "x1", "a": "x2"}),
    "clip": _ops("x min_value max_value", "clip", {"min_value": "x_min", "max_value": "x_max"}),
    "cast": _ops("x dtype", "cast"),
    "cumsum": _ops("x axis", "cumsum", axis="0"),
    "cumprod": _ops("x axis", "cumprod", axis="0"),
    "dot": _ops("x y", "dot", _TWO),
    "batch_dot": _template("x y axes", "keras.layers.dot([{x}, {y}], axes={axes})"),
    "transpose": _ops("x", "transpose"),
    "permute_dimensions": _ops("x pattern", "transpose", {"pattern": "axes"}),
    "reshape": _ops("x shape", "reshape", {"shape": "newshape"}),
    "flatten": _template("x", "keras.ops.reshape({x}, [-1])"),
    "batch_flatten": _template("x", "keras.ops.reshape({x}, [keras.ops.shape({x})[0], -1])"),
    "expand_dims": _ops("x axis", "expand_dims", axis="-1"),
    "squeeze": _ops("x axis", "squeeze"),
    "concatenate": _ops("tensors axis", "concatenate", {"tensors": "xs"}, axis="-1"),
    "stack": _ops("x axis", "stack"),
    "tile": _ops("x n", "tile", {"n": "repeats"}),
    "repeat": _template("x n", "keras.ops.repeat(keras.ops.expand_dims({x}, 1), {n}, axis=1)"),
    "repeat_elements": _ops("x rep axis", "repeat", {"rep": "repeats"}),
    "reverse": _ops("x axes", "flip", {"axes": "axis"}),
    "gather": _template("reference indices", "keras.ops.take({reference}, {indices}, axis=0)"),
    "one_hot": _ops("indices num_classes", "one_hot", {"indices": "x"}),
    "ndim": _ops("x", "ndim"),
    "int_shape": _template("x", "tuple({x}.shape)"),
    "dtype": _template("x", "{x}.dtype.name"),
    "shape": Twin("x", "tf.shape", {"x": "input"}),
    "arange": Twin("start stop step dtype", "tf.range", {"stop": "limit", "step": "delta"}, {"dtype": '"int32"'}),
    "constant": Twin("value dtype shape name", "tf.constant", {}, {"dtype": "keras.backend.floatx()"}),
    "zeros_like": Twin("x dtype name", "keras.ops.zeros_like", drop=("name",)),
    "ones_like": Twin("x dtype name", "keras.ops.ones_like", drop=("name",)),
    "stop_gradient": _ops("variables", "stop_gradient", {"variables": "variable"}),
    "l2_normalize": Twin("x axis", "tf.math.l2_normalize"),
    "bias_add": Twin("x bias data_format", "tf.nn.bias_add", {"x": "value"}),
    "in_top_k": _template("predictions targets k", "keras.ops.in_top_k({targets}, {predictions}, {k})"),
    "categorical_crossentropy": _ops("target output from_logits axis", "categorical_crossentropy"),
    "sparse_categorical_crossentropy": _ops("target output from_logits axis", "sparse_categorical_crossentropy"),
    "binary_crossentropy": _ops("target output from_logits", "binary_crossentropy"),
    "conv1d": _ops("x kernel strides padding data_format dilation_rate", "conv", {"x": "inputs"}),
    "conv2d": _ops("x kernel strides padding data_format dilation_rate", "conv", {"x": "inputs"}),
    "conv3d": _ops("x kernel strides padding data_format dilation_rate", "conv", {"x": "inputs"}),
    # The random functions of keras.random draw the same numbers at every call when they get an integer seed.
    "random_normal": Twin("shape mean stddev dtype seed", "tf.random.normal"),
    "truncated_normal": Twin("shape mean stddev dtype seed", "tf.random.truncated_normal"),
    "random_uniform": Twin("shape minval maxval dtype seed", "tf.random.uniform"),
    "dropout": Twin("x level noise_shape seed", "tf.nn.dropout", {"level": "rate"}),
    "gradients": Twin("loss variables", "tf.gradients", {"loss": "ys", "variables": "xs"}),
    "map_fn": Twin("fn elems name dtype", "tf.map_fn", {"dtype": "fn_output_signature"}, drop=("name",)),
    "foldl": Twin("fn elems initializer name", "tf.foldl", drop=("name",)),
    "foldr": Twin("fn elems initializer name", "tf.foldr", drop=("name",)),
    "name_scope": Twin("name", "tf.name_scope"),
    "get_value": _template("x", "keras.ops.convert_to_numpy({x})"),
    "eval": _template("x", "keras.ops.convert_to_numpy({x})"),
    "set_value": _template("x value", "{x}.assign({value})"),
    "variable": Twin("value dtype name", "keras.Variable"),
    "update": _template("x new_x", "{x}.assign({new_x})"),
    "update_add": _template("x increment", "{x}.assign_add({increment})"),
    "update_sub": _template("x decrement", "{x}.assign_sub({decrement})"),
}

# Backend functions whose value, when it is surely not negative, needs no clipping before a square root.
_NOT_NEGATIVE = frozenset({"square", "abs", "exp", "epsilon", "var", "std", "sigmoid", "softplus", "softmax", "relu"})
_PASSES_SIGN = frozenset({"sum", "mean", "max", "min", "prod", "cast", "expand_dims", "squeeze", "reshape", "flatten"})


def is_not_negative(node: cst.BaseExpression, function: Callable[[cst.Call], str | None]) -> bool:
    """Whether the value of ``node`` is surely at least zero; ``function`` gives the backend function of a call."""
    if isinstance(node, cst.Call):
        name = function(node)
        if name in _NOT_NEGATIVE:
            return True
        return name in _PASSES_SIGN and bool(node.args) and is_not_negative(node.args[0].value, function)
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add | cst.Multiply | cst.Divide):
        return is_not_negative(node.left, function) and is_not_negative(node.right, function)
    return isinstance(node, cst.Integer | cst.Float)


def bind(call: cst.Call, name: str, names: tuple[str, ...]) -> dict[str, cst.Arg]:
    """The arguments of a call of the backend function ``name`` by parameter name.

    Raises Refusal (TF102 for ``*`` and ``**``, TF602 for arguments that the function does not have).
    """
    bound: dict[str, cst.Arg] = {}
    for position, argument in enumerate(call.args):
        if argument.star:
            raise Refusal("TF102", f"keras.backend.{name}: arguments passed with {argument.star}", argument)
        given = argument.keyword.value if argument.keyword is not None else None
        key = given if given is not None else names[position] if position < len(names) else None
        if key is None or key not in names or key in bound:
            raise Refusal("TF602", f"keras.backend.{name} does not take these arguments", argument)
        bound[key] = argument
    return bound


def fill(template: str, arguments: Arguments) -> cst.BaseExpression:
    """The expression that ``template`` spells, with ``{name}`` replaced by the arguments, parenthesised as needed."""
    marked = template
    for name in arguments:
        marked = marked.replace("{" + name + "}", f"_{name}_")
    parsed = cst.parse_expression(marked)
    filled = parsed.visit(_Fill({f"_{name}_": value for name, value in arguments.items()}))
    assert isinstance(filled, cst.BaseExpression)
    return filled


class _Fill(cst.CSTTransformer):
    """Puts arguments in the place of marker names; an argument that is an operand gets parentheses."""

    def __init__(self, values: Arguments) -> None:
        super().__init__()
        self._values = values
        self._used: set[str] = set()
        self._filled: set[cst.CSTNode] = set()

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        name = updated_node.value
        if name not in self._values:
            return updated_node
        again = name in self._used
        self._used.add(name)
        value = self._values[name].deep_clone() if again else self._values[name]
        self._filled.add(value)
        return value

    def leave_BinaryOperation(
        self, original_node: cst.BinaryOperation, updated_node: cst.BinaryOperation
    ) -> cst.BinaryOperation:
        return updated_node.with_changes(left=self._operand(updated_node.left), right=self._operand(updated_node.right))

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.Attribute:
        return updated_node.with_changes(value=self._operand(updated_node.value))

    def _operand(self, node: cst.BaseExpression) -> cst.BaseExpression:
        atoms = cst.Name | cst.Attribute | cst.Call | cst.Subscript | cst.Integer | cst.Float
        if isinstance(node, atoms) or node.lpar or node not in self._filled:
            return node
        return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
