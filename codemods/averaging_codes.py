"""The finding codes of moving averages and of updates kept in collections of their own (TF48x)."""

from __future__ import annotations

from codemods.findings import Code

AVERAGING_CODES: dict[str, Code] = {
    "TF480": Code(
        "moving average without counterpart",
        "tf.train.ExponentialMovingAverage is kept for averages of variables that the text names; averages of tensors "
        "become variables where apply() is called once, with a list of names of float32 tensors of known shapes, the "
        "decay is a number and the only argument, and no saver or list has their variables. Other averages, and those "
        "asked for by methods other than apply, average and average_name, have no counterpart.",
        "Give apply() a list of variables; keep the average of a tensor in a variable, with assign_sub().",
    ),
    "TF481": Code(
        "moving average stays",
        "tf.train.ExponentialMovingAverage computes the same bits in TF2. It makes the averages when apply() is first "
        "called, from the variables as they are then: a call in the place of the graph code does that, and changes "
        "nothing else.",
        "Nothing.",
    ),
}
