"""The finding codes of savers and checkpoints (TF43x refusals, TF74x notes)."""

from __future__ import annotations

from codemods.findings import Code

SAVER_CODES: dict[str, Code] = {
    "TF430": Code(
        "saver that the analysis does not follow",
        "A saver is made or used in a place where it is not certain which variables it holds: in a loop, in a helper "
        "function, without a name of its own, or handed to other code.",
        "Make each saver once, under one name, and call its methods where the session runs.",
    ),
    "TF431": Code(
        "variables of a saver that are not certain",
        "tf.train.Checkpoint needs the objects that hold the variables, and for some variable that the saver covers "
        "no such object is known in this place.",
        "Keep the variables under names, in lists or in dicts that can be seen where the saver is made.",
    ),
    "TF432": Code(
        "part of a training state",
        "The saver covers the step counter of a decaying learning rate, but not the state of the optimizer that Keras "
        "counts the steps in; restoring one without the other gives other learning rates.",
        "Make the saver after minimize(), over all variables.",
    ),
    "TF433": Code(
        "saver argument or method without counterpart",
        "tf.train.Checkpoint and tf.train.CheckpointManager do nothing that is the same.",
        "Leave the argument out if it is not needed, or convert the call by hand.",
    ),
    "TF434": Code(
        "several files of one saver",
        "The saver keeps count of files that a tf.train.CheckpointManager does not manage together: several prefixes, "
        "numbered and plain ones, or names that change from save to save.",
        "Save with one prefix and global_step=, or to one file; use a saver of its own for each.",
    ),
    "TF435": Code(
        "checkpoint file that is looked at by name",
        "TensorFlow 2 writes no .meta file, the state file named `checkpoint` cannot list several files without "
        "numbers, and a checkpoint holds objects by key, not variables by name; the program asks for one of these.",
        "Ask for the .index file, save with global_step=, or read the values with tf.train.Checkpoint.",
    ),
    "TF436": Code(
        "learning rate that a checkpoint would bring back",
        "Keras keeps the learning rate with the optimizer, so restoring brings back the one that was saved; TensorFlow "
        "1 went on with that of the program, and here its value is not at hand to be set again.",
        "Give the learning rate a name that does not change.",
    ),
    "TF740": Code(
        "checkpoints in the format of TensorFlow 2",
        "tf.train.Checkpoint stores objects under the keys that it is given, not variables by name, and no graph (no "
        ".meta file). TensorFlow 2 still takes a file of TensorFlow 1, by the names of the variables: that is right "
        "where each variable has a name of its own, and fails where layers or the state of an optimizer are restored. "
        "Where it could give a variable the value of another, the program refuses such files.",
        "Convert old files with `migrator checkpoint OLD NEW` before the migrated program reads them. Programs that "
        "share files must use the same keys.",
    ),
    "TF741": Code(
        "old checkpoints are counted",
        "A tf.train.CheckpointManager also counts, and deletes, the checkpoints that an earlier run of the program "
        "left in the directory; a saver of TensorFlow 1 knew only those that it had written itself.",
        "Nothing, or use another directory.",
    ),
    "TF742": Code(
        "the learning rate is part of a checkpoint",
        "Keras keeps the learning rate with the optimizer: restoring brings back the one that was saved, also after "
        "the constant in the program was changed.",
        "After such a change assign optimizer.learning_rate after restoring.",
    ),
}
