"""Runs programs one after the other in this process: ``run_keras_programs.py legacy|migrated``.

Reads ``{name: text}`` as JSON from standard input, writes ``{name: printed text}`` to standard output. ``legacy`` gives
the programs TF1 behaviour, with Keras 2 as ``keras``. Random numbers are functions of their shape on both sides.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import types
import zlib
from collections.abc import Callable
from typing import Any

LEGACY = sys.argv[1] == "legacy"
if LEGACY:
    os.environ["TF_USE_LEGACY_KERAS"] = "1"

import numpy as np  # noqa: E402  (TensorFlow reads the environment when it is imported)
import tensorflow as tf  # noqa: E402
from tensorflow.python.framework import tensor_util  # noqa: E402
from tensorflow.python.ops import gen_random_ops, gen_stateless_random_ops, gen_stateless_random_ops_v2  # noqa: E402

_KERNELS = {
    gen_random_ops: ("random_uniform", "random_standard_normal", "truncated_normal"),
    gen_stateless_random_ops: ("stateless_random_uniform", "stateless_random_normal", "stateless_truncated_normal"),
    gen_stateless_random_ops_v2: (
        "stateless_random_uniform_v2",
        "stateless_random_normal_v2",
        "stateless_truncated_normal_v2",
    ),
}


def drawn(shape: Any, kind: int) -> np.ndarray:
    """The numbers for a shape: uniform, normal or truncated normal."""
    shape = tuple(int(size) for size in shape)
    generator = np.random.RandomState(zlib.crc32(repr(shape).encode()) % 2**31)
    if kind == 0:
        return generator.uniform(size=shape)
    return np.clip(generator.normal(size=shape), -2 if kind == 2 else -np.inf, 2 if kind == 2 else np.inf)


def pinned(kind: int) -> Callable[..., Any]:
    """A stand-in for a random kernel."""

    def kernel(shape: Any, *args: Any, dtype: Any = None, **kwargs: Any) -> Any:
        dtype = dtype or next((item for item in args if isinstance(item, tf.DType)), tf.float32)
        known = tensor_util.constant_value(tf.convert_to_tensor(shape))
        if known is not None:
            return tf.constant(drawn(known, kind), dtype)
        numpy_type = tf.as_dtype(dtype).as_numpy_dtype
        return tf.compat.v1.py_func(lambda size: drawn(size, kind).astype(numpy_type), [shape], dtype)

    return kernel


def with_modules(name: str, module: types.ModuleType, depth: int = 0) -> None:
    """Let ``import name`` and the names of its Keras submodules find ``module``."""
    sys.modules[name] = module
    for member in dir(module):
        inner = getattr(module, member, None)
        if isinstance(inner, types.ModuleType) and "keras" in inner.__name__ and depth < 2:
            with_modules(f"{name}.{member}", inner, depth + 1)


def main() -> None:
    """Run the table."""
    for module, names in _KERNELS.items():
        for kind, name in enumerate(names):
            setattr(module, name, pinned(kind))
    if LEGACY:
        v1 = tf.compat.v1
        v1.disable_v2_behavior()
        v1.logging.set_verbosity(v1.logging.ERROR)
        for name in [name for name in sys.modules if name.split(".")[0] == "keras"]:
            del sys.modules[name]
        with_modules("keras", v1.keras)
        with_modules("tensorflow.keras", v1.keras)
        sys.modules["tensorflow"] = v1
    results = {}
    for name, text in json.load(sys.stdin).items():
        if LEGACY:
            tf.compat.v1.keras.backend.clear_session()
        results[name] = run(name, text)
    json.dump(results, sys.stdout)


def run(name: str, text: str) -> str:
    """What one program prints."""
    printed = io.StringIO()
    space: dict[str, Any] = {"__name__": "__main__"}
    with contextlib.redirect_stdout(printed):
        try:
            exec(compile(text, f"<{name}>", "exec"), space)
        except Exception as error:  # noqa: BLE001  (whatever the program does is its result)
            print(f"!! {type(error).__name__}: {error}"[:500])
    for value in space.values():
        if type(value).__name__ == "InteractiveSession":
            value.close()
    return printed.getvalue()


if __name__ == "__main__":
    main()
