"""Transfer learning: the frozen lower layers are computed once, and training is fed what they gave."""
import numpy as np
import tensorflow as tf

n_inputs = 8
n_hidden1 = 12  # frozen
n_hidden2 = 6   # frozen and cached
n_hidden3 = 5
n_outputs = 3
learning_rate = 0.05
n_epochs = 4
n_batches = 3

rnd = np.random.RandomState(1)
X_train = rnd.rand(30, n_inputs).astype(np.float32)
y_train = rnd.randint(0, n_outputs, 30)
X_valid = rnd.rand(9, n_inputs).astype(np.float32)
y_valid = rnd.randint(0, n_outputs, 9)

X = tf.placeholder(tf.float32, shape=(None, n_inputs), name="X")
y = tf.placeholder(tf.int32, shape=[None], name="y")

with tf.name_scope("dnn"):
    hidden1 = tf.layers.dense(X, n_hidden1, activation=tf.nn.relu, name="hidden1")
    hidden2 = tf.layers.dense(hidden1, n_hidden2, activation=tf.nn.relu, name="hidden2")
    hidden2_stop = tf.stop_gradient(hidden2)  # nothing below is trained
    hidden3 = tf.layers.dense(hidden2_stop, n_hidden3, activation=tf.nn.relu, name="hidden3")
    logits = tf.layers.dense(hidden3, n_outputs, name="outputs")

with tf.name_scope("loss"):
    xentropy = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
    loss = tf.reduce_mean(xentropy, name="loss")

with tf.name_scope("eval"):
    correct = tf.nn.in_top_k(logits, y, 1)
    accuracy = tf.reduce_mean(tf.cast(correct, tf.float32), name="accuracy")

with tf.name_scope("train"):
    optimizer = tf.train.GradientDescentOptimizer(learning_rate)
    training_op = optimizer.minimize(loss)

temperature = tf.constant(1.0)
softened = tf.nn.softmax(logits / temperature)

# Pixels that the runs have scaled already: they feed the quotient itself.
pixels = tf.placeholder(tf.float32, [None, 4]) / 255.0
brightness = tf.reduce_mean(pixels, axis=1)

init = tf.global_variables_initializer()

with tf.Session() as sess:
    init.run()
    h2_cache = sess.run(hidden2, feed_dict={X: X_train})
    h2_cache_valid = sess.run(hidden2, feed_dict={X: X_valid})

    for epoch in range(n_epochs):
        shuffled_idx = rnd.permutation(len(X_train))
        hidden2_batches = np.array_split(h2_cache[shuffled_idx], n_batches)
        y_batches = np.array_split(y_train[shuffled_idx], n_batches)
        for hidden2_batch, y_batch in zip(hidden2_batches, y_batches):
            sess.run(training_op, feed_dict={hidden2: hidden2_batch, y: y_batch})

        accuracy_val = accuracy.eval(feed_dict={hidden2: h2_cache_valid, y: y_valid})
        print(epoch, "Validation accuracy: %.4f" % accuracy_val)

    codings = hidden3
    codings_val = codings.eval(feed_dict={X: X_valid[:2]})
    print(np.round(logits.eval(feed_dict={codings: codings_val}), 4))
    print(np.round(softened.eval(feed_dict={X: X_valid[:2]}), 4))
    print(np.round(softened.eval(feed_dict={X: X_valid[:2], temperature: 5.0}), 4))
    print(sess.run(brightness, feed_dict={pixels: [[0.0, 0.5, 0.5, 1.0]]}))
    print("Loss: %.4f" % loss.eval(feed_dict={X: X_valid, y: y_valid}))
