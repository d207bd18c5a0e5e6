"""A Keras functional model inside a TF1 session: tf.placeholder target, TF loss, tf.train optimizer."""
import keras
import numpy as np
import tensorflow as tf

n_features = 6
n_classes = 3

inputs = keras.Input(shape=(n_features,), name='features')
hidden = keras.layers.Dense(16, activation='relu')(inputs)
hidden = keras.layers.Dense(8, activation=tf.nn.tanh)(hidden)
outputs = keras.layers.Dense(n_classes)(hidden)
model = keras.Model(inputs=inputs, outputs=outputs)

labels = tf.TensorSpec([None], tf.int64)


@tf.function(input_signature=[tf.TensorSpec([None, n_features], tf.float32), labels])
def compute_loss(inputs, labels):
    return tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=model(inputs)))


optimizer = keras.optimizers.Adam(learning_rate=0.01, epsilon=1e-8)


@tf.function(input_signature=[tf.TensorSpec([None, n_features], tf.float32), labels])
def train_step(inputs, labels):
    with tf.GradientTape() as tape:
        loss = compute_loss(inputs, labels)
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return loss


@tf.function(input_signature=[tf.TensorSpec([None, n_features], tf.float32), labels])
def compute_accuracy(inputs, labels):
    # Evaluate model
    correct = tf.equal(tf.argmax(model(inputs), 1), labels)
    return tf.reduce_mean(tf.cast(correct, tf.float32))


np.random.seed(0)
points = np.random.normal(size=(90, n_features)).astype(np.float32)
classes = np.argmax(points[:, :n_classes] + points[:, n_classes:], axis=1)

for step in range(30):
    batch = slice(30 * (step % 3), 30 * (step % 3) + 30)
    batch_loss = train_step(points[batch], classes[batch]).numpy()
    if step % 10 == 0:
        print('step %d, loss %.4f' % (step, batch_loss))
print('accuracy %.4f' % compute_accuracy(points, classes).numpy())
print(model(points[:2]).numpy())
