"""A Keras functional model inside a TF1 session: tf.placeholder target, TF loss, tf.train optimizer."""
import numpy as np
import tensorflow as tf

n_features = 6
n_classes = 3

inputs = tf.keras.Input(shape=(n_features,), name='features')
hidden = tf.keras.layers.Dense(16, activation='relu')(inputs)
hidden = tf.keras.layers.Dense(8, activation=tf.nn.tanh)(hidden)
outputs = tf.keras.layers.Dense(n_classes)(hidden)
model = tf.keras.Model(inputs=inputs, outputs=outputs)

labels = tf.placeholder(tf.int64, shape=[None], name='labels')
loss = tf.reduce_mean(
    tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=model.output))
train_op = tf.train.AdamOptimizer(learning_rate=0.01).minimize(loss)

# Evaluate model
correct = tf.equal(tf.argmax(model.output, 1), labels)
accuracy = tf.reduce_mean(tf.cast(correct, tf.float32))

np.random.seed(0)
points = np.random.normal(size=(90, n_features)).astype(np.float32)
classes = np.argmax(points[:, :n_classes] + points[:, n_classes:], axis=1)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for step in range(30):
        batch = slice(30 * (step % 3), 30 * (step % 3) + 30)
        _, batch_loss = sess.run([train_op, loss],
                                 feed_dict={inputs: points[batch], labels: classes[batch]})
        if step % 10 == 0:
            print('step %d, loss %.4f' % (step, batch_loss))
    print('accuracy %.4f' % sess.run(accuracy, feed_dict={model.input: points, labels: classes}))
    print(sess.run(model.output, feed_dict={inputs: points[:2]}))
