# Linear soft-margin support vector machine
# ----------------------------------
#
# Apples and pears by weight and roundness:
#
#   loss = max(0, 1 - label * (A * x - b))  +  alpha * |A|^2
#
# The learning rate decays in steps.

import numpy as np
import tensorflow as tf
import keras

# Fruit
rng = np.random.RandomState(23)
apples = np.column_stack([rng.normal(1.6, .2, 60), rng.normal(.9, .1, 60)])
pears = np.column_stack([rng.normal(1.9, .2, 60), rng.normal(.4, .1, 60)])
x_vals = np.vstack([apples, pears])
y_vals = np.array([1.] * 60 + [-1.] * 60)

# Split into train/test sets
train_indices = rng.choice(len(x_vals), int(round(len(x_vals)*0.8)), replace=False)
test_indices = np.array(sorted(set(range(len(x_vals))) - set(train_indices)))
x_vals_train, x_vals_test = x_vals[train_indices], x_vals[test_indices]
y_vals_train, y_vals_test = y_vals[train_indices], y_vals[test_indices]

batch_size = 24

# Initialize placeholders
x_data = tf.TensorSpec(shape=[None, 2], dtype=tf.float32)
y_target = tf.TensorSpec(shape=[None, 1], dtype=tf.float32)

# Create variables for the hyperplane
A = tf.Variable(tf.random.normal(shape=[2, 1]))
b = tf.Variable(tf.random.normal(shape=[1, 1]))

alpha = tf.constant([0.01])


@tf.function(input_signature=[x_data, y_target])
def compute_loss(x_data, y_target):
    # Declare model operations
    model_output = tf.subtract(tf.matmul(x_data, A), b)

    # L2 'norm' of the weights
    l2_norm = tf.reduce_sum(tf.square(A))
    # Margin term
    classification_term = tf.reduce_mean(tf.maximum(0., tf.subtract(1., tf.multiply(model_output, y_target))))
    return tf.add(classification_term, tf.multiply(alpha, l2_norm))


@tf.function(input_signature=[x_data, y_target])
def compute_accuracy(x_data, y_target):
    model_output = tf.subtract(tf.matmul(x_data, A), b)

    # Declare prediction function
    prediction = tf.sign(model_output)
    return tf.reduce_mean(tf.cast(tf.equal(prediction, y_target), tf.float32))


# The rate goes down by a fifth every ten steps
global_step = tf.Variable(0, trainable=False)
rate = keras.optimizers.schedules.ExponentialDecay(0.2, decay_steps=10, decay_rate=0.8, staircase=True)
my_opt = keras.optimizers.SGD(rate)


@tf.function(input_signature=[x_data, y_target])
def train_step(x_data, y_target):
    with tf.GradientTape() as tape:
        loss = compute_loss(x_data, y_target)
    variables = tape.watched_variables()
    my_opt.apply_gradients(zip(tape.gradient(loss, variables), variables))
    global_step.assign_add(1)


# Training loop
loss_vec = []
test_accuracy = []
for i in range(50):
    rand_index = rng.choice(len(x_vals_train), size=batch_size)
    rand_x = x_vals_train[rand_index]
    rand_y = np.transpose([y_vals_train[rand_index]])
    train_step(rand_x, rand_y)

    temp_loss = compute_loss(rand_x, rand_y).numpy()
    loss_vec.append(temp_loss)

    test_acc_temp = compute_accuracy(x_vals_test, np.transpose([y_vals_test])).numpy()
    test_accuracy.append(test_acc_temp)

    if (i + 1) % 10 == 0:
        print('Step #{} A = {}, b = {}, rate = {:.4f}'.format(
            global_step.numpy(),
            str(A.numpy()),
            str(b.numpy()),
            rate(global_step).numpy()
        ))
        print('Loss = ' + str(temp_loss))

# Slope and intercept of the line between the two
[[a1], [a2]] = A.numpy()
[[b]] = b.numpy()
slope = -a2/a1
y_intercept = b/a1
print('line: %.4f %.4f' % (slope, y_intercept), 'accuracy: %.3f' % test_accuracy[-1])
