"""The arguments of one call of ``tf.contrib.layers.optimize_loss``: what they surely are, or a refusal.

What each of them does was read in tf_slim 1.1.0, ``tf_slim/layers/optimizers.py``.
"""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from codemods import tree
from codemods.analysis.symbols import Symbols
from codemods.findings import Refusal
from codemods.rewrites.call_parts import keyword
from codemods.rewrites.contrib_arguments import clone
from codemods.rewrites.contrib_names import Names

CODE = "TF451"
PARAMETERS = (
    "loss", "global_step", "learning_rate", "optimizer", "gradient_noise_scale", "gradient_multipliers",
    "clip_gradients", "learning_rate_decay_fn", "update_ops", "variables", "name", "summaries",
    "colocate_gradients_with_ops", "increment_global_step",
)  # fmt: skip
_REQUIRED = PARAMETERS[:4]
_OPTIMIZERS = {
    "Adagrad": "AdagradOptimizer",
    "Adam": "AdamOptimizer",
    "Ftrl": "FtrlOptimizer",
    "Momentum": "MomentumOptimizer",
    "RMSProp": "RMSPropOptimizer",
    "SGD": "GradientDescentOptimizer",
}
_CLASSES = frozenset(f"tf.train.{name}" for name in [*_OPTIMIZERS.values(), "AdadeltaOptimizer"])
_ONE_ARGUMENT = _CLASSES - {"tf.train.MomentumOptimizer"}
_DECAYS = frozenset(
    f"tf.train.{name}"
    for name in (
        "exponential_decay", "natural_exp_decay", "inverse_time_decay", "polynomial_decay", "cosine_decay",
    )
)  # fmt: skip
_STEPS = frozenset(
    {"tf.Variable", "tf.get_variable"}
    | {f"tf.train.{name}" for name in ("get_global_step", "get_or_create_global_step", "create_global_step")}
    | {
        f"tf.contrib.{home}.{name}"
        for home in ("framework", "slim")
        for name in ("get_global_step", "get_or_create_global_step", "create_global_step")
    }
)
_SUMMARIES = ("learning_rate", "loss", "gradients", "gradient_norm", "global_gradient_norm")
Node = cst.BaseExpression


class Arguments:
    """What one call is given. Raises Refusal for what is not certain, or does not work."""

    def __init__(self, call: cst.Call, symbols: Symbols, names: Names) -> None:
        self.call = call
        self.symbols = symbols
        self.names = names
        self.given = self._bound()
        for parameter in ("gradient_noise_scale", "gradient_multipliers"):
            if self._some(parameter) is not None:
                raise self._refusal(f"optimize_loss with {parameter}=")
        self.loss = self.given["loss"]
        if not isinstance(self.loss, cst.Call) and not _is_chain(self.loss):
            raise self._refusal("optimize_loss of a loss that is neither a name nor a call")
        self.optimizer = self.given["optimizer"]
        self.decay = self._some("learning_rate_decay_fn")
        self.clip = self._clip()
        self.step = self._step()
        self.variables = self._some("variables")
        self._check_rest()
        self.is_instance = self._is_instance(self.optimizer) or self._is_instance(self._value(self.optimizer))
        if self.given_rate is None and self.decay is not None:
            self.decay = None  # as documented: ignored without a rate
        if self.is_instance and not (self.given_rate is None or _is_chain(self.given_rate) or self.has_float_rate):
            raise self._refusal("optimize_loss with an optimizer and with a learning rate that is computed for nothing")

    @property
    def given_rate(self) -> Node | None:
        """The learning rate, or None."""
        return self._some("learning_rate")

    @property
    def has_float_rate(self) -> bool:
        """Whether the learning rate is a number of Python."""
        return self.given_rate is not None and isinstance(self._value(self.given_rate), cst.Float)

    @property
    def needs_updates(self) -> bool:
        """Whether the updates of the collection are waited for."""
        return self._some("update_ops") is None

    @property
    def makes_summaries(self) -> bool:
        """Whether it adds summaries."""
        summaries = self._some("summaries")
        return not isinstance(summaries, (cst.List, cst.Tuple)) or bool(summaries.elements)

    @property
    def name(self) -> Node | None:
        """The name of its scope."""
        return self._some("name")

    def rate(self) -> Node:
        """What stands for the learning rate."""
        return self.given_rate if self.given_rate is not None else cst.Name("None")

    def instance_name(self) -> Node | None:
        """The name that an optimizer has already."""
        return self.optimizer if self.is_instance and not isinstance(self.optimizer, cst.Call) else None

    def made(self, tf: Node, rate: Node) -> Node:
        """The expression that makes the optimizer. ``tf`` is TensorFlow in this place."""
        optimizer = self._value(self.optimizer)
        if isinstance(optimizer, cst.Call):
            return optimizer
        if isinstance(optimizer, cst.Lambda):
            values = [rate] if self.given_rate is not None else []
            return self._applied(optimizer, values, _CLASSES)
        self._check_rate()
        if isinstance(optimizer, cst.SimpleString):
            short = optimizer.evaluated_value
            if short not in _OPTIMIZERS:
                raise self._refusal(f"optimize_loss knows no optimizer {optimizer.value}")
            function = cst.Attribute(cst.Attribute(clone(tf), cst.Name("train")), cst.Name(_OPTIMIZERS[str(short)]))
            more = [keyword("momentum", cst.Float("0.9"))] if short == "Momentum" else []
            return cst.Call(function, [cst.Arg(rate), *more])
        if self.symbols.of(self.optimizer) in _ONE_ARGUMENT:
            return cst.Call(self.optimizer, [cst.Arg(rate)])
        raise self._refusal("optimize_loss with an optimizer that is not surely one of TensorFlow's")

    def decayed(self, rate: Node) -> Node:
        """What the decay makes of the learning rate."""
        assert self.decay is not None
        self._check_rate()
        decay = self._value(self.decay)
        if not isinstance(decay, cst.Lambda) or self.step is None or not self.increments:
            raise self._refusal("optimize_loss with a decay that is no lambda, or without a global_step to count")
        return self._applied(decay, [rate, clone(self.step)], _DECAYS)

    # What is certain about single arguments

    def _bound(self) -> dict[str, Node]:
        found: dict[str, Node] = {}
        for place, arg in enumerate(self.call.args):
            if arg.star or (arg.keyword is None and place >= len(PARAMETERS)):
                raise self._refusal(
                    f"optimize_loss: arguments passed with {arg.star or 'no name'} cannot be told apart"
                )
            name = arg.keyword.value if arg.keyword is not None else PARAMETERS[place]
            if name not in PARAMETERS or name in found:
                raise self._refusal(f"optimize_loss has no parameter {name}")
            found[name] = arg.value
        if missing := [name for name in _REQUIRED if name not in found]:
            raise self._refusal(f"optimize_loss without {missing[0]}")
        return found

    def _some(self, parameter: str) -> Node | None:
        """An argument that is not None."""
        node = self.given.get(parameter)
        return None if node is None or _is_none(node) else node

    def _value(self, node: Node) -> Node:
        """What the only assignment of a name gives it; other expressions are what they are."""
        assigned = self.names.assigned(node) if isinstance(node, cst.Name) else None
        return node if assigned is None else assigned

    def _clip(self) -> Node | None:
        clip = self._some("clip_gradients")
        if clip is not None and not isinstance(self._value(clip), cst.Float):
            raise self._refusal("optimize_loss with clip_gradients= that is not surely a float")
        return clip

    def _step(self) -> Node | None:
        """The counter that is to be counted on."""
        self.increments = self._flag("increment_global_step", True)
        step = self._some("global_step")
        if step is None:
            uses = [use for use in self.symbols.tf_uses() if use.name.endswith("global_step")]
            texts = [node for node in self.names.parents if isinstance(node, cst.SimpleString)]
            if uses or any("global_step" in node.value for node in texts):
                raise self._refusal("optimize_loss with global_step=None, which takes the one of the graph")
            return None
        made = self._value(step)
        if not isinstance(made, cst.Call) or self.symbols.of(made.func) not in _STEPS:
            raise self._refusal("optimize_loss with a global_step that is not surely a variable")
        return step if self.increments else None

    def _flag(self, parameter: str, default: bool) -> bool:
        node = self.given.get(parameter)
        if node is None:
            return default
        if not isinstance(node, cst.Name) or node.value not in ("True", "False"):
            raise self._refusal(f"optimize_loss with {parameter}= that is neither True nor False")
        return node.value == "True"

    def _check_rest(self) -> None:
        self._flag("colocate_gradients_with_ops", False)
        updates = self._some("update_ops")
        if updates is not None and not (isinstance(updates, (cst.List, cst.Tuple)) and not updates.elements):
            raise self._refusal("optimize_loss with a list of update_ops")
        summaries = self._some("summaries")
        if summaries is None:
            return
        listed = summaries.elements if isinstance(summaries, (cst.List, cst.Tuple)) else None
        texts = [item.value for item in listed or () if isinstance(item.value, cst.SimpleString)]
        if listed is None or len(texts) != len(listed) or any(text.evaluated_value not in _SUMMARIES for text in texts):
            raise self._refusal("optimize_loss with summaries= that are not written as a list of what it knows")

    def _check_rate(self) -> None:
        """A rate is a float, or a tensor: for anything else TF1 raises an error."""
        rate = self.given_rate
        made = self._value(rate) if rate is not None else None
        call = self.symbols.of(made.func) if isinstance(made, cst.Call) else None
        if made is None or isinstance(made, (cst.Integer, cst.UnaryOperation, cst.SimpleString)) or _is_none(made):
            raise self._refusal("optimize_loss with a learning_rate that is neither a float nor a tensor")
        if call in ("tf.Variable", "tf.get_variable"):
            raise self._refusal("optimize_loss with a learning_rate that is a variable, which TensorFlow 1 refuses")

    def _is_instance(self, node: Node) -> bool:
        return isinstance(node, cst.Call) and self.symbols.of(node.func) in _CLASSES

    def _applied(self, function: cst.Lambda, values: list[Node], known: frozenset[str]) -> Node:
        """The call that a lambda makes of ``values``, each of which goes into it as an argument by itself."""
        params, body = function.params, function.body
        names = [param.name.value for param in params.params]
        plain = not (params.kwonly_params or params.star_kwarg or params.posonly_params) and len(names) == len(values)
        plain = plain and all(param.default is None for param in params.params)
        plain = plain and isinstance(params.star_arg, cst.MaybeSentinel)
        if not plain or not isinstance(body, cst.Call) or self.symbols.of(body.func) not in known:
            raise self._refusal("optimize_loss with a function that does more than to call one of TensorFlow's")
        new: Mapping[str, Node] = dict(zip(names, values, strict=True))
        args = []
        for arg in body.args:
            name = arg.value.value if isinstance(arg.value, cst.Name) else None
            inner = {node.value for node in tree.walk(arg.value) if isinstance(node, cst.Name)}
            if arg.star or (name not in new and inner & set(names)):
                raise self._refusal("optimize_loss with a function that computes with what it is given")
            args.append(arg.with_changes(value=clone(new[name])) if name is not None and name in new else arg)
        if any(not _is_chain(value) and not isinstance(self._value(value), cst.Float) for value in values):
            raise self._refusal("optimize_loss with a function of a value that is neither a name nor a float")
        if values:
            self._check_rate()
        return body.with_changes(args=args)

    def _refusal(self, message: str) -> Refusal:
        return Refusal(CODE, message, self.call)


def _is_chain(node: Node) -> bool:
    """Whether an expression is a name, or attributes of one."""
    while isinstance(node, cst.Attribute):
        node = node.value
    return isinstance(node, cst.Name)


def _is_none(node: Node) -> bool:
    return isinstance(node, cst.Name) and node.value == "None"
