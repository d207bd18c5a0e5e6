"""A sequence tagger whose loss flattens time with keras.backend.reshape before it compares."""
import numpy as np
import tensorflow as tf
import keras

n_steps = 5
n_tags = 3


def tag_loss(y_true, y_pred):
    labels = keras.ops.reshape(keras.ops.cast(y_true, 'int32'), [-1])
    scores = keras.ops.reshape(y_pred, (-1, n_tags))
    wanted = keras.ops.one_hot(labels, n_tags)
    log_likelihood = keras.ops.sum(wanted * tf.nn.log_softmax(scores), axis=1)
    # Tag 0 is padding and does not count
    weights = keras.ops.cast(keras.ops.not_equal(labels, 0), 'float32')
    return -keras.ops.sum(weights * log_likelihood) / keras.ops.maximum(keras.ops.sum(weights), 1.0)


np.random.seed(2)
words = np.random.normal(size=(40, n_steps, 4)).astype(np.float32)
tags = np.argmax(words[:, :, :n_tags], axis=2)

model = tf.keras.models.Sequential([
    tf.keras.layers.TimeDistributed(tf.keras.layers.Dense(8, activation='relu'), input_shape=(n_steps, 4)),
    tf.keras.layers.Dense(n_tags),
])
model.compile(optimizer=tf.keras.optimizers.SGD(learning_rate=0.4), loss=tag_loss)
for epoch in range(4):
    losses = [model.train_on_batch(words[i:i + 10], tags[i:i + 10]) for i in range(0, 40, 10)]
    print('epoch %d, first loss %.5f' % (epoch, losses[0]))
scores = model.predict(words[:1], verbose=0)
print(tuple(model.outputs[0].shape), np.argmax(scores, axis=2))
