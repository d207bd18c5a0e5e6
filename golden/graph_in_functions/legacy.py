"""A small regression network, put together by helper functions, as in many courses."""
import numpy as np
import tensorflow as tf

np.random.seed(3)
inputs = np.random.normal(size=(96, 5)).astype(np.float32)
targets = (np.sin(inputs[:, :1]) + 0.3 * inputs[:, 1:2] * inputs[:, 2:3]).astype(np.float32)


def create_placeholders(n_features, n_outputs):
    """Creates the placeholders for one batch."""
    X = tf.placeholder(tf.float32, [None, n_features], name="X")
    Y = tf.placeholder(tf.float32, [None, n_outputs], name="Y")
    return X, Y


def training(loss, rate, optimizer=None, clip=None):
    """Adds the ops that train on a loss.

    With `clip`, gradients are clipped by their norm.
    """
    if optimizer is None:
        optimizer = tf.train.GradientDescentOptimizer(rate)
    if clip is not None:
        # Big steps do harm here
        grads_and_vars = optimizer.compute_gradients(loss)
        clipped = [(tf.clip_by_norm(grad, clip), var) for grad, var in grads_and_vars]
        return optimizer.apply_gradients(clipped)
    return optimizer.minimize(loss)


# The network and its loss
def build_model(n_features, n_hidden=12, l2=0.001):
    X, Y = create_placeholders(n_features, 1)

    # Hidden layer
    W1 = tf.Variable(tf.random_normal([n_features, n_hidden], stddev=0.4), name="W1")
    b1 = tf.Variable(tf.zeros([n_hidden]), name="b1")
    hidden = tf.nn.tanh(tf.matmul(X, W1) + b1)

    # Output layer
    W2 = tf.Variable(tf.random_normal([n_hidden, 1], stddev=0.4), name="W2")
    b2 = tf.Variable(tf.zeros([1]), name="b2")
    prediction = tf.matmul(hidden, W2) + b2

    mse = tf.reduce_mean(tf.square(prediction - Y))
    loss = mse + l2 * (tf.nn.l2_loss(W1) + tf.nn.l2_loss(W2))
    return {"X": X, "Y": Y, "prediction": prediction, "mse": mse, "loss": loss}


def main(epochs=6, batch_size=32):
    model = build_model(inputs.shape[1])
    first_steps = training(model["loss"], rate=0.05, clip=0.5)
    last_steps = training(model["loss"], rate=0.01)
    init = tf.global_variables_initializer()

    with tf.Session() as sess:
        sess.run(init)
        for epoch in range(epochs):
            for start in range(0, len(inputs), batch_size):
                feed = {model["X"]: inputs[start:start + batch_size], model["Y"]: targets[start:start + batch_size]}
                if epoch < 4:
                    sess.run(first_steps, feed_dict=feed)
                else:
                    sess.run(last_steps, feed_dict=feed)
            mse = sess.run(model["mse"], feed_dict={model["X"]: inputs, model["Y"]: targets})
            print("epoch", epoch, "mse %.4f" % mse)
        print(sess.run(model["prediction"], feed_dict={model["X"]: inputs[:3]}))


if __name__ == "__main__":
    main()
