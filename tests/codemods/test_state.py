"""Variables, assignments and initialisation."""

from __future__ import annotations

from tests.codemods.transform import check_refused, check_transform


def test_assignments() -> None:
    check_transform(
        """\
v = tf.Variable(1.0, name="v")
up = tf.assign(v, v + 1.0)
down = tf.assign_sub(v, 0.5, use_locking=True)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    print(sess.run(up))
    print(sess.run(down))
""",
        """\
v = tf.Variable(1.0, name="v")


@tf.function
def up():
    return v.assign(v + 1.0)


@tf.function
def down():
    return v.assign_sub(0.5)


print(up().numpy())
print(down().numpy())
""",
    )


def test_assignment_in_the_run() -> None:
    check_transform(
        """\
v = tf.Variable(0.0)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(3):
        sess.run(tf.assign(v, float(i)))
        print(v.eval())
""",
        """\
v = tf.Variable(0.0)
for i in range(3):
    v.assign(float(i))
    print(v.numpy())
""",
    )


def test_initialised_again() -> None:
    check_transform(
        """\
v = tf.Variable(1.0)
up = v.assign_add(1.0)
with tf.Session() as sess:
    for trial in range(2):
        sess.run(tf.global_variables_initializer())
        print(sess.run(up))
""",
        """\
v = tf.Variable(1.0)


@tf.function
def up():
    return v.assign_add(1.0)


for trial in range(2):
    v.assign(1.0)
    print(up().numpy())
""",
    )


def test_initialised_again_by_a_function() -> None:
    check_transform(
        """\
v = tf.Variable(1.0)
up = v.assign_add(1.0)


def trial():
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        print(sess.run(up))


trial()
trial()
""",
        """\
v = tf.Variable(1.0)


@tf.function
def up():
    return v.assign_add(1.0)


def trial():
    v.assign(1.0)
    print(up().numpy())


trial()
trial()
""",
    )


def test_drawn_again() -> None:
    check_transform(
        """\
w = tf.Variable(tf.random_normal([2]))
init = tf.global_variables_initializer()
with tf.Session() as sess:
    sess.run(init)
    print(sess.run(w))
    sess.run(init)
    print(sess.run(w))
""",
        """\
w = tf.Variable(tf.random.normal([2]))
print(w.numpy())
w.assign(tf.random.normal([2]))
print(w.numpy())
""",
    )


def test_initialised_once_by_main() -> None:
    check_transform(
        """\
v = tf.Variable(1.0)
up = v.assign_add(1.0)


def main():
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        print(sess.run(up))


if __name__ == "__main__":
    main()
""",
        """\
v = tf.Variable(1.0)


@tf.function
def up():
    return v.assign_add(1.0)


def main():
    print(up().numpy())


if __name__ == "__main__":
    main()
""",
    )


def test_refused_augmented_assignment() -> None:
    check_refused(
        """\
v = tf.Variable(1.0)
v += 1.0
with tf.Session() as sess:
    print(sess.run(v))
""",
        "TF402",
        2,
    )


def test_refused_optimizer_reset_by_an_initialiser() -> None:
    check_refused(
        """\
w = tf.Variable(1.0)
train = tf.train.AdagradOptimizer(0.1).minimize(tf.square(w))
init = tf.global_variables_initializer()
with tf.Session() as sess:
    for trial in range(2):
        sess.run(init)
        sess.run(train)
""",
        "TF240",
        6,
    )


def test_refused_variable_in_collections() -> None:
    check_refused(
        """\
v = tf.Variable(1.0, collections=["mine"])
with tf.Session() as sess:
    print(sess.run(v))
""",
        "TF407",
        1,
    )


def test_refused_shape_that_may_change() -> None:
    check_refused(
        """\
v = tf.Variable([1.0])
up = tf.assign(v, [1.0, 2.0], validate_shape=False)
with tf.Session() as sess:
    print(sess.run(up))
""",
        "TF405",
        2,
    )
