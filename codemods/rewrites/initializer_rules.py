"""Rules for initializers: their own dtype, and that those of Keras draw the same numbers at every call."""

from __future__ import annotations

import libcst as cst

from codemods.rewrites.arguments import CallPlan, literal
from codemods.rewrites.place import Place
from codemods.rewrites.shapes import is_float


def initializer(plan: CallPlan, place: Place, argument: str) -> None:
    """TF1's ``dtype`` is only a default for calls without one: it matters where the initializer is called directly."""
    if not _is_called(place, plan.call):
        return  # whoever makes a variable with it says which dtype
    dtype = plan.value("dtype")
    if dtype is not None and place.ctx.symbols.of(dtype) != "tf.float32":
        raise plan.refuse("TF104", "initializers of TensorFlow 2 have no dtype of their own", "dtype")
    value = plan.value("value")
    if plan.target == "tf.constant_initializer" and value is not None and not is_float(place.ctx.symbols, value):
        # TF1 makes float32 of any value, TF2 takes the value's own type where none is asked for.
        raise plan.refuse("TF104", "the value is no float, and it is not known with which dtype it is used", "value")


def _is_called(place: Place, call: cst.Call) -> bool:
    """Whether what a call makes is called in this file: at once, or by the name that it is given."""
    parent = place.ctx.parents.get(call)
    if isinstance(parent, cst.Call):
        return True
    if not isinstance(parent, cst.Assign):
        return False
    names = {target.target.value for target in parent.targets if isinstance(target.target, cst.Name)}
    return any(isinstance(function, cst.Name) and function.value in names for function in place.ctx.symbols.called)


def keras_initializer(plan: CallPlan, place: Place, argument: str) -> None:
    """A Keras initializer draws the same numbers at every call, one of TF1 new ones where it has no seed.

    One that may serve several variables gets a seed generator, which makes it draw new numbers, too.
    """
    seed = plan.value("seed")
    if seed is not None and literal(seed) not in (None, (None,)):
        return  # the same numbers at every call on both sides
    if _serves_one_variable(plan, place) or "seed" not in plan.parameters:
        return
    if seed is not None and literal(seed) is None:
        raise plan.refuse(
            "TF101",
            f"whether {plan.target} draws the same numbers at every call depends on its seed. "
            "Write it where the variable or layer is made",
            "seed",
        )
    plan.put("seed", place.call("keras.random.SeedGenerator"))


def _serves_one_variable(plan: CallPlan, place: Place) -> bool:
    """Whether an initializer is written where the one variable or layer is made that uses it."""
    parent = place.ctx.parents.get(plan.call)
    if isinstance(parent, cst.Call):  # called at once: the value of a variable is drawn once
        parent = place.ctx.parents.get(parent)
    maker = place.ctx.parents.get(parent) if isinstance(parent, cst.Arg) else None
    return isinstance(maker, cst.Call) and _makes_one_variable(place, maker)


def contrib_variance_scaling(plan: CallPlan, place: Place, argument: str) -> None:
    """Another factor, since contrib cuts the normal distribution off with another correction.

    The standard deviation is ``sqrt(1.3 * factor / n)`` in tf.contrib and ``sqrt(scale / n) / 0.87962566103423978`` in
    Keras 3; those of uniform distributions are the same.
    """
    mode, uniform, factor = plan.value("mode"), plan.value("uniform"), plan.value("factor")
    modes = {None: None, "FAN_IN": None, "FAN_OUT": "fan_out", "FAN_AVG": "fan_avg"}
    said = literal(mode) if mode is not None else None
    asked = said[0] if said is not None else None
    if asked not in modes or (mode is not None and asked is None):
        raise plan.refuse("TF104", "the mode is not written out", "mode")
    flat = literal(uniform) if uniform is not None else (False,)
    if flat not in ((True,), (False,)):
        raise plan.refuse("TF104", "whether the distribution is uniform is not written out", "uniform")
    number = literal(factor) if factor is not None else (2.0,)
    if number is None or not isinstance(number[0], int | float) or isinstance(number[0], bool):
        raise plan.refuse("TF104", "the factor is not written out", "factor")
    scale = float(number[0]) if flat == (True,) else 1.3 * number[0] * _TRUNCATION**2
    plan.put("scale", cst.Float(f"{scale:.10g}" if scale % 1 else f"{scale:.1f}"))
    plan.drop("mode")
    plan.drop("distribution")
    wanted = modes[str(asked) if asked is not None else None]
    if wanted is not None:
        plan.put("mode", cst.SimpleString(f'"{wanted}"'))
    if flat == (True,):
        plan.put("distribution", cst.SimpleString('"uniform"'))
    keras_initializer(plan, place, argument)


_TRUNCATION = 0.87962566103423978  # the standard deviation of a normal distribution that is cut off at two of its own


def _makes_one_variable(place: Place, call: cst.Call) -> bool:
    """Whether a call makes one layer or variable, and no scope or list of them."""
    name = place.ctx.symbols.of(call.func)
    if name is None:
        return isinstance(call.func, cst.Attribute) and call.func.attr.value in ("add_weight", "add_variable")
    home, _, function = name.rpartition(".")
    return name in _VARIABLES or (home in _LAYERS and function not in _SHARING)


_VARIABLES = frozenset({"tf.Variable", "tf.get_variable", "tf.get_local_variable"})
_LAYERS = frozenset(
    {"tf.layers", "keras.layers", "tf.contrib.layers", "tf.contrib.slim", "tf.nn.rnn_cell", "tf.contrib.rnn"}
)
_SHARING = frozenset({"arg_scope", "stack", "repeat"})
