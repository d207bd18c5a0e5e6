"""Skip-gram word vectors of a toy language, trained with noise-contrastive estimation.

Sentences are "article noun verb article noun", so nouns should end up near nouns.
"""
from __future__ import division, print_function

import collections
import math
import random

import numpy as np
import tensorflow as tf
import keras

random.seed(5)
ARTICLES = ["the", "a", "this"]
NOUNS = ["cat", "dog", "fox", "bird", "fish", "horse"]
VERBS = ["sees", "hears", "likes", "fears"]

text = []
for _ in range(150):
    text += [random.choice(ARTICLES), random.choice(NOUNS), random.choice(VERBS),
             random.choice(ARTICLES), random.choice(NOUNS)]

# Words by frequency: the sampler of the loss expects that
dictionary = {word: code for code, (word, _) in enumerate(sorted(
    collections.Counter(text).items(), key=lambda item: (-item[1], item[0])))}
reverse_dictionary = dict(zip(dictionary.values(), dictionary.keys()))
data = [dictionary[word] for word in text]
vocabulary_size = len(dictionary)

batch_size = 32
embedding_size = 8  # length of a word vector
skip_window = 1     # words to the left and to the right
num_sampled = 4     # noise words for a batch
num_steps = 41


def generate_batch(step):
    centre = (np.arange(batch_size // 2) + step * batch_size // 2) % (len(data) - 2) + 1
    inputs = np.repeat([data[c] for c in centre], 2)
    labels = np.ravel([[data[c - skip_window], data[c + skip_window]] for c in centre])
    return inputs.astype(np.int32), labels.reshape(-1, 1).astype(np.int32)


valid_examples = np.array([dictionary[w] for w in ("cat", "sees", "the")])

# Input data
train_inputs = tf.TensorSpec([batch_size], tf.int32)
train_labels = tf.TensorSpec([batch_size, 1], tf.int32)
valid_dataset = tf.constant(valid_examples, dtype=tf.int32)

with tf.device('/cpu:0'):
    # Look up embeddings for inputs
    embeddings = tf.Variable(
        tf.random.uniform([vocabulary_size, embedding_size], -1.0, 1.0))

    # Weights of the output
    nce_weights = tf.Variable(
        tf.random.truncated_normal([vocabulary_size, embedding_size],
                            stddev=1.0 / math.sqrt(embedding_size)))
    nce_biases = tf.Variable(tf.zeros([vocabulary_size]))

# SGD with a learning rate of 0.5
optimizer = keras.optimizers.SGD(0.5)


@tf.function(input_signature=[train_inputs, train_labels])
def train_step(train_inputs, train_labels):
    with tf.GradientTape() as tape:
        with tf.device('/cpu:0'):
            embed = tf.nn.embedding_lookup(embeddings, train_inputs)

        # The average NCE loss of the batch; new noise words are drawn at each evaluation
        loss = tf.reduce_mean(
            tf.nn.nce_loss(weights=nce_weights,
                           biases=nce_biases,
                           labels=train_labels,
                           inputs=embed,
                           num_sampled=num_sampled,
                           num_classes=vocabulary_size))
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return loss


@tf.function
def compute_normalized_embeddings():
    # Cosine similarity between some words and all words
    norm = tf.sqrt(tf.reduce_sum(tf.square(embeddings), 1, keepdims=True))
    return embeddings / norm


@tf.function
def compute_similarity():
    normalized_embeddings = compute_normalized_embeddings()
    valid_embeddings = tf.nn.embedding_lookup(
        normalized_embeddings, valid_dataset)
    return tf.matmul(
        valid_embeddings, normalized_embeddings, transpose_b=True)


print("Initialized")

average_loss = 0
for step in range(num_steps):
    batch_inputs, batch_labels = generate_batch(step)
    feed_dict = {"train_inputs": batch_inputs, "train_labels": batch_labels}

    loss_val = train_step(**feed_dict).numpy()
    average_loss += loss_val

    if step % 10 == 0:
        if step > 0:
            average_loss /= 10
        print("Average loss at step ", step, ": ", average_loss)
        average_loss = 0

    # this is expensive, so not often
    if step % 20 == 0:
        sim = compute_similarity().numpy()
        for i in range(len(valid_examples)):
            valid_word = reverse_dictionary[valid_examples[i]]
            nearest = (-sim[i, :]).argsort()[1:4]
            print("Nearest to %s: %s" % (valid_word, ", ".join(reverse_dictionary[k] for k in nearest)))
final_embeddings = compute_normalized_embeddings().numpy()

print("lengths:", np.round(np.linalg.norm(final_embeddings, axis=1)[:3], 4))
