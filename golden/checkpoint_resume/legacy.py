"""Logistic regression that can be stopped and started again: it resumes from its latest checkpoint."""
import os

import numpy as np
import tensorflow as tf

CKPT_DIR = 'checkpoints'


def make_data():
    rng = np.random.RandomState(0)
    inputs = rng.normal(size=(64, 3)).astype(np.float32)
    targets = (inputs.dot([1.0, -2.0, 0.5]) > 0).astype(np.float32).reshape(-1, 1)
    return inputs, targets


def train(steps):
    inputs, targets = make_data()

    x = tf.placeholder(tf.float32, [None, 3], name='x')
    t = tf.placeholder(tf.float32, [None, 1], name='t')

    w = tf.get_variable('w', [3, 1], initializer=tf.zeros_initializer())
    b = tf.get_variable('b', [1], initializer=tf.zeros_initializer())
    global_step = tf.Variable(0, dtype=tf.int32, trainable=False, name='global_step')

    logits = tf.matmul(x, w) + b
    loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(logits=logits, labels=t))
    rate = tf.train.exponential_decay(0.5, global_step, 10, 0.9, staircase=True)
    train_op = tf.train.MomentumOptimizer(rate, 0.9).minimize(loss, global_step=global_step)

    saver = tf.train.Saver(max_to_keep=3)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())

        # if a checkpoint exists, restore from the latest one
        ckpt = tf.train.get_checkpoint_state(CKPT_DIR)
        if ckpt and ckpt.model_checkpoint_path:
            print('Restoring', ckpt.model_checkpoint_path)
            saver.restore(sess, ckpt.model_checkpoint_path)

        initial_step = global_step.eval()
        print('Starting at step', initial_step)
        for index in range(initial_step, initial_step + steps):
            loss_value, _ = sess.run([loss, train_op], feed_dict={x: inputs, t: targets})
            if (index + 1) % 5 == 0:
                path = saver.save(sess, os.path.join(CKPT_DIR, 'logreg'), index)
                print('%.5f' % loss_value, path)
        print(sess.run([w, b]))


if not os.path.exists(CKPT_DIR):
    os.makedirs(CKPT_DIR)

print('First run')
train(20)

# Start again, as another process would
tf.reset_default_graph()
print('Second run')
train(20)
print(tf.train.latest_checkpoint(CKPT_DIR))
