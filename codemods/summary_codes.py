"""The finding codes of summaries (TF46x)."""

from __future__ import annotations

from codemods.findings import Code

SUMMARY_CODES: dict[str, Code] = {
    "TF460": Code(
        "summary used otherwise than by a writer",
        "A fetched summary is a serialised string in TensorFlow 1. TensorFlow 2 has no such string: a summary goes "
        "straight to its writer.",
        "Give it to add_summary only, and fetch the tensor itself where its value is needed.",
    ),
    "TF461": Code(
        "tag of a summary that is not certain",
        "TensorFlow 1 made the names of summaries unique among all names of the graph, and what else may have this "
        "name cannot be told from the source.",
        "Give the summary, or what may have its name, another name as a literal.",
    ),
    "TF462": Code(
        "summaries that cannot be followed",
        "Which summaries a run fetches, or where their tensors come from, is not certain: they are made in a loop, "
        "under a condition or in a helper function, or are in collections of their own.",
        "Make each summary in a statement of its own, of a tensor that has a name there.",
    ),
    "TF463": Code(
        "summary writer without counterpart",
        "tf.summary.create_file_writer has nothing equal to this argument, method or use.",
        "Use add_summary, flush and close; make a new writer instead of reopening one.",
    ),
    "TF464": Code(
        "summary without counterpart",
        "There is no equal tf.summary function, or the call is not one that is understood.",
        "Use tf.summary.scalar, histogram, image or text.",
    ),
    "TF465": Code(
        "summary added in a way that TensorFlow 2 does not have",
        "TensorFlow 2 writes a summary under `with writer.as_default(step=...)`, which needs a line of its own, "
        "outside of name scopes, and an open writer.",
        "Give add_summary a line of its own, before the writer is closed.",
    ),
}
