"""Session configurations: the statements with tf.config, where they go, and what is refused."""

from __future__ import annotations

import pytest

from codemods.rewrites import config
from tests.codemods.host_side import check, rewrite, unchanged

HEAD = "import tensorflow as tf\n"
GROWTH = 'for gpu in tf.config.list_physical_devices("GPU"):\n    tf.config.experimental.set_memory_growth(gpu, True)\n'
# An operation before and after, in place of a program.
OPERATION = "w = tf.Variable(1.0)\n"


@pytest.mark.parametrize(
    ("fields", "statements"),
    [
        ("allow_soft_placement=True", "tf.config.set_soft_device_placement(True)\n"),
        ("log_device_placement=True", "tf.debugging.set_log_device_placement(True)\n"),
        ("log_device_placement=False", ""),
        ("intra_op_parallelism_threads=4", "tf.config.threading.set_intra_op_parallelism_threads(4)\n"),
        ("inter_op_parallelism_threads=2 * n", "tf.config.threading.set_inter_op_parallelism_threads(2 * n)\n"),
        ("inter_op_parallelism_threads=0", ""),
        ("gpu_options=tf.GPUOptions(allow_growth=True)", GROWTH),
        ("gpu_options=tf.GPUOptions(allow_growth=False)", ""),
        ("gpu_options=tf.GPUOptions(per_process_gpu_memory_fraction=1.)", ""),
        ("gpu_options=tf.GPUOptions(allocator_type='BFC')", ""),
        (
            "gpu_options=tf.GPUOptions(visible_device_list='0')",
            'tf.config.set_visible_devices(tf.config.list_physical_devices("GPU")[:1], "GPU")\n',
        ),
        (
            "gpu_options=tf.GPUOptions(visible_device_list='2')",
            'tf.config.set_visible_devices(tf.config.list_physical_devices("GPU")[2:3], "GPU")\n',
        ),
        (
            "gpu_options=tf.GPUOptions(visible_device_list=str(rank()))",
            'tf.config.set_visible_devices(tf.config.list_physical_devices("GPU")[rank():][:1], "GPU")\n',
        ),
        (
            "gpu_options=tf.GPUOptions(visible_device_list='0,2')",
            "tf.config.set_visible_devices([gpu for index, gpu in enumerate("
            'tf.config.list_physical_devices("GPU")) if index in (0, 2)], "GPU")\n',
        ),
        ("device_count={'GPU': 0}", 'tf.config.set_visible_devices([], "GPU")\n'),
        (
            "device_count={'CPU': 1, 'GPU': 1}",
            'tf.config.set_visible_devices(tf.config.list_physical_devices("GPU")[:1], "GPU")\n',
        ),
        (
            "device_count={'CPU': 2}",
            'tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], '
            "[tf.config.LogicalDeviceConfiguration()] * 2)\n",
        ),
        (
            "allow_soft_placement=True, log_device_placement=verbose",
            "tf.config.set_soft_device_placement(True)\ntf.debugging.set_log_device_placement(verbose)\n",
        ),
        ("", ""),
    ],
)
def test_fields(fields: str, statements: str) -> None:
    """Each field, in a variable at the top; the session itself is for another rewrite."""
    outcome = rewrite(f"{HEAD}config = tf.ConfigProto({fields})\nsess = tf.Session(config=config)\n", config)
    assert outcome.refused == [] and outcome.notes == []
    assert outcome.text == f"{HEAD}{statements}sess = tf.Session(config=config)\n"
    assert outcome.native[0] == "tf.ConfigProto"


def test_fields_set_later_stay_where_they_were() -> None:
    outcome = rewrite(
        HEAD + "# Do not take all memory.\nconfig = tf.ConfigProto()\nprint(1)\n"
        "config.gpu_options.allow_growth = True\nconfig.allow_soft_placement = soft  # why\n"
        "config.device_count['GPU'] = 0\nwith tf.Session('', None, config) as sess:\n    pass\n",
        config,
    )
    assert outcome.refused == []
    assert outcome.text == (
        HEAD + "print(1)\n# Do not take all memory.\n" + GROWTH + "tf.config.set_soft_device_placement(soft)  # why\n"
        "tf.config.set_visible_devices([], \"GPU\")\nwith tf.Session('', None, config) as sess:\n    pass\n"
    )


def test_inline_configuration() -> None:
    outcome = rewrite(
        f"{HEAD}{OPERATION}# Run.\nwith tf.Session(config=tf.ConfigProto(log_device_placement=True)):\n    pass\n",
        config,
    )
    assert outcome.text == (
        f"{HEAD}{OPERATION}tf.debugging.set_log_device_placement(True)\n"
        "# Run.\nwith tf.Session(config=tf.ConfigProto(log_device_placement=True)):\n    pass\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        f"{OPERATION}c = tf.ConfigProto()\nc.gpu_options.allow_growth = True\nsess = tf.Session(config=c)\n",
        f"{OPERATION}o = tf.GPUOptions(allow_growth=True)\nsess = tf.Session(config=tf.ConfigProto(gpu_options=o))\n",
        "def f():\n    return tf.zeros(1)\n\nx = f()\nsess = tf.Session(config=tf.ConfigProto(gpu_options="
        "tf.GPUOptions(allow_growth=True)))\n",
    ],
)
def test_settings_of_the_start_move_before_the_first_operation(text: str) -> None:
    outcome = rewrite(HEAD + text, config)
    assert outcome.refused == []
    assert outcome.text.index("set_memory_growth") < min(
        outcome.text.find(item) for item in ("w = ", "x = f") if item in outcome.text
    )


def test_two_sessions_with_one_setting_say_it_once() -> None:
    growing = (
        "tf.Session(config=tf.ConfigProto(gpu_options=tf.GPUOptions(allow_growth=True), log_device_placement=True))"
    )
    outcome = rewrite(f"{HEAD}{OPERATION}a = {growing}\nb = {growing}\n", config)
    assert outcome.refused == []
    assert outcome.text.count("set_memory_growth") == 1
    assert outcome.text.count("set_log_device_placement") == 1


def test_in_a_function() -> None:
    outcome = rewrite(
        HEAD + "def main():\n    config = tf.ConfigProto(intra_op_parallelism_threads=n)\n"
        "    x = tf.zeros(1)\n    sess = tf.Session(config=config)\n\nmain()\n",
        config,
    )
    assert outcome.refused == []
    assert "    tf.config.threading.set_intra_op_parallelism_threads(n)\n    x = tf.zeros(1)\n" in outcome.text


def test_a_share_of_the_memory_becomes_growth_with_a_note() -> None:
    text = (
        HEAD
        + "sess = tf.Session(config=tf.ConfigProto(gpu_options=tf.GPUOptions(per_process_gpu_memory_fraction=.3)))\n"
    )
    outcome = rewrite(text, config)
    assert outcome.refused == [] and "memory_limit" in outcome.notes[0]
    assert GROWTH in outcome.text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("c = tf.ConfigProto()\nrun(c)\n", "something else than sessions"),
        ("c = tf.ConfigProto()\nc = None\n", "something else"),
        ("self.c = tf.ConfigProto()\n", "something else than a variable"),
        ("run(tf.ConfigProto())\n", "for sessions only"),
        ("make = tf.ConfigProto\n", "not called"),
        ("c = tf.ConfigProto(**options)\n", "not known"),
        ("c = tf.ConfigProto(operation_timeout_in_ms=5)\n", "operation_timeout_in_ms"),
        ("c = tf.ConfigProto()\nc.graph_options.optimizer_options.opt_level = -1\n", "graph_options.optimizer_options"),
        ("c = tf.ConfigProto(gpu_options=tf.GPUOptions(visible_device_list='1,0'))\n", "renumbers"),
        ("c = tf.ConfigProto(gpu_options=tf.GPUOptions(visible_device_list=devices))\n", "not known"),
        ("c = tf.ConfigProto(device_count={kind: 1})\n", "not known"),
        (f"{OPERATION}c = tf.ConfigProto(intra_op_parallelism_threads=n)\n", "before the first operation"),
        ("c = tf.ConfigProto(); c.allow_soft_placement = True\n", "one line"),
        (
            "a = tf.ConfigProto(intra_op_parallelism_threads=1)\nb = tf.ConfigProto(intra_op_parallelism_threads=2)\n",
            "two sessions",
        ),
    ],
)
def test_refusals(text: str, reason: str) -> None:
    outcome = rewrite(HEAD + text, config)
    assert any(reason in message for message in outcome.refused), outcome.findings


@pytest.mark.parametrize(
    "text",
    [
        HEAD + GROWTH + "tf.config.set_soft_device_placement(True)\n",
        "config = ConfigProto(allow_soft_placement=True)\nconfig.gpu_options.allow_growth = True\n",
        HEAD + "class ConfigProto:\n    pass\n\nconfig = ConfigProto()\n",
    ],
)
def test_other_code_is_left_alone(text: str) -> None:
    unchanged(text, config)


def test_again() -> None:
    check(
        f"{HEAD}c = tf.ConfigProto(allow_soft_placement=True)\n",
        f"{HEAD}tf.config.set_soft_device_placement(True)\n",
        config,
    )
