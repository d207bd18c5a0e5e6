"""Findings that only repeat another one of the same file: what is refused because its input was refused before.

They are not dropped: each use keeps a status. But they say which finding has to be dealt with first.
"""

from __future__ import annotations

from dataclasses import replace

from codemods.findings import Finding, Status

_RECURRENT = ("tf.nn.rnn_cell", "tf.contrib.rnn", "tf.nn.dynamic_rnn", "tf.nn.static_rnn", "tf.nn.bidirectional")
# What leaves the values and variables of later statements unknown.
_CAUSES = frozenset({"TF215", "TF219", "TF222", "TF231", "TF401", "TF404", "TF443", "TF470", "TF604"})


def fold(findings: list[Finding]) -> list[Finding]:
    """The findings, where those that follow from an earlier one say so and count as left alone (TF901)."""
    found = []
    for finding in findings:
        cause = _cause(finding, findings)
        if cause is not None:
            message = f"left as it was, because of line {cause.span.line}: {cause.message}"
            finding = replace(finding, code="TF901", message=message)
        found.append(finding)
    return found


def _cause(finding: Finding, findings: list[Finding]) -> Finding | None:
    """The finding that ``finding`` repeats: the nearest one before it, or for recurrent layers any."""
    if finding.status is not Status.REFUSED:
        return None
    refused = [item for item in findings if item.status is Status.REFUSED]
    if finding.code == "TF404" and (finding.symbol or "").startswith(_RECURRENT):
        return next((item for item in refused if item.code == "TF470"), None)
    before = [item for item in refused if item.span < finding.span]
    if finding.code == "TF610":
        causes = [item for item in before if item.code not in ("TF610", "TF901")]
    elif finding.code == "TF431" and finding.message.startswith("it is not known which variables"):
        causes = [item for item in before if item.code in _CAUSES]
    else:
        return None
    cause = max(causes, key=lambda item: item.span, default=None)
    return _cause(cause, findings) or cause if cause is not None else None
