"""``tf.contrib`` as far as tf-slim, ``compat.v1`` and small classes of our own can stand in for it."""

from __future__ import annotations

import importlib
from typing import Any

from migrator.equivalence.legacy import contrib_parts, sequences
from migrator.equivalence.legacy.shim import Lazy, Shim

_REMOVED = "this part of contrib was removed and nothing replaces it"
_GONE_PARTS = (
    "learn",
    "factorization",
    "tensor_forest",
    "boosted_trees",
    "cudnn_rnn",
    "bayesflow",
    "gan",
    "graph_editor",
    "tpu",
    "tensorrt",
    "timeseries",
    "kernel_methods",
    "linear_optimizer",
    "predictor",
    "quantize",
    "estimator",
)


class Contrib:
    """Makes ``tensorflow.contrib``; its parts are imported when a program first asks for them."""

    def __init__(self, v1: Any, keras: Shim) -> None:
        self._v1 = v1
        parts = {
            "slim": self._slim,
            "layers": self._layers,
            "framework": self._framework,
            "losses": lambda: self._over("losses", "tf_slim.losses.loss_ops", "tf_slim.losses"),
            "metrics": lambda: self._over("metrics", "tf_slim.metrics"),
            "rnn": self._rnn,
            "legacy_seq2seq": lambda: Shim("tensorflow.contrib.legacy_seq2seq", sequences.legacy_seq2seq(v1)),
            "seq2seq": lambda: Shim("tensorflow.contrib.seq2seq", sequences.seq2seq(v1)),
            "crf": lambda: Shim("tensorflow.contrib.crf", sequences.crf(v1)),
            "lookup": lambda: self._over("lookup", v1.lookup, "tensorflow.python.ops.lookup_ops"),
            "training": self._training,
            "summary": lambda: Shim("tensorflow.contrib.summary", bases=(v1.summary,)),
            "distributions": lambda: Shim("tensorflow.contrib.distributions", bases=(v1.distributions,)),
            "data": lambda: Shim("tensorflow.contrib.data", bases=(v1.data.experimental, v1.data)),
            "image": lambda: Shim("tensorflow.contrib.image", bases=(v1.image,)),
            "keras": lambda: Shim("tensorflow.contrib.keras", bases=(keras,)),
            "util": lambda: Shim("tensorflow.contrib.util", bases=(v1,)),
            "opt": lambda: Shim("tensorflow.contrib.opt", bases=(v1.train,)),
            "saved_model": lambda: Shim("tensorflow.contrib.saved_model", bases=(v1.saved_model,)),
            "tensorboard": contrib_parts.tensorboard,
            "eager": lambda: Shim(
                "tensorflow.contrib.eager", {"Variable": v1.Variable, "Iterator": v1.data.Iterator}, (v1,)
            ),
        }
        gone = dict.fromkeys(_GONE_PARTS, _REMOVED)
        self.module = Shim("tensorflow.contrib", {name: Lazy(make) for name, make in parts.items()}, gone=gone)

    def legacy_nn_names(self) -> dict[str, Any]:
        """What ``tf.nn`` had before 1.0 and contrib had after."""
        return {"seq2seq": Lazy(lambda: self.module.legacy_seq2seq)}

    def _over(self, part: str, *bases: Any, overrides: dict[str, Any] | None = None) -> Shim:
        modules = tuple(importlib.import_module(base) if isinstance(base, str) else base for base in bases)
        return Shim(f"tensorflow.contrib.{part}", overrides, modules)

    def _slim(self) -> Shim:
        nets = Shim(
            "tensorflow.contrib.slim.nets",
            {
                name: Lazy(lambda name=name: importlib.import_module(f"tf_slim.nets.{name}"))  # type: ignore[misc]
                for name in ("alexnet", "inception", "overfeat", "resnet_utils", "resnet_v1", "resnet_v2", "vgg")
            },
        )
        return self._over("slim", "tf_slim", overrides={"nets": nets})

    def _layers(self) -> Shim:
        v1 = self._v1
        overrides = contrib_parts.layer_names(v1) | {
            "safe_embedding_lookup_sparse": v1.nn.safe_embedding_lookup_sparse,
            "feature_column": v1.feature_column,
        }
        return self._over("layers", "tf_slim.layers", overrides=overrides)

    def _framework(self) -> Shim:
        v1 = self._v1
        return self._over(
            "framework",
            "tf_slim.ops.variables",
            "tf_slim.ops.arg_scope",
            "tf_slim.ops.framework_ops",
            v1.train,
            overrides={"nest": v1.nest, "is_tensor": v1.is_tensor, "sort": v1.sort, "argsort": v1.argsort},
        )

    def _rnn(self) -> Shim:
        v1 = self._v1
        names = (
            "static_rnn",
            "static_state_saving_rnn",
            "static_bidirectional_rnn",
            "dynamic_rnn",
            "bidirectional_dynamic_rnn",
            "raw_rnn",
        )
        overrides = {name: getattr(v1.nn, name) for name in names} | sequences.rnn(v1)
        return Shim("tensorflow.contrib.rnn", overrides, (v1.nn.rnn_cell,))

    def _training(self) -> Shim:
        return self._over("training", "tf_slim.training", overrides={"HParams": contrib_parts.HParams})
