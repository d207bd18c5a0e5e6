"""Pinned randomness: the legacy and the migrated program draw the same numbers.

Both sides install a `Pin`. Every TensorFlow or Keras op that draws is replaced by TensorFlow's own stateless kernel
of the same distribution, seeded by

* the *key* of the op: what ``line_of`` makes of the innermost user line that created it. The legacy side returns that
  line, the migrated side the legacy line it came from. Op order, op seeds and graph seeds play no part. Keys should be
  those of whole statements: below AutoGraph a line is known no better;
* the *tick* while a run is going on. The recorder sets ``pin.tick`` to 1 + the occurrence of the run at its call site,
  and 0 for initialisers; the replay sets it likewise around each migrated call. So noise is new at every run, and a
  draw that was frozen by mistake is found;
* at tick 0 (initial values), the number of draws that the same line made before, so that two weights that a helper
  function makes differ.

The host generators (``random``, ``numpy.random``) are seeded; ``Dataset.shuffle`` and shuffling queues keep the order.

Runs under a real TensorFlow 1.x too (Python 3.5 syntax: no f-strings, annotations are strings).
"""

import collections
import random
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

DEFAULT_SEED = 20160609
#: Counts the changes of what a program draws: a recording is only good for the numbers that it was made with.
VERSION = 1
_DATASET_FUNCTION = "structured_function.py"  # builds the functions of Dataset.map and the like
_CONVERTED = "__autograph_generated_file"  # user code, as AutoGraph has rewritten it
_OF_OUTER_CELL = "_rnn_get_variable"  # a cell's variables pass through those of the cells around it
_LAYER_MODULES = (
    "tf_keras.src.engine.base_layer",
    "tf_keras.src.engine.base_layer_v1",
    "keras.src.layers.layer",
    "tensorflow.python.keras.engine.base_layer",
    "tensorflow_core.python.keras.engine.base_layer",
)
_KERAS_VARIABLES = "keras.src.backend.common.variables"


class Pin:
    """Replaces the sources of randomness; see the module's text.

    ``line_of(filename, line)`` maps a Python frame to its key: an int for user code (0 when there is no legacy line),
    None for a frame that is not user code. ``unpinned`` names the kernels that were used as they are, because an old
    TensorFlow has no stateless one.
    """

    def __init__(self, line_of: "Callable[[str, int], int | None]", seed: "int" = DEFAULT_SEED) -> "None":
        self.tick = 0
        self.counting = False  # a variable is made, which happens once, in the trace of a function too
        self.seed = seed
        self.unpinned = set()  # type: set[str]
        self._line_of = line_of
        self._draws = collections.Counter()  # type: collections.Counter[int]
        self._layers = {}  # type: dict[int, tuple[Any, int]]

    def seed_hosts(self) -> "None":
        """Seed Python's and NumPy's global generators, and whatever asks for a seed from the system later."""
        seed_python, seed_numpy, default_rng = random.seed, np.random.seed, getattr(np.random, "default_rng", None)
        random.seed = lambda a=None, *rest: seed_python(self.seed if a is None else a, *rest)
        np.random.seed = lambda seed=None: seed_numpy(self.seed if seed is None else seed)
        if default_rng is not None:  # NumPy 1.17
            np.random.default_rng = lambda seed=None: default_rng(self.seed if seed is None else seed)
        random.seed()
        np.random.seed()

    def install(self) -> "None":
        """Patch TensorFlow and those of tf-keras and Keras 3 that are imported by now; import them first."""
        from tensorflow.python.data.ops import dataset_ops
        from tensorflow.python.ops import (
            gen_candidate_sampling_ops,
            gen_data_flow_ops,
            gen_image_ops,
            gen_random_ops,
        )

        from migrator.equivalence import pin_kernels

        for module, twins in (
            (gen_random_ops, pin_kernels.random_ops(self._seed_tensor)),
            (gen_candidate_sampling_ops, pin_kernels.candidate_samplers(self._seed_tensor)),
            (gen_image_ops, pin_kernels.image_ops(self._seed_tensor)),
            (gen_data_flow_ops, pin_kernels.queues()),
        ):
            for name, twin in twins.items():
                # Old versions of TF 1.x hide some of them by an underscore, and do not have others.
                place = next((place for place in ("_" + name, name) if hasattr(module, place)), None)
                if place is not None:
                    setattr(module, place, twin or self._note(name, getattr(module, place)))
        for name in ("DatasetV2", "DatasetV1", "Dataset"):
            cls = getattr(dataset_ops, name, None)
            if cls is not None and "shuffle" in vars(cls):
                cls.shuffle = _keep_order
        self._pin_legacy_keras()
        self._pin_keras()
        for module_name in _LAYER_MODULES:
            if module_name in sys.modules:
                self._watch_layers(sys.modules[module_name].Layer)
        if _KERAS_VARIABLES in sys.modules:
            self._watch_weights(sys.modules[_KERAS_VARIABLES].Variable)

    def _note(self, name: "str", kernel: "Callable[..., Any]") -> "Callable[..., Any]":
        def noted(*args, **kwargs):  # type: ignore[no-untyped-def]
            self.unpinned.add(name)
            return kernel(*args, **kwargs)

        return noted

    def _watch_layers(self, cls: "Any") -> "None":
        """Remember the line that makes each layer; the layer is held, so that its id stays its own."""
        original = cls.__init__

        def __init__(layer, *args, **kwargs):  # type: ignore[no-untyped-def]
            self._layers.setdefault(id(layer), (layer, self._user_key()[0]))
            original(layer, *args, **kwargs)

        cls.__init__ = __init__

    def _watch_weights(self, cls: "Any") -> "None":
        """The same for the weights of Keras 3: a model that builds itself draws them all later, in one place."""
        original = cls.__init__

        def __init__(weight, *args, **kwargs):  # type: ignore[no-untyped-def]
            self._layers[id(weight)] = (weight, self._key()[0])
            original(weight, *args, **kwargs)

        cls.__init__ = __init__

    def _pin_legacy_keras(self) -> "None":
        backend = sys.modules.get("tf_keras.src.backend")
        if backend is not None:
            # Its stateless and generator-backed draws come round to the ops that are pinned above.
            generator = backend.RandomGenerator
            generator._set_rng_type = lambda self, rng_type=None, **kwargs: setattr(
                self, "_rng_type", generator.RNG_LEGACY_STATEFUL
            )

    def _pin_keras(self) -> "None":
        module = sys.modules.get("keras.src.backend.tensorflow.random")
        if module is not None:
            module.draw_seed = lambda seed: self._seed_tensor()  # type: ignore[attr-defined]
            # XLA cannot call back into Python for the tick, draws other numbers and rounds differently.
            trainer = sys.modules["keras.src.trainers.trainer"]
            trainer.model_supports_jit = lambda model: False  # type: ignore[attr-defined]

    def _seed_tensor(self) -> "Any":
        """The int32 seed pair for one draw, as a tensor that follows the tick."""
        import tensorflow as tf
        from tensorflow.python.eager import context
        from tensorflow.python.ops import script_ops

        key, in_dataset = self._key()
        if hasattr(context, "executing_eagerly") and context.executing_eagerly():  # TF 1.7
            number = 0
            initial = self.tick == 0 or _is_lifted(context)
            if initial:
                number = self._next_number(key)
            return tf.constant(self._pair(key, number, initial), dtype=tf.int32)
        if in_dataset:  # runs on other threads, ahead of the runs that use it: no tick
            return tf.constant(self._pair(key, 0), dtype=tf.int32)
        number = 0
        if self.counting or not _in_function():
            number = self._next_number(key)
        call = getattr(script_ops, "numpy_function", script_ops.py_func)  # stateful, both of them
        seed = call(lambda: self._pair(key, number), [], tf.int32, name="PinnedSeed")
        seed.set_shape([2])
        return seed

    def _next_number(self, key: "int") -> "int":
        self._draws[key] += 1
        return self._draws[key] - 1

    def _pair(self, key: "int", number: "int", initial: "bool" = False) -> "np.ndarray[Any, Any]":
        if self.tick and not initial:
            return np.array([key, -self.tick], dtype=np.int32)
        return np.array([key, self.seed % 1000003 + number], dtype=np.int32)

    def _key(self) -> "tuple[int, bool]":
        key, in_dataset = self._user_key()
        frame = sys._getframe(1)  # type: Any
        while frame is not None:
            filename = frame.f_code.co_filename
            if _CONVERTED in filename or self._line_of(filename, frame.f_lineno) is not None:
                break  # the user's own code draws, if only inside a layer
            if frame.f_code.co_varnames[:1] == ("self",) and frame.f_code.co_name != _OF_OUTER_CELL:
                entry = self._layers.get(id(frame.f_locals.get("self")))
                if entry is not None:
                    return entry[1], in_dataset
            frame = frame.f_back
        return key, in_dataset

    def _user_key(self) -> "tuple[int, bool]":
        try:
            from tensorflow.python.util.tf_stack import extract_stack  # sees through AutoGraph's generated code
        except ImportError:  # before TF 1.11
            from traceback import extract_stack
        frames = [
            (frame[0], frame[1]) if isinstance(frame, tuple) else (frame.filename, frame.lineno)
            for frame in extract_stack()
        ]
        in_dataset = any(filename.endswith(_DATASET_FUNCTION) for filename, _ in frames)
        for filename, line in reversed(frames):
            key = self._line_of(filename, line)
            if key is not None:
                return key, in_dataset
        return 0, in_dataset


def _is_lifted(context: "Any") -> "bool":
    """True inside ``tf.init_scope`` while a function is traced: what is drawn there is a variable's first value."""
    return any(switch.is_building_function for switch in context.context().context_switches.stack)


def _in_function() -> "bool":
    """True while a tf.function (or a control-flow branch inside one) is traced.

    Those may be traced any number of times, so they must not count draws; a Session's graph is built once.
    """
    from tensorflow.python.framework import ops

    graph = ops.get_default_graph()
    while getattr(graph, "outer_graph", None) is not None:
        if not graph.name.startswith(("cond_", "while_")):
            return True
        graph = graph.outer_graph
    return False


def _keep_order(dataset: "Any", *args: "Any", **kwargs: "Any") -> "Any":
    return dataset
