"""Q-learning on a corridor, with a target network that is copied every few steps and then follows slowly."""
import numpy as np
import tensorflow as tf
import keras


class RMSPropOptimizer(keras.optimizers.Optimizer):
    """RMSProp with the update rule of TensorFlow 1.

    The mean square starts at one, where that of `keras.optimizers.RMSprop` starts at zero: the first steps are much
    shorter here. A sparse gradient (an embedding) updates only the rows it holds. Where this need not be kept, use
    `keras.optimizers.RMSprop(learning_rate, rho=decay, momentum=momentum, epsilon=epsilon)`.
    """

    def __init__(self, learning_rate, decay=0.9, momentum=0.0, epsilon=1e-10, **kwargs):
        super().__init__(learning_rate, **kwargs)
        self.decay = decay
        self.momentum = momentum
        self.epsilon = epsilon

    def build(self, variables):
        if not self.built:
            super().build(variables)
            self.mean_squares = self.add_optimizer_variables(variables, "mean_square", initializer="ones")
            self.momentums = self.add_optimizer_variables(variables, "momentum")

    def update_step(self, gradient, variable, learning_rate):
        index = self._get_variable_index(variable)
        inputs = {
            "var": variable.handle,
            "ms": self.mean_squares[index].value.handle,
            "mom": self.momentums[index].value.handle,
            "lr": tf.cast(learning_rate, variable.dtype),
            "rho": tf.cast(self.decay, variable.dtype),
            "momentum": tf.cast(self.momentum, variable.dtype),
            "epsilon": tf.cast(self.epsilon, variable.dtype),
        }
        if isinstance(gradient, tf.IndexedSlices):
            indices, positions = tf.unique(gradient.indices)
            summed = tf.math.unsorted_segment_sum(gradient.values, positions, tf.size(indices))
            tf.raw_ops.ResourceSparseApplyRMSProp(grad=summed, indices=indices, **inputs)
        else:
            tf.raw_ops.ResourceApplyRMSProp(grad=gradient, **inputs)

    def get_config(self):
        config = {"decay": self.decay, "momentum": self.momentum, "epsilon": self.epsilon}
        return {**super().get_config(), **config}


N_STATES = 6
N_ACTIONS = 2
GAMMA = 0.9
TAU = 0.05
REPLACE_AFTER = 8

np.random.seed(2)
tf.random.set_seed(1)

s = tf.TensorSpec([None, N_STATES], tf.float32)
s_ = tf.TensorSpec([None, N_STATES], tf.float32)
a = tf.TensorSpec([None, ], tf.int32)
r = tf.TensorSpec([None, ], tf.float32)
done = tf.TensorSpec([None, ], tf.float32)

w_initializer, b_initializer = tf.random_normal_initializer(0., 0.3), tf.constant_initializer(0.1)

# ------------------ evaluation net ------------------
with tf.name_scope('eval_net'):
    w1 = tf.Variable(w_initializer([N_STATES, 10], dtype=tf.float32), name='w1')
    b1 = tf.Variable(b_initializer([10], dtype=tf.float32), name='b1')
    w2 = tf.Variable(w_initializer([10, N_ACTIONS], dtype=tf.float32), name='w2')
    b2 = tf.Variable(b_initializer([N_ACTIONS], dtype=tf.float32), name='b2')


@tf.function(input_signature=[s])
def compute_q_eval(s):
    with tf.name_scope('eval_net'):
        q_eval = tf.matmul(tf.nn.relu(tf.matmul(s, w1) + b1), w2) + b2
    return q_eval


# ------------------ target net ------------------
with tf.name_scope('target_net'):
    w1_ = tf.Variable(w_initializer([N_STATES, 10], dtype=tf.float32), name='w1', trainable=False)
    b1_ = tf.Variable(b_initializer([10], dtype=tf.float32), name='b1', trainable=False)
    w2_ = tf.Variable(w_initializer([10, N_ACTIONS], dtype=tf.float32), name='w2', trainable=False)
    b2_ = tf.Variable(b_initializer([N_ACTIONS], dtype=tf.float32), name='b2', trainable=False)

# ------------------ hard and soft replacement ------------------
t_params = [w1_, b1_, w2_, b2_]
e_params = [w1, b1, w2, b2]


@tf.function
def hard_replace():
    for t, e in zip(t_params, e_params):
        t.assign(e)


@tf.function
def soft_replace():
    for t, e in zip(t_params, e_params):
        t.assign(TAU * e + (1. - TAU) * t)


with tf.name_scope('train'):
    optimizer = RMSPropOptimizer(0.005)


@tf.function(input_signature=[s, s_, a, r, done])
def train_step(s, s_, a, r, done):
    with tf.GradientTape() as tape:
        q_eval = compute_q_eval(s)
        with tf.name_scope('target_net'):
            q_next = tf.matmul(tf.nn.relu(tf.matmul(s_, w1_) + b1_), w2_) + b2_
        with tf.name_scope('q_target'):
            q_target = tf.stop_gradient(r + GAMMA * (1. - done) * tf.reduce_max(q_next, axis=1, name='Qmax_s_'))
        with tf.name_scope('loss'):
            q_wrt_a = tf.reduce_sum(q_eval * tf.one_hot(a, N_ACTIONS), axis=1)
            loss = tf.reduce_mean(tf.math.squared_difference(q_target, q_wrt_a, name='TD_error'))
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return loss


def choose_action(state, epsilon):
    if np.random.uniform() > epsilon:
        return np.random.randint(N_ACTIONS)
    q = compute_q_eval(np.eye(N_STATES)[[state]]).numpy()
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
                hard_replace()
            elif learned >= 32:
                soft_replace()
            batch = [memory[i] for i in np.random.randint(len(memory), size=8)]
            states, actions, rewards, nexts, ends = [np.array(column) for column in zip(*batch)]
            cost = train_step(np.eye(N_STATES)[states], np.eye(N_STATES)[nexts], actions, rewards, ends).numpy()
            learned += 1
        state, steps = after, steps + 1
        if end or steps == 30:
            break
    print('episode %d: %d steps, %d updates' % (episode, steps, learned))
