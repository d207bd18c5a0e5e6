"""The value of a run where the program takes it: same nesting, None for operations, NumPy for tensors."""

from __future__ import annotations

from codemods import rewrite_source
from tests.codemods.transform import check_refused, check_transform


def test_list_kept() -> None:
    check_transform(
        """\
x = tf.placeholder(tf.float32)
y = x * 2.0
z = x * 3.0
with tf.Session() as sess:
    values = sess.run([y, z], {x: 1.0})
    print(values[0], len(values))
""",
        """\
x = tf.TensorSpec(None, tf.float32)


@tf.function(input_signature=[x])
def evaluate(x):
    y = x * 2.0
    z = x * 3.0
    return y, z


values = [value.numpy() for value in evaluate(1.0)]
print(values[0], len(values))
""",
    )


def test_tuple_unpacked() -> None:
    check_transform(
        """\
x = tf.placeholder(tf.float32)
y = x * 2.0
z = x * 3.0
with tf.Session() as sess:
    a, b = sess.run((y, z), {x: 1.0})
    print(a, b)
""",
        """\
x = tf.TensorSpec(None, tf.float32)


@tf.function(input_signature=[x])
def evaluate(x):
    y = x * 2.0
    z = x * 3.0
    return y, z


a, b = [value.numpy() for value in evaluate(1.0)]
print(a, b)
""",
    )


def test_dict_kept() -> None:
    check_transform(
        """\
x = tf.placeholder(tf.float32)
y = x * 2.0
with tf.Session() as sess:
    print(sess.run({"y": y, "x1": x + 1.0}, {x: 1.0}))
""",
        """\
x = tf.TensorSpec(None, tf.float32)


@tf.function(input_signature=[x])
def evaluate(x):
    y = x * 2.0
    return {"y": y, "x1": x + 1.0}


print({key: value.numpy() for key, value in evaluate(1.0).items()})
""",
    )


def test_subscripted() -> None:
    check_transform(
        """\
x = tf.placeholder(tf.float32)
y = x * 2.0
z = x * 3.0
with tf.Session() as sess:
    print(sess.run([y, z], {x: 1.0})[1])
""",
        """\
x = tf.TensorSpec(None, tf.float32)


@tf.function(input_signature=[x])
def evaluate(x):
    y = x * 2.0
    z = x * 3.0
    return y, z


print(evaluate(1.0)[1].numpy())
""",
    )


def test_operations_are_none() -> None:
    check_transform(
        """\
v = tf.Variable(1.0)
op = tf.group(v.assign_add(1.0))
y = tf.constant(3.0)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    values = sess.run([op, y])
    print(values)
""",
        """\
v = tf.Variable(1.0)


@tf.function
def op():
    v.assign_add(1.0)
    return y


y = tf.constant(3.0)
values = [None, op().numpy()]
print(values)
""",
    )


def test_discarded() -> None:
    check_transform(
        """\
v = tf.Variable(1.0)
up = v.assign_add(1.0)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    sess.run(up)
    up.eval()
    print(v.eval())
""",
        """\
v = tf.Variable(1.0)


@tf.function
def up():
    v.assign_add(1.0)


up()
up()
print(v.numpy())
""",
    )


def test_refused_operation_between_tensors() -> None:
    check_refused(
        """\
v = tf.Variable(1.0)
x = tf.placeholder(tf.float32)
y = x * 2.0
z = x * 3.0
op = tf.group(v.assign_add(1.0))
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    print(sess.run([y, op, z], {x: 1.0}))
""",
        "TF247",
        8,
    )


def test_refused_initialiser_used() -> None:
    check_refused(
        """\
v = tf.Variable(1.0)
with tf.Session() as sess:
    print(sess.run(tf.global_variables_initializer()))
""",
        "TF240",
        3,
    )


def test_refused_several_tensors_in_one() -> None:
    check_refused(
        """\
x = tf.placeholder(tf.int32, [])
both = tf.while_loop(lambda i, a: i < 5, lambda i, a: (i + 1, a * x), [0, 1])
with tf.Session() as sess:
    print(sess.run(both, {x: 2}))
""",
        "TF254",
        4,
    )


def test_refused_fed_and_fetched() -> None:
    check_refused(
        """\
x = tf.placeholder(tf.float32)
with tf.Session() as sess:
    print(sess.run([x, x * 2.0], {x: 1.0}))
""",
        "TF248",
        3,
    )


def test_refused_fraction_for_an_integer() -> None:
    check_refused(
        """\
x = tf.placeholder(tf.int32)
y = x + 1
with tf.Session() as sess:
    print(sess.run(y, {x: 3.5}))
""",
        "TF251",
        4,
    )


def test_refused_fed_twice() -> None:
    check_refused(
        """\
x = tf.placeholder(tf.float32)
y = x + 1.0
with tf.Session() as sess:
    print(sess.run(y, {x: 3.5, x: 4.0}))
""",
        "TF244",
        4,
    )


def test_nested_values_under_another_name_for_tensorflow() -> None:
    source = """\
import tensorflow as T
x = T.placeholder(T.float32)
y = x * 2.0
with T.Session() as sess:
    print(sess.run([y, [y, y]], {x: 1.0}))
"""
    result = rewrite_source(source)
    assert "T.nest.map_structure(lambda value: value.numpy(), compute(1.0))" in result.text
