"""The finding codes of optimizers (TF31x) and of variables, scopes and losses (TF41x, TF42x, TF470)."""

from __future__ import annotations

from codemods.findings import Code

STATE_CODES: dict[str, Code] = {
    "TF310": Code(
        "optimizer without counterpart",
        "Keras 3 has no optimizer with this update rule, and none over a TensorFlow 1 kernel is provided for this use.",
        "Write the update rule as a subclass of keras.optimizers.Optimizer, or choose another optimizer.",
    ),
    "TF311": Code(
        "optimizer argument without counterpart",
        "The value of this argument changes the update rule, and it cannot be carried over or is not known from the "
        "source.",
        "Write a constant, or leave the argument out if it is not wanted.",
    ),
    "TF312": Code(
        "learning-rate schedule without counterpart",
        "Keras 3 has no schedule that computes this decay.",
        "Write it as a subclass of keras.optimizers.schedules.LearningRateSchedule.",
    ),
    "TF410": Code(
        "variable shared by its name",
        "The call may stand for a variable made before, and which one is not certain. Two layers that share weights "
        "must go on sharing them.",
        "Make the variable once and use the object; or write names and reuse= as literals.",
    ),
    "TF411": Code(
        "variable scope without counterpart",
        "The scope changes the variables made in it, or its object is used for something that TensorFlow 2 has no "
        "counterpart for.",
        "Give the arguments to the variables themselves; the message says what is in the way.",
    ),
    "TF412": Code(
        "get_variable without counterpart",
        "This argument, or this way to get an initial value, has no exact counterpart in tf.Variable.",
        "Compute the initial value in the program and give it to tf.Variable.",
    ),
    "TF413": Code(
        "name of a variable that is taken",
        "TensorFlow 1 raises an error here: a variable of this name exists, and the scope does not reuse it.",
        "Correct the program first.",
    ),
    "TF415": Code(
        "list of variables that is not certain",
        "The list holds every variable made so far, also those of layers, loops and optimizers, and not all of them "
        "are known by name here.",
        "Write the list out in the TensorFlow 1 program first.",
    ),
    "TF416": Code(
        "name that TensorFlow 1 made unique",
        "The variable has no name of its own, or one that was taken; TensorFlow 1 numbered such names, TensorFlow 2 "
        "does not.",
        "Give each variable a name of its own.",
    ),
    "TF420": Code(
        "loss that is added to a collection",
        "TensorFlow 1 adds the loss to a collection by itself, and something in the file may read that collection.",
        "Add up the losses by name in the TensorFlow 1 program first.",
    ),
    "TF421": Code(
        "argument of a loss without counterpart",
        "The combination of weights, reduction and smoothing is not one that is written out.",
        "Write the loss out in the TensorFlow 1 program first.",
    ),
    "TF470": Code(
        "recurrent cell or loop that has no counterpart",
        "A cell of TF1 becomes a small class with the same kernel and arithmetic, and what unrolls it, in one or both "
        "directions, a keras.layers.RNN over it. Not among what is done are cells of other kinds or with initializers, "
        "scopes that share variables, unrollings in branches, classes or functions that are called more than once, "
        "fed states of cells on top of each other, and cells that are given to other code.",
        "Write it with keras.layers.RNN by hand, or make the cell under a name of its own before what unrolls it.",
    ),
}
