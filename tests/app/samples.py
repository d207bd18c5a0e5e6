"""A report with one of everything, for the tests of its forms."""

from __future__ import annotations

import math

from codemods.findings import Span, Status
from migrator.equivalence.results import (
    CallResult,
    CheckResult,
    Comparison,
    Counts,
    FirstDifference,
    Kind,
    Numbers,
    PassResult,
    SiteResult,
    Tolerance,
    VariableMatch,
    Verdict,
)
from migrator.report.model import FileRecord, Note, Outcome, Report

_TOLERANCE = Tolerance(1e-6, 0.0, 0.0, "2·u·‖a‖·‖b‖")

_DIFF = """\
--- a/train.py
+++ b/train.py
@@ -1,9 +1,13 @@
+import keras
 import tensorflow as tf
 
-x = tf.placeholder(tf.float32, [None, 4])
+x = tf.TensorSpec([None, 4], tf.float32)
 w = tf.Variable(tf.zeros([4, 1]))
-y = tf.matmul(x, w)
 
-with tf.Session() as sess:
-    sess.run(tf.global_variables_initializer())
-    print(sess.run(y, {x: [[1, 2, 3, 4]]}))
+
+@tf.function(input_signature=[x])
+def y(x):
+    return tf.matmul(x, w)  # <script>alert("no")</script>
+
+
+print(y([[1, 2, 3, 4]]).numpy())
@@ -40,2 +44,2 @@
 epilogue = 1
-print(tf.log(2.0))
+print(tf.math.log(2.0))
"""  # noqa: W293


def comparison(difference: float, kind: Kind = Kind.OUTPUT, name: str = "cost:0") -> Comparison:
    numbers = Numbers(
        size=10,
        max_abs=float(difference),
        max_rel=difference * 2.0,
        max_ulp=int(difference * 1e8) if math.isfinite(difference) else None,
        elements_changed=10 if difference else 0,
        elements_off=3 if difference > 1e-6 else 0,
        worst_index=(3,) if difference else None,
        worst_expected="0.25" if difference else None,
        worst_actual=str(0.25 + difference) if difference else None,
        nan_expected=0,
        nan_actual=0,
        passing_scale=difference / 1e-6,
        passing_atol=float(difference),
    )
    verdict = Verdict.EQUAL if difference <= 1e-6 else Verdict.DIFFERENT
    return Comparison(kind, name, verdict, "float32", "float32", (10,), (10,), numbers, _TOLERANCE)


def site(differences: list[float], line: int, function: str | None) -> SiteResult:
    calls = tuple(
        CallResult(index, index + line, found.verdict, (comparison(0, Kind.FEED, "x:0"), found))
        for index, found in enumerate(comparison(difference) for difference in differences)
    )
    verdict = Verdict.DIFFERENT if any(call.verdict is not Verdict.EQUAL for call in calls) else Verdict.EQUAL
    span = Span(line, 10, line, 40)
    return SiteResult(0, span, Span(line + 4, 6, line + 4, 30), "run", function, verdict, len(calls), len(calls), calls)


def equal_check(program: str) -> CheckResult:
    init = SiteResult(1, Span(8, 4, 8, 40), None, "init", None, Verdict.EQUAL, 1, 1)
    growing = [0.0, 0.0, 6e-8, 6e-8, 1.2e-7, 1.2e-7, 2.4e-7, 1.8e-7, 3e-7, 3e-7]
    free = PassResult(
        "free",
        "cpu",
        Verdict.EQUAL,
        Counts(compared=10, equal=10, skipped=90, outputs=10, feeds=10),
        (init, site(growing, 9, "train_step")),
        (VariableMatch("w:0", "matched", "w"), VariableMatch("w/Adam:0", "slot", None, "judged by its effect")),
        seconds=1.5,
    )
    locked = PassResult(
        "locked", "cpu", Verdict.EQUAL, Counts(compared=2, equal=2, outputs=2), (init, site([0, 0], 9, "train_step"))
    )
    gpu = PassResult("locked", "gpu", Verdict.NOT_CHECKED, detail="no GPU here")
    versions = (("tensorflow", "2.21.0"), ("keras", "3.15.1"))
    return CheckResult(program, Verdict.EQUAL, (locked, free, gpu), versions, live=True)


def unequal_check(program: str) -> CheckResult:
    span = Span(12, 0, 12, 9)
    first = FirstDifference(
        0,
        span,
        Span(20, 0, 20, 9),
        4,
        17,
        Kind.OUTPUT,
        "cost:0",
        Verdict.DIFFERENT,
        "output cost:0 of call 5 of line 12: cost:0 is 0.26, was 0.25 at [3]",
    )
    variables = (VariableMatch("gamma:0", "unmatched", None, "two candidates"),)
    a_pass = PassResult(
        "locked",
        "cpu",
        Verdict.DIFFERENT,
        Counts(compared=5, equal=4, not_checked=1, outputs=5),
        (site([0, 0, 0, 0, 1e-2], 12, None), site([math.inf], 14, "loss")),
        variables,
        first,
    )
    crashed = PassResult(
        "free",
        "cpu",
        Verdict.CRASHED,
        detail="NameError: name 'z' is not defined",
        traceback=("Traceback:", "  z", "NameError: 'z'"),
    )
    return CheckResult(program, Verdict.CRASHED, (a_pass, crashed))


def note(code: str, status: Status | None, line: int, message: str, source: str, cell: int | None = None) -> Note:
    return Note(code, message, status, None, Span(line, 4, line, 9), cell, source)


def report() -> Report:
    """A report with every outcome, a check that is equal and one that is not, and text that must be escaped."""
    native = [note("TF100", Status.NATIVE, line, "rewritten", "") for line in range(3, 9)]
    remark = note("TF101", None, 41, "draws <other> numbers & *more*", "print(tf.log(2.0))")
    refused = [
        note("TF101", Status.REFUSED, 12, "nothing does | the same", "tf.contrib.foo(x)"),
        note("TF101", Status.REFUSED, 14, "nothing does the same", "tf.contrib.bar(x)"),
        *[note("TF901", Status.REFUSED, line, "left because of line 12", "tf.log(x)") for line in range(20, 25)],
    ]
    files = (
        FileRecord(
            "train.py", Outcome.REWRITTEN, None, (*native, remark), _DIFF, "train.py", "0" * 64, ("mnist_data.py",)
        ),
        FileRecord("models/legacy.py", Outcome.REFUSED, None, tuple(refused)),
        FileRecord("models/wrong.py", Outcome.UNVERIFIED, "not equal: cost:0 is 0.26, was 0.25", tuple(native), _DIFF),
        FileRecord("notes.ipynb", Outcome.REFUSED, None, (note("TF102", Status.REFUSED, 2, "unclear", "f(*a)", 3),)),
        FileRecord("locked.py", Outcome.PROBLEM, "read-only"),
        FileRecord(
            "odd.py", Outcome.BUG, "KeyError: 'x' at codemods/plan.py:12", traceback=("Traceback\n", "KeyError\n")
        ),
        FileRecord("util.py", Outcome.UNCHANGED),
    )
    checks = (equal_check("train.py"), unequal_check("models/wrong.py"), equal_check("elsewhere.py"))
    return Report(version="0.1.0", files=tuple(sorted(files, key=lambda f: f.path)), checks=checks)
