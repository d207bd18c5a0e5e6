"""Calls before and after: names, order, dropped and computed arguments, layout, refusals, and executed comparisons."""

from __future__ import annotations

import pytest

from codemods.findings import Status
from tests.codemods.rewriting import TF1, expression, refusal, rewrite
from tests.codemods.symbol_cases import CASES, GRADIENT_CASES, OLD_CASES, RANDOM_CASES
from tests.codemods.symbol_report import report


@pytest.mark.parametrize("case", [case for case, _ in CASES])
def test_same_values_as_tf1(case: str) -> None:
    assert report()["cases"][case] == ""


@pytest.mark.parametrize("case", [f"{case} by {name}" for case, name in GRADIENT_CASES])
def test_same_gradients_as_tf1(case: str) -> None:
    assert report()["gradients"][case] == ""


@pytest.mark.parametrize("case", RANDOM_CASES)
def test_same_distribution_as_tf1(case: str) -> None:
    assert report()["random"][case] == ""


@pytest.mark.parametrize(("old", "new"), OLD_CASES)
def test_calls_of_tensorflow_0(old: str, new: str) -> None:
    assert expression(old) == new


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("tf.reduce_sum(x, reduction_indices=1, keep_dims=True)", "tf.reduce_sum(x, axis=1, keepdims=True)"),
        ("tf.argmax(x, 1)", "tf.argmax(x, 1)"),
        ("tf.argmax(x, dimension=1)", "tf.argmax(x, axis=1)"),
        ("tf.nn.dropout(h, keep_prob)", "tf.nn.dropout(h, rate=1 - keep_prob)"),
        ("tf.nn.dropout(h, 0.75)", "tf.nn.dropout(h, rate=0.25)"),
        ("tf.nn.dropout(h, keep_prob=0.9)", "tf.nn.dropout(h, rate=0.1)"),
        ("tf.nn.dropout(h, keep_prob=1)", "tf.nn.dropout(h, rate=0.0)"),
        ("tf.nn.dropout(h, a + b)", "tf.nn.dropout(h, rate=1 - (a + b))"),
        ("tf.nn.dropout(h, a if b else c)", "tf.nn.dropout(h, rate=1 - (a if b else c))"),
        ("tf.nn.dropout(h, rate=r)", "tf.nn.dropout(h, rate=r)"),
        ("tf.to_float(x)", "tf.cast(x, tf.float32)"),
        ("tf.to_int64(x, name='a')", "tf.cast(x, tf.int64, name='a')"),
        ("tf.where(a > 0, a, b)", "tf.where(a > 0, a, b)"),
        ("tf.where(c, a, b)", "tf.raw_ops.Select(condition=c, x=a, y=b)"),
        ("tf.where(c)", "tf.where(c)"),
        ("tf.random_normal_initializer()", "tf.random_normal_initializer(stddev=1.0)"),
        ("tf.random_normal_initializer(0., .02)", "tf.random_normal_initializer(0., .02)"),
        ("tf.random_uniform_initializer(-1, 1, dtype=tf.float32)", "tf.random_uniform_initializer(-1, 1)"),
        ("tf.while_loop(c, b, [i])", "tf.while_loop(c, b, [i])[0]"),
        ("tf.while_loop(c, lambda i: i + 1, (i,))", "tf.while_loop(c, lambda i: [i + 1], (i,))[0]"),
        ("tf.while_loop(c, b, [i, j], name='a')", "tf.while_loop(c, b, [i, j], name='a')"),
        ("init = tf.constant_initializer(3, dtype=tf.int32)\nf(init)", "init = tf.constant_initializer(3)\nf(init)"),
        ("tf.div(x, 2.0)", "tf.truediv(x, 2.0)"),
        ("tf.name_scope(None, 'a', [x])", "tf.name_scope('a')"),
        ("tf.name_scope(name, 'a', values=[x])", "tf.name_scope(name or 'a')"),
        ("tf.name_scope('a')", "tf.name_scope('a')"),
        ("tf.gfile.Exists(path)", "tf.io.gfile.exists(path)"),
        ("tf.gfile.FastGFile(path, 'rb').read()", "tf.io.gfile.GFile(path, 'rb').read()"),
        ("tf.nn.sampled_softmax_loss(w, b, y, x, 8, 9, partition_strategy='div')",
         "tf.nn.sampled_softmax_loss(w, b, y, x, 8, 9)"),
        ("tf.python_io.tf_record_iterator(path)", "tf.data.TFRecordDataset(path).as_numpy_iterator()"),
        ("tf.Print(x, [x], 'x')",
         "tf.raw_ops.Print(input=x, data=[x], message='x', first_n=-1, summarize=3)"),
        ("tf.device('/cpu:0')", "tf.device('/cpu:0')"),
        ("tf.contrib.signal.frame(x, 3, 1)", "tf.signal.frame(x, 3, 1)"),
    ],
)  # fmt: skip
def test_rewritten(old: str, new: str) -> None:
    assert expression(old) == new


def test_labels_that_have_no_gradient_need_no_stop() -> None:
    old = "tf.nn.softmax_cross_entropy_with_logits(logits=z, labels=y)"
    assert expression(old) == "tf.nn.softmax_cross_entropy_with_logits(logits=z, labels=tf.stop_gradient(y))"
    assert expression(old, is_constant=True) == old
    stopped = "tf.nn.softmax_cross_entropy_with_logits(logits=z, labels=tf.stop_gradient(y))"
    assert expression(stopped) == stopped


def test_nested_calls_keep_their_edits() -> None:
    old = "tf.reduce_mean(tf.nn.dropout(tf.log(tf.to_float(x)), keep_prob=tf.to_float(p)), reduction_indices=[0])"
    new = (
        "tf.reduce_mean(tf.nn.dropout(tf.math.log(tf.cast(x, tf.float32)), rate=1 - tf.cast(p, tf.float32)), axis=[0])"
    )
    assert expression(old) == new


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "y = tf.reduce_sum(  x ,reduction_indices = 1)  # sum\n",
            "y = tf.reduce_sum(  x ,axis = 1)  # sum\n",
        ),
        (
            "y = tf.nn.conv2d(x,  # input\n                 w, [1, 1, 1, 1],\n                 'SAME',  # padding\n"
            "                 True)\n",
            "y = tf.nn.conv2d(x,  # input\n                 w, [1, 1, 1, 1],\n                 'SAME'  # padding\n"
            "                 )\n",
        ),
        (
            "y = tf.expand_dims(\n    x,\n    dim=1,\n)\n",
            "y = tf.expand_dims(\n    x,\n    axis=1,\n)\n",
        ),
        (
            "y = tf.concat(\n    1,  # columns\n    [a, b])\n",
            "y = tf.concat(\n    [a, b],\n    1  # columns\n    )\n",
        ),
        (
            "y = tf.concat(\n    1,  # columns\n    [a, b],  # parts\n)\n",
            "y = tf.concat(\n    [a, b],  # parts\n    1,  # columns\n)\n",
        ),
        (
            "y = tf.nn.conv2d(x, w,\n    use_cudnn_on_gpu=True,  # fast\n    strides=[1, 1, 1, 1],  # one\n"
            "    padding='SAME')\n",
            "y = tf.nn.conv2d(x, w,\n    strides=[1, 1, 1, 1],  # one\n    padding='SAME')\n",
        ),
        (
            "y = tf.Print(\n    x,\n    [x])\n",
            "y = tf.raw_ops.Print(\n    input=x,\n    data=[x],\n    message='',\n    first_n=-1,\n    summarize=3)\n",
        ),
    ],
)
def test_layout_and_comments_stay(old: str, new: str) -> None:
    text, _ = rewrite(TF1 + old)
    assert text == TF1 + new


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "init = tf.truncated_normal_initializer()",
            "init = keras.initializers.TruncatedNormal(stddev=1.0, seed=keras.random.SeedGenerator())",
        ),
        (
            "f(initializer=tf.glorot_uniform_initializer(None))",
            "f(initializer=keras.initializers.GlorotUniform(seed=keras.random.SeedGenerator()))",
        ),
        ("init = tf.glorot_uniform_initializer(3)", "init = keras.initializers.GlorotUniform(3)"),
        ("init = tf.zeros_initializer()", "init = tf.zeros_initializer()"),
    ],
)
def test_an_initializer_that_may_serve_several_variables_draws_anew(old: str, new: str) -> None:
    text, _ = rewrite(f"{TF1}{old}\n")
    assert text.splitlines()[-1] == new


@pytest.mark.parametrize(
    ("source", "code", "words"),
    [
        ("tf.nn.dropout(*args)", "TF102", "told apart"),
        ("tf.reduce_sum(x, **options)", "TF102", "told apart"),
        ("tf.reduce_sum(x, axes=1)", "TF103", "no parameter 'axes'"),
        ("tf.reduce_sum(x, axis=1, reduction_indices=1)", "TF103", "another name"),
        ("tf.nn.dropout(x, keep_prob=p, rate=q)", "TF103", "another name"),
        ("tf.nn.ctc_loss(a, b, c, True)", "TF104", "preprocess_collapse_repeated"),
        ("tf.nn.ctc_beam_search_decoder(a, b)", "TF104", "merge_repeated"),
        ("tf.div(x, y)", "TF104", "rounds integers"),
        ("tf.while_loop(c, b, variables)", "TF104", "how many"),
        ("tf.while_loop(c, b, [*variables])", "TF104", "how many"),
        ("tf.cond(p, f, g)", "TF104", "list of one tensor"),
        ("tf.cond(p, lambda: [x], lambda: y)", "TF104", "list of one tensor"),
        ("tf.cond(p, true_fn=lambda: x)", "TF103", "'false_fn' is missing"),
        ("tf.nn.embedding_lookup([a, b], ids)", "TF104", "'mod'"),
        ("init = tf.truncated_normal_initializer(seed=seed)", "TF101", "depends on its seed"),
        ("f(tf.random_normal_initializer)", "TF105", "without a call"),
        ("tf.image.resize_images(x, [2, 2])", "TF101", "pixel"),
        ("tf.constant_initializer(3)([2])", "TF104", "no float"),
        ("init = tf.constant_initializer(3)\nx = init([2])", "TF104", "no float"),
        ("init = tf.zeros_initializer(tf.int32)\nx = init([2])", "TF104", "dtype"),
        ("tf.assert_equal(a, b, [a])", "TF104", "'data'"),
        ("f(tf.to_float)", "TF105", "without a call"),
        ("f(tf.nn.dropout)", "TF105", "without a call"),
        ("map(tf.concat, x)", "TF105", "without a call"),
        ("tf.estimator.RunConfig()", "TF101", "Estimators"),
        ("tf.contrib.crf.crf_log_likelihood(a, b, c)", "TF101", "tf.contrib"),
        ("tf.contrib.no_such.thing()", "TF101", "was removed"),
        ("tf.contrib.layers.xavier_initializer(uniform=False)", "TF104", "'uniform'"),
        ("tf.no_such_function(x)", "TF106", "no symbol"),
    ],
)
def test_refused(source: str, code: str, words: str) -> None:
    found = refusal(source)
    assert found[0] == code
    assert words in found[1]


def test_branches_are_looked_up() -> None:
    source = "def f():\n    return a + 1\ndef g():\n    b = tf.square(a)\n    return b\ny = tf.cond(p, f, g)"
    assert expression(source) == source
    chain = "def f():\n    return g()\ndef g():\n    return v.assign(a)\ny = tf.cond(p, f, lambda: g())"
    assert expression(chain) == chain
    assert refusal("def f():\n    return f()\ny = tf.cond(p, f, f)")[0] == "TF104"
    assert refusal("def f():\n    return [a]\ny = tf.cond(p, f, lambda: [a])")[0] == "TF104"
    mixed = "y = tf.cond(p, f, lambda: a + 1)"
    assert expression(mixed) == mixed


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("f(activation=tf.nn.relu)", "f(activation=tf.nn.relu)"),
        ("f(activation=tf.nn.softmax)", "f(activation=tf.nn.softmax)"),
        ("f(initializer=tf.zeros_initializer)", "f(initializer=tf.zeros_initializer)"),
        ("map(tf.log, x)", "map(tf.math.log, x)"),
        ("tf.scan(f, x) if tf.reduce_sum else tf.erf", "tf.scan(f, x) if tf.reduce_sum else tf.math.erf"),
        ("cast = tf.to_float\ny = cast(x)", "cast = tf.cast\ny = cast(x, tf.float32)"),
        ("first = tf.argmax\ny = first(x, dimension=1)", "first = tf.argmax\ny = first(x, axis=1)"),
        ("nn = tf.nn\ny = nn.softmax(x, dim=1)", "nn = tf.nn\ny = nn.softmax(x, axis=1)"),
    ],
)
def test_references_and_aliases(old: str, new: str) -> None:
    assert expression(old) == new


def test_every_use_has_one_finding() -> None:
    _, findings = rewrite(f"{TF1}x = tf.log(tf.to_float(y), name=tf.no_such)\n")
    assert [(finding.code, finding.symbol) for finding in sorted(findings, key=lambda one: one.span)] == [
        ("TF100", "tf.log"),
        ("TF100", "tf.to_float"),
        ("TF106", "tf.no_such"),
    ]
    assert [finding.span.column for finding in sorted(findings, key=lambda one: one.span)] == [4, 11, 32]


@pytest.mark.parametrize(
    "source",
    [
        # TF2 code, in which the same text means what TF2 says
        "import tensorflow as tf\n@tf.function\ndef f(x):\n    return tf.nn.dropout(x, 0.5)\n",
        "import tensorflow as tf\nwith tf.GradientTape() as tape:\n    y = tf.where(c, a, b)\n",
        "import tensorflow as tf\ng = tf.random.Generator.from_seed(1)\ny = tf.argmax(x, 1, tf.int32)\n",
        "import tensorflow as tf\nx = tf.Variable(1.0)\ny = tf.matmul(x, x)\n",
        # no TensorFlow at all
        "import numpy as np\n'tf.log'  # tf.log(x)\ntf = np\ny = tf.log(2)\n",
        "from other import tf\ny = tf.log(2)\n",
        "import tensorflow as tf\ndef f(tf):\n    return tf.log(2)\n",
        "import tensorflow as tf\ntf = other()\ny = tf.log(2)\n",
        "import tensorflow as tf\ntf.placeholder\ny = [tf.log(2) for tf in modules]\n",
        "import tensorflow as tf\ntf.placeholder\nclass A:\n    tf = 1\n    y = tf.log(2)\n",
        "import tensorflow as tf\ntf.placeholder\n'''tf.log(x)'''\n# tf.log(x)\nx.tf.log(2)\n",
        "",
    ],
)
def test_left_alone(source: str) -> None:
    text, findings = rewrite(source)
    assert text == source
    assert all(finding.status is not Status.REFUSED for finding in findings)


def test_initializers_of_one_variable() -> None:
    made = "tf.get_variable('w', initializer=tf.glorot_uniform_initializer(dtype=tf.float64))"
    old = f"import tensorflow as tf\nw = {made}\n"
    text, findings = rewrite(old)
    assert "initializer=keras.initializers.GlorotUniform())" in text
    assert all(finding.status is not Status.REFUSED for finding in findings)


def test_labels_that_could_be_of_either_version() -> None:
    source = "import tensorflow as tf\ny = tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=z)\n"
    text, findings = rewrite(source)
    assert text == source
    assert [(finding.code, finding.status) for finding in findings] == [("TF100", Status.NATIVE), ("TF108", None)]


def test_calls_that_could_be_of_either_version() -> None:
    source = "import tensorflow as tf\ny = tf.nn.dropout(x, 0.5)\n"
    text, findings = rewrite(source)
    assert text == source
    assert [(finding.code, finding.status) for finding in findings] == [("TF108", Status.REFUSED)]
