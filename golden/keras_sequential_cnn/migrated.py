"""A Sequential CNN whose output enters tf.layers.Dense; the rest is a plain TF1 training script."""
import numpy as np
import tensorflow as tf
from tensorflow.keras.layers import Conv2D, Flatten, MaxPooling2D
from tensorflow.keras.models import Sequential
import keras

n_classes = 4

model = Sequential()
model.add(Conv2D(4, (3, 3), activation='relu', padding='same', input_shape=(8, 8, 1)))
model.add(MaxPooling2D((2, 2)))
model.add(Conv2D(8, (3, 3), activation='relu'))
model.add(Flatten())

# The classifier on top is made of TF layers
dense = keras.layers.Dense(n_classes)
logits = dense(model.outputs[0])
logits_model = keras.Model(model.inputs[0], logits)

y = tf.TensorSpec([None, n_classes], tf.float32)


@tf.function(input_signature=[tf.TensorSpec(model.inputs[0].shape, model.inputs[0].dtype), y])
def compute_loss(inputs, y):
    logits = logits_model(inputs)
    cross_entropy = tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=logits)
    return tf.reduce_mean(cross_entropy)


optimizer = keras.optimizers.SGD(0.2)


@tf.function(input_signature=[tf.TensorSpec(model.inputs[0].shape, model.inputs[0].dtype), y])
def train_step(inputs, y):
    with tf.GradientTape() as tape:
        loss = compute_loss(inputs, y)
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))


@tf.function(input_signature=[tf.TensorSpec(model.inputs[0].shape, model.inputs[0].dtype)])
def predict(inputs):
    logits = logits_model(inputs)
    return tf.argmax(logits, axis=1)


# Each class is a bright corner
rng = np.random.RandomState(3)
answers = rng.randint(n_classes, size=48)
images = 0.1 * rng.rand(48, 8, 8, 1)
for image, answer in zip(images, answers):
    row, column = 4 * (answer // 2), 4 * (answer % 2)
    image[row:row + 4, column:column + 4] += 1.0
targets = np.eye(n_classes)[answers]

for epoch in range(15):
    train_step(images, targets)
    if (epoch + 1) % 5 == 0:
        print('epoch %d: loss %.5f' % (epoch + 1, compute_loss(images, targets).numpy()))
predicted = predict(images).numpy()
print('correct: %d of %d' % (np.sum(predicted == answers), len(answers)))
