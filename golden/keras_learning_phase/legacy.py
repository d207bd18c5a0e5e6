"""Dropout in a Keras stack on a tf.placeholder: the session feeds K.learning_phase()."""
import numpy as np
import tensorflow as tf
from keras import backend as K
from keras.layers import Dense, Dropout
from keras.losses import categorical_crossentropy

sess = tf.Session()
K.set_session(sess)

features = tf.placeholder(tf.float32, shape=(None, 8))
x = Dense(16, activation='relu')(features)
x = Dropout(0.5)(x)
preds = Dense(3, activation='softmax')(x)

labels = tf.placeholder(tf.float32, shape=(None, 3))
loss = tf.reduce_mean(categorical_crossentropy(labels, preds))
train_step = tf.train.GradientDescentOptimizer(0.5).minimize(loss)

np.random.seed(12)
data = np.random.normal(size=(30, 8))
answers = np.eye(3)[data[:, :3].argmax(axis=1)]

with sess.as_default():
    sess.run(tf.global_variables_initializer())
    for i in range(10):
        train_step.run(feed_dict={features: data, labels: answers, K.learning_phase(): 1})
    print('loss %.5f' % loss.eval(feed_dict={features: data, labels: answers, K.learning_phase(): 0}))
    print(preds.eval(feed_dict={features: data[:2], K.learning_phase(): 0}))
