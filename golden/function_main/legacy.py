"""One function that builds the graph and runs it.  The learning rate is fed."""
import numpy as np
import tensorflow as tf


def rate_for(step):
    """Warm up, then cool down."""
    return 0.02 * min(step + 1, 5) / 5. * 0.9 ** max(0, step - 5)


def train(inputs, targets, steps=15, hidden=5, verbose=True):
    tf.reset_default_graph()
    with tf.Graph().as_default(), tf.Session() as sess:
        x = tf.placeholder(tf.float32, [None, inputs.shape[1]], name="x")
        y = tf.placeholder(tf.float32, [None], name="y")
        learning_rate = tf.placeholder(tf.float32, [], name="learning_rate")

        # one hidden layer
        w = tf.Variable(tf.truncated_normal([inputs.shape[1], hidden], stddev=.4), name="w")
        v = tf.Variable(tf.truncated_normal([hidden], stddev=.4), name="v")
        activation = tf.nn.softplus(tf.matmul(x, w))
        output = tf.reduce_sum(activation * v, axis=1)

        loss = tf.reduce_mean(tf.square(output - y))
        optimizer = tf.train.AdamOptimizer(learning_rate)
        update = optimizer.minimize(loss)

        sess.run(tf.global_variables_initializer())
        losses = []
        for step in range(steps):
            value, _ = sess.run([loss, update],
                                feed_dict={x: inputs, y: targets, learning_rate: rate_for(step)})
            losses.append(value)
            if verbose and step % 5 == 4:
                print("%d\t%.5f" % (step, value))
        return sess.run({"w": w, "v": v}), losses


if __name__ == "__main__":
    random = np.random.RandomState(14)
    points = random.uniform(-1, 1, (40, 2))
    weights, losses = train(points, points[:, 0] * points[:, 1])
    print(sorted(weights), weights["w"].shape, "%.5f" % weights["v"].sum())
    _, again = train(points, points[:, 0] ** 2, steps=5, verbose=False)
    print("%.5f %.5f" % (min(losses), min(again)))
