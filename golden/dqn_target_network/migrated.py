"""A Q-network that learns from a target network, which follows it every third episode."""
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


EPISODES = 5
GAMMA = 0.9


class Net(keras.Model):
    def __init__(self, scope, trainable=True):
        super().__init__()
        with tf.name_scope(scope):
            self.l1 = keras.layers.Dense(20, activation=tf.nn.relu, kernel_initializer=tf.random_normal_initializer(0., .3),
                                 bias_initializer=tf.constant_initializer(0.1), name='l1', trainable=trainable)
            self.q = keras.layers.Dense(4, kernel_initializer=tf.random_normal_initializer(0., .3), name='q', trainable=trainable)

    def call(self, s):
        l1 = self.l1(s)
        q = self.q(l1)
        return q


s = tf.TensorSpec([None, 6], tf.float32)
s_ = tf.TensorSpec([None, 6], tf.float32)
r = tf.TensorSpec([None, ], tf.float32)
a = tf.TensorSpec([None, ], tf.int32)

q_eval_net = Net('eval_net')


@tf.function(input_signature=[s])
def compute_q_eval(s):
    return q_eval_net(s)


q_next_net = Net('target_net')
with tf.name_scope('train'):
    optimizer = RMSPropOptimizer(0.01)


@tf.function(input_signature=[s, s_, r, a])
def train_step(s, s_, r, a):
    with tf.GradientTape() as tape:
        q_eval = q_eval_net(s)
        q_next = q_next_net(s_)
        with tf.name_scope('q_target'):
            q_target = r + GAMMA * tf.reduce_max(q_next, axis=1, name='Qmax_s_')
            q_target = tf.stop_gradient(q_target)
        with tf.name_scope('q_eval'):
            a_indices = tf.stack([tf.range(tf.shape(a)[0], dtype=tf.int32), a], axis=1)
            q_eval_wrt_a = tf.gather_nd(params=q_eval, indices=a_indices)
        with tf.name_scope('loss'):
            loss = tf.reduce_mean(tf.math.squared_difference(q_target, q_eval_wrt_a, name='TD_error'))
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return loss


train_step.get_concrete_function()  # makes the variables of the layers


@tf.function
def target_replace():
    t_params = q_next_net.trainable_variables
    e_params = q_eval_net.trainable_variables
    with tf.name_scope('soft_replacement'):
        [t.assign(e) for t, e in zip(t_params, e_params)]


memory = np.random.RandomState(1).randn(200, 6 * 2 + 2).astype(np.float32)
memory[:, 6] = np.random.RandomState(2).randint(0, 4, 200)
cost_his = []


def choose_action(observation):
    observation = observation[np.newaxis, :]
    if np.random.uniform() < 0.9:
        actions_value = compute_q_eval(observation).numpy()
        action = np.argmax(actions_value)
    else:
        action = np.random.randint(0, 4)
    return action


def learn(step):
    if step % 3 == 0:
        target_replace()
        print('target_params_replaced')
    batch_memory = memory[(step * 32) % 160:(step * 32) % 160 + 32]
    cost = train_step(batch_memory[:, :6], batch_memory[:, -6:], batch_memory[:, 7], batch_memory[:, 6]).numpy()
    cost_his.append(cost)


for episode in range(EPISODES):
    learn(episode)
    choose_action(memory[episode, :6])
print(['%.4f' % c for c in cost_his])
