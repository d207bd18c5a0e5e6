"""A Sequential CNN whose output enters tf.layers.Dense; the rest is a plain TF1 training script."""
import numpy as np
import tensorflow as tf
from tensorflow.keras.layers import Conv2D, Flatten, MaxPooling2D
from tensorflow.keras.models import Sequential

n_classes = 4

model = Sequential()
model.add(Conv2D(4, (3, 3), activation='relu', padding='same', input_shape=(8, 8, 1)))
model.add(MaxPooling2D((2, 2)))
model.add(Conv2D(8, (3, 3), activation='relu'))
model.add(Flatten())

# The classifier on top is made of TF layers
dense = tf.layers.Dense(n_classes)
logits = dense(model.output)

y = tf.placeholder(tf.float32, [None, n_classes])
cross_entropy = tf.nn.softmax_cross_entropy_with_logits_v2(labels=y, logits=logits)
loss = tf.reduce_mean(cross_entropy)
train_op = tf.train.GradientDescentOptimizer(0.2).minimize(loss)
prediction = tf.argmax(logits, axis=1)

# Each class is a bright corner
rng = np.random.RandomState(3)
answers = rng.randint(n_classes, size=48)
images = 0.1 * rng.rand(48, 8, 8, 1)
for image, answer in zip(images, answers):
    row, column = 4 * (answer // 2), 4 * (answer % 2)
    image[row:row + 4, column:column + 4] += 1.0
targets = np.eye(n_classes)[answers]

sess = tf.Session()
sess.run(tf.global_variables_initializer())
for epoch in range(15):
    sess.run(train_op, feed_dict={model.input: images, y: targets})
    if (epoch + 1) % 5 == 0:
        print('epoch %d: loss %.5f' % (epoch + 1, sess.run(loss, {model.input: images, y: targets})))
predicted = sess.run(prediction, feed_dict={model.input: images})
print('correct: %d of %d' % (np.sum(predicted == answers), len(answers)))
sess.close()
