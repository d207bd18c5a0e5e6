"""Inside or outside of a ring? A function makes each layer, with summaries of its weights and activations."""
import numpy as np
import tensorflow as tf
import keras

rng = np.random.RandomState(11)


def points(count):
    values = rng.uniform(-1.5, 1.5, (count, 2)).astype(np.float32)
    inside = (values ** 2).sum(axis=1) < 1.0
    return values, inside.astype(np.int64)


def describe(variable):
    """Mean, spread and distribution of a variable."""
    with tf.name_scope("summaries"):
        mean = tf.reduce_mean(variable)
        tf.summary.scalar("mean_1", mean)
        with tf.name_scope("spread"):
            spread = tf.sqrt(tf.reduce_mean(tf.square(variable - mean)))
        tf.summary.scalar("spread_1", spread)
        tf.summary.histogram("values", variable)


class Layer(tf.Module):
    def __init__(self, n_inputs, n_outputs, name, activation=tf.nn.tanh):
        super().__init__()
        self.label = name
        self.activation = activation
        with tf.name_scope(name):
            with tf.name_scope("weights"):
                self.weights_ = tf.Variable(tf.random.truncated_normal([n_inputs, n_outputs], stddev=0.5))
            with tf.name_scope("biases"):
                self.biases = tf.Variable(tf.constant(0.1, shape=[n_outputs]))

    def __call__(self, inputs):
        with tf.name_scope(self.label):
            with tf.name_scope("weights"):
                describe(self.weights_)
            with tf.name_scope("biases"):
                describe(self.biases)
            with tf.name_scope("weighted_sum"):
                weighted = tf.matmul(inputs, self.weights_) + self.biases
                tf.summary.histogram("before_activation", weighted)
            outputs = self.activation(weighted, name="activation")
            tf.summary.histogram("activations", outputs)
            return outputs


x = tf.TensorSpec([None, 2], tf.float32)
y = tf.TensorSpec([None], tf.int64)

hidden_layer = Layer(2, 8, "hidden")
logits_layer = Layer(8, 2, "output", activation=tf.identity)

with tf.name_scope("train"):
    optimizer = keras.optimizers.SGD(0.5)


@tf.function(input_signature=[x, y, tf.TensorSpec([], tf.int64)])
def compute_accuracy(x, y, step):
    with test_writer.as_default(step):
        hidden = hidden_layer(x)
        # The probabilities come later, with the loss
        logits = logits_layer(hidden)
        with tf.name_scope("loss"):
            with tf.name_scope("mean"):
                loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
        with tf.name_scope("accuracy"):
            correct = tf.equal(tf.argmax(logits, 1), y)
            accuracy = tf.reduce_mean(tf.cast(correct, tf.float32))
        tf.summary.scalar("cross_entropy", loss)
        tf.summary.scalar("share_of_correct", accuracy)
        return accuracy


@tf.function(input_signature=[x, y, tf.TensorSpec([], tf.int64)])
def train_step(x, y, step):
    with train_writer.as_default(step):
        with tf.GradientTape() as tape:
            hidden = hidden_layer(x)
            logits = logits_layer(hidden)
            with tf.name_scope("loss"):
                with tf.name_scope("mean"):
                    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
            with tf.name_scope("accuracy"):
                correct = tf.equal(tf.argmax(logits, 1), y)
                accuracy = tf.reduce_mean(tf.cast(correct, tf.float32))
        tf.summary.scalar("cross_entropy", loss)
        tf.summary.scalar("share_of_correct", accuracy)
        variables = tape.watched_variables()
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))


train_points, train_labels = points(80)
test_points, test_labels = points(40)

train_writer = tf.summary.create_file_writer("logs/train")
test_writer = tf.summary.create_file_writer("logs/test")
for step in range(9):
    if step % 4 == 0:  # how good is it on new points?
        score = compute_accuracy(test_points, test_labels, step).numpy()
        print("step %d: accuracy %.3f" % (step, score))
    else:
        batch = rng.choice(len(train_points), 40, replace=False)
        feed = {"x": train_points[batch], "y": train_labels[batch]}
        train_step(**feed, step=step)
train_writer.close()
test_writer.close()
