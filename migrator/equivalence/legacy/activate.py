"""Brings the installed TensorFlow 2 into TF1 mode, and mends what old libraries miss in it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import sys
from typing import Any

from migrator.errors import UserError

_NEEDED = {"tensorflow": "tensorflow", "tf_keras": "tf-keras", "tf_slim": "tf-slim"}


def prepare_environment() -> None:
    """Set what TensorFlow reads at its first import. Raises UserError when a package of the ``tf`` extra is missing."""
    missing = [package for module, package in _NEEDED.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise UserError(f"running TF1 programs needs {', '.join(missing)}: pip install 'migrator[tf]'")
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("MPLBACKEND", "Agg")


def activate() -> Any:
    """Import TensorFlow with v2 behaviour off and return its ``compat.v1``; `prepare_environment` comes first."""
    import tensorflow as tf

    v1 = tf.compat.v1
    v1.logging.set_verbosity(v1.logging.ERROR)
    v1.disable_v2_behavior()
    _put_back_for_slim(v1)
    _place_softly(v1)
    return v1


def versions() -> dict[str, str]:
    """The versions that a recording names."""
    return {package: importlib.metadata.version(package) for package in (*_NEEDED.values(), "keras")}


def _put_back_for_slim(v1: Any) -> None:
    """tf-slim 1.1 reaches into modules from which TensorFlow has since moved these names."""
    from tensorflow.python.framework import indexed_slices, ops, tensor
    from tensorflow.python.ops import (
        array_ops,
        cond,
        control_flow_assert,
        control_flow_case,
        control_flow_ops,
        variable_scope,
        while_loop,
    )
    from tf_keras.src.legacy_tf_layers import normalization

    ops.Tensor = tensor.Tensor
    ops.IndexedSlices = indexed_slices.IndexedSlices
    array_ops.stack, array_ops.unstack = v1.stack, v1.unstack
    control_flow_ops.cond = cond.cond
    control_flow_ops.case = control_flow_case.case
    control_flow_ops.Assert = control_flow_assert.Assert
    control_flow_ops.while_loop = while_loop.while_loop
    variable_scope.variable = v1.Variable
    sys.modules["tf_keras.legacy_tf_layers.normalization"] = normalization  # TensorFlow itself looks for it there


def _place_softly(v1: Any) -> None:
    """Let ``tf.device('/gpu:0')`` fall back to the CPU, whatever the program's ConfigProto says."""
    from tensorflow.python.client import session

    original = session.BaseSession.__init__

    def __init__(self: Any, target: str = "", graph: Any = None, config: Any = None) -> None:
        softened = v1.ConfigProto()
        if config is not None:
            softened.CopyFrom(config)
        softened.allow_soft_placement = True
        original(self, target, graph, softened)

    session.BaseSession.__init__ = __init__
