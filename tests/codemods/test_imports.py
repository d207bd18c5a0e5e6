"""Imports after a rewrite: TF1 paths and unused imports go, needed ones come, the rest stays."""

from __future__ import annotations

import libcst as cst
import pytest

from codemods.analysis.symbols import Symbols
from codemods.context import Context
from codemods.edits import Edits
from codemods.rewrites import imports
from tests.codemods.rewriting import rewrite


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "import tensorflow.compat.v1 as tf\ntf.disable_v2_behavior()\n\ny = tf.log(x)\n",
            "import tensorflow as tf\n\ny = tf.math.log(x)\n",
        ),
        (
            "import tensorflow.compat.v1 as tf  # TF1\ntf.disable_eager_execution()\ny = tf.abs(x)\n",
            "import tensorflow as tf  # TF1\ny = tf.abs(x)\n",
        ),
        (
            "import tensorflow.compat.v1 as tf\n\n# part one\n\n# TF1\ntf.disable_v2_behavior()  # for now\n"
            "y = tf.log(x)\n",
            "import tensorflow as tf\n\n# part one\n\ny = tf.math.log(x)\n",
        ),
        (
            "import tensorflow.compat.v1 as tf\nif tf1:\n    tf.disable_v2_behavior()\ny = tf.abs(x)\n",
            "import tensorflow as tf\nif tf1:\n    pass\ny = tf.abs(x)\n",
        ),
        (
            "import numpy as np\n\nfrom tensorflow.python.ops import math_ops\nimport tensorflow as tf\n"
            "y = math_ops.abs(tf.abs(x)), np\n",
            "import numpy as np\n\nimport tensorflow as tf\ny = tf.abs(tf.abs(x)), np\n",
        ),
        ("from tensorflow.compat import v1 as tf\ny = tf.log(x)\n", "import tensorflow as tf\ny = tf.math.log(x)\n"),
        ("from tensorflow.compat.v1 import abs, exp\nabs(exp(x))\n", "from tensorflow import abs, exp\nabs(exp(x))\n"),
        ("import tensorflow\ny = tensorflow.log(x)\n", "import tensorflow\ny = tensorflow.math.log(x)\n"),
        (
            "import tensorflow as tf\nfrom tensorflow.python.framework import ops\ny = ops.convert_to_tensor(x)\n",
            "import tensorflow as tf\ny = tf.convert_to_tensor(x)\n",
        ),
        (
            "from tensorflow.python.ops import math_ops, array_ops\ny = math_ops.log(array_ops.shape(x))\n",
            "import tensorflow as tf\ny = tf.math.log(tf.shape(x))\n",
        ),
        (
            "from tensorflow import log, matmul\ny = log(matmul(x, x))\n",
            "from tensorflow import matmul\nimport tensorflow as tf\ny = tf.math.log(matmul(x, x))\n",
        ),
        (
            "import os\nimport tensorflow as tf\nimport numpy as np\n"
            "tf.layers.dense(x, 3, kernel_initializer=tf.glorot_uniform_initializer())\n",
            "import os\nimport tensorflow as tf\nimport keras\nimport numpy as np\n"
            "tf.layers.dense(x, 3, kernel_initializer=keras.initializers.GlorotUniform())\n",
        ),
        (
            "import keras\nimport tensorflow as tf\nA.add_weight(tf.glorot_uniform_initializer())\n",
            "import keras\nA.add_weight(keras.initializers.GlorotUniform())\n",
        ),
        (
            "try:\n    import tensorflow.compat.v1 as tf\nexcept ImportError:\n    import tensorflow as tf\n"
            "y = tf.log(x)\n",
            "try:\n    import tensorflow as tf\nexcept ImportError:\n    import tensorflow as tf\n"
            "y = tf.math.log(x)\n",
        ),
        (
            "def f(x):\n    from tensorflow.python.ops import math_ops\n    import tensorflow as tf\n"
            "    return math_ops.square(x) + tf.log(x)\n",
            "def f(x):\n    import tensorflow as tf\n    return tf.square(x) + tf.math.log(x)\n",
        ),
        (
            "import tensorflow.contrib.framework\nimport tensorflow as tf\ny = tf.log(x)\n",
            "import tensorflow as tf\ny = tf.math.log(x)\n",
        ),
        (
            "import tensorflow as tf, numpy as np\ny = tf.log(np.e)\n",
            "import tensorflow as tf, numpy as np\ny = tf.math.log(np.e)\n",
        ),
        ("import tensorflow.compat.v1 as tf\ny = tf.abs(x)\n", "import tensorflow as tf\ny = tf.abs(x)\n"),
        (
            "import tensorflow as tf\nfrom tensorflow.contrib import slim\ntf.abs(x)\n",
            "import tensorflow as tf\ntf.abs(x)\n",
        ),
        ("from tensorflow.examples.tutorials.mnist import input_data\nprint()\n", "print()\n"),
        (
            "import tensorflow as tf\nimport tensorflow.compat.v1 as tf\ny = tf.log(x)\n",
            "import tensorflow as tf\ny = tf.math.log(x)\n",
        ),
    ],
)  # fmt: skip
def test_rewritten(old: str, new: str) -> None:
    text, _ = rewrite(old)
    assert text == new
    compile(text, "<rewritten>", "exec")
    assert rewrite(text)[0] == text


@pytest.mark.parametrize(
    "source",
    [
        "import tensorflow as tf\n",  # unused before, and so after
        "import tensorflow as tf\nfrom tensorflow.contrib import slim\nslim.conv2d(tf.placeholder(x))\n",
        "import tensorflow.contrib.slim as slim\nslim.conv2d(x)\n",
        "import tensorflow as tf\nfrom tensorflow import keras\nkeras.layers.Dense(tf.abs(x))\n",
    ],
)
def test_left_alone(source: str) -> None:
    assert rewrite(source)[0] == source


def added(source: str, *wanted: tuple[str, str | None, str | None]) -> str:
    """``source`` with imports asked for, and an edit that uses them."""
    module = cst.parse_module(source)
    edits = Edits()
    for module_name, alias, name in wanted:
        edits.require_import(module_name, alias, name)
    return imports.fix(Context(module, Symbols(module)), edits, module).code


@pytest.mark.parametrize(
    ("source", "wanted", "expected"),
    [
        ("x = keras\n", ("keras", None, None), "import keras\nx = keras\n"),
        ("import keras\nx = keras\n", ("keras", None, None), "import keras\nx = keras\n"),
        (
            "from tensorflow import keras\nx = keras\n",
            ("keras", None, None),
            "from tensorflow import keras\nx = keras\n",
        ),
        ('"""Doc."""\nx = keras\n', ("keras", None, None), '"""Doc."""\n\nimport keras\nx = keras\n'),
        (
            "from __future__ import division\nx = keras\n",
            ("keras", None, None),
            "from __future__ import division\n\nimport keras\nx = keras\n",
        ),
        (
            "# header\n\nimport numpy as np\nx = math, np\n",
            ("math", None, None),
            "# header\n\nimport math\n\nimport numpy as np\nx = math, np\n",
        ),
        (
            "import os\nimport numpy as np\nx = math, np, os\n",
            ("math", None, None),
            "import os\nimport math\nimport numpy as np\nx = math, np, os\n",
        ),
        (
            "import tensorflow as tf\nx = np, tf\n",
            ("numpy", "np", None),
            "import tensorflow as tf\nimport numpy as np\nx = np, tf\n",
        ),
        ("import os\nx = flags, os\n", ("absl", None, "flags"), "import os\nfrom absl import flags\nx = flags, os\n"),
        (
            "try:\n    import tensorflow as tf\nexcept ImportError:\n    pass\nx = tf, keras\n",
            ("keras", None, None),
            "try:\n    import tensorflow as tf\nexcept ImportError:\n    pass\nimport keras\nx = tf, keras\n",
        ),
        ("", ("keras", None, None), "import keras\n"),
    ],
)  # fmt: skip
def test_added(source: str, wanted: tuple[str, str | None, str | None], expected: str) -> None:
    assert added(source, wanted) == expected


def test_a_taken_name_is_refused() -> None:
    source = "import tensorflow as tf\nkeras = 3\nA.add_weight(tf.glorot_uniform_initializer())\n"
    text, findings = rewrite(source)
    assert text == source.replace("tf.glorot_uniform_initializer", "tf.keras.initializers.GlorotUniform")
    assert [finding.code for finding in findings] == ["TF100"]
    taken = "from tensorflow import log\ntf = 3\ny = log(x)\n"
    assert rewrite(taken)[0] == taken
    assert [finding.code for finding in rewrite(taken)[1]] == ["TF110"]
