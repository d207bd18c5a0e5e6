"""A bank account: variables that are read and written in a fixed order."""
from __future__ import print_function

import tensorflow as tf

balance = tf.Variable(100., name='balance')
transactions = tf.Variable(0, name='transactions', trainable=False)
history = tf.Variable([0., 0., 0.], name='history')

amount = tf.TensorSpec([], tf.float32)


@tf.function
def run_count():
    transactions.assign_add(1)


@tf.function(input_signature=[amount])
def deposit(amount):
    transactions.assign_add(1)

    # A deposit is counted, then booked
    return balance.assign_add(amount)


@tf.function(input_signature=[amount])
def withdraw(amount):
    # A withdrawal leaves the account as it is when there is not enough on it
    enough = tf.greater_equal(balance, amount)
    return balance.assign(tf.raw_ops.Select(condition=enough, x=balance - amount, y=balance))


@tf.function
def run_month_end():
    # First remember, then take the fee
    history.scatter_update(tf.IndexedSlices(balance, transactions % 3))
    balance.assign_sub(0.01 * balance)


@tf.function
def run_statement():
    history.scatter_update(tf.IndexedSlices(balance, transactions % 3))
    balance.assign_sub(0.01 * balance)

    return tf.identity(balance)


print('deposit:', deposit(50.).numpy())
print('deposit:', deposit(12.5).numpy())
print('withdraw:', withdraw(500.).numpy())
print('withdraw:', withdraw(62.5).numpy())
print('transactions:', transactions.numpy())

for month in range(3):
    print('statement:', run_statement().numpy())
    if month == 1:
        run_count()
print('history:', history.numpy())

print(run_month_end())
balance.assign(100.)
transactions.assign(0)
print('after reset:', [balance.numpy(), transactions.numpy()])
balance.assign(7.)
print('loaded:', balance.numpy())
