"""A bank account: variables that are read and written in a fixed order."""
from __future__ import print_function

import tensorflow as tf

balance = tf.Variable(100., name='balance')
transactions = tf.Variable(0, name='transactions', trainable=False)
history = tf.Variable([0., 0., 0.], name='history')

amount = tf.TensorSpec([], tf.float32, name='amount')


# A deposit is counted, then booked
@tf.function(input_signature=[amount])
def deposit(amount):
    transactions.assign_add(1)
    return balance.assign_add(amount)


# A withdrawal leaves the account as it is when there is not enough on it
@tf.function(input_signature=[amount])
def withdraw(amount):
    enough = tf.greater_equal(balance, amount)
    return balance.assign(tf.where(enough, balance - amount, balance))


# First remember, then take the fee
@tf.function(input_signature=[])
def month_end():
    history.scatter_nd_update([[transactions % 3]], [balance])
    balance.assign_sub(0.01 * balance)


@tf.function(input_signature=[])
def statement():
    month_end()
    return tf.identity(balance)


# start again
def reset():
    balance.assign(100.)
    transactions.assign(0)


print('deposit:', deposit(50.).numpy())
print('deposit:', deposit(12.5).numpy())
print('withdraw:', withdraw(500.).numpy())
print('withdraw:', withdraw(62.5).numpy())
print('transactions:', transactions.numpy())

for month in range(3):
    print('statement:', statement().numpy())
    if month == 1:
        transactions.assign_add(1)
print('history:', history.numpy())

print(month_end())
reset()
print('after reset:', [balance.numpy(), transactions.numpy()])
balance.assign(7.)
print('loaded:', balance.numpy())
