"""The finding codes of notes on numerics (TF7xx)."""

from __future__ import annotations

from codemods.findings import Code

NUMERIC_CODES: dict[str, Code] = {
    "TF710": Code(
        "optimizer differs by rounding",
        "The Keras optimizer has the update rule of the TensorFlow 1 optimizer but evaluates it in another order. Over "
        "many steps training can amplify the difference.",
        "Nothing; or rewrite with --numerics exact for equal bits.",
    ),
    "TF711": Code(
        "optimizer computes something else",
        "--numerics keras was asked for, and the Keras optimizer does not have the update rule of the TensorFlow 1 "
        "optimizer; the message says what differs and how far the weights were apart in a measurement.",
        "Compare trained models, tune the hyperparameters again, or rewrite without --numerics keras.",
    ),
    "TF712": Code(
        "class over the TensorFlow 1 kernel",
        "The Keras optimizer or schedule would compute something else, so a small class with the TensorFlow 1 update "
        "rule was written into the file. Its docstring names what to swap it for.",
        "Nothing; or swap it where the exact numbers need not be kept, or rewrite with --numerics keras.",
    ),
    "TF720": Code(
        "other random numbers",
        "TensorFlow 2 derives the seed of each operation from the global seed in another way. Both programs are "
        "reproducible; their random numbers differ.",
        "Nothing; checks draw the same numbers on both sides.",
    ),
    "TF730": Code(
        "loss differs where predictions saturate",
        "Keras 2 added epsilon inside the logarithm once more. Away from predictions of exactly 0 or 1 the difference "
        "is rounding; where the predictions come from a sigmoid, both sides work on its argument and agree.",
        "Nothing, unless the loss is computed from hard 0 and 1 predictions.",
    ),
    "TF750": Code(
        "moving statistics never move",
        "TensorFlow 1 moved the statistics of batch normalization only where the program ran the operations in "
        "tf.GraphKeys.UPDATE_OPS. This program never does, and so it uses the initial ones outside of training: mean 0 "
        "and variance 1. The layer keeps them by a momentum of 1.",
        "If this was an oversight of the program, give the layer its momentum: keras.layers.BatchNormalization().",
    ),
    "TF751": Code(
        "batch normalization by the fused kernel",
        "tf.layers.batch_normalization of images used a fused kernel whose moving variance follows the variance over "
        "N - 1 elements. keras.layers.BatchNormalization takes the one over N, and rounds outputs otherwise (7e-7).",
        "Nothing; or swap the class for keras.layers.BatchNormalization, or rewrite with --numerics keras.",
    ),
    "TF752": Code(
        "batch normalization differs",
        "--numerics keras was asked for. keras.layers.BatchNormalization moves its variance towards the one over N "
        "elements of a batch, TensorFlow 1's fused kernel towards the one over N - 1; outputs differ by up to 7e-7.",
        "Compare trained models, or rewrite without --numerics keras.",
    ),
    "TF760": Code(
        "histogram with other buckets",
        "TensorFlow 2 stores a histogram as 30 buckets of equal width, TensorFlow 1 as exponential ones with the sum "
        "and the sum of squares. The number of values, the smallest and the largest are the same.",
        "Nothing; write mean and variance as scalars where they are wanted.",
    ),
    "TF761": Code(
        "graph that is not written",
        "There is no graph of the whole program any more; each tf.function has one.",
        "`tf.summary.graph(function.get_concrete_function().graph)`, with the writer as default, writes that of one.",
    ),
    "TF762": Code(
        "tag as TensorFlow 1 made it",
        "TensorFlow 1 replaced characters, put the name scopes in front and numbered names that were taken. The new "
        "program writes the same tag, so that event files go on.",
        "Choose a shorter tag where old and new event files need not be compared.",
    ),
    "TF764": Code(
        "tf.summary needs TensorBoard",
        "The functions of tf.summary are part of the package tensorboard, which TensorFlow no longer brings along.",
        "Add tensorboard to the requirements of the program.",
    ),
    "TF763": Code(
        "summary that nothing writes",
        "No writer is ever given this summary.",
        "Nothing.",
    ),
    "TF721": Code(
        "functions that draw the same numbers",
        "With a global seed TensorFlow 2 counts the random operations of each function from zero, so the first one of "
        "two functions draws the same numbers. TensorFlow 1 counted over the whole graph.",
        "Pass seed= to the random operations where the draws must be independent.",
    ),
}
