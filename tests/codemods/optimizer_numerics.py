"""Runs TF1 optimizers and schedules beside what the engine emits for them, and prints the differences as JSON.

A program of its own, because importing TensorFlow is slow: the tests run it once and read its output. Each case trains
a small network for 100 steps in a TF1 session, then replays the recorded gradients through the emitted optimizer
("open") and trains with it ("closed"). A difference is the maximum over all float weights after the last step.
"""

from __future__ import annotations

import functools
import inspect
import json
import types
from collections.abc import Callable

import keras
import libcst as cst
import numpy as np
import tensorflow as tf

from codemods.rewrites.optimizers import OptimizerForm, OptimizerUse, lower_optimizer
from codemods.rewrites.schedules import is_schedule, lower_schedule, step_parameter
from codemods.templates import Template, load

v1 = tf.compat.v1


class NadamOptimizer(v1.train.AdamOptimizer):
    """What tf.contrib.opt.NadamOptimizer was for dense gradients: Adam's kernel with its Nesterov switch on."""

    def _apply_dense(self, grad, var):
        powers = self._get_beta_accumulators()
        scalars = [*powers, self._lr_t, self._beta1_t, self._beta2_t, self._epsilon_t]
        m, v = self.get_slot(var, "m"), self.get_slot(var, "v")
        return tf.raw_ops.ApplyAdam(
            **dict(
                zip(("beta1_power", "beta2_power", "lr", "beta1", "beta2", "epsilon"), scalars, strict=True),
                var=var._ref(), m=m._ref(), v=v._ref(), grad=grad, use_nesterov=True,
            )
        ).op  # fmt: skip


TF1 = types.SimpleNamespace(
    train=v1.train, contrib=types.SimpleNamespace(opt=types.SimpleNamespace(NadamOptimizer=NadamOptimizer))
)
STEPS = 100
DECAY = "tf.train.exponential_decay(0.1, global_step, 20, 0.7)"
RATES = np.linspace(0.05, 0.005, STEPS, dtype=np.float32)
REGULARIZED = "l1_regularization_strength=0.001, l2_regularization_strength=0.01"
NUMERICS = ("default", "exact", "keras")

# Name to TF1 constructor; `global_step` and `rate` (a fed tensor) are in scope.
DENSE = {
    "descent": "tf.train.GradientDescentOptimizer(0.1)",
    "descent schedule": f"tf.train.GradientDescentOptimizer({DECAY})",
    "descent tensor": "tf.train.GradientDescentOptimizer(rate)",
    "momentum": "tf.train.MomentumOptimizer(0.1, 0.9)",
    "momentum nesterov": "tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True)",
    "momentum schedule": f"tf.train.MomentumOptimizer({DECAY}, 0.9)",
    "momentum tensor": "tf.train.MomentumOptimizer(rate, momentum=0.9)",
    "adam": "tf.train.AdamOptimizer(0.01)",
    "adam betas": "tf.train.AdamOptimizer(0.01, beta1=0.5, beta2=0.99, epsilon=1e-4)",
    "adam tensor": "tf.train.AdamOptimizer(rate)",
    "adam schedule": f"tf.train.AdamOptimizer({DECAY})",
    "nadam": "tf.contrib.opt.NadamOptimizer(0.01)",
    "rmsprop": "tf.train.RMSPropOptimizer(0.01)",
    "rmsprop momentum": "tf.train.RMSPropOptimizer(0.01, 0.8, 0.5, 1e-6)",
    "rmsprop centered": "tf.train.RMSPropOptimizer(0.01, momentum=0.5, centered=True)",
    "rmsprop tensor": "tf.train.RMSPropOptimizer(rate)",
    "adagrad": "tf.train.AdagradOptimizer(0.1)",
    "adagrad start": "tf.train.AdagradOptimizer(0.1, initial_accumulator_value=1.0)",
    "adadelta": "tf.train.AdadeltaOptimizer()",
    "adadelta rate": "tf.train.AdadeltaOptimizer(1.0, 0.9, 1e-6)",
    "ftrl": "tf.train.FtrlOptimizer(0.1)",
    "ftrl regularized": f"tf.train.FtrlOptimizer(0.1, {REGULARIZED}, l2_shrinkage_regularization_strength=0.001)",
    "ftrl power": "tf.train.FtrlOptimizer(0.1, learning_rate_power=-0.6, initial_accumulator_value=0.2)",
    "ftrl tensor": "tf.train.FtrlOptimizer(rate)",
    "proximal descent": "tf.train.ProximalGradientDescentOptimizer(0.1, 0.001, 0.01)",
    "proximal adagrad": "tf.train.ProximalAdagradOptimizer(0.1, 0.1, 0.001, 0.01)",
    "adagrad da": "tf.train.AdagradDAOptimizer(0.1, global_step, l1_regularization_strength=0.001)",
}
SPARSE = [
    "descent", "descent schedule", "momentum", "momentum schedule", "adam", "rmsprop", "rmsprop centered", "adagrad",
    "adadelta rate", "ftrl", "ftrl regularized", "proximal descent", "proximal adagrad", "adagrad da",
]  # fmt: skip
DOUBLE = ["descent", "momentum", "adam", "rmsprop", "adagrad", "adadelta", "ftrl regularized"]
# (name, TF1 constructor, numerics, sparse gradients, dtype)
CASES = [
    *((name, text, numerics, False, "float32") for name, text in DENSE.items() for numerics in NUMERICS),
    *((f"{name} sparse", DENSE[name], numerics, True, "float32") for name in SPARSE for numerics in NUMERICS),
    *((f"{name} float64", DENSE[name], "default", False, "float64") for name in DOUBLE),
]

SCHEDULES = {
    "exponential": "tf.train.exponential_decay(0.1, step, 7, 0.9)",
    "exponential staircase": "tf.train.exponential_decay(0.1, step, decay_steps=30, decay_rate=0.9, staircase=True)",
    "natural": "tf.train.natural_exp_decay(0.1, step, 7, 0.3)",
    "natural staircase": "tf.train.natural_exp_decay(0.1, step, 30, 0.1 + 0.2, True)",
    "inverse": "tf.train.inverse_time_decay(0.1, step, 7, 0.5)",
    "inverse staircase": "tf.train.inverse_time_decay(0.1, step, 7, 0.5, staircase=True)",
    "piecewise": "tf.train.piecewise_constant(step, [10, 50, 100], [0.1, 0.03, 0.007, 0.0001])",
    "piecewise decay": "tf.train.piecewise_constant_decay(step, boundaries=[10], values=[0.1, 0.03])",
    "polynomial": "tf.train.polynomial_decay(0.1, step, 70)",
    "polynomial power": "tf.train.polynomial_decay(0.1, step, 70, 0.01, power=0.5)",
    "polynomial cycle": "tf.train.polynomial_decay(0.1, step, 70, 0.01, power=2.0, cycle=True)",
    "cosine": "tf.train.cosine_decay(0.1, step, 150, alpha=0.2)",
    "restarts": "tf.train.cosine_decay_restarts(0.1, step, 20)",
    "restarts equal": "tf.train.cosine_decay_restarts(0.1, step, 20, t_mul=1.0, m_mul=0.9, alpha=0.1)",
    "linear cosine": "tf.train.linear_cosine_decay(0.1, step, 150, num_periods=1.5)",
}


def code(node: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(node)


def bound(text: str) -> tuple[str, dict[str, cst.BaseExpression], bool]:
    """The TF1 symbol of a call, its arguments by parameter name, and whether the first one is positional."""
    call = cst.ensure_type(cst.parse_expression(text), cst.Call)
    symbol = code(call.func)
    function = functools.reduce(getattr, symbol.split(".")[1:], TF1)
    names = [name for name in inspect.signature(function).parameters if name != "self"]
    arguments = {
        argument.keyword.value if argument.keyword else names[position]: argument.value
        for position, argument in enumerate(call.args)
    }
    return symbol, arguments, not (call.args and call.args[0].keyword)


def define(template: Template | None, scope: dict[str, object]) -> None:
    """Execute ``template`` with its imports, as they would stand in a migrated file, in ``scope``."""
    if template:
        lines = [f"import {module} as {alias or module}\n" for module, alias, _ in template.imports]
        exec(compile("".join(lines) + template.source, template.name, "exec"), scope)


def emitted(text: str, numerics: str, sparse: bool, dtype: str) -> tuple[OptimizerForm, str]:
    """The lowered form of a TF1 optimizer, and how its learning rate is driven."""
    symbol, arguments, positional = bound(text)
    kind = "constant"
    rate = arguments.get("learning_rate")
    if rate is not None and code(rate) == "rate":
        kind = "tensor"
    elif isinstance(rate, cst.Call) and is_schedule(code(rate.func)):
        kind = "schedule"
        name, values, _ = bound(code(rate))
        del values[step_parameter(name)]
        arguments["learning_rate"] = lower_schedule(name, values).constructor
    use = OptimizerUse(symbol, arguments, kind, sparse, positional, dtype)
    return lower_optimizer(use, numerics), kind


class Problem:
    """A regression task and its network: dense layers, or an embedding looked up with repeated ids."""

    def __init__(self, sparse: bool, dtype: str) -> None:
        random = np.random.default_rng(7)
        self.sparse = sparse
        width = 4 if sparse else 8
        self.weights = [random.normal(0, 0.5, shape).astype(dtype) for shape in ([width, 16], [16], [16, 1], [1])]
        if sparse:
            self.weights.append(random.normal(0, 0.5, [40, width]).astype(dtype))
            # Some rows are only seen early and some never: TF1 leaves them alone.
            self.inputs = [random.integers(0, 30 if step < 20 else 9, 12) for step in range(STEPS)]
            self.signature = tf.TensorSpec([None], tf.int64)
        else:
            self.inputs = [random.normal(size=[12, width]).astype(dtype) for _ in range(STEPS)]
            self.signature = tf.TensorSpec([None, width], dtype)
        self.targets = [random.normal(size=[12, 1]).astype(dtype) for _ in range(STEPS)]
        self.target_signature = tf.TensorSpec([None, 1], dtype)

    def loss(self, x: tf.Tensor, y: tf.Tensor, weights: list[tf.Variable]) -> tf.Tensor:
        if self.sparse:
            x = tf.nn.embedding_lookup(weights[4], x)
        hidden = tf.tanh(tf.matmul(x, weights[0]) + weights[1])
        return tf.reduce_mean(tf.square(tf.matmul(hidden, weights[2]) + weights[3] - y))


def legacy(problem: Problem, text: str, record: bool) -> tuple[list[np.ndarray], list[list[object]]]:
    """Train in a TF1 session on reference variables; return the final weights and, if asked, every gradient."""
    with tf.Graph().as_default(), v1.Session() as session:
        variables = [v1.Variable(value, use_resource=False) for value in problem.weights]
        global_step = v1.Variable(0, trainable=False, dtype=tf.int64, use_resource=False)
        rate = v1.placeholder(tf.float32, [])
        x = v1.placeholder(problem.signature.dtype, problem.signature.shape)
        y = v1.placeholder(problem.target_signature.dtype, problem.target_signature.shape)
        optimizer = eval(text, {"tf": TF1, "global_step": global_step, "rate": rate})
        pairs = optimizer.compute_gradients(problem.loss(x, y, variables), variables)
        train = optimizer.apply_gradients(pairs, global_step=global_step)
        session.run(v1.global_variables_initializer())
        fetches = [train, [gradient for gradient, _ in pairs]] if record else [train]
        gradients = []
        for step in range(STEPS):
            feed = {x: problem.inputs[step], y: problem.targets[step], rate: RATES[step]}
            gradients.append(session.run(fetches, feed)[-1])
        return session.run(variables), gradients


def migrated(
    problem: Problem, form: OptimizerForm, kind: str, gradients: list[list[object]] | None
) -> list[np.ndarray]:
    """Train with the emitted optimizer, or replay ``gradients`` through it; return the final weights."""
    global_step = tf.Variable(0, trainable=False, dtype=tf.int64)
    scope: dict[str, object] = {"tf": tf, "keras": keras, "global_step": global_step}
    define(form.template, scope)
    optimizer = eval(code(form.constructor), scope)
    variables = [tf.Variable(value) for value in problem.weights]

    def update(found: list[object], rate: tf.Tensor) -> None:
        if kind == "tensor":
            optimizer.learning_rate.assign(rate)
        if form.densify:
            found = [tf.convert_to_tensor(gradient) for gradient in found]
        optimizer.apply_gradients(zip(found, variables, strict=True))
        global_step.assign_add(1)

    signature = [problem.signature, problem.target_signature, tf.TensorSpec([], tf.float32)]

    @tf.function(autograph=False, input_signature=signature)
    def train_step(x, y, rate):
        with tf.GradientTape() as tape:
            loss = problem.loss(x, y, variables)
        update(tape.gradient(loss, variables), rate)

    @tf.function(autograph=False, reduce_retracing=True)
    def replay_step(found, rate):
        update(found, rate)

    for step in range(STEPS):
        if gradients is None:
            train_step(problem.inputs[step], problem.targets[step], RATES[step])
        else:
            found = [
                tf.IndexedSlices(
                    tf.constant(gradient.values), tf.constant(gradient.indices), tf.constant(gradient.dense_shape)
                )
                if hasattr(gradient, "indices")
                else tf.constant(gradient)
                for gradient in gradients[step]
            ]
            replay_step(found, tf.constant(RATES[step]))
    if int(optimizer.iterations) != STEPS:
        raise AssertionError(f"{STEPS} updates, but iterations is {int(optimizer.iterations)}")
    return [variable.numpy() for variable in variables]


def apart(left: list[np.ndarray], right: list[np.ndarray]) -> float:
    if not all(np.isfinite(value).all() for value in [*left, *right]):
        raise AssertionError("a weight is not finite")
    return max(float(np.max(np.abs(a.astype("f8") - b.astype("f8")))) for a, b in zip(left, right, strict=True))


def optimizers() -> dict[str, dict[str, object]]:
    """The differences of every case, None where not measured.

    A class is only trained with ("closed", which equal bits make the stronger test); what "keras" picks is only
    replayed ("open", because training amplifies rounding).
    """
    record = functools.cache(lambda text, sparse, dtype: legacy(Problem(sparse, dtype), text, record=True))
    free = functools.cache(lambda text, sparse, dtype: legacy(Problem(sparse, dtype), text, record=False)[0])

    @functools.cache
    def replayed(constructor: str, numerics: str, *task: object) -> float:
        weights, gradients = record(*task)
        return apart(weights, migrated(Problem(*task[1:]), *emitted(task[0], numerics, *task[1:]), gradients))

    @functools.cache
    def trained(constructor: str, numerics: str, *task: object) -> float:
        return apart(free(*task), migrated(Problem(*task[1:]), *emitted(task[0], numerics, *task[1:]), None))

    results: dict[str, dict[str, object]] = {}
    for name, text, numerics, sparse, dtype in CASES:
        form, _ = emitted(text, numerics, sparse, dtype)
        # Equal constructors are measured once: "default" is one of the other two.
        family = "exact" if form.template else "keras"
        task = (code(form.constructor), family, text, sparse, dtype)
        results[f"{name} {numerics}"] = {
            "constructor": code(form.constructor),
            "class": form.template is not None,
            "notes": form.notes,
            "open": None if form.template else replayed(*task),
            "closed": None if numerics == "keras" else trained(*task),
        }
    return results


def stepper(schedule: Callable[[object], tf.Tensor]) -> Callable[[], tf.Tensor]:
    """A function that returns ``schedule`` at 0, 1, 2, ..., counted by a variable as in an optimizer."""
    counter = keras.Variable(0, dtype="int64", trainable=False)

    @tf.function(autograph=False)
    def held():
        value = schedule(counter)
        counter.assign_add(1)
        return value

    return held


def schedules() -> dict[str, dict[str, float]]:
    """Differences at steps 0 to 200, of the schedule that an optimizer holds and of the schedule called on a tensor."""
    results = {}
    for name, text in SCHEDULES.items():
        symbol, arguments, _ = bound(text)
        del arguments[step_parameter(symbol)]
        form = lower_schedule(symbol, arguments)
        scope: dict[str, object] = {"tf": tf, "keras": keras}
        define(form.template, scope)
        schedule = eval(code(form.constructor), scope)
        expected = {}
        for dtype in ("int32", "int64"):
            with tf.Graph().as_default(), v1.Session() as session:
                step = v1.Variable(0, trainable=False, dtype=dtype, use_resource=False)
                rate = tf.identity(eval(text, {"tf": TF1, "step": step}))
                with tf.control_dependencies([rate]):
                    increment = step.assign_add(1)
                session.run(step.initializer)
                expected[dtype] = [np.array([session.run([rate, increment])[0] for _ in range(201)])]
        held = stepper(schedule)
        given = tf.function(schedule, autograph=False, input_signature=[tf.TensorSpec([], tf.int32)])
        results[name] = {
            "held": apart(expected["int64"], [np.array([held().numpy() for _ in range(201)])]),
            "called": apart(expected["int32"], [np.array([given(index).numpy() for index in range(201)])]),
        }
    return results


def classes() -> dict[str, list[str]]:
    """For each emitted class what does not work of: config round trip, `fit`, settable and scheduled learning rate."""
    results = {}
    for name in ["momentum", "rmsprop", "centered_rmsprop", "adam", "nadam", "adagrad", "adadelta", "ftrl",
                 "gradient_descent", "proximal_gradient_descent", "proximal_adagrad"]:  # fmt: skip
        template = load(f"{name}_optimizer")
        scope: dict[str, object] = {}
        define(template, scope)
        build = functools.partial(scope[template.name], **({"momentum": 0.5} if name == "momentum" else {}))
        optimizer = build(learning_rate=0.25)
        problems = []
        if type(optimizer).from_config(optimizer.get_config()).get_config() != optimizer.get_config():
            problems.append("config")
        scheduled = build(learning_rate=keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5))
        if type(optimizer).from_config(scheduled.get_config()).get_config() != scheduled.get_config():
            problems.append("schedule config")
        model = keras.Sequential([keras.Input([2]), keras.layers.Dense(1)])
        model.compile(optimizer, "mse", jit_compile=False)
        before = model.get_weights()
        model.fit(np.ones([8, 2], "f4"), np.ones([8, 1], "f4"), epochs=2, batch_size=4, verbose=0)
        if int(optimizer.iterations) != 4 or apart(before, model.get_weights()) == 0:
            problems.append("fit")
        optimizer.learning_rate = 0.5
        if float(optimizer.learning_rate) != 0.5:
            problems.append("learning rate")
        results[template.name] = problems
    return results


if __name__ == "__main__":
    print(json.dumps({"optimizers": optimizers(), "schedules": schedules(), "classes": classes()}, indent=1))
