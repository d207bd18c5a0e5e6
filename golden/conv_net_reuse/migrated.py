"""A convolutional network with dropout: one graph to train, and one that shares its weights, to evaluate."""
import numpy as np
import tensorflow as tf
import keras

# Training parameters
learning_rate = 0.001
num_steps = 12
batch_size = 16

# Network parameters
num_input = 64  # 8*8 pixels
num_classes = 3
dropout = 0.25

rng = np.random.RandomState(1)
images = rng.uniform(size=[96, num_input]).astype(np.float32)
labels = np.eye(num_classes)[rng.randint(num_classes, size=96)]

X = tf.TensorSpec([None, num_input], tf.float32)
Y = tf.TensorSpec([None, num_classes], tf.float32)


# Create the neural network
class ConvNet(keras.Model):
    """From images to the scores of the classes."""

    def __init__(self, n_classes, dropout):
        super().__init__()
        self.conv1 = keras.layers.Conv2D(8, 3, activation=tf.nn.relu)
        self.pool = keras.layers.MaxPooling2D(2, 2)
        self.flatten = keras.layers.Flatten()
        self.fc1 = keras.layers.Dense(16)
        self.dropout = keras.layers.Dropout(rate=dropout)
        self.out = keras.layers.Dense(n_classes)

    def call(self, x, is_training):
        # The data is a 1-D vector of 64 features: make it a picture (height x width x channel)
        x = tf.reshape(x, shape=[-1, 8, 8, 1])

        # Convolution layer with 8 filters and a kernel size of 3
        conv1 = self.conv1(x)
        # Max pooling with strides of 2 and a kernel size of 2
        conv1 = self.pool(conv1)

        # Flatten the data to a 1-D vector for the fully connected layer
        fc1 = self.flatten(conv1)
        fc1 = self.fc1(fc1)
        # Apply dropout, if this is training
        fc1 = self.dropout(fc1, training=is_training)

        # Output layer, class prediction
        out = self.out(fc1)
        # The loss applies softmax itself: only the testing network has it
        out = out if is_training else tf.nn.softmax(out)

        return out


conv_net = ConvNet(num_classes, dropout)


def loss_op_of(X, Y):
    # Dropout behaves differently at training and prediction time: two graphs that share the same weights
    logits_train = conv_net(X, is_training=True)

    # Define loss and optimizer (with the train logits, for dropout to take effect)
    return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(logits=logits_train, labels=Y))


optimizer = keras.optimizers.Adam(learning_rate=learning_rate, epsilon=1e-08)


@tf.function(input_signature=[X, Y])
def train_step(X, Y):
    with tf.GradientTape() as tape:
        loss_op = loss_op_of(X, Y)
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(loss_op, variables), variables))


@tf.function(input_signature=[X, Y])
def evaluate(X, Y):
    loss_op = loss_op_of(X, Y)
    accuracy = compute_accuracy(X, Y)
    return loss_op, accuracy


@tf.function(input_signature=[X, Y])
def compute_accuracy(X, Y):
    logits_test = conv_net(X, is_training=False)

    # Evaluate the model (with the test logits, for dropout to be disabled)
    correct_pred = tf.equal(tf.argmax(logits_test, 1), tf.argmax(Y, 1))
    return tf.reduce_mean(tf.cast(correct_pred, tf.float32))


for step in range(1, num_steps + 1):
    batch = rng.choice(96, batch_size)
    train_step(images[batch], labels[batch])
    if step % 4 == 0:
        loss, acc = [value.numpy() for value in evaluate(images[batch], labels[batch])]
        print("Step %d, Minibatch Loss= %.4f, Training Accuracy= %.3f" % (step, loss, acc))
print("Accuracy:", compute_accuracy(images, labels).numpy())
