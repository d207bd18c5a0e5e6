"""A bank account: variables that are read and written in a fixed order."""
from __future__ import print_function

import tensorflow as tf

balance = tf.Variable(100., name='balance')
transactions = tf.Variable(0, name='transactions', trainable=False)
history = tf.Variable([0., 0., 0.], name='history')

amount = tf.placeholder(tf.float32, [], name='amount')

count = tf.assign_add(transactions, 1)

# A deposit is counted, then booked
with tf.control_dependencies([count]):
    deposit = tf.assign_add(balance, amount)

# A withdrawal leaves the account as it is when there is not enough on it
enough = tf.greater_equal(balance, amount)
withdraw = tf.assign(balance, tf.where(enough, balance - amount, balance))

# First remember, then take the fee
remember = tf.scatter_update(history, transactions % 3, balance)
with tf.control_dependencies([remember]):
    fee = tf.assign_sub(balance, 0.01 * balance)
    month_end = tf.group(fee, name='month_end')

with tf.control_dependencies([month_end]):
    statement = tf.identity(balance)

# start again
reset = tf.group(balance.initializer, transactions.initializer)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())

    print('deposit:', sess.run(deposit, {amount: 50.}))
    print('deposit:', sess.run(deposit, {amount: 12.5}))
    print('withdraw:', sess.run(withdraw, {amount: 500.}))
    print('withdraw:', sess.run(withdraw, {amount: 62.5}))
    print('transactions:', sess.run(transactions))

    for month in range(3):
        print('statement:', sess.run(statement))
        if month == 1:
            sess.run(count)
    print('history:', sess.run(history))

    print(sess.run(month_end))
    sess.run(reset)
    print('after reset:', sess.run([balance, transactions]))
    balance.load(7., sess)
    print('loaded:', balance.eval())
