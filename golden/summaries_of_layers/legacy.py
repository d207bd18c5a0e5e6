"""Inside or outside of a ring? A function makes each layer, with summaries of its weights and activations."""
import numpy as np
import tensorflow as tf

rng = np.random.RandomState(11)


def points(count):
    values = rng.uniform(-1.5, 1.5, (count, 2)).astype(np.float32)
    inside = (values ** 2).sum(axis=1) < 1.0
    return values, inside.astype(np.int64)


def describe(variable):
    """Mean, spread and distribution of a variable."""
    with tf.name_scope("summaries"):
        mean = tf.reduce_mean(variable)
        tf.summary.scalar("mean", mean)
        with tf.name_scope("spread"):
            spread = tf.sqrt(tf.reduce_mean(tf.square(variable - mean)))
        tf.summary.scalar("spread", spread)
        tf.summary.histogram("values", variable)


def layer(inputs, n_inputs, n_outputs, name, activation=tf.nn.tanh):
    with tf.name_scope(name):
        with tf.name_scope("weights"):
            weights = tf.Variable(tf.truncated_normal([n_inputs, n_outputs], stddev=0.5))
            describe(weights)
        with tf.name_scope("biases"):
            biases = tf.Variable(tf.constant(0.1, shape=[n_outputs]))
            describe(biases)
        with tf.name_scope("weighted_sum"):
            weighted = tf.matmul(inputs, weights) + biases
            tf.summary.histogram("before_activation", weighted)
        outputs = activation(weighted, name="activation")
        tf.summary.histogram("activations", outputs)
        return outputs


with tf.name_scope("input"):
    x = tf.placeholder(tf.float32, [None, 2], name="points")
    y = tf.placeholder(tf.int64, [None], name="inside")

hidden = layer(x, 2, 8, "hidden")
# The probabilities come later, with the loss
logits = layer(hidden, 8, 2, "output", activation=tf.identity)

with tf.name_scope("loss"):
    with tf.name_scope("mean"):
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
tf.summary.scalar("cross_entropy", loss)

with tf.name_scope("train"):
    train_step = tf.train.GradientDescentOptimizer(0.5).minimize(loss)

with tf.name_scope("accuracy"):
    correct = tf.equal(tf.argmax(logits, 1), y)
    accuracy = tf.reduce_mean(tf.cast(correct, tf.float32))
tf.summary.scalar("share_of_correct", accuracy)

merged = tf.summary.merge_all()
train_points, train_labels = points(80)
test_points, test_labels = points(40)

with tf.Session() as sess:
    train_writer = tf.summary.FileWriter("logs/train", sess.graph)
    test_writer = tf.summary.FileWriter("logs/test")
    sess.run(tf.global_variables_initializer())
    for step in range(9):
        if step % 4 == 0:  # how good is it on new points?
            summary, score = sess.run([merged, accuracy], feed_dict={x: test_points, y: test_labels})
            test_writer.add_summary(summary, step)
            print("step %d: accuracy %.3f" % (step, score))
        else:
            batch = rng.choice(len(train_points), 40, replace=False)
            feed = {x: train_points[batch], y: train_labels[batch]}
            summary, _ = sess.run([merged, train_step], feed_dict=feed)
            train_writer.add_summary(summary, step)
    train_writer.close()
    test_writer.close()
