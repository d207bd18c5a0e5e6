"""The forms of the report: what each must say, and that hostile text stays text."""

from __future__ import annotations

import io
import json
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

import pytest

from migrator.cli.main import run
from migrator.equivalence.results import from_json, to_json
from migrator.report import html, junit, markdown, sarif, terminal
from migrator.report.diff import Row, rows
from migrator.report.model import FileRecord, Outcome, Report
from migrator.report.numbers import figure, of_pass, share
from migrator.store import report_json
from tests.app import samples

REPORT = samples.report()


class _Page(HTMLParser):
    """Checks that elements nest, and collects the text."""

    VOID = frozenset({"meta", "br", "col", "line", "polyline", "circle"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        assert not any(name in ("src", "href") and not (value or "").startswith("#") for name, value in attrs)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_html_is_one_page_without_scripts_or_links_elsewhere() -> None:
    text = html.render(REPORT)
    page = _Page()
    page.feed(text)
    assert page.open == []
    assert "script" not in page.seen
    assert "http" not in text
    content = " ".join(" ".join(page.text).split())
    assert '<script>alert("no")</script>' in content
    for expected in ("1 of 7", "12", "first difference", "NameError", "cost:0 is 0.26", "gamma:0", "no GPU here", "2,"):
        assert expected in content, expected
    assert "svg" in page.seen


def test_html_of_an_empty_report() -> None:
    assert "nothing was checked" in html.render(Report())


def test_markdown_is_short_and_names_what_matters() -> None:
    text = markdown.render(REPORT)
    assert len(text) < 3000
    for expected in (
        "1 of 7 files rewritten",
        "2 of 3 programs checked equal",
        "| `train.py` | rewritten |",
        "**TF101**",
    ):
        assert expected in text, expected
    assert "nothing does \\| the same" in text
    assert text.count("<details>") == text.count("</details>") == 2


def test_markdown_fits_a_comment_for_a_large_tree() -> None:
    legacy = next(record for record in REPORT.files if record.outcome is Outcome.REFUSED)
    files = tuple(
        FileRecord(f"some/package/with/a/name/file_{n}.py", Outcome.REFUSED, None, legacy.notes) for n in range(2000)
    )
    assert len(markdown.render(Report(files=files))) < 65_536


def test_junit() -> None:
    root = ElementTree.fromstring(junit.render(REPORT))
    cases = {case.get("name"): {child.tag for child in case} for case in root.iter("testcase")}
    assert cases["train.py"] == {"system-out"}
    assert "failure" in cases["models/wrong.py"]
    assert "skipped" in cases["models/legacy.py"]
    assert "error" in cases["odd.py"]
    assert "error" in cases["models/wrong.py [free, cpu]"]
    assert "skipped" in cases["train.py [locked, gpu]"]
    assert cases["train.py [free, cpu]"] == {"system-out"}
    assert (root.get("errors"), root.get("failures")) == ("3", "2")


def test_sarif() -> None:
    document = json.loads(sarif.render(REPORT))
    results = document["runs"][0]["results"]
    rules = {rule["id"] for rule in document["runs"][0]["tool"]["driver"]["rules"]}
    assert {result["ruleId"] for result in results} == rules
    first = next(result for result in results if result["ruleId"] == "TF101")
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "models/legacy.py"
    assert place["region"] == {"startLine": 12, "startColumn": 5, "endLine": 12, "endColumn": 10}
    notebook = next(result for result in results if "notes.ipynb" in json.dumps(result))
    assert "region" not in notebook["locations"][0]["physicalLocation"]
    assert any(result["level"] == "error" and result["ruleId"] == "CHECK" for result in results)


def test_terminal_off_a_terminal_is_plain_and_complete() -> None:
    stream = io.StringIO()
    terminal.print_report(terminal.console(stream), REPORT)
    text = stream.getvalue()
    assert "\x1b" not in text
    assert "…" not in text
    for expected in (
        "train.py          rewritten  6 TF1 uses",
        "12:5  TF101  nothing does | the same",
        "5 other TF1 uses left because of this",
        "20 TF1 uses: 12 native, 0 compat, 8 refused",
        "? not checked",
        "✗ crashed",
        "first difference: output cost:0 of call 5 of line 12: cost:0 is 0.26, was 0.25 at [3]",
        "variable gamma:0 has no counterpart: two candidates",
        "3 programs checked: 2 equal, 1 not",
    ):
        assert expected in text, expected


def test_json_goes_there_and_back() -> None:
    assert from_json(json.loads(report_json(REPORT)), Report) == REPORT
    assert report_json(from_json(to_json(REPORT), Report)) == report_json(REPORT)


def test_report_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["report"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    Path("r.json").write_text(report_json(REPORT))
    forms = [
        "--html",
        "x/r.html",
        "--markdown",
        "r.md",
        "--json",
        "again.json",
        "--junit",
        "r.xml",
        "--sarif",
        "r.sarif",
    ]
    assert run(["report", "--from", "r.json", *forms]) == 0
    assert Path("x/r.html").read_text().startswith("<!DOCTYPE html>")
    assert Path("again.json").read_text() == Path("r.json").read_text()
    capsys.readouterr()
    assert run(["report", "--from", "r.json", "--markdown", "-"]) == 0
    assert capsys.readouterr().out == Path("r.md").read_text()
    Path("file").write_text("")
    assert run(["report", "--from", "r.json", "--html", "file/r.html"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_newer_records_replace_older_ones_but_not_the_record_of_a_rewrite() -> None:
    done = FileRecord("a.py", Outcome.REWRITTEN, written="a.py", digest="1")
    report = Report().with_files([done, FileRecord("b.py", Outcome.REFUSED)])
    again = report.with_files(
        [FileRecord("a.py", Outcome.UNCHANGED, digest="1"), FileRecord("b.py", Outcome.UNCHANGED)]
    )
    assert [record.outcome for record in again.files] == [Outcome.REWRITTEN, Outcome.UNCHANGED]
    edited = again.with_files([FileRecord("a.py", Outcome.UNCHANGED, digest="2")])
    assert edited.files[0].outcome is Outcome.UNCHANGED


def test_diff_rows_pair_old_and_new() -> None:
    diff = "--- a\n+++ b\n@@ -3,3 +3,4 @@\n same\n-old\n+new\n+more\n --- not a header\n"
    assert list(rows(diff)) == [
        Row("gap"),
        Row("same", 3, "same", 3, "same"),
        Row("changed", 4, "old", 4, "new"),
        Row("changed", None, "", 5, "more"),
        Row("same", 5, "--- not a header", 6, "--- not a header"),
    ]


def test_worst_numbers_ignore_feeds_and_nothing_is_not_zero() -> None:
    locked, free = REPORT.check_of(REPORT.files[2]).passes  # type: ignore[union-attr]
    assert of_pass(locked).max_abs == float("inf")
    assert of_pass(free).max_abs is None
    assert [figure(value) for value in (None, 0.0, 1.25e-7, float("inf"))] == ["–", "0", "1.2e-07", "inf"]
    assert share(1e-5) == "<0.1%"
    assert [share(value) for value in (None, 0.0, 0.125, 1.0, 2.5, float("inf"))] == [
        "–",
        "0%",
        "12.5%",
        "100.0%",
        "2.5×",
        "inf×",
    ]
