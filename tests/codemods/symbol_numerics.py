"""Runs in a process of its own, with TensorFlow: resolves every target of the API table, and executes rewritten calls.

Prints one JSON document: ``targets`` lists what is wrong in the table, ``cases`` what differs for each executed case.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import keras
import libcst as cst
import numpy as np
import tensorflow as tf

from codemods import tables
from codemods.analysis.symbols import Symbols
from codemods.context import Context
from codemods.edits import Edits
from codemods.findings import Finding, Status
from codemods.rewrites import imports, symbols
from codemods.tables import Decision, Entry, entries
from tests.codemods.symbol_cases import CASES, GRADIENT_CASES, RANDOM_CASES, SETUP

tf1 = tf.compat.v1
FAILURES = (tf.errors.OpError, AttributeError, LookupError, NameError, RuntimeError, TypeError, ValueError)


def resolve(name: str) -> Any:
    """The object of a canonical TF2 or Keras 3 name; raises AttributeError."""
    root, *rest = name.split(".")
    found: Any = {"tf": tf, "keras": keras}[root]
    for part in rest:
        found = getattr(found, part)
    return found


def table_entries() -> Iterator[Entry]:
    for table in ("tf1", "keras"):
        for name in entries._load(table):
            entry = tables.lookup(name)
            assert entry is not None
            yield entry


def problems_of_targets() -> list[str]:
    """Targets that do not exist, lead to compat.v1, or do not take the arguments that rewrites emit."""
    found = []
    for entry in table_entries():
        if entry.decision is Decision.LOWERED:
            continue
        if entry.decision is Decision.REFUSED:
            if not entry.reason:
                found.append(f"{entry.name}: refused without a reason")
            continue
        if entry.target is None and entry.name.startswith("keras."):
            continue  # calls of several functions: the rewrites of Keras make them
        if entry.target is None:
            found.append(f"{entry.name}: no target")
            continue
        try:
            target = resolve(entry.target)
        except AttributeError:
            found.append(f"{entry.name}: {entry.target} does not exist")
            continue
        if ".v1" in entry.target:
            found.append(f"{entry.name}: {entry.target} is no TF2 name")
        found += problems_of_parameters(entry, target)
    return found


def problems_of_parameters(entry: Entry, target: Any) -> list[str]:
    if entry.change is None or entry.change.special in _OWN_PARAMETERS:
        return []
    try:
        signature = inspect.signature(target.__init__ if inspect.isclass(target) else target)
    except (TypeError, ValueError):
        return []
    parameters = [parameter for name, parameter in signature.parameters.items() if name != "self"]
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return []
    names = [parameter.name for parameter in parameters]
    wanted = list(entry.change.parameters)
    found = [f"{entry.name}: {entry.target} has no parameter {name!r}" for name in wanted if name not in names]
    if not found and not entry.change.keyword_only and names[: len(wanted)] != wanted:
        found.append(f"{entry.name}: {entry.target} has another order of parameters, {names}")
    required = [parameter.name for parameter in parameters if parameter.default is parameter.empty]
    given = {entry.change.rename.get(name, name) for name in entry.parameters} | set(entry.change.add)
    found += [f"{entry.name}: nothing gives {name!r} of {entry.target}" for name in required if name not in given]
    return found


# Rules that make calls of several functions, or of another one than the target.
_OWN_PARAMETERS = frozenset({"xw_plus_b", "xw_plus_b:relu", "string_split", "record_iterator"}) | frozenset(
    f"cast:{name}" for name in ("bfloat16", "complex64", "complex128", "float32", "float64", "int32", "int64")
)


def undecided() -> list[str]:
    """Public names of `tf.compat.v1` that the table does not decide."""
    found, seen = [], set()

    def visit(module: ModuleType, path: str) -> None:
        for name in dir(module):
            if name.startswith("_") or f"{path}.{name}" in ("tf.compat", "tf.keras"):
                continue
            try:
                value = getattr(module, name)
            except (AttributeError, ImportError, RuntimeError):
                continue  # lazy parts that need a package which is not there
            if tables.lookup(f"{path}.{name}") is None:
                found.append(f"{path}.{name}")
            if (
                "_api.v" in (vars(value).get("__name__") or "" if inspect.ismodule(value) else "")
                and id(value) not in seen
            ):
                seen.add(id(value))
                visit(value, f"{path}.{name}")

    visit(tf1, "tf")
    return found


def rewritten(expression: str) -> str:
    """The expression after the symbol rewrite; raises ValueError if it was refused."""
    source = f"import tensorflow as tf\ntf.placeholder\n{SETUP}\nresult = {expression}\n"
    module = cst.parse_module(source)
    ctx = Context(module, Symbols(module))
    edits = Edits()
    findings: list[Finding] = []
    symbols.propose(ctx, edits, findings)
    refused = [finding.message for finding in findings if finding.status is Status.REFUSED]
    if refused:
        raise ValueError("; ".join(refused))
    text = imports.fix(ctx, edits, edits.apply(module)).code
    return text.split("result = ", 1)[1].strip()


def namespace(module: Any) -> dict[str, Any]:
    values: dict[str, Any] = {"tf": module, "np": np, "keras": keras}
    exec(SETUP, values)
    return values


def as_arrays(value: Any) -> list[np.ndarray]:
    if isinstance(value, (tf.SparseTensor, tf1.SparseTensorValue)):
        return [np.asarray(part) for part in (value.indices, value.values, value.dense_shape)]
    if isinstance(value, (list, tuple)):
        return [array for item in value for array in as_arrays(item)]
    array = np.asarray(value)
    return [array.astype(object) if array.dtype.kind == "S" else array]


def run_tf1(expression: str) -> list[np.ndarray]:
    with tf.Graph().as_default(), tf1.Session() as session:
        tf1.set_random_seed(1)
        value = eval(expression, namespace(tf1))
        session.run([tf1.global_variables_initializer(), tf1.tables_initializer()])
        return as_arrays(session.run(value))


def run_tf2(expression: str) -> list[np.ndarray]:
    tf.random.set_seed(1)
    return as_arrays(eval(expression, namespace(tf)))


def difference(expression: str, tolerance: float) -> str:
    """What differs between the TF1 call and the rewritten one; empty if nothing."""
    try:
        new = rewritten(expression)
        old_values, new_values = run_tf1(expression), run_tf2(new)
    except FAILURES as error:
        return f"{type(error).__name__}: {error}"
    if len(old_values) != len(new_values):
        return f"{len(old_values)} and {len(new_values)} values from {new}"
    for old, got in zip(old_values, new_values, strict=True):
        if old.shape != got.shape or old.dtype != got.dtype:
            return f"{old.dtype}{old.shape} and {got.dtype}{got.shape} from {new}"
        if old.dtype.kind in "fc":
            if not np.allclose(old, got, rtol=0, atol=tolerance, equal_nan=True):
                return f"off by {np.abs(old - got).max()} from {new}"
        elif not np.array_equal(old, got):
            return f"{old.tolist()} and {got.tolist()} from {new}"
    return ""


def gradient_difference(expression: str, variable: str) -> str:
    """What differs between the gradients by a name of SETUP."""
    try:
        with tf.Graph().as_default(), tf1.Session() as session:
            values = namespace(tf1)
            old = tf1.gradients(eval(expression, values), values[variable])[0]
            old_value = None if old is None else session.run(old)
        values = namespace(tf)
        with tf.GradientTape() as tape:
            tape.watch(values[variable])
            result = eval(rewritten(expression), values)
        new = tape.gradient(result, values[variable])
    except FAILURES as error:
        return f"{type(error).__name__}: {error}"
    if old_value is None or new is None:
        return "" if old_value is None and new is None else f"TF1 {old_value}, TF2 {new}"
    return "" if np.allclose(old_value, new.numpy(), rtol=0, atol=1e-6) else f"{old_value} and {new.numpy()}"


def random_difference(expression: str) -> str:
    """What differs in shape, dtype, mean and standard deviation of random values."""
    try:
        (old,), (new,) = run_tf1(expression), run_tf2(rewritten(expression))
    except FAILURES as error:
        return f"{type(error).__name__}: {error}"
    if old.shape != new.shape or old.dtype != new.dtype:
        return f"{old.dtype}{old.shape} and {new.dtype}{new.shape}"
    close = np.allclose([old.mean(), old.std()], [new.mean(), new.std()], rtol=0, atol=0.06 * old.std() + 1e-6)
    return "" if close else f"mean {old.mean()} and {new.mean()}, std {old.std()} and {new.std()}"


def main() -> None:
    report: dict[str, Any] = {"targets": problems_of_targets(), "undecided": undecided()}
    report["cases"] = {case: difference(case, tolerance) for case, tolerance in CASES}
    report["gradients"] = {f"{case} by {name}": gradient_difference(case, name) for case, name in GRADIENT_CASES}
    report["random"] = {case: random_difference(case) for case in RANDOM_CASES}
    json.dump(report, sys.stdout)


if __name__ == "__main__":
    main()
