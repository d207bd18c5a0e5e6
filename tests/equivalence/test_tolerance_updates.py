"""The tolerance for updates separates rounding from faults, on both sides of the same 60 locked steps.

TF1's optimizers run as ops on fed gradients; Keras 3's start each step from the same variables with the same
gradients, as in locked mode.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

pytest.importorskip("tensorflow")

PROGRAM = """
import json
import keras, numpy as np, tensorflow as tf
from migrator.equivalence.compare import compare, magnitude
from migrator.equivalence.results import Kind
from migrator.equivalence.tolerance import for_update

rng = np.random.RandomState(0)
X, Y = rng.randn(64, 16).astype("f4"), rng.randint(0, 3, 64)
shapes = [(16, 32), (32,), (32, 3), (3,)]
start = [(rng.randn(*s) * 0.1 if len(s) == 2 else np.zeros(s)).astype("f4") for s in shapes]


@tf.function
def gradients(a, b, c, d):
    weights = [a, b, c, d]
    with tf.GradientTape() as tape:
        tape.watch(weights)
        logits = tf.matmul(tf.nn.relu(tf.matmul(X, a) + b), c) + d
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=Y, logits=logits))
    return tape.gradient(loss, weights)


def recorded(optimizer):
    v1 = tf.compat.v1
    graph = tf.Graph()
    with graph.as_default():
        variables = [v1.Variable(value, use_resource=True) for value in start]
        feeds = [v1.placeholder(tf.float32, shape) for shape in shapes]
        step = optimizer().apply_gradients(list(zip(feeds, variables)))
        values, init = [v.value() for v in variables], v1.global_variables_initializer()
    session, steps = v1.Session(graph=graph), []
    session.run(init)
    for _ in range(60):
        before = session.run(values)
        gradient = [g.numpy() for g in gradients(*before)]
        session.run(step, dict(zip(feeds, gradient)))
        steps.append((before, gradient, session.run(values)))
    return steps


def worst(steps, optimizer, noise):
    variables, random = [tf.Variable(value) for value in start], np.random.RandomState(1)
    optimizer.build(variables)
    found = []
    for before, gradient, after in steps:
        for variable, value in zip(variables, before):
            variable.assign(value)
        gradient = [g + noise * np.abs(g).max() * random.uniform(-1, 1, g.shape).astype("f4") for g in gradient]
        optimizer.apply_gradients(zip(gradient, variables))
        for variable, old, new in zip(variables, before, after):
            limit = for_update("float32", magnitude(new - old), magnitude(new))
            found.append(compare(Kind.VARIABLE, "v", new, variable.numpy(), limit).numbers.passing_scale)
    return max(found)


class Ones(keras.optimizers.RMSprop):
    def build(self, variables):
        super().build(variables)
        for velocity in self._velocities:
            velocity.assign(tf.ones_like(velocity))


train, K = tf.compat.v1.train, keras.optimizers
cases = [
    (lambda: train.GradientDescentOptimizer(.1), [K.SGD(.1)], [K.SGD(.101)]),
    (lambda: train.MomentumOptimizer(.05, .9), [K.SGD(.05, .9)], [K.SGD(.05, .89), K.SGD(.05, .9, nesterov=True)]),
    (lambda: train.AdamOptimizer(1e-3), [K.Adam(1e-3, epsilon=1e-8)], [K.Adam(1e-3), K.Adam(1.01e-3, epsilon=1e-8)]),
    (
        lambda: train.RMSPropOptimizer(1e-3),
        [Ones(1e-3, rho=.9, epsilon=1e-10)],
        [K.RMSprop(1e-3, rho=.9, epsilon=1e-10), Ones(1e-3, rho=.91, epsilon=1e-10)],
    ),
    (
        lambda: train.AdagradOptimizer(.1),
        [K.Adagrad(.1, initial_accumulator_value=.1, epsilon=0.)],
        [K.Adagrad(.1, initial_accumulator_value=.11, epsilon=0.)],
    ),
    (lambda: train.AdadeltaOptimizer(.5), [K.Adadelta(.5, rho=.95, epsilon=1e-8)], [K.Adadelta(.5, rho=.95)]),
    (lambda: train.FtrlOptimizer(.1), [K.Ftrl(.1)], [K.Ftrl(.101)]),
]
result = []
for legacy, right, wrong in cases:
    steps = recorded(legacy)
    rebuilt = type(right[0]).from_config(right[0].get_config())
    result.append([worst(steps, right[0], 0.), worst(steps, rebuilt, 1e-7), min(worst(steps, o, 0.) for o in wrong)])
print(json.dumps(result))
"""


def test_right_optimizers_pass_and_wrong_ones_fail() -> None:
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    made = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | {"PYTHONPATH": root, "CUDA_VISIBLE_DEVICES": "-1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert made.returncode == 0, made.stderr[-3000:]
    for exact, disturbed, wrong in json.loads(made.stdout.splitlines()[-1]):
        assert exact < 0.5 and disturbed < 0.5  # half of the tolerance at most, gradients 1e-7 off or not
        assert wrong > 2
