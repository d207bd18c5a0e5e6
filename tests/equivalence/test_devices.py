"""Choosing a device; a device that is not there is never silently another one."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from migrator.equivalence.devices import DeviceError, environment, expand, resolve
from tests.equivalence.pairs import ROOT

TWO = ["/device:CPU:0", "/device:CPU:1"]


def test_expand() -> None:
    assert expand("all") == ("cpu", "gpu")
    assert expand("CPU") == ("cpu",)
    assert expand("gpu:1") == ("gpu:1",)
    for wrong in ("", "tpu", "cpu:", "gpu:x", "cpu,gpu"):
        with pytest.raises(DeviceError, match="unknown device"):
            expand(wrong)


def test_resolve() -> None:
    assert resolve("cpu", TWO) == "/device:CPU:0"
    assert resolve("cpu:1", TWO) == "/device:CPU:1"
    assert resolve("cpu:2", TWO) is None
    assert resolve("gpu", TWO) is None
    assert resolve("gpu", [*TWO, "/device:GPU:0"]) == "/device:GPU:0"
    assert resolve("gpu:1", ["/device:GPU:10"]) is None


def test_a_cpu_run_hides_gpus_and_tf32_is_off_everywhere() -> None:
    assert environment("cpu")["CUDA_VISIBLE_DEVICES"] == "-1"
    assert "CUDA_VISIBLE_DEVICES" not in environment("gpu")
    for device in ("cpu", "gpu:1"):
        assert environment(device)["NVIDIA_TF32_OVERRIDE"] == "0"


LOGICAL = """
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from migrator.equivalence import devices
device = devices.configure("cpu:1")
with tf.device(device):
    print(tf.add(1, 2).device, tf.config.experimental.tensor_float_32_execution_enabled())
print(devices.configure("cpu:2"), devices.configure("gpu"))
tf.config.threading.set_intra_op_parallelism_threads(3)  # a migrated program's own settings are no error
"""


def test_logical_devices() -> None:
    result = subprocess.run(
        [sys.executable, "-c", LOGICAL], env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr[-2000:]
    first, second = result.stdout.splitlines()
    assert first.endswith("device:CPU:1 False")
    assert second == "None None"
