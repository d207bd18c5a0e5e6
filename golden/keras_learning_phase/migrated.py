"""Dropout in a Keras stack on a tf.placeholder: the session feeds K.learning_phase()."""
import numpy as np
import tensorflow as tf
from keras.layers import Dense, Dropout
from keras.losses import categorical_crossentropy
import keras

features = keras.Input(batch_shape=(None, 8))
x = Dense(16, activation='relu')(features)
x = Dropout(0.5)(x)
preds = Dense(3, activation='softmax')(x)
preds_model = keras.Model(features, preds)

labels = tf.TensorSpec((None, 3), tf.float32)


@tf.function(input_signature=[tf.TensorSpec(features.shape, features.dtype), labels])
def compute_loss(features, labels):
    preds = preds_model(features)
    return tf.reduce_mean(categorical_crossentropy(labels, preds))


optimizer = keras.optimizers.SGD(0.5)


@tf.function(input_signature=[tf.TensorSpec(features.shape, features.dtype), labels])
def train_step(features, labels):
    with tf.GradientTape() as tape:
        preds = preds_model(features, training=True)
        loss = tf.reduce_mean(categorical_crossentropy(labels, preds))
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))


np.random.seed(12)
data = np.random.normal(size=(30, 8))
answers = np.eye(3)[data[:, :3].argmax(axis=1)]

for i in range(10):
    train_step(data, answers)
print('loss %.5f' % compute_loss(data, answers).numpy())


@tf.function(input_signature=[tf.TensorSpec(features.shape, features.dtype)])
def predict(features):
    return preds_model(features)


print(predict(data[:2]).numpy())
