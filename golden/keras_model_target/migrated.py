"""A Keras functional model inside a TF1 session: tf.placeholder target, TF loss, tf.train optimizer."""
import numpy as np
import tensorflow as tf
import keras

n_features = 6
n_classes = 3

inputs = tf.keras.Input(shape=(n_features,), name='features')
hidden = tf.keras.layers.Dense(16, activation='relu')(inputs)
hidden = tf.keras.layers.Dense(8, activation=tf.nn.tanh)(hidden)
outputs = tf.keras.layers.Dense(n_classes)(hidden)
model = tf.keras.Model(inputs=inputs, outputs=outputs)

labels = tf.TensorSpec([None], tf.int64)
optimizer = keras.optimizers.Adam(learning_rate=0.01, epsilon=1e-08)


@tf.function(input_signature=[tf.TensorSpec(inputs.shape, inputs.dtype), labels])
def train_step(inputs, labels):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=model(inputs)))
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return loss


@tf.function(input_signature=[tf.TensorSpec(inputs.shape, inputs.dtype), labels])
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


@tf.function(input_signature=[tf.TensorSpec(inputs.shape, inputs.dtype)])
def predict(inputs):
    return model(inputs)


print(predict(points[:2]).numpy())
