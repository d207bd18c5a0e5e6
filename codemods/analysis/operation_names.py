"""What TF1 called the operations that its functions make, where they were given no name.

Measured with TensorFlow's own graphs: a function opens a scope of its default name, and what it returns is the
operation of just that name, or something inside of the scope.
"""

from __future__ import annotations

from functools import cache

import libcst as cst

from codemods import tables

# What one call takes in the scope around it, where that is just one name; it is the name of the result.
DEFAULTS = {
    **{f"tf.reduce_{name}": name.capitalize() for name in ("mean", "sum", "max", "min", "prod", "all", "any")},
    **{f"tf.{name}": name.capitalize() for name in ("add", "sqrt", "square", "abs", "log", "exp", "equal", "squeeze")},
    **{f"tf.{name}": name.capitalize() for name in ("sigmoid", "tanh", "reshape", "maximum", "minimum", "pow")},
    **{f"tf.math.{name}": name.capitalize() for name in ("sqrt", "square", "abs", "log", "exp", "equal", "add")},
    **{f"tf.nn.{name}": name.capitalize() for name in ("relu", "sigmoid", "tanh", "softmax", "elu", "relu6")},
    "tf.math.sigmoid": "Sigmoid", "tf.math.tanh": "Tanh", "tf.nn.conv2d": "Conv2D", "tf.matmul": "MatMul",
    "tf.placeholder": "Placeholder", "tf.argmax": "ArgMax", "tf.argmin": "ArgMin", "tf.expand_dims": "ExpandDims",
    "tf.subtract": "Sub", "tf.multiply": "Mul", "tf.constant": "Const", "tf.random_normal": "random_normal",
    **{f"tf.{name}": "init" for name in ("global_variables_initializer", "initialize_all_variables")},
    **{f"tf.{name}": "init" for name in ("local_variables_initializer", "initialize_local_variables")},
    **{f"tf.{name}": "init" for name in ("variables_initializer", "initialize_variables")},
    **{f"tf.initializers.{name}": "init" for name in ("global_variables", "local_variables", "variables")},
    "tf.no_op": "NoOp", "tf.group": "group_deps",
    "tf.one_hot": "one_hot", "tf.random_uniform": "random_uniform", "tf.truncated_normal": "truncated_normal",
}  # fmt: skip
# Of these the result is an operation inside of the scope, or one beside it.
_INSIDE = frozenset({"tf.random_uniform", "tf.nn.dropout"})
OPERATORS: dict[type[cst.CSTNode], str] = {
    cst.Add: "add", cst.Subtract: "sub", cst.Multiply: "mul", cst.Divide: "truediv", cst.FloorDivide: "floordiv",
    cst.Power: "pow", cst.Modulo: "mod", cst.Minus: "Neg", cst.MatrixMultiply: "matmul",
}  # fmt: skip
# What many calls make on the side, in their scope or in one of their own.
ASIDE = frozenset(
    {
        "cast", "concat", "const", "identity", "ones", "ones_like", "range", "rank", "read", "readvariableop", "shape",
        "stack", "strided_slice", "sub", "transpose", "zeros", "zeros_like",
    }
)  # fmt: skip
# The scopes of functions that are not called after the function.
SCOPES = {
    "tf.cond": "cond", "tf.case": "cond", "tf.while_loop": "while", "tf.map_fn": "map", "tf.nn.dynamic_rnn": "rnn",
    "tf.nn.static_rnn": "rnn", "tf.contrib.rnn.static_rnn": "rnn", "tf.nn.bidirectional_dynamic_rnn":
    "bidirectional_rnn", "tf.tables_initializer": "init_all_tables", "tf.train.Saver": "save",
    "tf.losses.get_total_loss": "total_loss",
    "tf.losses.get_regularization_loss": "total_regularization_loss", "tf.clip_by_global_norm": "global_norm",
}  # fmt: skip
# Functions whose result is the operation that has the name they are given, and nothing else.
_NAMED = frozenset(
    {
        "abs", "add", "add_n", "argmax", "argmin", "assign", "assign_add", "assign_sub", "avg_pool", "bias_add",
        "cast", "ceil", "check_numerics", "clip_by_norm", "clip_by_value", "constant", "conv2d", "cos",
        "cumsum", "div", "divide", "elu", "equal", "erf", "exp", "expand_dims", "fill", "floor", "floordiv",
        "gather", "greater", "greater_equal", "group", "identity", "is_finite", "is_nan", "l2_loss",
        "l2_normalize", "leaky_relu", "less", "less_equal", "log", "log1p", "log_softmax", "logical_and",
        "logical_not", "logical_or", "matmul", "max_pool", "maximum", "minimum", "mod", "multiply", "negative",
        "no_op", "not_equal", "one_hot", "ones", "ones_like", "pad", "placeholder", "placeholder_with_default",
        "pow", "random_normal", "rank", "reciprocal", "reduce_all", "reduce_any", "reduce_max", "reduce_mean",
        "reduce_min", "reduce_prod", "reduce_sum", "relu", "relu6", "reshape", "reverse", "round", "rsqrt",
        "selu", "shape", "sigmoid", "sigmoid_cross_entropy_with_logits", "sign", "sin", "size", "slice",
        "softmax", "softplus", "softsign", "sqrt", "square", "squared_difference", "squeeze", "stack",
        "stop_gradient", "subtract", "tan", "tanh", "tile", "to_double", "to_float", "to_int32", "to_int64",
        "transpose", "truediv", "truncated_normal", "variables_initializer", "where", "xw_plus_b", "zeros",
        "zeros_like",
    }
)  # fmt: skip
_HOMES = frozenset({"tf", "tf.math", "tf.nn", "tf.linalg"})
# What TF1 called the activations of layers, and so the last operation of a layer that has one.
ACTIVATIONS = {
    f"{home}.{function}": name
    for home in ("tf", "tf.nn", "tf.math")
    for function, name in {
        "relu": "Relu", "elu": "Elu", "sigmoid": "Sigmoid", "tanh": "Tanh", "softmax": "Softmax", "selu": "Selu",
        "leaky_relu": "LeakyRelu", "softplus": "Softplus", "relu6": "Relu6", "softsign": "Softsign",
        "log_softmax": "LogSoftmax", "identity": "Identity",
    }.items()
}  # fmt: skip
# The operation before the activation of a layer with a bias, and of one without.
LAYERS = {"tf.layers.dense": ("BiasAdd", "MatMul"), "tf.layers.conv2d": ("BiasAdd", "Conv2D")}
# What an optimizer calls its train operation.
OPTIMIZERS = {
    f"tf.train.{name}Optimizer": name
    for name in ("GradientDescent", "Adam", "Momentum", "RMSProp", "Adagrad", "Adadelta", "Ftrl")
}


def is_result(symbol: str, given: bool) -> bool:
    """Whether what a function returns is the operation of its name: the one it is ``given``, or its own."""
    if given:
        home, _, last = symbol.rpartition(".")
        return home in _HOMES and last in _NAMED
    return symbol in DEFAULTS and symbol not in _INSIDE


@cache
def kinds() -> frozenset[str]:
    """The kinds of TensorFlow's operations, in small letters: the names that operations have by themselves."""
    names = (name.rpartition(".")[2].lower() for name in tables.names() if name.startswith("tf.raw_ops."))
    return frozenset(names) | {name.lower() for name in OPERATORS.values()}
