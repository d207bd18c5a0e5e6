"""Arguments of Keras layers, optimizers, models and callbacks: what Keras 3 calls otherwise, no longer takes, or has
another default for.

The tables hold facts about Keras 1.2, Keras 2.2 and TensorFlow 1.15's ``tf.keras`` on one side and Keras 3.15 on the
other; `changes` turns them into edits for one call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import libcst as cst

from codemods.findings import Refusal
from codemods.rewrites.literals import literal_value

# Keyword arguments of Keras 1 that Keras 2 renamed, whatever the layer (keras/legacy/interfaces.py of Keras 2.2).
_KERAS_1: Mapping[str, str] = {
    "nb_filter": "filters", "border_mode": "padding", "subsample": "strides", "dim_ordering": "data_format",
    "init": "kernel_initializer", "inner_init": "recurrent_initializer", "inner_activation": "recurrent_activation",
    "W_regularizer": "kernel_regularizer", "U_regularizer": "recurrent_regularizer",
    "b_regularizer": "bias_regularizer", "W_constraint": "kernel_constraint", "b_constraint": "bias_constraint",
    "dropout_W": "dropout", "dropout_U": "recurrent_dropout", "atrous_rate": "dilation_rate",
    "gamma_init": "gamma_initializer", "beta_init": "beta_initializer",
}  # fmt: skip

_RECURRENT = frozenset({"LSTM", "GRU", "SimpleRNN", "LSTMCell", "GRUCell", "SimpleRNNCell", "ConvLSTM2D"})
_HARD = frozenset({"LSTM", "GRU", "LSTMCell", "GRUCell", "ConvLSTM2D"})
_DENSE = frozenset({"Dense", "LSTM", "GRU", "SimpleRNN"})
_CONVOLUTIONS = frozenset({"Conv2D", "Convolution2D", "Conv2DTranspose", "SeparableConv2D", "DepthwiseConv2D"})
_OPTIMIZERS = frozenset({"SGD", "RMSprop", "Adagrad", "Adadelta", "Adam", "Adamax", "Nadam", "Ftrl"})
# The learning rates that the optimizers of Keras 2 have when the program gives none.
_LEARNING_RATES = {
    "SGD": "0.01", "RMSprop": "0.001", "Adagrad": "0.001", "Adadelta": "0.001", "Adam": "0.001", "Adamax": "0.001",
}  # fmt: skip


@dataclass
class Changes:
    """What has to change in one call.

    ``rename`` maps an argument to its new keyword, ``values`` an argument to its new value (source text or node),
    ``remove`` holds arguments that go, ``add`` arguments (keyword to source text) that come. ``helpers`` names
    functions that the file then needs.
    """

    rename: dict[cst.Arg, str] = field(default_factory=dict)
    values: dict[cst.Arg, str] = field(default_factory=dict)
    remove: list[cst.Arg] = field(default_factory=list)
    add: dict[str, str] = field(default_factory=dict)
    helpers: set[str] = field(default_factory=set)
    notes: list[tuple[str, str]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.rename or self.values or self.remove or self.add)


def changes(symbol: str, call: cst.Call, *, tf1_defaults: bool) -> Changes:
    """The changes for a call of the Keras class or function ``symbol``.

    ``tf1_defaults``: the program was written for TensorFlow 1, whose recurrent layers have other defaults. Raises
    Refusal (TF602, TF603) for arguments that Keras 3 has nothing for.
    """
    home, _, name = symbol.rpartition(".")
    found = Changes()
    given = {arg.keyword.value: arg for arg in call.args if arg.keyword is not None}
    if home == "keras.layers":
        _layer(name, call, given, found, tf1_defaults=tf1_defaults)
    elif home == "keras.optimizers" and name in _OPTIMIZERS:
        _optimizer(name, call, given, found)
    elif symbol in ("keras.Model", "keras.models.Model"):
        for old, new in (("input", "inputs"), ("output", "outputs")):
            if old in given:
                found.rename[given[old]] = new
    elif symbol == "keras.regularizers.l1_l2":
        # The defaults were 0.01; Keras 3 has 0.
        for position, key in enumerate(("l1", "l2")):
            if key not in given and position >= sum(arg.keyword is None for arg in call.args):
                found.add[key] = "0.01"
    elif symbol == "keras.utils.to_categorical":
        _to_categorical(given, found)
    elif symbol == "keras.activations.relu" and "alpha" in given:
        found.rename[given["alpha"]] = "negative_slope"
    elif home == "keras.callbacks":
        _callback(name, given, found)
    return found


def _layer(name: str, call: cst.Call, given: Mapping[str, cst.Arg], found: Changes, *, tf1_defaults: bool) -> None:
    for old, arg in given.items():
        if old in _KERAS_1:
            found.rename[arg] = _KERAS_1[old]
        if old == "dim_ordering":
            found.values[arg] = _data_format(arg)
    if name in _DENSE and "output_dim" in given:
        found.rename[given["output_dim"]] = "units"
    if name in ("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D") and "p" in given:
        found.rename[given["p"]] = "rate"
    if name in ("Dense", "Conv1D", "Conv2D", "Convolution1D", "Convolution2D") and "bias" in given:
        found.rename[given["bias"]] = "use_bias"
    if name == "LeakyReLU" and "alpha" in given:
        found.rename[given["alpha"]] = "negative_slope"
    if name in ("GaussianNoise",) and "sigma" in given:
        found.rename[given["sigma"]] = "stddev"
    if name == "BatchNormalization":
        _batch_normalization(given, found)
    if name in _CONVOLUTIONS:
        _convolution(given, call, found)
    if name in _RECURRENT:
        _recurrent(name, given, found, tf1_defaults=tf1_defaults)
    if "batch_input_shape" in given:
        message = f"{name}(batch_input_shape=...): put a keras.Input(batch_shape=...) before the layer"
        raise Refusal("TF602", message, given["batch_input_shape"])
    if "weights" in given and name != "Embedding":
        raise Refusal("TF602", f"{name}(weights=...): call set_weights on the built layer instead", given["weights"])
    for key in ("activation", "recurrent_activation", "inner_activation"):
        # In a file that may have been written for Keras 3 the name means what it means there.
        if tf1_defaults and key in given and literal_value(given[key].value) == "hard_sigmoid":
            found.values[given[key]] = "hard_sigmoid"
            found.helpers.add("hard_sigmoid")


def _data_format(arg: cst.Arg) -> str:
    known = {"tf": '"channels_last"', "th": '"channels_first"', "default": "None"}
    value = literal_value(arg.value)
    if not isinstance(value, str) or value not in known:
        raise Refusal("TF602", "dim_ordering is neither 'tf' nor 'th'", arg)
    return known[value]


def _batch_normalization(given: Mapping[str, cst.Arg], found: Changes) -> None:
    for key, harmless in (("mode", (0,)), ("fused", (None, True, False)), ("renorm", (False,)), ("adjustment", ())):
        if key not in given:
            continue
        value = literal_value(given[key].value)
        if value not in harmless and not (key == "fused"):
            raise Refusal("TF602", f"BatchNormalization({key}=...) has no counterpart in Keras 3", given[key])
        found.remove.append(given[key])
    if "virtual_batch_size" in given:
        raise Refusal("TF602", "BatchNormalization(virtual_batch_size=...) has no counterpart in Keras 3")


def _convolution(given: Mapping[str, cst.Arg], call: cst.Call, found: Changes) -> None:
    rows, columns = given.get("nb_row"), given.get("nb_col")
    if rows is not None and columns is not None:
        found.rename[rows] = "kernel_size"
        found.values[rows] = f"({_code(rows)}, {_code(columns)})"
        found.remove.append(columns)
        return
    positional = [arg for arg in call.args if arg.keyword is None and not arg.star]
    keras_1 = any(key in given for key in ("border_mode", "subsample", "dim_ordering", "init", "W_regularizer"))
    if len(positional) == 3 and keras_1:
        # Keras 1: filters, rows, columns. In Keras 2 the third argument would be the strides.
        found.values[positional[1]] = f"({_code(positional[1])}, {_code(positional[2])})"
        found.remove.append(positional[2])


def _recurrent(name: str, given: Mapping[str, cst.Arg], found: Changes, *, tf1_defaults: bool) -> None:
    for key in ("implementation", "consume_less", "time_major"):
        if key in given:
            if key == "time_major" and literal_value(given[key].value) is not False:
                raise Refusal("TF602", f"{name}(time_major=...) has no counterpart in Keras 3", given[key])
            found.remove.append(given[key])
    if "forget_bias_init" in given:
        raise Refusal("TF602", f"{name}(forget_bias_init=...) has no counterpart in Keras 3", given["forget_bias_init"])
    if not tf1_defaults:
        return
    if name in _HARD and "recurrent_activation" not in given and "inner_activation" not in given:
        found.add["recurrent_activation"] = "hard_sigmoid"
        found.helpers.add("hard_sigmoid")
    if name in ("GRU", "GRUCell") and "reset_after" not in given:
        found.add["reset_after"] = "False"


def _optimizer(name: str, call: cst.Call, given: Mapping[str, cst.Arg], found: Changes) -> None:
    positional = [arg for arg in call.args if arg.keyword is None and not arg.star]
    rate = given.get("lr") or given.get("learning_rate") or (positional[0] if positional else None)
    if "lr" in given:
        found.rename[given["lr"]] = "learning_rate"
    if "epsilon" in given and literal_value(given["epsilon"].value) is None and _code(given["epsilon"]) == "None":
        found.remove.append(given["epsilon"])
    if "schedule_decay" in given:
        raise Refusal("TF602", "Nadam(schedule_decay=...) has no counterpart in Keras 3", given["schedule_decay"])
    decay = given.get("decay")
    if decay is None:
        return
    found.remove.append(decay)
    if literal_value(decay.value) in (0, 0.0):
        return
    if name not in _LEARNING_RATES and rate is None:
        raise Refusal("TF602", f"{name}(decay=...) has no counterpart in Keras 3", decay)
    initial = _code(rate) if rate is not None else _LEARNING_RATES[name]
    schedule = f"{{keras}}.optimizers.schedules.InverseTimeDecay({initial}, 1, {_code(decay)})"
    if rate is None:
        found.add["learning_rate"] = schedule
    else:
        found.values[rate] = schedule


def _to_categorical(given: Mapping[str, cst.Arg], found: Changes) -> None:
    for old, new in (("y", "x"), ("nb_classes", "num_classes")):
        if old in given:
            found.rename[given[old]] = new
    if "dtype" in given:
        raise Refusal("TF602", "to_categorical(dtype=...): use .astype on its result", given["dtype"])


def _callback(name: str, given: Mapping[str, cst.Arg], found: Changes) -> None:
    if name == "ReduceLROnPlateau" and "epsilon" in given:
        found.rename[given["epsilon"]] = "min_delta"
    if name == "ModelCheckpoint" and "period" in given:
        if literal_value(given["period"].value) != 1:
            raise Refusal("TF602", "ModelCheckpoint(period=...): Keras 3 saves every epoch or every save_freq batches")
        found.remove.append(given["period"])
    if name == "TensorBoard":
        for key in ("batch_size", "write_grads"):
            if key in given:
                if key == "write_grads" and literal_value(given[key].value) is not False:
                    raise Refusal("TF602", "TensorBoard(write_grads=True) has no counterpart in Keras 3", given[key])
                found.remove.append(given[key])
    if name == "LambdaCallback":
        for old, new in (("on_batch_begin", "on_train_batch_begin"), ("on_batch_end", "on_train_batch_end")):
            if old in given:
                found.rename[given[old]] = new


def _code(arg: cst.Arg) -> str:
    return cst.Module(body=[]).code_for_node(arg.value)
