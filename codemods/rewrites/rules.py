"""Rules for calls whose change the table's data alone cannot express.

Each rule is given the plan that the data made and completes it, or refuses. They are found by the name in the table's
``special`` field; ``name:argument`` passes an argument.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

import libcst as cst

from codemods.rewrites import control_rules, initializer_rules
from codemods.rewrites.arguments import CallPlan, literal
from codemods.rewrites.place import Place, parenthesized
from codemods.rewrites.shapes import assigned_value, is_float, is_integer, same_shape

Rule = Callable[[CallPlan, Place, str], None]


def apply(plan: CallPlan, place: Place) -> None:
    """Complete ``plan`` by the rule that its table entry names, if any."""
    assert plan.entry.change is not None
    special = plan.entry.change.special
    if special is not None:
        name, _, argument = special.partition(":")
        _RULES[name](plan, place, argument)


def _dropout(plan: CallPlan, place: Place, argument: str) -> None:
    """``keep_prob`` p becomes ``rate`` 1 - p, as TF 1.15 computed it itself (bit-identical)."""
    if plan.bound.get("keep_prob") is not None and plan.bound.get("rate") is not None:
        raise plan.refuse("TF103", "'keep_prob' and 'rate' are both given", "rate")
    kept = plan.bound.get("keep_prob")
    if kept is None:
        return
    found = literal(kept.value)
    if found == (None,):
        raise plan.refuse("TF103", "'keep_prob' is None", "keep_prob")
    rate = one_minus_number(kept.value)
    if rate is not None:
        plan.wrap("rate", lambda value: cst.Float(rate))
    else:
        plan.wrap("rate", lambda value: one_minus(value))
    slot = plan.slot("rate")
    if slot is not None and slot.plain:
        # The bare number means the opposite of what it meant: say which it is.
        plan.change("rate", plain=False)


def one_minus_number(node: cst.BaseExpression) -> str | None:
    """``1 - p`` as a short decimal for a literal p, if it is the same float32 as TF 1.15's ``1 - p``."""
    if not isinstance(node, (cst.Float, cst.Integer)) or node.lpar:
        return None
    try:
        text = str(Decimal(1) - Decimal(node.value))
        exact, short = 1 - float(node.value), float(text)
    except (InvalidOperation, ValueError):
        return None
    as_float32 = struct.Struct("f")
    # The kernel uses the rate and the scale 1 / (1 - rate).
    pairs = [(exact, short)] + ([(1 / (1 - exact), 1 / (1 - short))] if exact != 1 else [])
    if any(as_float32.pack(a) != as_float32.pack(b) for a, b in pairs) or not 0 <= exact < 1:
        return None
    return text if "." in text else f"{text}.0"


def one_minus(node: cst.BaseExpression) -> cst.BaseExpression:
    """The expression ``1 - node``."""
    return cst.BinaryOperation(cst.Integer("1"), cst.Subtract(), parenthesized(node))


def _cross_entropy(plan: CallPlan, place: Place, argument: str) -> None:
    """Logits and labels are named: their order changed between versions."""
    for slot in list(plan.slots):
        plan.change(slot.parameter, plain=False)


def _softmax_cross_entropy(plan: CallPlan, place: Place, argument: str) -> None:
    """TF1 sends no gradient into the labels; TF2 does."""
    _cross_entropy(plan, place, argument)
    labels = plan.value("labels")
    if labels is None or place.is_constant(labels) or _is_stopped(place, labels):
        return
    stop = place.symbol("tf.stop_gradient")
    plan.wrap("labels", lambda value: cst.Call(stop, [cst.Arg(value)]))


def _is_stopped(place: Place, node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Call) and place.ctx.symbols.of(node.func) == "tf.stop_gradient"


def _cast(plan: CallPlan, place: Place, argument: str) -> None:
    dtype = place.symbol(f"tf.{argument}")
    plan.put("dtype", dtype)
    if plan.slot("x") is None:
        raise plan.refuse("TF103", "the value to cast is missing")
    plan.order("x", "dtype")


def _where(plan: CallPlan, place: Place, argument: str) -> None:
    """TF1 selects whole rows where the condition is a vector, TF2 broadcasts it; equal shapes mean the same in both."""
    if plan.slot("x") is None and plan.slot("y") is None:
        return
    condition, x, y = (plan.value(name) for name in plan.entry.parameters[:3])
    if condition is None or x is None or y is None:
        raise plan.refuse("TF103", "either both values or none of them")
    if same_shape(place.ctx.symbols, condition, x) or same_shape(place.ctx.symbols, condition, y):
        return
    plan.target = "tf.raw_ops.Select"  # the kernel of TF1
    plan.drop("name")
    plan.keyword_only = True


def _div(plan: CallPlan, place: Place, argument: str) -> None:
    """``tf.div`` divides floats truly and rounds integers down; TF2 has one function for each."""
    values = [value for value in (plan.value("x"), plan.value("y")) if value is not None]
    if any(is_float(place.ctx.symbols, value) for value in values):
        return
    if any(is_integer(place.ctx.symbols, value) and not isinstance(value, cst.Integer) for value in values) or all(
        is_integer(place.ctx.symbols, value) for value in values
    ):
        plan.target = "tf.math.floordiv"
        return
    raise plan.refuse("TF104", "it rounds integers down but not floats, and it is not known which these are", "x")


def _concat(plan: CallPlan, place: Place, argument: str) -> None:
    """Before 1.0 the axis came first."""
    if len(plan.call.args) < 2:
        return
    first, second = plan.call.args[0], plan.call.args[1]
    if first.keyword is None and second.keyword is None and _is_axis(first.value, second.value):
        plan.change("values", name="axis of old")
        plan.change("axis", name="values")
        plan.change("axis of old", name="axis")
        plan.order("values", "axis")


def _is_axis(first: cst.BaseExpression, second: cst.BaseExpression) -> bool:
    found = literal(first)
    if found is not None and isinstance(found[0], int):
        return True
    lists = (cst.List, cst.Tuple, cst.ListComp)
    return isinstance(second, lists) and not isinstance(first, lists)


def _split(plan: CallPlan, place: Place, argument: str) -> None:
    """Before 1.0 the axis came first, the number second and the value last."""
    first = plan.call.args[0] if plan.call.args else None
    found = literal(first.value) if first is not None and first.keyword is None else None
    if found is not None and isinstance(found[0], int):
        for name, new in (("value", "a"), ("num_or_size_splits", "b"), ("axis", "c")):
            plan.change(name, name=new)
        for name, new in (("a", "axis"), ("b", "num_or_size_splits"), ("c", "value")):
            plan.change(name, name=new)
        plan.order("value", "num_or_size_splits", "axis")


def _reverse(plan: CallPlan, place: Place, argument: str) -> None:
    """Before 1.0 the second argument was a list of booleans, one per dimension."""
    axis = plan.value("axis") or plan.value("dims")
    found = literal(axis) if axis is not None else None
    if "dims" in plan.bound or (found and isinstance(found[0], (list, tuple)) and True in [*found[0]]):
        if found is None or not isinstance(found[0], (list, tuple)):
            raise plan.refuse("TF104", "'dims' is not a literal list of booleans", "dims")
        if all(isinstance(item, bool) for item in found[0]):
            axes = [index for index, chosen in enumerate(found[0]) if chosen]
            plan.put("axis", cst.parse_expression(repr(axes)))
            plan.order("tensor", "axis")


def _partition(plan: CallPlan, place: Place, argument: str) -> None:
    """``partition_strategy`` matters only for a table that is split into several tensors; TF2 always uses "div"."""
    table = plan.value(plan.entry.parameters[0])
    if isinstance(table, cst.Name):
        table = assigned_value(place.ctx.symbols, table)
    parts = table.elements if isinstance(table, (cst.List, cst.Tuple)) else None
    several = isinstance(table, cst.ListComp) or (parts is not None and len(parts) != 1)
    partitioned = any(use.name.endswith("partitioner") for use in place.ctx.symbols.tf_uses())
    strategy = plan.value("partition_strategy")
    if (several or partitioned) and (strategy is None or literal(strategy) != ("div",)):
        raise plan.refuse("TF104", "the table is split in the order 'mod', which TensorFlow 2 does not know")


def _string_split(plan: CallPlan, place: Place, argument: str) -> None:
    """The kernel of TF1 skips empty strings and takes each character of the delimiter by itself."""
    plan.keyword_only = True
    if plan.slot("delimiter") is None:
        plan.put("delimiter", cst.SimpleString('" "'))
    sparse = place.symbol("tf.SparseTensor")
    plan.around = lambda call: cst.Call(sparse, [cst.Arg(call, star="*")])


def _strings_split(plan: CallPlan, place: Place, argument: str) -> None:
    kind = plan.value("result_type")
    found = literal(kind) if kind is not None else ("SparseTensor",)
    if found not in (("SparseTensor",), ("RaggedTensor",)):
        raise plan.refuse("TF104", "'result_type' is not a literal", "result_type")
    if found == ("SparseTensor",):
        plan.around = lambda call: cst.Call(cst.Attribute(call, cst.Name("to_sparse")))


def _record_iterator(plan: CallPlan, place: Place, argument: str) -> None:
    plan.around = lambda call: cst.Call(cst.Attribute(call, cst.Name("as_numpy_iterator")))


def _one_diagonal(plan: CallPlan, place: Place, argument: str) -> None:
    """Several diagonals are aligned otherwise in later versions of TF1."""
    k = plan.value("k")
    if k is not None and not (isinstance(literal(k), tuple) and isinstance(literal(k)[0], int)):  # type: ignore[index]
        raise plan.refuse("TF104", "several diagonals are aligned otherwise in TensorFlow 2", "k")


def _block_size(plan: CallPlan, place: Place, argument: str) -> None:
    """A ``block_size`` is the size in both dimensions; ``block_shape`` is a list."""
    if "block_size" in plan.bound:
        plan.wrap("block_shape", lambda value: cst.List([cst.Element(value), cst.Element(value.deep_clone())]))


def _unseeded(plan: CallPlan, place: Place, argument: str) -> None:
    if "seed" in plan.bound:
        raise plan.refuse("TF104", "the seed is used otherwise in TensorFlow 2", "seed")


def _name_scope(plan: CallPlan, place: Place, argument: str) -> None:
    """``default_name`` is the name where ``name`` is None."""
    default = plan.bound.get("default_name")
    plan.drop("default_name")
    if default is None:
        return
    name = plan.value("name")
    if name is None or literal(name) == (None,):
        plan.put("name", default.value)
        plan.order("name")
        return
    if literal(name) is not None:
        return
    chosen = cst.BooleanOperation(parenthesized(name), cst.Or(), parenthesized(default.value))
    plan.wrap("name", lambda value: chosen.with_changes(left=parenthesized(value)))


def _resize_images(plan: CallPlan, place: Place, argument: str) -> None:
    raise plan.refuse(
        "TF101",
        "TensorFlow 1 takes the pixel corners, TensorFlow 2 the pixel centres; tf.image.resize differs. For a batch of "
        "images tf.raw_ops.ResizeBilinear(images=..., size=..., align_corners=...) is the old kernel",
    )


def _ctc_beam_search(plan: CallPlan, place: Place, argument: str) -> None:
    if "merge_repeated" not in plan.bound:
        raise plan.refuse("TF104", "TensorFlow 1 merges repeated labels in its result unless merge_repeated=False")


def _xw_plus_b(plan: CallPlan, place: Place, argument: str) -> None:
    """``matmul`` and ``bias_add``; ``relu_layer`` has a ``relu`` around them."""
    values = [plan.value(name) for name in ("x", "weights", "biases")]
    if any(value is None for value in values):
        raise plan.refuse("TF103", "an argument is missing")
    if any(slot.parameter == "name" for slot in plan.slots):
        plan.drop("name")
    matmul = place.symbol("tf.matmul")
    bias_add = place.symbol("tf.nn.bias_add")
    plan.order("x", "weights", "biases")

    def around(call: cst.BaseExpression) -> cst.BaseExpression:
        updated = cst.ensure_type(call, cst.Call)
        x, weights, biases = (cst.Arg(argument.value) for argument in updated.args)
        product = cst.Call(matmul, [x, weights])
        sum_ = cst.Call(bias_add, [cst.Arg(product), biases])
        return sum_ if argument != "relu" else updated.with_changes(args=[cst.Arg(sum_)])

    plan.around = around


_RULES: dict[str, Rule] = {
    "block_size": _block_size,
    "cast": _cast,
    "concat": _concat,
    "cond": control_rules.cond,
    "cross_entropy": _cross_entropy,
    "ctc_beam_search": _ctc_beam_search,
    "div": _div,
    "dropout": _dropout,
    "initializer": initializer_rules.initializer,
    "keras_initializer": initializer_rules.keras_initializer,
    "contrib_variance_scaling": initializer_rules.contrib_variance_scaling,
    "name_scope": _name_scope,
    "one_diagonal": _one_diagonal,
    "partition": _partition,
    "record_iterator": _record_iterator,
    "resize_images": _resize_images,
    "reverse": _reverse,
    "softmax_cross_entropy": _softmax_cross_entropy,
    "split": _split,
    "string_split": _string_split,
    "strings_split": _strings_split,
    "unseeded": _unseeded,
    "where": _where,
    "while_loop": control_rules.while_loop,
    "xw_plus_b": _xw_plus_b,
}
