"""A small regression network, put together by helper functions, as in many courses."""
import numpy as np
import tensorflow as tf
import keras

np.random.seed(3)
inputs = np.random.normal(size=(96, 5)).astype(np.float32)
targets = (np.sin(inputs[:, :1]) + 0.3 * inputs[:, 1:2] * inputs[:, 2:3]).astype(np.float32)


def main(epochs=6, batch_size=32):
    # The network and its loss
    n_features = inputs.shape[1]
    n_hidden = 12
    # Creates the placeholders for one batch.
    X = tf.TensorSpec([None, n_features], tf.float32)
    Y = tf.TensorSpec([None, 1], tf.float32)

    # Hidden layer
    W1 = tf.Variable(tf.random.normal([n_features, n_hidden], stddev=0.4), name="W1")
    b1 = tf.Variable(tf.zeros([n_hidden]), name="b1")

    # Output layer
    W2 = tf.Variable(tf.random.normal([n_hidden, 1], stddev=0.4), name="W2")
    b2 = tf.Variable(tf.zeros([1]), name="b2")

    @tf.function(input_signature=[X])
    def predict(X):
        hidden = tf.nn.tanh(tf.matmul(X, W1) + b1)
        return tf.matmul(hidden, W2) + b2

    @tf.function(input_signature=[X, Y])
    def compute_model_mse(X, Y):
        prediction = predict(X)

        return tf.reduce_mean(tf.square(prediction - Y))

    optimizer = keras.optimizers.SGD(0.05)

    @tf.function(input_signature=[X, Y])
    def train_first_steps(X, Y):
        with tf.GradientTape() as tape:
            model_mse = compute_model_mse(X, Y)
            loss = model_mse + 0.001 * (tf.nn.l2_loss(W1) + tf.nn.l2_loss(W2))
        variables = tape.watched_variables()
        # Big steps do harm here
        grads_and_vars = list(zip(tape.gradient(loss, variables), variables))
        clipped = [(tf.clip_by_norm(grad, 0.5), var) for grad, var in grads_and_vars]
        optimizer.apply_gradients(clipped)

    last_steps_optimizer = keras.optimizers.SGD(0.01)

    @tf.function(input_signature=[X, Y])
    def train_last_steps(X, Y):
        with tf.GradientTape() as tape:
            model_mse = compute_model_mse(X, Y)
            loss = model_mse + 0.001 * (tf.nn.l2_loss(W1) + tf.nn.l2_loss(W2))
        variables = tape.watched_variables()
        last_steps_optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))

    for epoch in range(epochs):
        for start in range(0, len(inputs), batch_size):
            feed = {"X": inputs[start:start + batch_size], "Y": targets[start:start + batch_size]}
            if epoch < 4:
                train_first_steps(**feed)
            else:
                train_last_steps(**feed)
        mse = compute_model_mse(inputs, targets).numpy()
        print("epoch", epoch, "mse %.4f" % mse)
    print(predict(inputs[:3]).numpy())


if __name__ == "__main__":
    main()
