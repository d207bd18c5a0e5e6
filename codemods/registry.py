"""The finding codes: what each means and what to do about it.

TF1xx symbols and arguments, TF2xx sessions, run sites and staging, TF3xx training and optimizers, TF4xx state, layers
and collections, TF5xx input, data, flags and host APIs, TF6xx Keras mixes, TF7xx notes on numerics, TF8xx source
problems, TF9xx the tool itself.
"""

from __future__ import annotations

from codemods.averaging_codes import AVERAGING_CODES
from codemods.builder_codes import BUILDER_CODES
from codemods.collection_codes import COLLECTION_CODES
from codemods.contrib_codes import CONTRIB_CODES
from codemods.findings import Code
from codemods.host_codes import HOST_CODES
from codemods.keras_codes import KERAS_CODES
from codemods.numeric_codes import NUMERIC_CODES
from codemods.saver_codes import SAVER_CODES
from codemods.session_codes import SESSION_CODES
from codemods.state_codes import STATE_CODES
from codemods.summary_codes import SUMMARY_CODES
from codemods.symbol_codes import SYMBOL_CODES

CODES: dict[str, Code] = {
    **SYMBOL_CODES,
    **SESSION_CODES,
    **STATE_CODES,
    **BUILDER_CODES,
    **COLLECTION_CODES,
    **AVERAGING_CODES,
    **CONTRIB_CODES,
    **SAVER_CODES,
    **SUMMARY_CODES,
    **HOST_CODES,
    **KERAS_CODES,
    **NUMERIC_CODES,
    # Source problems
    "TF801": Code(
        "syntax error",
        "The text is not valid Python, so nothing was changed.",
        "Correct the error at the place named.",
    ),
    "TF802": Code(
        "Python 2 source",
        "The text is valid Python 2 but not Python 3, so nothing was changed.",
        "Convert it first, for example with `python -m fissix` or `2to3`.",
    ),
    "TF803": Code(
        "encoding",
        "The bytes cannot be decoded with the encoding that the file declares (UTF-8 if it declares none).",
        "Save the file as UTF-8, or declare its encoding in the first line.",
    ),
    "TF810": Code(
        "notebook that cannot be read",
        "The file is not a notebook of format 4, so its code cells are not known.",
        "Open it in Jupyter and save it, or convert it with `jupyter nbconvert --to notebook`.",
    ),
    "TF811": Code(
        "code would leave its notebook cell",
        "The rewritten program cannot be divided into the same cells: a cell boundary or an IPython line would be "
        "lost or moved.",
        "Put what belongs together (the graph and the lines that run it) into one cell, without IPython lines between.",
    ),
    # The tool itself
    "TF900": Code(
        "bug in this tool",
        "An internal check failed, or the tool crashed on this file. The file was left as it was.",
        "Report it with the file, line and stage of the message; `migrator report --html` has the traceback.",
    ),
    "TF901": Code(
        "left because of another finding",
        "A file is rewritten as a whole or not at all, and something else in it could not be rewritten.",
        "See the finding named in the message.",
    ),
    "TF902": Code(
        "rewrite not kept",
        "The use could be rewritten, but the whole file keeps its old text: it could not be written, or the rewritten "
        "program did not check equal.",
        "See the reason given for the file.",
    ),
}
