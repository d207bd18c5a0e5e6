"""Which device the migrated program runs on, and the settings that make its numbers reproducible there."""

from __future__ import annotations

import re
from collections.abc import Sequence

from migrator.errors import MigratorError

_FORM = re.compile(r"(cpu|gpu)(?::(\d+))?")


class DeviceError(MigratorError):
    """A device that cannot be meant."""


def expand(wanted: str) -> tuple[str, ...]:
    """``all`` as its parts, else the one device: ``cpu``, ``gpu``, ``cpu:1``. Raises DeviceError for anything else."""
    wanted = wanted.lower()
    if wanted == "all":
        return ("cpu", "gpu")
    if not _FORM.fullmatch(wanted):
        raise DeviceError(f"unknown device {wanted!r}; use cpu, gpu, all, or one by its number such as gpu:1")
    return (wanted,)


def resolve(wanted: str, available: Sequence[str]) -> str | None:
    """The logical device (``/device:GPU:0``) for ``wanted`` among ``available`` ones, or None when it is not there."""
    match = _FORM.fullmatch(wanted.lower())
    if match is None:
        raise DeviceError(f"unknown device {wanted!r}")
    name = f"{match[1].upper()}:{match[2] or 0}"
    return next((device for device in available if device.upper().endswith(f":{name}")), None)


def environment(wanted: str) -> dict[str, str]:
    """Variables to set before TensorFlow is imported: GPUs hidden from a CPU run, TF32 off, fixed kernels."""
    settings = {
        "NVIDIA_TF32_OVERRIDE": "0",
        "TF_CUDNN_DETERMINISTIC": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    if wanted.lower().startswith("cpu"):
        settings["CUDA_VISIBLE_DEVICES"] = "-1"
    return settings


def configure(wanted: str) -> str | None:
    """Set TensorFlow up for ``wanted`` and return its logical device, or None when it is not there.

    TF32 is off and ops that have no deterministic kernel raise on a GPU. On a CPU the legacy program ran with the
    default kernels, and the same kernels give the same bits, so nothing is changed there. Imports TensorFlow.
    """
    import tensorflow as tf

    device = resolve(wanted, [device.name for device in tf.config.list_logical_devices()])
    if device is None:
        return None
    tf.config.set_soft_device_placement(True)
    tf.config.experimental.enable_tensor_float_32_execution(False)
    if wanted.lower().startswith("gpu"):
        tf.config.experimental.enable_op_determinism()
    for module, name in (
        (tf.config, "set_visible_devices"),
        (tf.config, "set_logical_device_configuration"),
        (tf.config.experimental, "set_visible_devices"),
        (tf.config.experimental, "set_virtual_device_configuration"),
        (tf.config.experimental, "set_memory_growth"),
        (tf.config.threading, "set_intra_op_parallelism_threads"),
        (tf.config.threading, "set_inter_op_parallelism_threads"),
    ):
        setattr(module, name, _settled)
    return device


def _settled(*args: object, **kwargs: object) -> None:
    """In place of settings that TensorFlow takes only before it starts: the check has started it, and chose them."""
