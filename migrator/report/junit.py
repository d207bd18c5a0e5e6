"""The report as JUnit XML: every rewritten file and every pass of every check is a test case."""

from __future__ import annotations

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from migrator.equivalence.results import CheckResult, PassResult, Verdict
from migrator.report.model import FileRecord, Outcome, Report
from migrator.report.numbers import figure, of_pass, share, what_went_wrong, whole


def render(report: Report) -> str:
    """The XML document."""
    document = JUnitXml("migrator")
    if report.files:
        suite = TestSuite("migrator.rewrite")
        for record in report.files:
            if record.outcome is not Outcome.UNCHANGED:
                suite.add_testcase(_file_case(record))
        document.add_testsuite(suite)
    if report.checks:
        suite = TestSuite("migrator.check")
        for check in report.checks:
            for case in _check_cases(check):
                suite.add_testcase(case)
        document.add_testsuite(suite)
    document.update_statistics()
    text: str = document.tostring().decode("utf-8")
    return text + "\n"


def _file_case(record: FileRecord) -> TestCase:
    case = TestCase(record.path, classname="migrator.rewrite")
    reasons = "\n".join(f"{record.path}:{note.place}: {note.code} {note.message}" for note in record.remarks)
    if record.outcome is Outcome.REFUSED:
        # Refused is the promised answer to what cannot be rewritten exactly: not a failure.
        case.result = [_with_text(Skipped("refused: left as it was"), reasons)]
    elif record.outcome is Outcome.UNVERIFIED:
        case.result = [_with_text(Failure(record.detail), reasons)]
    elif record.outcome in (Outcome.PROBLEM, Outcome.BUG):
        case.result = [_with_text(Error(record.detail), "".join(record.traceback))]
    elif reasons:
        case.system_out = reasons
    return case


def _check_cases(check: CheckResult) -> list[TestCase]:
    if not check.passes:
        case = TestCase(check.program, classname="migrator.check")
        case.result = [Skipped(str(check.verdict))]
        return [case]
    return [_pass_case(check, a_pass) for a_pass in check.passes]


def _pass_case(check: CheckResult, a_pass: PassResult) -> TestCase:
    case = TestCase(f"{check.program} [{a_pass.mode}, {a_pass.device}]", "migrator.check", a_pass.seconds)
    numbers, counts = of_pass(a_pass), a_pass.counts
    case.system_out = (
        f"{counts.equal} of {counts.compared} runs equal, {numbers.compared} tensors; "
        f"max abs {figure(numbers.max_abs)}, max rel {figure(numbers.max_rel)}, max ULP {whole(numbers.max_ulp)}, "
        f"{share(numbers.scale)} of the tolerance; {counts.not_checked} runs not checked"
    )
    reason = next(iter(what_went_wrong(a_pass)), str(a_pass.verdict))
    if a_pass.verdict is Verdict.NOT_CHECKED:
        case.result = [Skipped(reason)]
    elif a_pass.verdict is Verdict.CRASHED:
        case.result = [_with_text(Error(reason), "\n".join(a_pass.traceback))]
    elif a_pass.verdict is not Verdict.EQUAL:
        case.result = [Failure(reason)]
    return case


def _with_text(result: Error | Failure | Skipped, text: str) -> Error | Failure | Skipped:
    result.text = text
    return result
