"""k-means: the centres are a variable, the two steps of the algorithm are graph operations."""

from __future__ import print_function

import numpy as np
import tensorflow as tf

N = 90        # points
K = 3         # clusters
MAX_ITERS = 50

rng = np.random.RandomState(17)
true_centres = np.array([[0., 0.], [4., 1.], [1., 5.]])
points_np = (true_centres[rng.randint(0, K, N)] + rng.normal(0, 0.6, (N, 2))).astype(np.float32)

points = tf.constant(points_np)
cluster_assignments = tf.Variable(tf.zeros([N], dtype=tf.int64), trainable=False)

# start at the first K points
centroids = tf.Variable(tf.slice(points, [0, 0], [K, 2]), name='centroids')


def bucket_mean(data, bucket_ids, num_buckets):
    total = tf.math.unsorted_segment_sum(data, bucket_ids, num_buckets)
    count = tf.math.unsorted_segment_sum(tf.ones_like(data), bucket_ids, num_buckets)
    return total / count


@tf.function
def do_updates():
    # squared distance of every point to every centre, by broadcasting: [1, N, 2] - [K, 1, 2]
    distances = tf.reduce_sum(
        tf.square(tf.expand_dims(points, 0) - tf.expand_dims(centroids, 1)), axis=2)
    best_centroids = tf.argmin(distances, 0)

    did_assignments_change = tf.reduce_any(tf.not_equal(best_centroids, cluster_assignments))

    means = bucket_mean(points, best_centroids, K)

    # Look for changes before anything is written
    centroids.assign(means)
    cluster_assignments.assign(best_centroids)
    return did_assignments_change


changed = True
iters = 0

while changed and iters < MAX_ITERS:
    iters += 1
    changed = do_updates().numpy()

[centers, assignments] = centroids.numpy(), cluster_assignments.numpy()
print("iterations:", iters)
print("sizes:", np.bincount(assignments, minlength=K))
print("centres:\n", centers)
