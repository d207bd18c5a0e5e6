"""Logistic regression that can be stopped and started again: it resumes from its latest checkpoint."""
import os

import numpy as np
import tensorflow as tf
import keras


class MomentumOptimizer(keras.optimizers.Optimizer):
    """Momentum with the update rule of TensorFlow 1.

    The learning rate scales the accumulated gradient as it is applied. `keras.optimizers.SGD` scales each gradient as
    it is accumulated, which gives other weights when the learning rate changes. A sparse gradient (an embedding)
    updates only the rows it holds. Where this need not be kept, use
    `keras.optimizers.SGD(learning_rate, momentum=momentum, nesterov=use_nesterov)`.
    """

    def __init__(self, learning_rate, momentum, use_nesterov=False, **kwargs):
        super().__init__(learning_rate, **kwargs)
        self.momentum = momentum
        self.use_nesterov = use_nesterov

    def build(self, variables):
        if not self.built:
            super().build(variables)
            self.accumulators = self.add_optimizer_variables(variables, "accumulator")

    def update_step(self, gradient, variable, learning_rate):
        inputs = {
            "var": variable.handle,
            "accum": self.accumulators[self._get_variable_index(variable)].value.handle,
            "lr": tf.cast(learning_rate, variable.dtype),
            "momentum": tf.cast(self.momentum, variable.dtype),
            "use_nesterov": self.use_nesterov,
        }
        if isinstance(gradient, tf.IndexedSlices):
            indices, positions = tf.unique(gradient.indices)
            summed = tf.math.unsorted_segment_sum(gradient.values, positions, tf.size(indices))
            tf.raw_ops.ResourceSparseApplyMomentum(grad=summed, indices=indices, **inputs)
        else:
            tf.raw_ops.ResourceApplyMomentum(grad=gradient, **inputs)

    def get_config(self):
        return {**super().get_config(), "momentum": self.momentum, "use_nesterov": self.use_nesterov}


CKPT_DIR = 'checkpoints'


def make_data():
    rng = np.random.RandomState(0)
    inputs = rng.normal(size=(64, 3)).astype(np.float32)
    targets = (inputs.dot([1.0, -2.0, 0.5]) > 0).astype(np.float32).reshape(-1, 1)
    return inputs, targets


def train(steps):
    inputs, targets = make_data()

    x = tf.TensorSpec([None, 3], tf.float32)
    t = tf.TensorSpec([None, 1], tf.float32)

    w = tf.Variable(tf.zeros([3, 1]), name='w')
    b = tf.Variable(tf.zeros([1]), name='b')
    global_step = tf.Variable(0, dtype=tf.int32, trainable=False, name='global_step')

    rate = keras.optimizers.schedules.ExponentialDecay(0.5, decay_steps=10, decay_rate=0.9, staircase=True)
    optimizer = MomentumOptimizer(rate, momentum=0.9)

    @tf.function(input_signature=[x, t])
    def train_step(x, t):
        with tf.GradientTape() as tape:
            logits = tf.matmul(x, w) + b
            loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(logits=logits, labels=t))
        variables = tape.watched_variables()
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        global_step.assign_add(1)
        return loss

    optimizer.build([w, b])
    checkpoint = tf.train.Checkpoint(w=w, b=b, global_step=global_step, optimizer=optimizer)
    saver = tf.train.CheckpointManager(checkpoint, CKPT_DIR, max_to_keep=3, checkpoint_name='logreg')
    # if a checkpoint exists, restore from the latest one
    ckpt = tf.train.get_checkpoint_state(CKPT_DIR)
    if ckpt and ckpt.model_checkpoint_path:
        print('Restoring', ckpt.model_checkpoint_path)
        checkpoint.read(ckpt.model_checkpoint_path).assert_existing_objects_matched()

    initial_step = global_step.numpy()
    print('Starting at step', initial_step)
    for index in range(initial_step, initial_step + steps):
        loss_value = train_step(inputs, targets).numpy()
        if (index + 1) % 5 == 0:
            path = saver.save(checkpoint_number=index)
            print('%.5f' % loss_value, path)
    print([w.numpy(), b.numpy()])


if not os.path.exists(CKPT_DIR):
    os.makedirs(CKPT_DIR)

print('First run')
train(20)

print('Second run')
train(20)
print(tf.train.latest_checkpoint(CKPT_DIR))
