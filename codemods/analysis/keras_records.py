"""What the staging analysis records about Keras: symbolic tensors, layers and models, and where they are used."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from codemods.analysis.values import Joinable

if TYPE_CHECKING:
    from codemods.analysis.layer_records import LayerCall, MadeLayer
    from codemods.analysis.statements import Statement
    from codemods.analysis.values import Placeholder, Value, Variable

LEARNING_PHASE = "keras.backend.learning_phase"
USER_LAYER = "keras.layers.Layer"
# What the layers of Keras and of tf.layers call their variables.
WEIGHTS = frozenset(
    {
        "kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance", "depthwise_kernel", "pointwise_kernel",
        "recurrent_kernel", "embeddings",
    }
)  # fmt: skip
SEQUENTIALS = frozenset({"keras.Sequential", "keras.models.Sequential"})


@dataclass(eq=False)
class Symbolic(Joinable):
    """What is known of one symbolic Keras tensor: its inputs, its name, and the model that ends in it.

    ``placeholder`` is set for an input itself, ``sources`` are the tensors it was made from; ``index`` is the place
    among the outputs of ``model`` when it has several.
    """

    inputs: tuple[Placeholder, ...]
    target: str | None = None
    placeholder: Placeholder | None = None
    model: Layer | None = None
    index: int | None = None
    sources: tuple[Symbolic, ...] = ()

    def joined(self, other: object) -> Symbolic | None:
        """What a loop or branch leaves: the tensor on either path, of the same inputs."""
        if not isinstance(other, Symbolic) or other.inputs != self.inputs:
            return None
        return self if self is other else Symbolic(self.inputs, sources=(self, other))


@dataclass(eq=False)
class Layer:
    """A layer or model object; ``inputs`` and ``outputs`` are those of a model, where they are known."""

    symbol: str
    node: cst.CSTNode
    target: str | None = None
    inputs: list[Value] = field(default_factory=list)
    outputs: list[Value] = field(default_factory=list)
    definition: cst.ClassDef | None = None  # of the user's own class
    made: MadeLayer | None = None  # for a layer of tf.layers
    parent: Layer | None = None  # the model, for a layer that was taken from one
    length: int = 0  # the number of layers in a Sequential when its output was asked for
    added: int = 0

    @property
    def is_sequential(self) -> bool:
        """Whether this is a ``Sequential``, whose ends Keras 3 gives as ``inputs[0]`` and ``outputs[0]`` only."""
        return self.symbol in SEQUENTIALS


@dataclass(frozen=True, eq=False)
class Use:
    """A place where a Keras tensor enters TensorFlow or is fetched."""

    node: cst.BaseExpression
    symbolic: Symbolic


@dataclass
class Notes:
    """What the analysis of a file keeps for the rewrite of its Keras parts."""

    layers: list[cst.Call] = field(default_factory=list)  # where layers with weights are made
    layer_calls: dict[cst.Call, None] = field(default_factory=dict)  # of layers on graph tensors
    hoisted: dict[cst.Call, Statement] = field(default_factory=dict)  # layers made and called in one moved expression
    sequential_ends: dict[cst.Attribute, None] = field(default_factory=dict)  # input or output of a Sequential
    shapes: dict[cst.Call, Value] = field(default_factory=dict)  # get_shape() and as_list(), with their tensor
    aliases: dict[cst.Call, None] = field(default_factory=dict)  # Input(tensor=placeholder)
    bound: dict[cst.Call, Placeholder] = field(default_factory=dict)  # Input(tensor=<of variables>)
    weight_changes: list[tuple[cst.Call, int]] = field(default_factory=list)  # by Keras itself, with their order
    training: list[cst.Call] = field(default_factory=list)  # calls of layers in training mode
    frozen: list[cst.CSTNode] = field(default_factory=list)  # assignments to `trainable`
    runs: list[tuple[cst.Call, bool]] = field(default_factory=list)  # by Keras, and whether it knows the session
    input_names: list[str] = field(default_factory=list)  # given to inputs of models that have no name
    has_session: bool = False  # set_session was called
    functional: bool = False  # no placeholder becomes a keras.Input
    promoted: bool = False  # a placeholder has become one
    prefers_functions: bool = False  # layers are shared or trained in a way that only functions show
    emitted: dict[cst.Call, Statement | None] = field(default_factory=dict)  # objects of emitted classes: made where
    repeated: set[cst.Call] = field(default_factory=set)  # those that make several
    made: dict[cst.Call, MadeLayer] = field(default_factory=dict)  # layers of tf.layers
    of_objects: dict[tuple[cst.Call, ...], MadeLayer] = field(default_factory=dict)  # made with calls that made objects
    recurrent: dict[cst.Call, MadeLayer] = field(default_factory=dict)  # layers over cells, once they were called
    cells: dict[tuple[cst.Call, int], MadeLayer] = field(default_factory=dict)  # the cells, and whose variables
    shared: dict[cst.Call, MadeLayer] = field(default_factory=dict)  # calls that share one made before
    by_scope: dict[tuple[int, str], MadeLayer] = field(default_factory=dict)  # graph and name of their variables
    layer_uses: dict[cst.Call, LayerCall] = field(default_factory=dict)  # all calls of layers of tf.layers
    placed: dict[cst.Call, MadeLayer] = field(default_factory=dict)  # those made before the statement that calls them
    update_reads: list[cst.Call] = field(default_factory=list)  # where the program asks for UPDATE_OPS
    group_moves: dict[cst.CSTNode, list[LayerCall]] = field(default_factory=dict)  # what a tf.group moves
    awaited: list[list[LayerCall]] = field(default_factory=list)  # by the control dependencies being interpreted
    flag_uses: dict[Placeholder, set[cst.BaseExpression]] = field(default_factory=dict)  # as ``training=``

    def owners(self) -> list[MadeLayer]:
        """The layers whose variables are known."""
        return list(dict.fromkeys([*self.of_objects.values(), *self.made.values(), *self.recurrent.values()]))

    def owned(self) -> dict[Variable, MadeLayer]:
        """The layer that holds each variable that layers have made."""
        return {variable: made for made in reversed(self.owners()) for variable in made.variables}

    def owner(self, variable: Variable) -> MadeLayer | None:
        """The layer that holds a variable; None for one that no layer has made."""
        return self.owned().get(variable)


def named(payload: object, name: str) -> None:
    """A Keras tensor, layer or model is bound to a name: the first one is kept."""
    if isinstance(payload, Symbolic | Layer) and payload.target is None:
        payload.target = name
        if isinstance(payload, Symbolic) and payload.placeholder is not None:
            payload.placeholder.target = payload.placeholder.target or name
