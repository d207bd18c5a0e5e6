"""A Q-network that learns from a target network, which follows it every third episode."""
import numpy as np
import tensorflow as tf

EPISODES = 5
GAMMA = 0.9


def build_net(s, scope, trainable=True):
    with tf.variable_scope(scope):
        l1 = tf.layers.dense(s, 20, activation=tf.nn.relu, kernel_initializer=tf.random_normal_initializer(0., .3),
                             bias_initializer=tf.constant_initializer(0.1), name='l1', trainable=trainable)
        q = tf.layers.dense(l1, 4, kernel_initializer=tf.random_normal_initializer(0., .3), name='q', trainable=trainable)
    return q


s = tf.placeholder(tf.float32, [None, 6], name='s')
s_ = tf.placeholder(tf.float32, [None, 6], name='s_')
r = tf.placeholder(tf.float32, [None, ], name='r')
a = tf.placeholder(tf.int32, [None, ], name='a')

q_eval = build_net(s, 'eval_net')
q_next = build_net(s_, 'target_net')

with tf.variable_scope('q_target'):
    q_target = r + GAMMA * tf.reduce_max(q_next, axis=1, name='Qmax_s_')
    q_target = tf.stop_gradient(q_target)
with tf.variable_scope('q_eval'):
    a_indices = tf.stack([tf.range(tf.shape(a)[0], dtype=tf.int32), a], axis=1)
    q_eval_wrt_a = tf.gather_nd(params=q_eval, indices=a_indices)
with tf.variable_scope('loss'):
    loss = tf.reduce_mean(tf.squared_difference(q_target, q_eval_wrt_a, name='TD_error'))
with tf.variable_scope('train'):
    train_op = tf.train.RMSPropOptimizer(0.01).minimize(loss)

t_params = tf.get_collection(tf.GraphKeys.GLOBAL_VARIABLES, scope='target_net')
e_params = tf.get_collection(tf.GraphKeys.GLOBAL_VARIABLES, scope='eval_net')
with tf.variable_scope('soft_replacement'):
    target_replace_op = [tf.assign(t, e) for t, e in zip(t_params, e_params)]

sess = tf.Session()
sess.run(tf.global_variables_initializer())
memory = np.random.RandomState(1).randn(200, 6 * 2 + 2).astype(np.float32)
memory[:, 6] = np.random.RandomState(2).randint(0, 4, 200)
cost_his = []


def choose_action(observation):
    observation = observation[np.newaxis, :]
    if np.random.uniform() < 0.9:
        actions_value = sess.run(q_eval, feed_dict={s: observation})
        action = np.argmax(actions_value)
    else:
        action = np.random.randint(0, 4)
    return action


def learn(step):
    if step % 3 == 0:
        sess.run(target_replace_op)
        print('target_params_replaced')
    batch_memory = memory[(step * 32) % 160:(step * 32) % 160 + 32]
    _, cost = sess.run(
        [train_op, loss],
        feed_dict={
            s: batch_memory[:, :6],
            a: batch_memory[:, 6],
            r: batch_memory[:, 7],
            s_: batch_memory[:, -6:],
        })
    cost_his.append(cost)


for episode in range(EPISODES):
    learn(episode)
    choose_action(memory[episode, :6])
print(['%.4f' % c for c in cost_his])
