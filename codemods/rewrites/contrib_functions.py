"""The functions of tf.contrib.layers that are layers of tf.layers under other names and with other defaults."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

_NORMALIZED = "activation_fn normalizer_fn normalizer_params"
_WEIGHTS = "weights_initializer weights_regularizer biases_initializer biases_regularizer"
_LAST = "reuse variables_collections outputs_collections trainable scope"
_CONV = f"inputs num_outputs kernel_size stride padding data_format rate {_NORMALIZED} {_WEIGHTS} {_LAST}"
_TRANSPOSE = _CONV.replace(" rate", "")
_SEPARABLE = (
    f"inputs num_outputs kernel_size depth_multiplier stride padding data_format rate {_NORMALIZED} "
    f"weights_initializer pointwise_initializer weights_regularizer biases_initializer biases_regularizer {_LAST}"
)
_POOL = "inputs kernel_size stride padding data_format outputs_collections scope"
_BATCH_NORM = (
    "inputs decay center scale epsilon activation_fn param_initializers param_regularizers updates_collections "
    "is_training reuse variables_collections outputs_collections trainable batch_weights fused data_format "
    "zero_debias_moving_mean scope renorm renorm_clipping renorm_decay adjustment"
)
_LAYER_NORM = (
    "inputs center scale activation_fn reuse variables_collections outputs_collections trainable begin_norm_axis "
    "begin_params_axis scope"
)
_INSTANCE_NORM = (
    "inputs center scale epsilon activation_fn param_initializers reuse variables_collections outputs_collections "
    "trainable data_format scope"
)
_EMBED_SEQUENCE = "ids vocab_size embed_dim unique initializer regularizer trainable scope reuse"


@dataclass(frozen=True)
class Function:
    """One function: its parameters in order, the function of TF1 that does the same, and what each parameter becomes.

    ``renamed`` holds the parameters that pass on under another name, ``defaults`` what has to be written where neither
    the call nor a scope says otherwise (source text), ``implied`` the values that need not be written, since they are
    the target's own. ``leading`` parameters may stay positional. ``rank`` is that of the result; 0 for the rank of the
    input.
    """

    parameters: tuple[str, ...]
    target: str
    leading: int
    renamed: dict[str, str] = field(default_factory=dict)
    defaults: dict[str, str] = field(default_factory=dict)
    implied: dict[str, tuple[str, ...]] = field(default_factory=dict)
    rank: int = 0


_NAMES = {"inputs": "inputs", "scope": "name", "reuse": "reuse", "trainable": "trainable"}
_KERNEL = {
    "weights_initializer": "kernel_initializer",
    "weights_regularizer": "kernel_regularizer",
    "biases_initializer": "bias_initializer",
    "biases_regularizer": "bias_regularizer",
}
_PLACES = {"kernel_size": "kernel_size", "stride": "strides", "padding": "padding"}
_PLAIN = {"reuse": ("None", "False"), "trainable": ("True",)}
_VALID = {"padding": ("'valid'",)}


def _conv(target: str, rank: int, parameters: str = _CONV, **more: str) -> Function:
    renamed = {**_NAMES, **_PLACES, **_KERNEL, "num_outputs": "filters", **more}
    return Function(
        tuple(parameters.split()),
        target,
        3,
        {name: renamed[name] for name in parameters.split() if name in renamed},
        {"padding": '"same"'},
        {**_PLAIN, **_VALID, "stride": ("1",), "rate": ("1",), "depth_multiplier": ("1",)},
        rank,
    )


def _pool(target: str, rank: int) -> Function:
    renamed = {"inputs": "inputs", "kernel_size": "pool_size", "stride": "strides", "padding": "padding"}
    return Function(tuple(_POOL.split()), target, 2, {**renamed, "scope": "name"}, {"stride": "2"}, dict(_VALID), rank)


FUNCTIONS = {
    "fully_connected": Function(
        tuple(f"inputs num_outputs {_NORMALIZED} {_WEIGHTS} {_LAST}".split()),
        "tf.layers.dense",
        2,
        {**_NAMES, **_KERNEL, "num_outputs": "units"},
        implied=_PLAIN,
    ),
    "conv1d": _conv("tf.layers.conv1d", 3, rate="dilation_rate"),
    "conv2d": _conv("tf.layers.conv2d", 4, rate="dilation_rate"),
    "conv3d": _conv("tf.layers.conv3d", 5, rate="dilation_rate"),
    "conv2d_transpose": _conv("tf.layers.conv2d_transpose", 4, _TRANSPOSE),
    "conv3d_transpose": _conv("tf.layers.conv3d_transpose", 5, _TRANSPOSE),
    "separable_conv2d": _conv(
        "tf.layers.separable_conv2d",
        4,
        _SEPARABLE,
        rate="dilation_rate",
        depth_multiplier="depth_multiplier",
        weights_initializer="depthwise_initializer",
        pointwise_initializer="pointwise_initializer",
        weights_regularizer="depthwise_regularizer",
    ),
    "max_pool2d": _pool("tf.layers.max_pooling2d", 4),
    "avg_pool2d": _pool("tf.layers.average_pooling2d", 4),
    "max_pool3d": _pool("tf.layers.max_pooling3d", 5),
    "avg_pool3d": _pool("tf.layers.average_pooling3d", 5),
    "flatten": Function(
        ("inputs", "outputs_collections", "scope"),
        "tf.layers.flatten",
        1,
        {"inputs": "inputs", "scope": "name"},
        rank=2,
    ),
    "dropout": Function(
        ("inputs", "keep_prob", "noise_shape", "is_training", "outputs_collections", "scope", "seed"),
        "tf.layers.dropout",
        1,
        {
            "inputs": "inputs",
            "keep_prob": "rate",
            "noise_shape": "noise_shape",
            "seed": "seed",
            "is_training": "training",
            "scope": "name",
        },
        {"is_training": "True"},
        {"noise_shape": ("None",), "seed": ("None",), "is_training": ("False",)},
    ),
    "batch_norm": Function(
        tuple(_BATCH_NORM.split()),
        "tf.layers.batch_normalization",
        1,
        {
            **_NAMES,
            "decay": "momentum",
            "center": "center",
            "scale": "scale",
            "epsilon": "epsilon",
            "is_training": "training",
            "fused": "fused",
            "updates_collections": "updates_collections",
        },
        {"decay": "0.999", "scale": "False", "is_training": "True"},
        {
            **_PLAIN,
            "decay": ("0.99",),
            "center": ("True",),
            "scale": ("True",),
            "epsilon": ("0.001", "1e-3", "1e-03"),
            "is_training": ("False",),
            "fused": ("None", "True"),
        },
    ),
    "layer_norm": Function(
        tuple(_LAYER_NORM.split()),
        "keras.layers.LayerNormalization",
        1,
        {"inputs": "inputs", "center": "center", "scale": "scale", "trainable": "trainable", "scope": "name"},
        implied={"center": ("True",), "scale": ("True",), "trainable": ("True",)},
    ),
    "instance_norm": Function(
        tuple(_INSTANCE_NORM.split()),
        "keras.layers.GroupNormalization",
        1,
        {
            "inputs": "inputs",
            "center": "center",
            "scale": "scale",
            "epsilon": "epsilon",
            "trainable": "trainable",
            "scope": "name",
        },
        {"epsilon": "1e-6"},
        {"center": ("True",), "scale": ("True",), "trainable": ("True",)},
    ),
    "embed_sequence": Function(
        tuple(_EMBED_SEQUENCE.split()),
        "keras.layers.Embedding",
        3,
        {
            "ids": "inputs",
            "vocab_size": "input_dim",
            "embed_dim": "output_dim",
            "initializer": "embeddings_initializer",
            "trainable": "trainable",
            "scope": "name",
        },
        {"initializer": '"glorot_uniform"'},
        {"trainable": ("True",)},
        3,
    ),
    "softmax": Function(("logits", "scope"), "tf.nn.softmax", 1, {"logits": "logits"}),
    "one_hot_encoding": Function(
        ("labels", "num_classes", "on_value", "off_value", "outputs_collections", "scope"),
        "tf.one_hot",
        2,
        {"labels": "indices", "num_classes": "depth", "on_value": "on_value", "off_value": "off_value"},
        implied={"on_value": ("1.0",), "off_value": ("0.0",)},
    ),
}
# Dropout at every run, with a share to keep that may be fed.
DROPOUT_OF_TENSOR = Function(
    FUNCTIONS["dropout"].parameters,
    "tf.nn.dropout",
    2,
    {"inputs": "x", "keep_prob": "keep_prob", "noise_shape": "noise_shape", "seed": "seed"},
    implied={"noise_shape": ("None",), "seed": ("None",)},
)
# Layer normalization over all axes but that of the batch, with one gamma and beta for each channel.
LAYER_NORM_OF_ALL = replace(FUNCTIONS["layer_norm"], target="keras.layers.GroupNormalization")
# What the short forms give besides the arguments of the call.
SHORT = {
    "linear": {"activation_fn": "None"},
    "relu": {"activation_fn": "tf.nn.relu"},
    "relu6": {"activation_fn": "tf.nn.relu6"},
    "elu": {"activation_fn": "tf.nn.elu"},
}
# Functions of slim that tf.contrib.layers has as well, and that the rest of the engine knows by that name.
SHARED = frozenset(
    {
        "xavier_initializer", "xavier_initializer_conv2d", "variance_scaling_initializer", "l1_regularizer",
        "l2_regularizer", "l1_l2_regularizer", "sum_regularizer", "optimize_loss",
        "summarize_activation", "summarize_activations", "summarize_tensor", "summarize_tensors",
    }
)  # fmt: skip
