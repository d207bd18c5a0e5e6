"""Whole rewrites of small sources: the expected text, or the expected refusal."""

from __future__ import annotations

from codemods import Result, Status, rewrite_source

IMPORT = "import tensorflow as tf\n"


def check_transform(source: str, expected: str) -> Result:
    """``source`` becomes ``expected`` (both without the import of TensorFlow); doing it again changes nothing."""
    result = rewrite_source(IMPORT + source)
    assert refusals(result) == set()
    assert result.text == IMPORT + expected
    compile(result.text, "<output>", "exec")
    again = rewrite_source(result.text)
    assert again.text == result.text
    assert refusals(again) == set()
    return result


def check_refused(source: str, code: str, line: int) -> Result:
    """``source`` stays as it is; ``line`` counts without the import of TensorFlow."""
    result = rewrite_source(IMPORT + source)
    assert (code, line + 1) in refusals(result)
    assert result.text == IMPORT + source
    assert not result.changed
    return result


def check_unchanged(source: str) -> Result:
    """There is nothing to do in ``source``, and nothing to say about it that stops anything."""
    result = rewrite_source(source)
    assert result.text == source
    assert not result.changed
    assert refusals(result) == set()
    return result


def refusals(result: Result) -> set[tuple[str, int]]:
    """Code and line of each reason why a file was left as it was."""
    return {
        (finding.code, finding.span.line)
        for finding in result.findings
        if finding.status is Status.REFUSED and finding.code != "TF901"
    }
