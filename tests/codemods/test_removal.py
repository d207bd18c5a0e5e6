"""Statements that go leave comments, blank lines and valid blocks behind."""

from __future__ import annotations

from tests.codemods.transform import check_refused, check_transform


def test_comments_stay() -> None:
    check_transform(
        """\
# The model
x = tf.placeholder(tf.float32)  # input

# Twice
y = x * 2.0

# Launch the graph
with tf.Session() as sess:
    # Show it
    print(sess.run(y, {x: 1.0}))

# The end
print("done")
""",
        """\
# The model
x = tf.TensorSpec(None, tf.float32)  # input


@tf.function(input_signature=[x])
def compute_y(x):
    # Twice
    return x * 2.0


# Show it
print(compute_y(1.0).numpy())

# The end
print("done")
""",
    )


def test_emptied_branch() -> None:
    check_transform(
        """\
v = tf.Variable(1.0)
fresh = True
with tf.Session() as sess:
    if fresh:
        sess.run(tf.global_variables_initializer())
    else:
        print("kept")
    print(sess.run(v))
""",
        """\
v = tf.Variable(1.0)
fresh = True
if fresh:
    pass
else:
    print("kept")
print(v.numpy())
""",
    )


def test_emptied_function() -> None:
    check_transform(
        """\
v = tf.Variable(1.0)
sess = tf.Session()


def start():
    sess.run(tf.global_variables_initializer())


start()
print(sess.run(v))
""",
        """\
v = tf.Variable(1.0)


def start():
    pass


start()
print(v.numpy())
""",
    )


def test_one_line_suite() -> None:
    check_transform(
        """\
x = tf.placeholder(tf.float32)
with tf.Session() as sess: print(sess.run(x * 2.0, {x: 1.0}))
""",
        """\
x = tf.TensorSpec(None, tf.float32)


@tf.function(input_signature=[x])
def compute(x):
    return x * 2.0


print(compute(1.0).numpy())
""",
    )


def test_statements_on_one_line() -> None:
    check_transform(
        """\
v = tf.Variable(1.0)
sess = tf.Session(); sess.run(v.initializer); print(sess.run(v)); sess.close()
""",
        """\
v = tf.Variable(1.0)
print(v.numpy())
""",
    )


def test_continued_lines() -> None:
    check_transform(
        """\
x = tf.placeholder(tf.float32)
y = x * 2.0 \\
    + 1.0
with tf.Session() as sess:
    print(sess.run(y,
                   feed_dict={x: 1.0}))
""",
        """\
x = tf.TensorSpec(None, tf.float32)


@tf.function(input_signature=[x])
def compute_y(x):
    return x * 2.0 \\
    + 1.0


print(compute_y(1.0).numpy())
""",
    )


def test_tabs() -> None:
    check_transform(
        """\
x = tf.placeholder(tf.float32)
y = x * 2.0
with tf.Session() as sess:
	for value in (1.0, 2.0):
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


def test_refused_with_of_several_kinds() -> None:
    check_refused(
        """\
x = tf.placeholder(tf.float32)
y = x * 2.0
with tf.Session() as sess, open("log.txt") as log:
    print(sess.run(y, {x: 1.0}), file=log)
""",
        "TF213",
        3,
    )


def test_refused_session_method_without_counterpart() -> None:
    check_refused(
        """\
x = tf.placeholder(tf.float32)
y = x * 2.0
sess = tf.Session()
handle = sess.partial_run_setup([y], [x])
""",
        "TF223",
        4,
    )
