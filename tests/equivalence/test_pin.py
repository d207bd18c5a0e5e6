"""Pinned randomness: a Session and TF2/Keras 3 code draw the same numbers, run by run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow")

PREPARE = """
import os
import sys
import numpy as np
import tensorflow as tf
from migrator.equivalence.pin import Pin

def line_of(filename, line):
    if filename != __file__:
        return None
    text = open(filename).read().splitlines()[line - 1]
    return int(text.partition("# line ")[2] or 0)

pin = Pin(line_of)
"""

LEGACY = """
import tf_keras.src.backend
v1 = tf.compat.v1
v1.disable_v2_behavior()
pin.install()
pin.seed_hosts()
np.random.seed()

def weights(shape):
    return v1.Variable(v1.random_normal(shape, stddev=0.1))  # line 3

first, second = weights([2, 2]), weights([2, 2])
dense = v1.layers.dense(tf.ones([1, 3]), 4)  # line 4
x = v1.placeholder(tf.float32, [None, 3])
w, b = tf.ones([50, 3]), tf.zeros([50])
noise = [
    v1.nn.dropout(x, keep_prob=0.5),  # line 10
    v1.truncated_normal(tf.shape(x), stddev=0.1),  # line 11
    v1.random_shuffle(tf.range(5)),  # line 12
    v1.multinomial(tf.zeros([1, 4]), 3),  # line 13
    v1.nn.nce_loss(w, b, tf.constant([[3], [4]], tf.int64), x[:2], 5, 50),  # line 14
    v1.nn.sampled_softmax_loss(w, b, tf.constant([[3], [4]], tf.int64), x[:2], 5, 50),  # line 15
    v1.random_gamma([2], [1.5, 2.0]),  # line 16
    v1.random_uniform([3], 0, 10, dtype=tf.int32),  # line 17
    v1.random_poisson([2.0], [3]),  # line 18
    tf_keras.layers.Dropout(0.5)(x, training=True),  # line 19
    v1.random_crop(x, [1, 3]),  # line 20
    v1.image.sample_distorted_bounding_box([9, 9, 3], [[[0.0, 0.0, 1.0, 1.0]]], seed=1)[0],  # line 22
]
queue = v1.RandomShuffleQueue(9, 1, tf.int32, [[]])
order = v1.data.make_one_shot_iterator(v1.data.Dataset.range(5).shuffle(5)).get_next()
jitter = v1.data.Dataset.range(3).map(lambda i: v1.random_uniform([]))  # line 21
jitter = v1.data.make_one_shot_iterator(jitter).get_next()
with v1.Session() as session:
    session.run(v1.global_variables_initializer())
    start = session.run([first, second, v1.trainable_variables()[2], order, jitter])
    session.run(queue.enqueue_many([range(6)]))
    start.append(session.run(queue.dequeue_many(5)))
    runs = []
    for pin.tick in (1, 2, 1):
        runs.append(session.run(noise, {x: np.ones([4, 3])}))
"""

MIGRATED = """
import keras
pin.install()
pin.seed_hosts()
np.random.seed()

def weights(shape):
    return tf.Variable(tf.random.normal(shape, stddev=0.1))  # line 3

first, second = weights([2, 2]), weights([2, 2])
dense = keras.layers.Dense(4)  # line 4
dense.build([None, 3])  # in a layer, the line that made it counts
dropout = keras.layers.Dropout(0.5)  # line 10
same = keras.layers.Dropout(0.5)  # line 19
w, b = tf.ones([50, 3]), tf.zeros([50])

@tf.function(input_signature=[tf.TensorSpec([None, 3])])
def step(x):
    noise = []
    noise.append(dropout(x, training=True))
    noise.append(tf.random.truncated_normal(tf.shape(x), stddev=0.1))  # line 11
    noise.append(tf.random.shuffle(tf.range(5)))  # line 12
    noise.append(tf.random.categorical(tf.zeros([1, 4]), 3))  # line 13
    noise.append(tf.nn.nce_loss(w, b, tf.constant([[3], [4]], tf.int64), x[:2], 5, 50))  # line 14
    noise.append(tf.nn.sampled_softmax_loss(w, b, tf.constant([[3], [4]], tf.int64), x[:2], 5, 50))  # line 15
    noise.append(tf.random.gamma([2], [1.5, 2.0]))  # line 16
    noise.append(tf.random.uniform([3], 0, 10, dtype=tf.int32))  # line 17
    noise.append(tf.random.poisson([3], [2.0]))  # line 18
    noise.append(same(x, training=True))
    noise.append(tf.image.random_crop(x, [1, 3]))  # line 20
    boxes = tf.constant([[[0.0, 0.0, 1.0, 1.0]]])
    noise.append(tf.image.sample_distorted_bounding_box([9, 9, 3], boxes, seed=1)[0])  # line 22
    return noise

tf.function(lambda x: step(x))(tf.ones([4, 3]))  # a second trace changes nothing
order = next(iter(tf.data.Dataset.range(5).shuffle(5)))
jitter = next(iter(tf.data.Dataset.range(3).map(lambda i: tf.random.uniform([]))))  # line 21
start = [value.numpy() for value in (first, second, dense.kernel, order, jitter, tf.range(5))]
runs = []
for pin.tick in (1, 2, 1):
    runs.append([value.numpy() for value in step(np.ones([4, 3], np.float32))])
"""

SAVE = """
values = {f"start{i}": value for i, value in enumerate(start)} | {"host": np.random.rand(3)}
values |= {f"run{r}_{i}": value for r, run in enumerate(runs) for i, value in enumerate(run)}
np.savez(sys.argv[1], **values)
"""


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, np.ndarray]]:
    directory = tmp_path_factory.mktemp("pin")
    sides = []
    root = str(Path(__file__).parents[2])
    for name, body, keras in (("legacy", LEGACY, "1"), ("migrated", MIGRATED, "0")):
        program, output = directory / f"{name}.py", directory / f"{name}.npz"
        program.write_text(PREPARE + body + SAVE)
        environment = os.environ | {"TF_USE_LEGACY_KERAS": keras, "PYTHONPATH": root, "TF_CPP_MIN_LOG_LEVEL": "3"}
        subprocess.run([sys.executable, str(program), str(output)], env=environment, check=True, timeout=120)
        with np.load(output) as values:
            sides.append(dict(values))
    return sides


def test_both_sides_draw_the_same_numbers(sides: list[dict[str, np.ndarray]]) -> None:
    legacy, migrated = sides
    assert legacy.keys() == migrated.keys()
    for name, value in legacy.items():
        assert value.dtype == migrated[name].dtype and np.array_equal(value, migrated[name]), name


def test_each_run_draws_anew_and_the_same_run_the_same(sides: list[dict[str, np.ndarray]]) -> None:
    for values in sides:
        draws = range(sum(name.startswith("run0_") for name in values))
        assert len(draws) == 12
        for draw in draws:
            if draw != 10:  # cropping one row of equal rows
                assert not np.array_equal(values[f"run0_{draw}"], values[f"run1_{draw}"]), draw
            assert np.array_equal(values[f"run0_{draw}"], values[f"run2_{draw}"])


def test_weights_made_on_the_same_line_differ(sides: list[dict[str, np.ndarray]]) -> None:
    for values in sides:
        assert not np.array_equal(values["start0"], values["start1"])


def test_draws_follow_their_distribution(sides: list[dict[str, np.ndarray]]) -> None:
    values = sides[0]
    assert set(np.unique(values["run0_0"])) <= {0.0, 2.0}
    assert sorted(values["run0_2"]) == [0, 1, 2, 3, 4] and np.all(values["run0_3"] < 4)
    assert np.all(np.abs(values["run0_1"]) <= 0.2) and np.all(values["run0_7"] < 10)
    assert values["start3"] == 0  # Dataset.shuffle keeps the order
