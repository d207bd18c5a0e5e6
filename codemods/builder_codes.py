"""The finding codes of builder functions, which become classes (TF44x)."""

from __future__ import annotations

from codemods.findings import Code

BUILDER_CODES: dict[str, Code] = {
    "TF440": Code(
        "builder that cannot be divided",
        "The function makes variables or layers and computes tensors. It becomes a class that makes its state once and "
        "computes at each call, and this statement belongs to neither part, or to both.",
        "Write the making of variables and the computation as statements of their own.",
    ),
    "TF441": Code(
        "state made from a graph tensor",
        "The variables of the function depend on a graph tensor that it is given, often on its shape. They are made "
        "once, before any tensor is there.",
        "Pass the number as an argument of its own.",
    ),
    "TF442": Code(
        "sharing between calls that is not certain",
        "Two calls of the function may or may not use the same variables: a scope's name or its reuse= is not known, "
        "or a setting on which the variables depend differs.",
        "Write the scope and reuse= as literals, and give equal settings to calls that share variables.",
    ),
    "TF443": Code(
        "call of a builder that is not followed",
        "The function makes variables, and this use of it is no plain call on a line of its own: it has * arguments, "
        "stands in a lambda, comprehension or run, calls itself, or the function is passed on.",
        "Call the function by its name, in a statement of its own.",
    ),
    "TF444": Code(
        "loop that makes variables and computes",
        "Each turn of the loop makes new variables and computes tensors with them.",
        "Make the variables in a loop before it, and keep them in a list.",
    ),
    "TF445": Code(
        "builder that reads a graph tensor from around it",
        "The function becomes a class, whose methods cannot see what is computed inside another function.",
        "Pass the tensor as an argument.",
    ),
}
