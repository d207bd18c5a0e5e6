"""One function that builds the graph and runs it.  The learning rate is fed."""
import numpy as np
import tensorflow as tf
import keras


def rate_for(step):
    """Warm up, then cool down."""
    return 0.02 * min(step + 1, 5) / 5. * 0.9 ** max(0, step - 5)


def train(inputs, targets, steps=15, hidden=5, verbose=True):
    x = tf.TensorSpec([None, inputs.shape[1]], tf.float32)
    y = tf.TensorSpec([None], tf.float32)
    learning_rate = tf.TensorSpec([], tf.float32)

    # one hidden layer
    w = tf.Variable(tf.random.truncated_normal([inputs.shape[1], hidden], stddev=.4), name="w")
    v = tf.Variable(tf.random.truncated_normal([hidden], stddev=.4), name="v")

    optimizer = keras.optimizers.Adam(0.0, epsilon=1e-08)

    @tf.function(input_signature=[x, y, learning_rate])
    def train_step(x, y, learning_rate):
        with tf.GradientTape() as tape:
            activation = tf.nn.softplus(tf.matmul(x, w))
            output = tf.reduce_sum(activation * v, axis=1)

            loss = tf.reduce_mean(tf.square(output - y))
        variables = tape.watched_variables()
        optimizer.learning_rate.assign(learning_rate)
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        return loss

    losses = []
    for step in range(steps):
        value = train_step(inputs, targets, rate_for(step)).numpy()
        losses.append(value)
        if verbose and step % 5 == 4:
            print("%d\t%.5f" % (step, value))
    return {"w": w.numpy(), "v": v.numpy()}, losses


if __name__ == "__main__":
    random = np.random.RandomState(14)
    points = random.uniform(-1, 1, (40, 2))
    weights, losses = train(points, points[:, 0] * points[:, 1])
    print(sorted(weights), weights["w"].shape, "%.5f" % weights["v"].sum())
    _, again = train(points, points[:, 0] ** 2, steps=5, verbose=False)
    print("%.5f %.5f" % (min(losses), min(again)))
