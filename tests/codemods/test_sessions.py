"""Sessions, placeholders and run sites become functions and calls; everything else keeps its lines."""

from __future__ import annotations

from tests.codemods.transform import check_refused, check_transform


def test_placeholder_and_run() -> None:
    check_transform(
        """\
x = tf.placeholder(tf.float32, [None, 2], name="x")
y = tf.reduce_sum(x, 1)  # per row

with tf.Session() as sess:
    print(sess.run(y, feed_dict={x: [[1.0, 2.0]]}))
""",
        """\
x = tf.TensorSpec([None, 2], tf.float32)


@tf.function(input_signature=[x])
def compute_y(x):
    return tf.reduce_sum(x, 1)  # per row


print(compute_y([[1.0, 2.0]]).numpy())
""",
    )


def test_training_step() -> None:
    check_transform(
        """\
x = tf.placeholder(tf.float32)
w = tf.Variable(1.0)
loss = tf.square(w * x)
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
init = tf.global_variables_initializer()
with tf.Session() as sess:
    sess.run(init)
    for step in range(3):
        _, value = sess.run([train, loss], feed_dict={x: 2.0})
        print(step, value)
""",
        """\
import keras
x = tf.TensorSpec(None, tf.float32)
w = tf.Variable(1.0)
optimizer = keras.optimizers.SGD(0.1)


@tf.function(input_signature=[x])
def train_step(x):
    with tf.GradientTape() as tape:
        loss = tf.square(w * x)
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return loss


for step in range(3):
    value = train_step(2.0).numpy()
    print(step, value)
""",
    )


def test_function_holds_a_fetch_that_comes_later() -> None:
    check_transform(
        """\
x = tf.placeholder(tf.float32)
y = x * 2.0
sess = tf.Session()
print("text between")
print(sess.run(tf.log(y), {x: 1.0}))
""",
        """\
x = tf.TensorSpec(None, tf.float32)


@tf.function(input_signature=[x])
def compute_log(x):
    y = x * 2.0
    return tf.math.log(y)


print("text between")
print(compute_log(1.0).numpy())
""",
    )


def test_two_runs_share_statements() -> None:
    check_transform(
        """\
x = tf.placeholder(tf.float32)
a = x + 1.0
b = a * 2.0
c = b - 1.0
with tf.Session() as sess:
    print(sess.run(b, {x: 1.0}))
    print(sess.run(c, {x: 1.0}))
""",
        """\
x = tf.TensorSpec(None, tf.float32)


@tf.function(input_signature=[x])
def compute_b(x):
    a = x + 1.0
    return a * 2.0


@tf.function(input_signature=[x])
def compute_c(x):
    b = compute_b(x)
    return b - 1.0


print(compute_b(1.0).numpy())
print(compute_c(1.0).numpy())
""",
    )


def test_built_and_run_in_one_loop() -> None:
    check_transform(
        """\
x = tf.placeholder(tf.float32)
sess = tf.Session()
for value in (1.0, 2.0):
    y = x * 2.0
    print(sess.run(y, {x: value}))
""",
        """\
x = tf.TensorSpec(None, tf.float32)


@tf.function(input_signature=[x])
def compute_y(x):
    return x * 2.0


for value in (1.0, 2.0):
    print(compute_y(value).numpy())
""",
    )


def test_main_function() -> None:
    check_transform(
        """\
def main():
    x = tf.placeholder(tf.float32)
    y = x * 2.0
    with tf.Session() as sess:
        print(sess.run(y, {x: 1.0}))


if __name__ == "__main__":
    main()
""",
        """\
def main():
    x = tf.TensorSpec(None, tf.float32)

    @tf.function(input_signature=[x])
    def compute_y(x):
        return x * 2.0

    print(compute_y(1.0).numpy())


if __name__ == "__main__":
    main()
""",
    )


def test_refused_session_passed_to_a_function() -> None:
    check_refused(
        """\
x = tf.placeholder(tf.float32)
y = x * 2.0
def go(session):
    return session.run(y, {x: 1.0})
print(go(tf.Session()))
""",
        "TF229",
        3,
    )


def test_refused_fetch_by_name() -> None:
    check_refused(
        """\
x = tf.placeholder(tf.float32, name="x")
with tf.Session() as sess:
    print(sess.run("z:0", {x: 1.0}))
""",
        "TF222",
        3,
    )


def test_refused_run_with_options() -> None:
    check_refused(
        """\
x = tf.placeholder(tf.float32)
y = x * 2.0
with tf.Session() as sess:
    print(sess.run(y, {x: 1.0}, options=tf.RunOptions()))
""",
        "TF224",
        4,
    )


def test_refused_sessions_that_take_turns() -> None:
    check_refused(
        """\
v = tf.Variable(1.0)
up = v.assign_add(1.0)
a, b = tf.Session(), tf.Session()
a.run(v.initializer)
b.run(v.initializer)
a.run(up)
print(b.run(v))
""",
        "TF249",
        5,
    )


def test_refused_placeholder_not_fed() -> None:
    check_refused(
        """\
x = tf.placeholder(tf.float32)
y = x * 2.0
with tf.Session() as sess:
    print(sess.run(y))
""",
        "TF245",
        4,
    )


def test_refused_feed_dict_from_elsewhere() -> None:
    check_refused(
        """\
from feeds import make
x = tf.placeholder(tf.float32)
y = x * 2.0
with tf.Session() as sess:
    print(sess.run(y, feed_dict=make(x)))
""",
        "TF227",
        5,
    )
