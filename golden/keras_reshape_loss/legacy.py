"""A sequence tagger whose loss flattens time with keras.backend.reshape before it compares."""
import numpy as np
import tensorflow as tf
import tensorflow.keras.backend as K

n_steps = 5
n_tags = 3


def tag_loss(y_true, y_pred):
    labels = K.flatten(K.cast(y_true, 'int32'))
    scores = K.reshape(y_pred, (-1, n_tags))
    wanted = K.one_hot(labels, n_tags)
    log_likelihood = K.sum(wanted * tf.nn.log_softmax(scores), axis=1)
    # Tag 0 is padding and does not count
    weights = K.cast(K.not_equal(labels, 0), 'float32')
    return -K.sum(weights * log_likelihood) / K.maximum(K.sum(weights), 1.0)


np.random.seed(2)
words = np.random.normal(size=(40, n_steps, 4)).astype(np.float32)
tags = np.argmax(words[:, :, :n_tags], axis=2)

model = tf.keras.models.Sequential([
    tf.keras.layers.TimeDistributed(tf.keras.layers.Dense(8, activation='relu'), input_shape=(n_steps, 4)),
    tf.keras.layers.Dense(n_tags),
])
model.compile(optimizer=tf.keras.optimizers.SGD(lr=0.4), loss=tag_loss)
for epoch in range(4):
    losses = [model.train_on_batch(words[i:i + 10], tags[i:i + 10]) for i in range(0, 40, 10)]
    print('epoch %d, first loss %.5f' % (epoch, losses[0]))
scores = model.predict(words[:1], verbose=0)
print(K.int_shape(model.outputs[0]), np.argmax(scores, axis=2))
