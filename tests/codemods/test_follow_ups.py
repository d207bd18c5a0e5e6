"""Findings that repeat another one say which, and keep their place and symbol."""

from __future__ import annotations

from codemods.findings import Finding, Span, Status
from codemods.follow_ups import fold


def _refused(code: str, line: int, message: str = "a reason", symbol: str | None = None) -> Finding:
    return Finding(code, Span(line, 0, line, 9), message, Status.REFUSED, symbol)


def test_an_unknown_dtype_follows_from_what_is_refused_before_it() -> None:
    cause = _refused("TF222", 3, "no graph to ask")
    first, second = fold([cause, _refused("TF610", 7, "it is not known of which dtype", "tf.layers.dense")])
    assert first is cause
    assert (second.code, second.span.line, second.symbol) == ("TF901", 7, "tf.layers.dense")
    assert second.message == "left as it was, because of line 3: no graph to ask"


def test_an_unknown_dtype_alone_is_the_finding() -> None:
    found = [_refused("TF610", 7), _refused("TF222", 9)]
    assert fold(found) == found


def test_cells_follow_from_the_recurrent_layer_that_is_refused() -> None:
    cell = _refused("TF404", 2, symbol="tf.nn.rnn_cell.LSTMCell")
    other = _refused("TF404", 3, symbol="tf.train.import_meta_graph")
    cause = _refused("TF470", 5)
    variables = _refused("TF431", 8, "it is not known which variables layers have made")
    codes = [finding.code for finding in fold([cell, other, cause, variables])]
    assert codes == ["TF901", "TF404", "TF470", "TF901"]
    assert [finding.code for finding in fold([cell, other])] == ["TF404", "TF404"]


def test_other_savers_keep_their_finding() -> None:
    found = [_refused("TF470", 5), _refused("TF431", 8, "the list of variables is not written as a list")]
    assert fold(found) == found
