"""Q-learning on a corridor, with a target network that is copied every few steps and then follows slowly."""
import numpy as np
import tensorflow as tf

N_STATES = 6
N_ACTIONS = 2
GAMMA = 0.9
TAU = 0.05
REPLACE_AFTER = 8

np.random.seed(2)
tf.set_random_seed(1)

s = tf.placeholder(tf.float32, [None, N_STATES], name='s')
s_ = tf.placeholder(tf.float32, [None, N_STATES], name='s_')
a = tf.placeholder(tf.int32, [None, ], name='a')
r = tf.placeholder(tf.float32, [None, ], name='r')
done = tf.placeholder(tf.float32, [None, ], name='done')

w_initializer, b_initializer = tf.random_normal_initializer(0., 0.3), tf.constant_initializer(0.1)

# ------------------ evaluation net ------------------
with tf.variable_scope('eval_net'):
    w1 = tf.get_variable('w1', [N_STATES, 10], initializer=w_initializer)
    b1 = tf.get_variable('b1', [10], initializer=b_initializer)
    w2 = tf.get_variable('w2', [10, N_ACTIONS], initializer=w_initializer)
    b2 = tf.get_variable('b2', [N_ACTIONS], initializer=b_initializer)
    q_eval = tf.matmul(tf.nn.relu(tf.matmul(s, w1) + b1), w2) + b2

# ------------------ target net ------------------
with tf.variable_scope('target_net'):
    w1_ = tf.get_variable('w1', [N_STATES, 10], initializer=w_initializer, trainable=False)
    b1_ = tf.get_variable('b1', [10], initializer=b_initializer, trainable=False)
    w2_ = tf.get_variable('w2', [10, N_ACTIONS], initializer=w_initializer, trainable=False)
    b2_ = tf.get_variable('b2', [N_ACTIONS], initializer=b_initializer, trainable=False)
    q_next = tf.matmul(tf.nn.relu(tf.matmul(s_, w1_) + b1_), w2_) + b2_

with tf.variable_scope('q_target'):
    q_target = tf.stop_gradient(r + GAMMA * (1. - done) * tf.reduce_max(q_next, axis=1, name='Qmax_s_'))
with tf.variable_scope('loss'):
    q_wrt_a = tf.reduce_sum(q_eval * tf.one_hot(a, N_ACTIONS), axis=1)
    loss = tf.reduce_mean(tf.squared_difference(q_target, q_wrt_a, name='TD_error'))

# ------------------ hard and soft replacement ------------------
t_params = tf.get_collection(tf.GraphKeys.GLOBAL_VARIABLES, scope='target_net')
e_params = tf.get_collection(tf.GraphKeys.GLOBAL_VARIABLES, scope='eval_net')
hard_replace_op = [tf.assign(t, e) for t, e in zip(t_params, e_params)]
soft_replace_op = tf.group(*[tf.assign(t, TAU * e + (1. - TAU) * t) for t, e in zip(t_params, e_params)])

with tf.variable_scope('train'):
    train_op = tf.train.RMSPropOptimizer(0.005).minimize(loss)

sess = tf.Session()
sess.run(tf.global_variables_initializer())


def choose_action(state, epsilon):
    if np.random.uniform() > epsilon:
        return np.random.randint(N_ACTIONS)
    q = sess.run(q_eval, feed_dict={s: np.eye(N_STATES)[[state]]})
    return int(np.argmax(q))


def step(state, action):
    """Left or right; the last state ends the episode with a reward."""
    after = max(state - 1, 0) if action == 0 else state + 1
    return after, float(after == N_STATES - 1), after == N_STATES - 1


memory = []
learned = 0
for episode in range(6):
    state, steps = 0, 0
    while True:
        action = choose_action(state, 0.1 * episode)
        after, reward, end = step(state, action)
        memory.append((state, action, reward, after, float(end)))
        if len(memory) >= 16 and learned < 60:
            if learned % REPLACE_AFTER == 0 and learned < 32:
                sess.run(hard_replace_op)
            elif learned >= 32:
                sess.run(soft_replace_op)
            batch = [memory[i] for i in np.random.randint(len(memory), size=8)]
            states, actions, rewards, nexts, ends = [np.array(column) for column in zip(*batch)]
            _, cost = sess.run([train_op, loss], feed_dict={
                s: np.eye(N_STATES)[states], a: actions, r: rewards, s_: np.eye(N_STATES)[nexts], done: ends})
            learned += 1
        state, steps = after, steps + 1
        if end or steps == 30:
            break
    print('episode %d: %d steps, %d updates' % (episode, steps, learned))
