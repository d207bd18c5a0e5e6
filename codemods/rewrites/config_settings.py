"""What each field of ``tf.ConfigProto`` becomes: statements with ``tf.config``, as one writes them in TF2."""

from __future__ import annotations

import ast
from dataclasses import dataclass

import libcst as cst

from codemods.findings import Refusal
from codemods.rewrites.literals import literal_value

GPUS = '{tf}.config.list_physical_devices("GPU")'
_GROWTH = f"for gpu in {GPUS}:\n    {{tf}}.config.experimental.set_memory_growth(gpu, {{value}})"
_FRACTION = (
    "TensorFlow 2 has no limit as a share of the GPU's memory; the program now takes memory as it needs it "
    "(tf.config.LogicalDeviceConfiguration(memory_limit=...) sets a limit in megabytes)"
)

# Fields whose value may be dropped when it says what TF2 does anyway.
_DEFAULTS: dict[tuple[str, ...], tuple[object, ...]] = {
    ("log_device_placement",): (False,),
    ("intra_op_parallelism_threads",): (0,),
    ("inter_op_parallelism_threads",): (0,),
    ("gpu_options", "allow_growth"): (False,),
    ("gpu_options", "per_process_gpu_memory_fraction"): (0, 0.0, 1, 1.0),
    ("gpu_options", "visible_device_list"): ("",),
    ("gpu_options", "allocator_type"): ("", "BFC"),
    ("device_count", "CPU"): (1,),
}

_STATEMENTS = {
    ("allow_soft_placement",): "{tf}.config.set_soft_device_placement({value})",
    ("log_device_placement",): "{tf}.debugging.set_log_device_placement({value})",
    ("intra_op_parallelism_threads",): "{tf}.config.threading.set_intra_op_parallelism_threads({value})",
    ("inter_op_parallelism_threads",): "{tf}.config.threading.set_inter_op_parallelism_threads({value})",
    ("gpu_options", "allow_growth"): _GROWTH,
}

# Fields that TF2 takes at any time; the others only before the first operation.
_ANY_TIME = frozenset({("allow_soft_placement",), ("log_device_placement",)})


@dataclass(frozen=True)
class Setting:
    """One field (``("gpu_options", "allow_growth")``) and the expression that it is set to."""

    path: tuple[str, ...]
    value: cst.BaseExpression
    node: cst.CSTNode


@dataclass(frozen=True)
class Lowered:
    """The statement for one setting (None: there is nothing to say), and what a reviewer should know.

    ``early``: TF2 takes it only before the first operation.
    """

    text: str | None
    early: bool = False
    note: str | None = None


def lower(setting: Setting, tf: str) -> Lowered:
    """The statement for ``setting`` where TensorFlow is called ``tf``. Raises Refusal (TF521)."""
    path, value = setting.path, setting.value
    literal = literal_value(value)
    if path in _DEFAULTS and any(literal == known and literal is not None for known in _DEFAULTS[path]):
        return Lowered(None)
    text = cst.Module([]).code_for_node(value)
    if path in _STATEMENTS:
        return Lowered(_STATEMENTS[path].format(tf=tf, value=text), path not in _ANY_TIME)
    if path == ("gpu_options", "per_process_gpu_memory_fraction"):
        return Lowered(_GROWTH.format(tf=tf, value="True"), True, _FRACTION)
    if path == ("gpu_options", "visible_device_list"):
        return Lowered(_visible(value, tf, setting), True)
    if path == ("device_count", "GPU") and isinstance(literal, int):
        kept = f"{GPUS.format(tf=tf)}[:{literal}]" if literal else "[]"
        return Lowered(f'{tf}.config.set_visible_devices({kept}, "GPU")', True)
    if path == ("device_count", "CPU") and isinstance(literal, int):
        cpu = f'{tf}.config.list_physical_devices("CPU")[0]'
        each = f"[{tf}.config.LogicalDeviceConfiguration()] * {literal}"
        return Lowered(f"{tf}.config.set_logical_device_configuration({cpu}, {each})", True)
    raise Refusal("TF521", f"ConfigProto: {'.'.join(path)} has no counterpart in tf.config", setting.node)


def _visible(value: cst.BaseExpression, tf: str, setting: Setting) -> str:
    """``set_visible_devices`` for a list such as "0" or "0,2", or for ``str(index)``."""
    gpus = GPUS.format(tf=tf)
    if isinstance(value, cst.SimpleString):
        try:
            indices = [int(item) for item in str(ast.literal_eval(value.value)).split(",")]
        except ValueError:
            raise Refusal("TF521", "ConfigProto: visible_device_list is no list of numbers", setting.node) from None
        if indices != sorted(set(indices)):
            raise Refusal("TF521", "ConfigProto: visible_device_list renumbers the GPUs; TF2 cannot", setting.node)
        if len(indices) == 1:
            first = indices[0]
            part = f"[{first}:{first + 1}]" if first else "[:1]"
            return f'{tf}.config.set_visible_devices({gpus}{part}, "GPU")'
        chosen = f"[gpu for index, gpu in enumerate({gpus}) if index in {tuple(indices)}]"
        return f'{tf}.config.set_visible_devices({chosen}, "GPU")'
    if isinstance(value, cst.Call) and isinstance(value.func, cst.Name) and value.func.value == "str":
        index = cst.Module([]).code_for_node(value.args[0].value) if len(value.args) == 1 else ""
        if index:
            return f'{tf}.config.set_visible_devices({gpus}[{index}:][:1], "GPU")'
    raise Refusal("TF521", "ConfigProto: visible_device_list is not known", setting.node)
