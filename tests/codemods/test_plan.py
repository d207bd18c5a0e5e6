"""Which runs share a function, and in which order the updates of one run are done."""

from __future__ import annotations

from tests.codemods.transform import check_refused, check_transform


def test_one_function_for_equal_runs() -> None:
    check_transform(
        """\
x = tf.placeholder(tf.float32)
y = x * 2.0
with tf.Session() as sess:
    print(sess.run(y, {x: 1.0}))
    print(sess.run(y, feed_dict={x: 2.0}))
""",
        """\
x = tf.TensorSpec(None, tf.float32)


@tf.function(input_signature=[x])
def compute_y(x):
    return x * 2.0


print(compute_y(1.0).numpy())
print(compute_y(2.0).numpy())
""",
    )


def test_values_before_updates() -> None:
    check_transform(
        """\
v = tf.Variable(1.0)
double = v * 2.0
up = tf.assign_add(v, 1.0)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    print(sess.run([up, double]))
""",
        """\
v = tf.Variable(1.0)


@tf.function
def run_up():
    double = v * 2.0
    up = v.assign_add(1.0)
    return up, double


print([value.numpy() for value in run_up()])
""",
    )


def test_gradients_of_both_before_either_update() -> None:
    check_transform(
        """\
a = tf.Variable(1.0)
b = tf.Variable(2.0)
one = tf.train.GradientDescentOptimizer(0.1).minimize(tf.square(a), var_list=[a])
two = tf.train.GradientDescentOptimizer(0.2).minimize(tf.square(b), var_list=[b])
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    sess.run([one, two])
""",
        """\
import keras
a = tf.Variable(1.0)
b = tf.Variable(2.0)
one_optimizer = keras.optimizers.SGD(0.1)
two_optimizer = keras.optimizers.SGD(0.2)


@tf.function
def train_step():
    with tf.GradientTape() as loss_tape, tf.GradientTape() as loss_tape_2:
        loss = tf.square(a)
        loss_2 = tf.square(b)
    loss_variables = [a]
    loss_gradients = loss_tape.gradient(loss, loss_variables)
    loss_variables_2 = [b]
    loss_gradients_2 = loss_tape_2.gradient(loss_2, loss_variables_2)
    one_optimizer.apply_gradients(zip(loss_gradients, loss_variables))
    two_optimizer.apply_gradients(zip(loss_gradients_2, loss_variables_2))


train_step()
""",
    )


def test_group_of_train_ops() -> None:
    check_transform(
        """\
a = tf.Variable(1.0)
b = tf.Variable(2.0)
one = tf.train.GradientDescentOptimizer(0.1).minimize(tf.square(a), var_list=[a])
two = tf.train.GradientDescentOptimizer(0.2).minimize(tf.square(b), var_list=[b])
both = tf.group(one, two)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    sess.run(both)
""",
        """\
import keras
a = tf.Variable(1.0)
b = tf.Variable(2.0)
one_optimizer = keras.optimizers.SGD(0.1)
two_optimizer = keras.optimizers.SGD(0.2)


@tf.function
def train_step():
    with tf.GradientTape() as loss_tape, tf.GradientTape() as loss_tape_2:
        loss = tf.square(a)
        loss_2 = tf.square(b)
    loss_variables = [a]
    loss_gradients = loss_tape.gradient(loss, loss_variables)
    loss_variables_2 = [b]
    loss_gradients_2 = loss_tape_2.gradient(loss_2, loss_variables_2)
    one_optimizer.apply_gradients(zip(loss_gradients, loss_variables))
    two_optimizer.apply_gradients(zip(loss_gradients_2, loss_variables_2))


train_step()
""",
    )


def test_order_by_control_dependencies() -> None:
    check_transform(
        """\
v = tf.Variable(1.0)
up = v.assign_add(1.0)
with tf.control_dependencies([up]):
    after = v * 10.0
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    print(sess.run(after))
""",
        """\
v = tf.Variable(1.0)


@tf.function
def run_after():
    v.assign_add(1.0)
    return v * 10.0


print(run_after().numpy())
""",
    )


def test_refused_updates_that_read_each_other() -> None:
    check_refused(
        """\
a = tf.Variable(1.0)
b = tf.Variable(2.0)
swap = tf.group(a.assign(b), b.assign(a))
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    sess.run(swap)
""",
        "TF406",
        3,
    )


def test_refused_updates_that_read_each_other_through_tensors() -> None:
    check_refused(
        """\
a = tf.Variable(1.0)
b = tf.Variable(2.0)
new_a = a + b
new_b = a - b
step = tf.group(a.assign(new_a), b.assign(new_b))
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    sess.run(step)
""",
        "TF406",
        5,
    )


def test_refused_two_optimizers_on_one_variable() -> None:
    check_refused(
        """\
a = tf.Variable(1.0)
one = tf.train.GradientDescentOptimizer(0.1).minimize(tf.square(a))
two = tf.train.GradientDescentOptimizer(0.2).minimize(tf.abs(a))
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    sess.run([one, two])
""",
        "TF406",
        3,
    )


def test_update_that_waits_for_training() -> None:
    check_transform(
        """\
a = tf.Variable(1.0)
train = tf.train.GradientDescentOptimizer(0.1).minimize(tf.square(a))
with tf.control_dependencies([train]):
    clip = a.assign(tf.minimum(a, 0.5))
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    sess.run(clip)
""",
        """\
import keras
a = tf.Variable(1.0)
optimizer = keras.optimizers.SGD(0.1)


@tf.function
def train_step():
    with tf.GradientTape() as tape:
        loss = tf.square(a)
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    a.assign(tf.minimum(a, 0.5))


train_step()
""",
    )


def test_refused_variable_that_is_not_watched() -> None:
    check_refused(
        """\
a = tf.Variable(1.0, trainable=False)
train = tf.train.GradientDescentOptimizer(0.1).minimize(tf.square(a), var_list=[a])
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    sess.run(train)
""",
        "TF307",
        2,
    )
