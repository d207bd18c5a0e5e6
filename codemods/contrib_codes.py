"""The finding codes of tf.contrib.layers and slim."""

from __future__ import annotations

from codemods.findings import Code

CONTRIB_CODES: dict[str, Code] = {
    "TF450": Code(
        "arg scope that is not certain",
        "An arg_scope, or a partial, gives arguments to the layers in it and in the functions that are called there. "
        "Which arguments these are, or what they mean where the layer is made, is not certain here.",
        "Write the arguments into the calls of the layers.",
    ),
    "TF451": Code(
        "layer of tf.contrib without counterpart",
        "This function of tf.contrib.layers or slim, or this argument of it, does something that no layer of Keras "
        "does in the same way; the message says what.",
        "Write it with tf.layers or with TensorFlow's own operations in the TensorFlow 1 program first.",
    ),
}
