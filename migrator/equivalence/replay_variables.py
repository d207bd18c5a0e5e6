"""The migrated program's variables, each with the legacy variable that it took the place of.

Runs inside the replaying process; TensorFlow and Keras 3 are imported by then.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from migrator.equivalence.recorder_names import UserFiles
from migrator.equivalence.replay_slots import KeptSlot, Power, SlotWatch
from migrator.equivalence.weights import MAIN, Key, LegacySlot, LegacyVariable, Lines, Matcher

MODEL, OPTIMIZER, RANDOM, METRIC, CHECKPOINT = "model", "optimizer", "random", "metric", "checkpoint"


@dataclass
class Watched:
    """One `tf.Variable` of the migrated program. ``role`` tells model state from what Keras keeps for itself."""

    variable: Any
    name: str
    role: str
    legacy: LegacyVariable | None
    detail: str | None
    initial: Any = None
    scalar: bool = False  # Keras keeps [1] where TF1 had a scalar
    line: int | None = None  # of the migrated program that made it

    def value(self) -> Any:
        """The value now, in the shape of the legacy variable."""
        import tensorflow as tf

        with tf.init_scope():  # it may have been made while a function is traced
            value = self.variable.numpy()
        return value.reshape(()) if self.scalar else value

    def assign(self, value: Any) -> None:
        """Take the value of the legacy variable."""
        import tensorflow as tf

        with tf.init_scope():
            self.variable.assign([value] if self.scalar else value)


class VariableWatch:
    """Sees every variable when it is made and asks the matcher for its legacy variable.

    ``created`` is called with each new matched variable as soon as it can be read and assigned.
    """

    def __init__(
        self, files: UserFiles, program: str, lines: Lines, matcher: Matcher, created: Callable[[Watched], None]
    ) -> None:
        self.items: list[Watched] = []
        self._files = files
        self._program = program
        self._lines = lines
        self._matcher = matcher
        self._created = created
        self.initialising: Callable[[], AbstractContextManager[None]] = nullcontext
        self._layers: dict[int, tuple[Any, Key]] = {}
        self._weights: dict[int, tuple[Any, Key, Any]] = {}  # of Keras: the variable, its place, and its layer
        self._pending: list[Watched] = []
        self._slots = SlotWatch(())
        self._lock = threading.RLock()

    def slots(self, slots: Sequence[LegacySlot]) -> Callable[[], dict[int, KeptSlot | Power]]:
        """Watch the optimizers, too; what to call for the slots that were found since the last time."""
        self._slots = SlotWatch(slots)
        return lambda: self._slots.resolve(
            {id(item.variable): item.legacy.index for item in self.items if item.legacy is not None}
        )

    def install(self) -> None:
        """Patch the two classes that all TF2 variables (Keras' too) are made of, and the layers that own them."""
        import keras
        from tensorflow.python.eager.polymorphic_function import polymorphic_function
        from tensorflow.python.ops import resource_variable_ops

        self._patch(resource_variable_ops.ResourceVariable, deferred=False)
        self._patch(polymorphic_function.UnliftedInitializerVariable, deferred=True)
        # A variable made while a tf.function is traced exists only when its initialiser was lifted out of the trace.
        function = polymorphic_function.Function
        lift = function._initialize_uninitialized_variables

        def lifted(this: Any, *args: Any, **kwargs: Any) -> Any:
            with self.initialising():
                result = lift(this, *args, **kwargs)
            self._flush()
            return result

        function._initialize_uninitialized_variables = lifted
        layer_init = keras.layers.Layer.__init__

        def initialised(layer: Any, *args: Any, **kwargs: Any) -> None:
            self._layers[id(layer)] = (layer, self._key())  # holds the layer: its id must not be given away
            layer_init(layer, *args, **kwargs)

        keras.layers.Layer.__init__ = initialised
        weight_init = keras.Variable.__init__

        def made(weight: Any, *args: Any, **kwargs: Any) -> None:
            # A model builds its layers before it calls them, and then fills all variables in one place.
            self._weights[id(weight)] = (weight, self._key(), self._role()[1])
            with self.initialising():
                weight_init(weight, *args, **kwargs)

        def filled(weight: Any) -> None:
            with self.initialising():
                fill(weight)

        fill = keras.Variable._deferred_initialize
        keras.Variable.__init__ = made
        keras.Variable._deferred_initialize = filled

    def _patch(self, cls: Any, *, deferred: bool) -> None:
        original = cls.__init__

        def __init__(variable: Any, *args: Any, **kwargs: Any) -> None:
            with self.initialising():
                original(variable, *args, **kwargs)
            if type(variable) is cls:
                self._seen(variable, deferred)

        cls.__init__ = __init__

    def _seen(self, variable: Any, deferred: bool) -> None:
        with self._lock:
            role, owner = self._role()
            legacy = detail = None
            counted = role == METRIC and owner is None  # by a metric that the program itself makes
            role = MODEL if counted else role
            if role == MODEL:
                place = self._key()
                for weight in _selves():
                    if id(weight) in self._weights:
                        _, place, owner = self._weights[id(weight)]
                        break
                # A recurrent layer builds its cell: the place of either may be that of the legacy variable.
                layers = [owner, *(item for item in _selves() if item is not owner)]
                owned = dict.fromkeys(self._layers.get(id(item), (None, ()))[1] for item in layers)
                keys = [key for key in (place, *owned) if key]
                shape = variable.shape.as_list() if variable.shape.rank is not None else None
                shape = [] if counted and shape == [1] else shape
                legacy, detail = self._matcher.claim(
                    keys, variable.name, variable.dtype.base_dtype.name, None if shape is None else tuple(shape)
                )
            scalar = counted and variable.shape.as_list() == [1]
            watched = Watched(variable, variable.name, role, legacy, detail, scalar=scalar, line=self._line())
            self.items.append(watched)
            if legacy is not None:
                self._pending.append(watched)
        if not deferred:
            self._flush()

    def _flush(self) -> None:
        while self._pending:
            self._created(self._pending.pop(0))

    def _role(self) -> tuple[str, Any]:
        """What the variable is for, by the object whose method is making it; and the innermost layer around it."""
        import keras
        import tensorflow as tf

        layer = None
        metric = False
        for owner in _selves():
            if isinstance(owner, keras.optimizers.Optimizer):
                self._slots.made(owner)
                return OPTIMIZER, None
            if isinstance(owner, tf.train.Checkpoint):  # the number of the last one
                return CHECKPOINT, None
            if isinstance(owner, keras.random.SeedGenerator):
                return RANDOM, None
            metric = metric or isinstance(owner, keras.metrics.Metric)
            if layer is None and isinstance(owner, keras.layers.Layer):
                layer = owner
        return (METRIC if metric else MODEL), layer

    def _line(self) -> int | None:
        """The innermost line of the program itself."""
        from tensorflow.python.util import tf_stack

        frames = reversed(tf_stack.extract_stack())
        return next((frame.lineno for frame in frames if self._files.name(frame.filename) == self._program), None)

    def _key(self) -> Key:
        """The legacy statements that the user frames on the stack came from, innermost first."""
        from tensorflow.python.util import tf_stack

        places = []
        for frame in reversed(tf_stack.extract_stack()):  # knows the user's lines below AutoGraph's generated code
            file = self._files.name(frame.filename)
            if file is None:
                continue
            if file != self._program:
                places.append((file, frame.lineno))
                continue
            line = self._lines.legacy_statement(frame.lineno)
            if line is not None:
                places.append((MAIN, line))
        return tuple(places)


def _selves() -> Iterator[Any]:
    frame: Any = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_varnames[:1] == ("self",):
            owner = frame.f_locals.get("self")
            if owner is not None:
                yield owner
        frame = frame.f_back
