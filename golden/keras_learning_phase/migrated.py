"""Dropout in a Keras stack on a tf.placeholder: the session feeds K.learning_phase()."""
import keras
import numpy as np
import tensorflow as tf
from keras.layers import Dense, Dropout
from keras.losses import categorical_crossentropy

features = keras.Input(shape=(8,))
x = Dense(16, activation='relu')(features)
x = Dropout(0.5)(x)
preds = Dense(3, activation='softmax')(x)
model = keras.Model(features, preds)

labels = tf.TensorSpec((None, 3), tf.float32)
features_spec = tf.TensorSpec((None, 8), tf.float32)


@tf.function(input_signature=[features_spec, labels])
def compute_loss(features, labels):
    preds = model(features, training=False)
    return tf.reduce_mean(categorical_crossentropy(labels, preds))


optimizer = keras.optimizers.SGD(0.5)


@tf.function(input_signature=[features_spec, labels])
def train_step(features, labels):
    with tf.GradientTape() as tape:
        preds = model(features, training=True)
        loss = tf.reduce_mean(categorical_crossentropy(labels, preds))
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))


np.random.seed(12)
data = np.random.normal(size=(30, 8))
answers = np.eye(3)[data[:, :3].argmax(axis=1)]

for i in range(10):
    train_step(data, answers)
print('loss %.5f' % compute_loss(data, answers).numpy())
print(model(data[:2], training=False).numpy())
