"""A convolutional network with dropout: one graph to train, and one that shares its weights, to evaluate."""
import numpy as np
import tensorflow as tf

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

X = tf.placeholder(tf.float32, [None, num_input])
Y = tf.placeholder(tf.float32, [None, num_classes])


# Create the neural network
def conv_net(x, n_classes, dropout, reuse, is_training):
    """From images to the scores of the classes."""
    # Define a scope for reusing the variables
    with tf.variable_scope('ConvNet', reuse=reuse):
        # The data is a 1-D vector of 64 features: make it a picture (height x width x channel)
        x = tf.reshape(x, shape=[-1, 8, 8, 1])

        # Convolution layer with 8 filters and a kernel size of 3
        conv1 = tf.layers.conv2d(x, 8, 3, activation=tf.nn.relu)
        # Max pooling with strides of 2 and a kernel size of 2
        conv1 = tf.layers.max_pooling2d(conv1, 2, 2)

        # Flatten the data to a 1-D vector for the fully connected layer
        fc1 = tf.layers.flatten(conv1)
        fc1 = tf.layers.dense(fc1, 16)
        # Apply dropout, if this is training
        fc1 = tf.layers.dropout(fc1, rate=dropout, training=is_training)

        # Output layer, class prediction
        out = tf.layers.dense(fc1, n_classes)
        # The loss applies softmax itself: only the testing network has it
        out = out if is_training else tf.nn.softmax(out)

    return out


# Dropout behaves differently at training and prediction time: two graphs that share the same weights
logits_train = conv_net(X, num_classes, dropout, reuse=False, is_training=True)
logits_test = conv_net(X, num_classes, dropout, reuse=True, is_training=False)

# Define loss and optimizer (with the train logits, for dropout to take effect)
loss_op = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(logits=logits_train, labels=Y))
optimizer = tf.train.AdamOptimizer(learning_rate=learning_rate)
train_op = optimizer.minimize(loss_op)

# Evaluate the model (with the test logits, for dropout to be disabled)
correct_pred = tf.equal(tf.argmax(logits_test, 1), tf.argmax(Y, 1))
accuracy = tf.reduce_mean(tf.cast(correct_pred, tf.float32))

init = tf.global_variables_initializer()

with tf.Session() as sess:
    sess.run(init)
    for step in range(1, num_steps + 1):
        batch = rng.choice(96, batch_size)
        sess.run(train_op, feed_dict={X: images[batch], Y: labels[batch]})
        if step % 4 == 0:
            loss, acc = sess.run([loss_op, accuracy], feed_dict={X: images[batch], Y: labels[batch]})
            print("Step %d, Minibatch Loss= %.4f, Training Accuracy= %.3f" % (step, loss, acc))
    print("Accuracy:", sess.run(accuracy, feed_dict={X: images, Y: labels}))
