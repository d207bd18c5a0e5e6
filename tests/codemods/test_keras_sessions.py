"""Keras models fed and fetched by sessions: what is called in the emitted functions, and what is refused."""

from __future__ import annotations

import pytest

from codemods.findings import Status
from codemods.pipeline import rewrite_source

HEAD = """import numpy as np
import tensorflow as tf
from keras import backend as K
from keras.layers import Dense, Dropout, Input
from keras.models import Model, Sequential
"""


def rewritten(source: str) -> str:
    """The text after the rewrite, which must succeed, compile, and stay as it is the second time."""
    result = rewrite_source(HEAD + source)
    refused = [finding for finding in result.findings if finding.status is Status.REFUSED]
    assert not refused, refused
    compile(result.text, "<rewritten>", "exec")
    assert rewrite_source(result.text).text == result.text
    return result.text


def refusals(source: str) -> set[str]:
    """The codes that keep a file as it was."""
    result = rewrite_source(HEAD + source)
    assert not result.changed
    return {finding.code for finding in result.findings if finding.status is Status.REFUSED} - {"TF901"}


def test_a_model_that_ends_in_the_tensor_is_called() -> None:
    text = rewritten(
        "x = Input((3,))\ny = Dense(2)(x)\nm = Model(x, y)\nt = tf.placeholder(tf.float32, [None, 2])\n"
        "loss = tf.reduce_mean(tf.square(y - t))\n"
        "with tf.Session() as s:\n    print(s.run(loss, {m.input: a, t: b}))\n"
    )
    assert "@tf.function(input_signature=[tf.TensorSpec(x.shape, x.dtype), t])" in text
    assert "    y = m(x)\n    return tf.reduce_mean(tf.square(y - t))" in text
    assert "compute_loss(a, b).numpy()" in text


def test_a_model_is_made_where_the_program_has_none() -> None:
    text = rewritten("x = Input((3,))\ny = Dense(2)(x)\nwith tf.Session() as s:\n    print(s.run(y * 2.0, {x: a}))\n")
    assert "y = Dense(2)(x)\ny_model = keras.Model(x, y)\n" in text
    assert "    y = y_model(x)\n    return y * 2.0" in text


def test_a_placeholder_that_goes_into_a_layer_becomes_an_input() -> None:
    text = rewritten(
        "x = tf.placeholder(tf.float32, [None, 3])\ny = Dense(2)(x)\nz = tf.reduce_sum(x) + tf.reduce_sum(y)\n"
        "with tf.Session() as s:\n    print(s.run(z, {x: a}))\n"
    )
    assert "x = keras.Input(batch_shape=[None, 3])\n" in text
    assert "    y = y_model(x)\n    return tf.reduce_sum(x) + tf.reduce_sum(y)" in text


def test_two_tensors_of_one_chain_are_computed_by_one_model() -> None:
    text = rewritten(
        "x = tf.placeholder(tf.float32, [None, 3])\ncode = tf.layers.dense(x, 2)\nback = tf.layers.dense(code, 3)\n"
        "loss = tf.reduce_mean(tf.square(back - x))\n"
        "with tf.Session() as s:\n    print(s.run([loss, back, code], {x: a}))\n    print(s.run(code, {x: a}))\n"
    )
    assert "model = keras.Model(x, [code, back])\n" in text
    assert "code_model = keras.Model(x, code)\n" in text
    assert "    code, back = model(x)\n    loss = tf.reduce_mean(tf.square(back - x))\n" in text
    assert "back_model" not in text
    assert "    return code_model(x)\n" in text


def test_layers_on_graph_tensors_are_made_before_the_function() -> None:
    text = rewritten(
        "x = tf.placeholder(tf.float32, [None, 3])\nh = Dense(2)(tf.exp(x))\nlogits = tf.layers.dense(h, 4)\n"
        "with tf.Session() as s:\n    print(s.run(logits, {x: a}))\n"
    )
    # The name `dense` is in the file already, in `tf.layers.dense`.
    assert "dense_2 = Dense(2)\nlogits_layer = keras.layers.Dense(4)\n" in text
    assert "    h = dense_2(tf.exp(x))\n    return logits_layer(h)\n" in text


def test_the_learning_phase_becomes_an_argument() -> None:
    text = rewritten(
        "m = Sequential([Dense(2, input_shape=(3,)), Dropout(0.5)])\nwith tf.Session() as s:\n"
        "    print(s.run(m.output, {m.input: a, K.learning_phase(): 1}))\n"
        "    print(s.run(m.output, {m.input: a, K.learning_phase(): 0}))\n"
    )
    assert "return m(inputs, training=True)" in text
    assert "return m(inputs)\n" in text
    assert "learning_phase" not in text


def test_a_parameter_never_hides_a_name_that_is_read() -> None:
    text = rewritten(
        "inputs = 3.0\nm = Sequential([Dense(2, input_shape=(3,))])\nz = m.output * inputs\n"
        "with tf.Session() as s:\n    print(s.run(z, {m.input: a}))\n"
    )
    assert "def compute_z(inputs_2)" in text or "m(inputs_2)" in text


def test_statements_of_keras_sessions_go() -> None:
    text = rewritten("s = tf.Session()\nK.set_session(s)\nm = Sequential([Dense(1, input_shape=(2,))])\nm.predict(a)\n")
    assert "session" not in text.lower()


@pytest.mark.parametrize(
    ("source", "code"),
    [
        # Keras would run in a session of its own, with other weights.
        (
            "m = Sequential([Dense(1, input_shape=(2,))])\ns = tf.Session()\n"
            "s.run(tf.global_variables_initializer())\ns.run(m.output, {m.input: a})\nm.predict(a)\n",
            "TF607",
        ),
        # The second initialisation undoes the training.
        (
            "m = Sequential([Dense(1, input_shape=(2,))])\nm.compile('sgd', 'mse')\nm.fit(a, b)\n"
            "with tf.Session() as s:\n    s.run(tf.global_variables_initializer())\n"
            "    print(s.run(m.output, {m.input: a}))\n",
            "TF606",
        ),
        (
            "m = Sequential([Dropout(0.5, input_shape=(2,))])\nwith tf.Session() as s:\n"
            "    print(s.run(m.output, {m.input: a, K.learning_phase(): phase}))\n",
            "TF605",
        ),
        # A TensorFlow operation between the layers of a functional model.
        (
            "x = Input((3,))\ny = Dense(2)(tf.exp(Dense(2)(x)))\nm = Model(x, y)\n"
            "with tf.Session() as s:\n    print(s.run(y, {x: a}))\n",
            "TF604",
        ),
        # Layers made anew in a helper function, on a graph tensor.
        (
            "def head(t):\n    return Dense(2)(t)\nx = tf.placeholder(tf.float32, [None, 3])\ny = head(tf.exp(x))\n"
            "with tf.Session() as s:\n    print(s.run(y, {x: a}))\n",
            "TF604",
        ),
        # A session moves the statistics of batch normalization only when it runs the updates.
        (
            "from keras.layers import BatchNormalization\n"
            "m = Sequential([Dense(2, input_shape=(3,)), BatchNormalization()])\nwith tf.Session() as s:\n"
            "    print(s.run(m.output, {m.input: a, K.learning_phase(): 1}))\n",
            "TF603",
        ),
        # What an input is made from is always fed to it.
        (
            "v = tf.Variable(tf.ones([2, 3]))\nx = Input(tensor=tf.identity(v))\ny = Dense(1)(x)\n"
            "with tf.Session() as s:\n    print(s.run(y, {x: a}))\n",
            "TF604",
        ),
        # TF1 trains the frozen layer.
        (
            "m = Sequential([Dense(2, input_shape=(3,)), Dense(1)])\nm.layers[0].trainable = False\n"
            "t = tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(m.output))\n"
            "with tf.Session() as s:\n    s.run(t, {m.input: a})\n",
            "TF608",
        ),
        (
            "x = tf.placeholder(tf.float32, [None, 3])\ny = tf.layers.dense(x, 2, reuse=True, name='d')\n"
            "with tf.Session() as s:\n    print(s.run(y, {x: a}))\n",
            "TF410",
        ),
    ],
)
def test_refused(source: str, code: str) -> None:
    assert code in refusals(source)
