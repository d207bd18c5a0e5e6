"""The finding codes of symbols and their arguments (TF1xx)."""

from __future__ import annotations

from codemods.findings import Code

SYMBOL_CODES: dict[str, Code] = {
    "TF100": Code(
        "symbol rewritten",
        "The TensorFlow 1 symbol has an exact counterpart in TensorFlow 2 or Keras 3, and the call was adapted to it.",
        "Nothing.",
    ),
    "TF101": Code(
        "no exact counterpart",
        "TensorFlow 2 and Keras 3 have nothing that does the same for every input.",
        "Replace the call by hand; the message says what comes closest.",
    ),
    "TF102": Code(
        "arguments passed with * or **",
        "The call passes a list or dict of arguments, so it is not known which parameter gets which value, and this "
        "call needs its arguments renamed, reordered or changed.",
        "Write the arguments out.",
    ),
    "TF103": Code(
        "arguments that TensorFlow 1 does not take",
        "The call names a parameter that the TensorFlow 1.15 function does not have, or passes too many arguments.",
        "Correct the call; if the program is meant for another version of TensorFlow 1, update it to 1.15 first.",
    ),
    "TF104": Code(
        "argument without counterpart",
        "The TensorFlow 2 function has no parameter for this argument, and its value changes the result.",
        "Compute the effect of the argument by hand, or leave it out if it is not wanted.",
    ),
    "TF105": Code(
        "function used without a call",
        "The function is passed on or stored, and its TensorFlow 2 counterpart takes other arguments.",
        "Call it in a small function or lambda of your own, whose arguments are then known.",
    ),
    "TF106": Code(
        "unknown symbol",
        "The name is neither in TensorFlow 1.15, nor in TensorFlow 2, nor among the known older names.",
        "Check the spelling, and which version of TensorFlow the program was written for.",
    ),
    "TF107": Code(
        "name from a star import",
        "The name can only come from a star import, and what that import brings is not known from this file.",
        "Import TensorFlow in this file, or name what is imported.",
    ),
    "TF108": Code(
        "same name, other meaning",
        "The call is valid in TensorFlow 1 and in TensorFlow 2 but means different things, and nothing else in the "
        "file says which of the two it was written for. It was left as it is.",
        "Check the call by hand.",
    ),
    "TF109": Code(
        "private module",
        "The name is imported from a private module of TensorFlow and no public name is known to be the same.",
        "Use a public function.",
    ),
    "TF110": Code(
        "no name for an import",
        "The rewritten call needs an import whose name the file uses for something else.",
        "Rename the variable or function that has the name of the module.",
    ),
}
