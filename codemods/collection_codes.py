"""The finding codes of metrics and collections (TF422 to TF425)."""

from __future__ import annotations

from codemods.findings import Code

COLLECTION_CODES: dict[str, Code] = {
    "TF422": Code(
        "metric that is made out of sight",
        "A metric of TensorFlow 1 is a value and an operation that updates it. Its object takes their place only where "
        "both names are given at once, outside of loops and helper functions.",
        "Write value, update = tf.metrics.x(...) where the graph is built.",
    ),
    "TF423": Code(
        "metric that Keras counts in another way",
        "For values of this dtype, shape or weight the Keras metric counts something else.",
        "Cast the predictions, give the placeholders their shapes, or count in two variables of your own.",
    ),
    "TF723": Code(
        "mean over an empty batch",
        "The functions of tf.losses gave 0 for a batch without elements; a mean is nan there.",
        "Nothing, where no batch is empty. Otherwise divide with tf.math.divide_no_nan.",
    ),
    "TF424": Code(
        "collection whose members are not certain",
        "TensorFlow 2 has no collections. One that is read becomes the list of what was added to it so far, in order; "
        "that needs a name for each member where the collection is read.",
        "Bind each member to a name before it is added, outside of loops, and read the collection in the same place.",
    ),
}
