"""The finding codes of input, data, flags and host APIs (TF5xx)."""

from __future__ import annotations

from codemods.findings import Code

HOST_CODES: dict[str, Code] = {
    "TF500": Code(
        "flags by absl",
        "tf.app and tf.flags were thin layers over absl, which the program now uses itself.",
        "Nothing.",
    ),
    "TF501": Code(
        "use of flags without counterpart",
        "absl does not offer this, or it is not certain what the program means.",
        "Use absl.flags and absl.app by hand; the message says what is in the way.",
    ),
    "TF502": Code(
        "the command line is read a little differently",
        "TensorFlow 1 parsed the command line when the first flag was read and passed unknown arguments over.",
        "Check how the program is started.",
    ),
    "TF510": Code(
        "logging by the logger of TensorFlow",
        "tf.logging was a layer over the standard logger that tf.get_logger() returns.",
        "Nothing.",
    ),
    "TF511": Code(
        "use of tf.logging without counterpart",
        "The module itself is passed on, or the logger has no such method.",
        "Pass on tf.get_logger() by hand.",
    ),
    "TF520": Code(
        "session configuration by tf.config",
        "TensorFlow 2 configures the process, not the session. What it takes only before the first operation was put "
        "above that.",
        "Nothing.",
    ),
    "TF521": Code(
        "session configuration without counterpart",
        "The field has no counterpart in tf.config, its value is not known in time, or the configuration is used for "
        "something else than sessions.",
        "Configure the process with tf.config by hand, at the top of the program.",
    ),
    "TF522": Code(
        "limit on the memory of the GPU",
        "TensorFlow 2 knows limits in megabytes only. A program that limited its share now takes memory as it "
        "needs it.",
        "Set tf.config.LogicalDeviceConfiguration(memory_limit=...) if the GPU is shared.",
    ),
    "TF530": Code(
        "seed of the process",
        "tf.random.set_seed takes the place of the graph's seed.",
        "Nothing.",
    ),
    "TF531": Code(
        "seed taken back",
        "TensorFlow 2 cannot return to unseeded random numbers.",
        "Remove the call, or create a tf.random.Generator from a non-deterministic state.",
    ),
    "TF540": Code(
        "MNIST loader beside the file",
        "The loader of the tutorials left TensorFlow; a module of one page with the same batches takes its place.",
        "Nothing; keep the module with the program.",
    ),
    "TF541": Code(
        "use of the MNIST loader without counterpart",
        "The replacement has read_data_sets and the data sets that it returns, nothing else.",
        "Copy what is missing into the program, or read the data with keras.datasets.mnist.",
    ),
    "TF542": Code(
        "order of the batches",
        "The loader seeded NumPy with the seed of the graph, and it is not certain which seed that was.",
        "Pass seed= to read_data_sets, or seed NumPy, if the order of the batches matters.",
    ),
    "TF550": Code(
        "dimension as a number",
        "The elements of a shape are numbers (None when unknown) in TensorFlow 2.",
        "Nothing.",
    ),
    "TF551": Code(
        "dimension used as an object",
        "A dimension of TensorFlow 1 was an object; the number or None in its place answers this differently.",
        "Use .value, or int(), in the TensorFlow 1 program first.",
    ),
    "TF560": Code(
        "host function kept",
        "The class or function means the same in TensorFlow 2 for this use.",
        "Nothing.",
    ),
    "TF561": Code(
        "host function without counterpart",
        "This use needs graphs, sessions, queues or clusters of TensorFlow 1.",
        "Rewrite it by hand; the message says what is in the way.",
    ),
}
