"""Pixels sorted into three classes by a linear model, and how well that goes in each epoch."""

from __future__ import print_function

import numpy as np
import tensorflow as tf
import keras


class MeanIoU(keras.metrics.Metric):
    """The mean over the classes seen of intersection over union, as `tf.metrics.mean_iou` in TensorFlow 1.

    Calling it updates the confusion matrix and returns that, as TensorFlow 1's update operation did.
    """

    def __init__(self, num_classes, name="mean_iou"):
        super().__init__(name=name)
        self.num_classes = num_classes
        shape = (num_classes, num_classes)
        self.matrix = self.add_variable(shape, "zeros", dtype="float64", name="total_confusion_matrix")

    def update_state(self, labels, predictions, weights=None):
        labels, predictions = tf.reshape(labels, [-1]), tf.reshape(predictions, [-1])
        if weights is not None:
            weights = tf.reshape(weights, [-1])
        self.matrix.assign_add(
            tf.math.confusion_matrix(labels, predictions, self.num_classes, weights=weights, dtype=tf.float64)
        )

    def __call__(self, *args):
        self.update_state(*args)
        return tf.convert_to_tensor(self.matrix)

    def result(self):
        matrix = tf.convert_to_tensor(self.matrix)
        both = tf.cast(tf.linalg.diag_part(matrix), tf.float32)
        rows = tf.cast(tf.reduce_sum(matrix, axis=0), tf.float32)
        columns = tf.cast(tf.reduce_sum(matrix, axis=1), tf.float32)
        union = rows + columns - both
        seen = tf.reduce_sum(tf.cast(union != 0, tf.float32))
        return tf.math.divide_no_nan(tf.reduce_sum(both / tf.where(union > 0, union, 1.0)), seen)


class MeanPerClassAccuracy(keras.metrics.Metric):
    """The mean of the accuracies of the classes, as `tf.metrics.mean_per_class_accuracy`: 0 for a class not seen.

    Calling it updates, and returns the accuracy of each class, as TensorFlow 1's update operation did.
    """

    def __init__(self, num_classes, name="mean_accuracy"):
        super().__init__(name=name)
        self.total = self.add_variable((num_classes,), "zeros", name="total")
        self.count = self.add_variable((num_classes,), "zeros", name="count")

    def update_state(self, labels, predictions, weights=None):
        labels = tf.cast(tf.reshape(labels, [-1]), tf.int64)
        predictions = tf.cast(tf.reshape(predictions, [-1]), tf.int64)
        weights = tf.ones(tf.shape(labels)) if weights is None else tf.reshape(weights, [-1])
        place = tf.expand_dims(labels, -1)
        hits = tf.cast(predictions == labels, tf.float32) * weights
        self.total.assign(tf.tensor_scatter_nd_add(self.total, place, weights))
        self.count.assign(tf.tensor_scatter_nd_add(self.count, place, hits))

    def per_class(self):
        return tf.math.divide_no_nan(tf.convert_to_tensor(self.count), tf.convert_to_tensor(self.total))

    def __call__(self, *args):
        self.update_state(*args)
        return self.per_class()

    def result(self):
        return tf.reduce_mean(self.per_class())


class ThresholdCounts(keras.metrics.Metric):
    """Counts true and false positives and negatives at every threshold, as `tf.metrics` of TensorFlow 1 did."""

    def __init__(self, thresholds, name=None):
        super().__init__(name=name)
        self.thresholds = [float(threshold) for threshold in thresholds]
        counts = ("true_positives", "false_negatives", "true_negatives", "false_positives")
        self.tp, self.fn, self.tn, self.fp = [
            self.add_variable((len(self.thresholds),), "zeros", name=count) for count in counts
        ]

    def update_state(self, labels, predictions, weights=None):
        labels = tf.cast(tf.reshape(labels, [1, -1]), tf.bool)
        above = tf.reshape(predictions, [1, -1]) > tf.reshape(self.thresholds, [-1, 1])
        if weights is not None:
            weights = tf.reshape(tf.ones_like(predictions) * weights, [1, -1])

        def count(hits):
            hits = tf.cast(hits, tf.float32)
            return tf.reduce_sum(hits if weights is None else hits * weights, axis=1)

        self.tp.assign_add(count(labels & above))
        self.fn.assign_add(count(labels & ~above))
        self.tn.assign_add(count(~labels & ~above))
        self.fp.assign_add(count(~labels & above))


class StreamingAUC(ThresholdCounts):
    """The area under the ROC (or PR) curve, with the thresholds and the smoothing of `tf.metrics.auc` in TensorFlow 1.

    `keras.metrics.AUC` gives the same to 1e-6 once there were positive and negative labels; before, it gives 0.
    """

    def __init__(self, num_thresholds=200, curve="ROC", name="auc"):
        inner = [(i + 1) / (num_thresholds - 1) for i in range(num_thresholds - 2)]
        super().__init__([-1e-7, *inner, 1 + 1e-7], name=name)
        self.curve = curve

    def result(self):
        tp, fn, tn, fp = (tf.convert_to_tensor(count) for count in (self.tp, self.fn, self.tn, self.fp))
        recall = (tp + 1e-6) / (tp + fn + 1e-6)
        if self.curve == "ROC":
            x, y = fp / (fp + tn + 1e-6), recall
        else:
            x, y = recall, (tp + 1e-6) / (tp + fp + 1e-6)
        return tf.reduce_sum((x[:-1] - x[1:]) * (y[:-1] + y[1:]) / 2)


CLASSES = 3
SIZE = 6
EPOCHS = 3
BATCH = 4


def pictures(count, seed):
    """Pictures of two channels; the class of a pixel depends on both. Class 2 is rare."""
    random = np.random.RandomState(seed)
    x = random.uniform(-1, 1, [count, SIZE, SIZE, 2]).astype(np.float32)
    y = (x[..., 0] > 0).astype(np.int64)
    y[x[..., 1] > 0.8] = 2
    return x, y


# inputs
x = tf.TensorSpec([None, SIZE, SIZE, 2], tf.float32)
y = tf.TensorSpec([None, SIZE, SIZE], tf.int64)
inside = tf.TensorSpec([None, SIZE, SIZE], tf.float32)

# model
w = tf.Variable([[0.1, 0.2, -0.1], [0.0, -0.2, 0.1]], name='w')
b = tf.Variable(tf.zeros([CLASSES]), name='b')
optimizer = keras.optimizers.SGD(2.0)


@tf.function(input_signature=[x, y])
def train_step(x, y):
    with tf.GradientTape() as tape:
        logits = tf.reshape(tf.matmul(tf.reshape(x, [-1, 2]), w) + b, [-1, SIZE, SIZE, CLASSES])
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
    variables = tape.watched_variables()
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))


with tf.name_scope('evaluation'):
    accuracy = keras.metrics.Accuracy()
    mean_iou = MeanIoU(num_classes=CLASSES)  # over the classes seen
    # the classes count alike here
    per_class = MeanPerClassAccuracy(num_classes=CLASSES)
    inside_value = keras.metrics.Accuracy(name='inside')
    rare_value = keras.metrics.Recall()
auc = StreamingAUC(num_thresholds=50, name='rare_auc')


@tf.function(input_signature=[x, y, inside])
def update_metrics(x, y, inside):
    logits = tf.reshape(tf.matmul(tf.reshape(x, [-1, 2]), w) + b, [-1, SIZE, SIZE, CLASSES])

    # evaluation
    # What is measured: each metric as a pair of its value and its update.
    predictions = tf.argmax(logits, axis=-1)
    rare = tf.nn.softmax(logits)[..., 2]
    with tf.name_scope('evaluation'):
        accuracy.update_state(tf.reshape(y, [-1]), tf.reshape(predictions, [-1]))
        mean_iou.update_state(y, predictions)
        per_class.update_state(y, predictions)
        inside_value.update_state(tf.reshape(y, [-1]), tf.reshape(predictions, [-1]), tf.reshape(inside, [-1]))
        rare_value.update_state(tf.reshape(tf.equal(y, 2), [-1]), tf.reshape(tf.equal(predictions, 2), [-1]))
    auc.update_state(tf.equal(y, 2), rare)


@tf.function
def compute_values():
    return {
        'accuracy': accuracy.result(),
        'mean_iou': mean_iou.result(),
        'per_class': per_class.result(),
        'inside': inside_value.result(),
        'rare': rare_value.result(),
    }


train_x, train_y = pictures(24, seed=1)
test_x, test_y = pictures(10, seed=2)
border = np.zeros([SIZE, SIZE])
border[1:-1, 1:-1] = 1.0

for epoch in range(EPOCHS):
    for start in range(0, len(train_x), BATCH):
        train_step(train_x[start:start + BATCH], train_y[start:start + BATCH])
    accuracy.reset_state()
    mean_iou.reset_state()
    per_class.reset_state()
    inside_value.reset_state()
    rare_value.reset_state()
    for start in range(0, len(test_x), BATCH):  # the last batch is smaller
        batch = test_x[start:start + BATCH]
        update_metrics(batch, test_y[start:start + BATCH], [border] * len(batch))
    found = tf.nest.map_structure(lambda value: value.numpy(), compute_values())
    print('epoch %d:' % (epoch + 1), ', '.join('%s %.4f' % item for item in sorted(found.items())))
print('area under the curve of the rare class: %.4f' % auc.result().numpy())
