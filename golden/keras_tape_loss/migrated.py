"""A loss that differentiates its own model with a tape (a slope penalty): already TF2, nothing to do."""
import numpy as np
import tensorflow as tf

model = tf.keras.Sequential([
    tf.keras.Input(shape=(2,)),
    tf.keras.layers.Dense(10, activation='tanh'),
    tf.keras.layers.Dense(1),
])
optimizer = tf.keras.optimizers.SGD(learning_rate=0.05)


def penalised_loss(x, y):
    with tf.GradientTape() as tape:
        tape.watch(x)
        prediction = model(x, training=True)
    slope = tape.gradient(prediction, x)
    steepness = tf.sqrt(tf.reduce_sum(tf.square(slope), axis=1))
    return tf.reduce_mean(tf.square(prediction - y)) + 0.1 * tf.reduce_mean(tf.square(steepness - 1.0))


@tf.function
def train_step(x, y):
    with tf.GradientTape() as tape:
        loss = penalised_loss(x, y)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    return loss


np.random.seed(8)
x = np.random.normal(size=(60, 2)).astype(np.float32)
y = np.sin(x[:, :1]) + 0.5 * x[:, 1:]
for epoch in range(4):
    for start in range(0, 60, 20):
        loss = train_step(tf.constant(x[start:start + 20]), tf.constant(y[start:start + 20]))
    print('epoch %d, loss %.5f' % (epoch, loss.numpy()))
print(np.round(model(x[:3]).numpy(), 5))
