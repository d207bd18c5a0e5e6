"""What is graph, what is state, what is Python: and which name means what when the graph runs."""

from __future__ import annotations

from tests.codemods.transform import check_refused, check_transform


def test_python_values_stay() -> None:
    check_transform(
        """\
size = 4
shape = [None, size]
x = tf.placeholder(tf.float32, shape)
y = x * float(size)
print(size)
with tf.Session() as sess:
    print(sess.run(y, {x: [[1.0] * size]}))
""",
        """\
size = 4
shape = [None, size]
x = tf.TensorSpec(shape, tf.float32)


@tf.function(input_signature=[x])
def compute_y(x):
    return x * float(size)


print(size)
print(compute_y([[1.0] * size]).numpy())
""",
    )


def test_constants_stay() -> None:
    check_transform(
        """\
a = tf.constant(2.0)
b = a * 3.0
with tf.Session() as sess:
    print(sess.run(b))
""",
        """\
a = tf.constant(2.0)
b = a * 3.0
print(b.numpy())
""",
    )


def test_helper_functions_stay() -> None:
    check_transform(
        """\
def layer(t, k=2.0):
    return t * k


x = tf.placeholder(tf.float32)
y = layer(layer(x), 3.0)
with tf.Session() as sess:
    print(sess.run(y, {x: 1.0}))
""",
        """\
def layer(t, k=2.0):
    return t * k


x = tf.TensorSpec(None, tf.float32)


@tf.function(input_signature=[x])
def compute_y(x):
    return layer(layer(x), 3.0)


print(compute_y(1.0).numpy())
""",
    )


def test_names_bound_again_by_graph_code() -> None:
    check_transform(
        """\
x = tf.placeholder(tf.float32)
h = x + 1.0
h = h * 2.0
with tf.Session() as sess:
    print(sess.run(h, {x: 1.0}))
""",
        """\
x = tf.TensorSpec(None, tf.float32)


@tf.function(input_signature=[x])
def compute_h(x):
    h = x + 1.0
    return h * 2.0


print(compute_h(1.0).numpy())
""",
    )


def test_loop_that_carries_a_tensor() -> None:
    check_transform(
        """\
x = tf.placeholder(tf.float32)
y = x
for k in range(3):
    y = y * 2.0 + k
with tf.Session() as sess:
    print(sess.run(y, {x: 1.0}))
""",
        """\
x = tf.TensorSpec(None, tf.float32)


@tf.function(input_signature=[x])
def compute_y(x):
    y = x
    for k in range(3):
        y = y * 2.0 + k
    return y


print(compute_y(1.0).numpy())
""",
    )


def test_refused_python_value_changed_between() -> None:
    check_refused(
        """\
k = 2.0
x = tf.placeholder(tf.float32)
y = x * k
k = 3.0
with tf.Session() as sess:
    print(sess.run(y, {x: 1.0}))
""",
        "TF209",
        6,
    )


def test_refused_object_changed_in_place_under_another_name() -> None:
    check_refused(
        """\
import numpy as np
data = np.ones(2)
view = data[:1]
x = tf.placeholder(tf.float32)
y = x * data
view[0] = 5.0
with tf.Session() as sess:
    print(sess.run(y, {x: 1.0}))
""",
        "TF209",
        8,
    )


def test_refused_host_generator_in_graph_code() -> None:
    check_refused(
        """\
import numpy as np
x = tf.placeholder(tf.float32)
y = x * np.random.rand()
with tf.Session() as sess:
    print(sess.run(y, {x: 1.0}))
""",
        "TF206",
        3,
    )


def test_refused_fetch_with_the_name_of_a_loop() -> None:
    check_refused(
        """\
x = tf.placeholder(tf.float32)
with tf.Session() as sess:
    for k in range(3):
        print(sess.run(x * k, {x: 1.0}))
""",
        "TF204",
        4,
    )


def test_refused_tensor_as_a_condition() -> None:
    check_refused(
        """\
x = tf.placeholder(tf.float32)
y = x * 2.0 if x > 1.0 else x
with tf.Session() as sess:
    print(sess.run(y, {x: 1.0}))
""",
        "TF212",
        2,
    )


def test_refused_equality_of_tensors() -> None:
    check_refused(
        """\
x = tf.placeholder(tf.float32)
print(x == x)
with tf.Session() as sess:
    print(sess.run(x * 1.0, {x: 1.0}))
""",
        "TF216",
        2,
    )


def test_refused_iterator_that_graph_code_empties() -> None:
    check_refused(
        """\
pairs = zip([1.0, 2.0], [3.0, 4.0])
x = tf.placeholder(tf.float32)
ys = [x * a + b for a, b in pairs]
with tf.Session() as sess:
    print(sess.run(ys, {x: 1.0}))
""",
        "TF206",
        5,
    )
