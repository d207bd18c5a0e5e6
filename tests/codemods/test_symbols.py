"""Which symbol a name means: import forms, aliases, scopes, shadowing, re-binding."""

from __future__ import annotations

import symtable
import time

import libcst as cst
import pytest

from codemods.analysis.era import Era, era
from codemods.analysis.symbols import Symbols


def uses(source: str) -> list[str]:
    return [use.name for use in Symbols(cst.parse_module(source)).tf_uses()]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("import tensorflow as tf\ntf.log(x)", "tf.log"),
        ("import tensorflow\ntensorflow.log(x)", "tf.log"),
        ("import tensorflow as banana\nbanana.nn.relu(x)", "tf.nn.relu"),
        ("import tensorflow.compat.v1 as tf\ntf.log(x)", "tf.log"),
        ("from tensorflow.compat import v1 as tf\ntf.log(x)", "tf.log"),
        ("import tensorflow as tf\ntf.compat.v1.log(x)", "tf.log"),
        ("from tensorflow import layers\nlayers.dense(x)", "tf.layers.dense"),
        ("from tensorflow import log as ln\nln(x)", "tf.log"),
        ("from tensorflow.contrib import slim\nslim.conv2d(x)", "tf.contrib.slim.conv2d"),
        ("import tensorflow.contrib.slim as slim\nslim.conv2d(x)", "tf.contrib.slim.conv2d"),
        ("import tf_slim as slim\nslim.conv2d(x)", "tf.contrib.slim.conv2d"),
        ("import tensorflow.contrib.slim\ntensorflow.contrib.slim.conv2d(x)", "tf.contrib.slim.conv2d"),
        ("from tensorflow.python.framework import ops\nops.get_default_graph()", "tf.get_default_graph"),
        ("from tensorflow.python.ops import rnn_cell_impl as c\nc.GRUCell(3)", "tf.nn.rnn_cell.GRUCell"),
        ("from tensorflow.python.ops.nn_ops import softmax\nsoftmax(3)", "tf.nn.softmax"),
        ("from tensorflow.python.ops import secret\nsecret.f()", "tf.python.ops.secret.f"),
        (
            "from tensorflow.examples.tutorials.mnist import input_data\ninput_data.read_data_sets('a')",
            "tf.examples.tutorials.mnist.input_data.read_data_sets",
        ),
        (
            "import tensorflow.examples.tutorials.mnist.input_data as data\ndata.read_data_sets('a')",
            "tf.examples.tutorials.mnist.input_data.read_data_sets",
        ),
        ("import tensorflow as tf\ntf.keras.layers.Dense(3)", "keras.layers.Dense"),
        ("from tensorflow.keras import layers as L\nL.Dense(3)", "keras.layers.Dense"),
        ("from tensorflow.python.keras.layers import Dense\nDense(3)", "keras.layers.Dense"),
        ("from keras.layers.core import Dense\nDense(3)", "keras.layers.Dense"),
        ("from keras.utils import np_utils\nnp_utils.to_categorical(3)", "keras.utils.to_categorical"),
        ("import keras.backend as K\nK.mean(x)", "keras.backend.mean"),
        ("def f():\n    import tensorflow as tf\n    return tf.log(x)", "tf.log"),
        (
            "try:\n    import tensorflow.compat.v1 as tf\nexcept ImportError:\n    import tensorflow as tf\ntf.log",
            "tf.log",
        ),
        ("try:\n    import tensorflow as tf\nexcept ImportError:\n    tf = None\ntf.log", "tf.log"),
        ("if new:\n    import tensorflow.compat.v1 as tf\nelse:\n    import tensorflow as tf\ntf.log", "tf.log"),
        ("from tensorflow.contrib.layers import *\nfrom tensorflow import *\nplaceholder(x)", "tf.placeholder"),
        ("def f():\n    global tf\n    import tensorflow as tf\ndef g():\n    tf.log(x)", "tf.log"),
        ("import tensorflow as tf\ndef f(x=tf.log):\n    pass", "tf.log"),
        ("import tensorflow as tf\nf = lambda tf=tf.log: tf", "tf.log"),
        ("import tensorflow as tf\n[tf for tf in tf.log]", "tf.log"),
        ("import tensorflow as tf\n@tf.log\ndef f(): pass", "tf.log"),
        ("import tensorflow as tf\nclass A(tf.log): pass", "tf.log"),
        ("import tensorflow as tf\nf'{tf.log}'", "tf.log"),
        ("import tensorflow as tf\ntf.log(x).name", "tf.log"),
        ("import tensorflow as tf\ntf.float32.name", "tf.float32"),
    ],
)
def test_one_use(source: str, name: str) -> None:
    assert uses(source) == [name]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import tensorflow as tf\nrnn = tf.nn.rnn_cell\nrnn.GRUCell(3)", ["tf.nn.rnn_cell", "tf.nn.rnn_cell.GRUCell"]),
        ("import tensorflow as tf\nrelu = tf.nn.relu\nrelu(x)", ["tf.nn.relu", "tf.nn.relu"]),
        ("import tensorflow\ntf = tensorflow\ntf.log(x)", ["tf", "tf.log"]),
        ("import tensorflow as tf\nclass A:\n    tf = tf.log\n    def f(self): tf.exp", ["tf.exp"]),
        ("import tensorflow as tf\na = tf.log\na = tf.exp\na(x)", ["tf.log", "tf.exp"]),
        ("import tensorflow as tf\nfor f in (tf.log, tf.exp):\n    f(x)", ["tf.log", "tf.exp"]),
        ("import tensorflow as tf\nf(tf.log)(tf.exp(x))", ["tf.log", "tf.exp"]),
    ],
)
def test_several_uses(source: str, names: list[str]) -> None:
    assert uses(source) == names


@pytest.mark.parametrize(
    "source",
    [
        "tf.log(x)",
        "import numpy as tf\ntf.log(x)",
        "import tensorflow as tf\ntf = other\ntf.log(x)",
        "import tensorflow as tf\nfor tf in x:\n    tf.log(x)",
        "import tensorflow as tf\nwith x as tf:\n    tf.log(x)",
        "import tensorflow as tf\ntf += 1\ntf.log(x)",
        "import tensorflow as tf\ndel tf\ntf.log(x)",
        "import tensorflow as tf\n(tf := 3)\ntf.log(x)",
        "import tensorflow as tf\ndef f(tf):\n    tf.log(x)",
        "import tensorflow as tf\ndef f(*tf):\n    tf.log(x)",
        "import tensorflow as tf\nlambda tf: tf.log(x)",
        "import tensorflow as tf\n[tf.log(x) for tf in y]",
        "import tensorflow as tf\n{tf: tf.log for tf in y}",
        "import tensorflow as tf\ndef f():\n    tf.log(x)\n    tf = 3",
        "import tensorflow as tf\ndef tf(): pass\ntf.log(x)",
        "import tensorflow as tf\ntry: pass\nexcept E as tf:\n    tf.log(x)",
        "import tensorflow as tf\ndef f():\n    tf = 1\n    def g():\n        tf.log(x)",
        "import tensorflow as tf\ndef f():\n    global tf\n    tf = 1\ntf.log(x)",
        "import tensorflow as tf\nmatch x:\n    case tf:\n        tf.log(x)",
        "from .tensorflow import log\nlog(x)",
        "import tensorflow as tf\nx.tf.log(y)",
        "import tensorflow as tf\nf(tf=3)",
        "tf = tf\ntf.log(x)",
        "a = b\nb = a\na.log(x)",
    ],
)
def test_no_use(source: str) -> None:
    assert uses(source) == []


def test_scopes_that_share_a_name() -> None:
    source = "import tensorflow as tf\ndef f(tf):\n    return tf.log(x)\ntf.exp(x)\ndef g():\n    return tf.abs(x)\n"
    assert uses(source) == ["tf.exp", "tf.abs"]


def test_star_imports_of_other_modules() -> None:
    symbols = Symbols(cst.parse_module("from utils import *\ntf.log(x)\nlayers.dense(x)\n"))
    assert symbols.tf_uses() == []
    assert [use.name for use in symbols.suspects()] == ["tf"]
    explicit = Symbols(cst.parse_module("from utils import *\nimport tensorflow as tf\ntf.log(x)\n"))
    assert [use.name for use in explicit.tf_uses()] == ["tf.log"]
    assert explicit.suspects() == []


def test_star_imports_refuse_what_two_of_them_may_bring() -> None:
    assert uses("from tensorflow import *\nfrom utils import *\nlog(x)") == []


def test_names_and_paths() -> None:
    module = cst.parse_module("import numpy as np\nimport tensorflow.compat.v1 as tf\nnp.log(x)\ntf.log(x)\ny = 1\n")
    symbols = Symbols(module)
    assert symbols.names_of("tf") == ["tf"]
    assert symbols.is_bound("np")
    assert not symbols.is_bound("keras")
    calls = [statement.body[0].value.func for statement in module.body[2:4]]  # type: ignore[union-attr, index]
    assert [symbols.path(call) for call in calls] == ["numpy.log", "tensorflow.log"]
    assert symbols.call(calls[0]) is not None
    assert {"np", "tf", "y"} <= symbols.names


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import tensorflow as tf\ntf.placeholder(x)", Era.TF1),
        ("import tensorflow as tf\ntf.reduce_sum(x, keep_dims=True)", Era.TF1),
        ("import tensorflow.compat.v1 as tf\ntf.matmul(x, y)", Era.TF1),
        ("import tensorflow as tf\ntf.compat.v1.matmul(x, y)", Era.TF1),
        ("from tensorflow.contrib import *\ny", Era.TF1),
        ("from tensorflow.examples.tutorials.mnist import input_data", Era.TF1),
        ("import tensorflow as tf\ntf.GradientTape()", Era.TF2),
        ("import tensorflow as tf\ntf.random.Generator", Era.TF2),
        ("import tensorflow as tf\ntf.matmul(x, y)", Era.EITHER),
        ("import numpy as np\nnp.log(x)", Era.EITHER),
    ],
)
def test_era(source: str, expected: Era) -> None:
    assert era(Symbols(cst.parse_module(source))) is expected


def test_speed() -> None:
    block = (
        "def f(x, y):\n    z = tf.nn.relu(tf.matmul(x, y) + x)\n    for i in range(10):\n"
        "        z += tf.square(z[i])\n    return z\n"
    )
    module = cst.parse_module("import tensorflow as tf\n" + block * 400)
    start = time.process_time()
    assert len(Symbols(module).tf_uses()) == 1200
    # 2,000 lines; the limit leaves room for slow machines (usual: 0.02 s)
    assert time.process_time() - start < 0.4


_BINDINGS = """
import a, b.c, d as e
from f import g, h as i
def outer(j, *k, l=a, **m):
    n = o, p = q, (r, *s) = j
    n += 1
    t: int = 2
    u: int
    for v, w in x:
        y = lambda z: z + v
    with a as b, c as (d, f):
        pass
    try:
        pass
    except E as err:
        del o
    def inner():
        nonlocal n
        global made
        n = made = 3
        import late
        return [aa + bb for aa in j for bb in aa if (walrus := bb)]
    class Local:
        attribute = method = j
        def method(self):
            return attribute
    match j:
        case {"key": [first, *rest], **others} as whole:
            return whole, first, rest, others
    return {kk: vv for kk, vv in inner()}, y, Local
"""


def test_scopes_agree_with_python() -> None:
    symbols = Symbols(cst.parse_module(_BINDINGS))
    ours = {
        scope.node.name.value: set(scope.bindings)
        for scope in symbols.scopes()
        if isinstance(scope.node, (cst.FunctionDef, cst.ClassDef))
    }
    tables = [symtable.symtable(_BINDINGS, "<test>", "exec")]
    compared = 0
    for table in tables:
        tables += table.get_children()
        if table.get_name() in ours:
            local = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_local()}
            assert ours[table.get_name()] == local, table.get_name()
            compared += 1
    assert compared == 4
    assert "made" in symbols.root.bindings
