"""Regression with a few wild outliers: gradients are clipped before they are applied."""
import numpy as np
import tensorflow as tf
import keras

FEATURES = 4
CLIP_NORM = 0.5

random = np.random.RandomState(12)
inputs = random.normal(size=(64, FEATURES)).astype("float32")
targets = inputs.dot(np.array([[1.], [-2.], [.5], [0.]])) + .3
targets[::16] += 50.  # outliers

x = tf.TensorSpec((None, FEATURES), tf.float32)
t = tf.TensorSpec((None, 1), tf.float32)

for gpu in tf.config.list_physical_devices("GPU"):
    tf.config.experimental.set_memory_growth(gpu, True)

with tf.name_scope("hidden"):
    w1 = tf.Variable(tf.random.truncated_normal([FEATURES, 8], stddev=0.5), name="w")
    b1 = tf.Variable(tf.zeros([8]), name="b")
with tf.name_scope("output"):
    w2 = tf.Variable(tf.random.truncated_normal([8, 1], stddev=0.5), name="w")


@tf.function(input_signature=[x])
def compute_y(x):
    with tf.name_scope("hidden"):
        h = tf.nn.elu(tf.matmul(x, w1) + b1)
    with tf.name_scope("output"):
        y = tf.matmul(h, w2)
    return y


@tf.function(input_signature=[x, t])
def compute_loss(x, t):
    y = compute_y(x)

    return tf.reduce_mean(tf.math.squared_difference(y, t), name="loss")


# Clip every gradient by its norm, then apply
opt = keras.optimizers.Adam(0.02, epsilon=1e-08)


@tf.function(input_signature=[x, t])
def train_step(x, t):
    with tf.GradientTape() as tape:
        loss = compute_loss(x, t)
    variables = tape.watched_variables()
    grads_and_vars = list(zip(tape.gradient(loss, variables), variables))
    clipped = [(tf.clip_by_norm(g, CLIP_NORM), v) for g, v in grads_and_vars if g is not None]

    # What the norm would have been
    norm = tf.linalg.global_norm([g for g, _ in grads_and_vars])
    opt.apply_gradients(clipped)
    return norm


tf.config.set_soft_device_placement(True)

for step in range(20):
    feed = {"x": inputs, "t": targets}
    before = train_step(**feed).numpy()
    if step % 5 == 0:
        print("step {0}: norm {1:.3f}, loss {2:.3f}".format(step, before, compute_loss(**feed).numpy()))
print(compute_y(inputs[:2]).numpy())
