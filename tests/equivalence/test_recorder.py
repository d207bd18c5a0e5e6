"""The recorder's own parts, without TensorFlow."""

from __future__ import annotations

import ast
import collections
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from migrator.equivalence import record, recorder_names
from migrator.equivalence.golden import Recording
from migrator.equivalence.recorder import Limits
from migrator.equivalence.recorder_names import UserFiles
from migrator.equivalence.recorder_store import ArrayStore, Unstorable

PACKAGE = Path(record.__file__).parent


@pytest.mark.parametrize("name", record._PORTABLE)
def test_the_recorder_runs_on_python_35_with_numpy_only(name: str) -> None:
    tree = ast.parse((PACKAGE / name).read_text(), feature_version=(3, 5))
    assert not any(isinstance(node, ast.JoinedStr | ast.AnnAssign | ast.NamedExpr) for node in ast.walk(tree))
    for node in tree.body:  # Callable[...] and the like are not to be evaluated there
        assert not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript)), ast.unparse(node)
    modules = set()
    for node in tree.body:  # imports inside functions come after the program's own TensorFlow
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.module
            modules.add(node.module)
            if node.module == "migrator.equivalence":
                modules |= {f"migrator.equivalence.{alias.name}" for alias in node.names}
    for module in modules:
        if module.startswith("migrator.equivalence."):
            assert module.rpartition(".")[2] + ".py" in record._PORTABLE
        else:
            assert module in ("numpy", "migrator.equivalence") or module.partition(".")[0] in sys.stdlib_module_names


def test_annotations_are_strings_where_python_35_would_evaluate_them() -> None:
    for name in record._PORTABLE:
        for node in ast.walk(ast.parse((PACKAGE / name).read_text())):
            if isinstance(node, ast.FunctionDef):
                arguments = [*node.args.args, *node.args.kwonlyargs]
                annotations = [a.annotation for a in arguments if a.annotation] + (
                    [node.returns] if node.returns else []
                )
                assert all(isinstance(annotation, ast.Constant) for annotation in annotations), (name, node.name)


class _Op:
    node_def = None

    def __init__(self, type_: str, *control_inputs: Any, name: str = "op", variable: str = "w") -> None:
        self.type = type_
        self.control_inputs = control_inputs
        self.name = name
        self.inputs = [SimpleNamespace(op=SimpleNamespace(name=variable))]


def test_leaves_follow_the_structure_that_is_fetched() -> None:
    pair = collections.namedtuple("pair", "first second")
    fetches = {"b": [1, (2,)], "a": pair(3, {"c": 4})}
    result = {"b": [10, (20,)], "a": pair(30, {"c": 40})}
    leaves = recorder_names.leaves(fetches)
    assert leaves == [("['b'][0]", 1), ("['b'][1][0]", 2), ("['a'][0]", 3), ("['a'][1]['c']", 4)]
    assert recorder_names.result_leaves(fetches, result) == [10, 20, 30, 40]
    assert recorder_names.leaves("x") == [("", "x")] and recorder_names.result_leaves("x", 7) == [7]
    assert recorder_names.leaves([]) == []


def test_a_run_initialises_only_if_all_of_it_does() -> None:
    own, foreign = _Op("Assign"), _Op("Assign")
    initialisers = {own}
    assert recorder_names.only_initialises([own], initialisers)
    assert recorder_names.only_initialises([_Op("NoOp", own, _Op("NoOp"))], initialisers)
    assert recorder_names.only_initialises([_Op("NoOp", own, _Op("InitializeTableV2"))], initialisers)
    assert recorder_names.only_initialises([_Op("AssignVariableOp", name="w/Assign")], set())  # in no collection
    assert not recorder_names.only_initialises([foreign], initialisers)
    assert not recorder_names.only_initialises([_Op("NoOp", own, _Op("ApplyAdam"))], initialisers)
    assert not recorder_names.only_initialises([], initialisers)


def test_user_files_are_those_outside_libraries(tmp_path: Path) -> None:
    files = UserFiles(str(tmp_path))
    assert files.name(str(tmp_path / "train.py")) == "train.py"
    assert files.name(str(tmp_path / "lib" / "model.py")) == "lib/model.py"
    assert files.name(str(tmp_path.parent / "shared.py")) == "../shared.py"
    for other in (np.__file__, ast.__file__, str(PACKAGE / "recorder.py"), "<string>", "<frozen importlib>"):
        assert files.name(other) is None


@pytest.mark.skipif(sys.version_info < (3, 11), reason="columns need Python 3.11")
def test_the_call_site_is_the_expression_with_columns_in_characters(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("def inner():\n    return [é, probe(\n        1)]\né = 'ü'; inner()\n", encoding="utf-8")
    files = UserFiles(str(tmp_path))
    sites: list[dict[str, Any]] = []

    def probe(_: int) -> None:
        sites.append(files.site(files.stack()[1:]))  # without this very function

    exec(compile(program.read_text(encoding="utf-8"), str(program), "exec"), {"probe": probe})
    outer = [item for item in sites[0].pop("outer") if item[0] == "program.py"]
    assert sites == [{"file": "program.py", "line": 2, "ends": [3, 15, 10]}] and outer == [["program.py", 4]]


def test_limits_keep_the_first_runs_and_then_samples() -> None:
    limits = Limits(first=3, every=10, max_bytes=1000)
    assert [n for n in range(31) if limits.wants(n)] == [0, 1, 2, 10, 20, 30]
    assert [limits.budget(n) for n in (0, 1, 2, 3, 50)] == [1000, 750, 750, 500, 500]


def test_rolling_back_forgets_arrays() -> None:
    store = ArrayStore()
    kept = store.add(np.arange(100))
    mark = store.mark()
    dropped = store.add(np.arange(200))
    store.rollback(mark)
    assert (len(store.members), store.compressed) == mark
    assert store.add(np.arange(100)) == kept
    assert store.add(np.arange(300)) == dropped  # the name is free again
    with pytest.raises(Unstorable, match="Python objects"):
        store.add([object()])


def test_values_keep_their_bytes_and_parts() -> None:
    stored: list[Any] = []

    def add(value: Any) -> int:
        stored.append(value)
        return len(stored) - 1

    sparse = collections.namedtuple("sparse", "indices values dense_shape")
    assert recorder_names.value_document(None, add) is None
    assert recorder_names.value_document(b"a\x00", add) == 0 and stored[0].item() == b"a\x00"
    assert recorder_names.value_document(sparse([[0]], [1.0], None), add) == {"parts": {"indices": 1, "values": 2}}


def test_an_outcome_in_one_line() -> None:
    def outcome(numpy: str = "2.1.0", **values: Any) -> str | None:
        return record.describe_outcome(Recording({"runtime": {"numpy": numpy}, "outcome": values}))

    assert outcome(status="finished") is None and outcome(status="stopped", reason="after 3 runs") is None
    assert outcome(status="exited", code="3") == "exited with 3"
    assert outcome(status="raised", error="KeyError: 'a'", frames=[]) == "raised KeyError: 'a'"
    error = "AttributeError: 'numpy.ndarray' object has no attribute 'ptp'"
    frames = [["main.py", 3], ["lib/data.py", 7]]
    old = outcome("1.26.4", status="raised", error=error, frames=frames)
    new = outcome(status="raised", error=error, frames=frames)
    assert old == f"raised {error} at lib/data.py:7" and new is not None and "numpy<2" in new


def test_an_error_of_a_run_is_told_by_the_op_that_failed() -> None:
    text = "Graph execution error:\n\nDetected at node 'a'\nNode: 'a'\nmsg : Inf values\n\t [[{{node a}}]]\n\nOriginal"
    assert recorder_names.error_line(ValueError(text)) == "ValueError: msg : Inf values"
    assert recorder_names.error_line(ValueError("one [[{{node a}}]]")) == "ValueError: one"
    assert recorder_names.error_line(ValueError("first\nsecond")) == "ValueError: first"
    assert recorder_names.error_line(ValueError()) == "ValueError: "
