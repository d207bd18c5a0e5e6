"""Variables and feeds are matched by the lines that made them; what does not match is not guessed."""

from __future__ import annotations

import pytest

from codemods.findings import Span
from codemods.result import ReplayMap, SiteMap
from migrator.equivalence.mapfile import MapError, dumps, loads
from migrator.equivalence.statements import StatementLines
from migrator.equivalence.weights import MAIN, LegacyVariable, Lines, Matcher, Statements, placeholder_names, slot_owner

TEXT = """\
x = tf.placeholder(tf.float32)
a, b = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
s = tf.sparse_placeholder(tf.float32)
ws = {
    'w': tf.Variable(1.),
    'v': tf.Variable(2.),
}
if True:
    train = opt.minimize(
        loss)
ema = averages.apply([w])
self.p = q = tf.placeholder(tf.float32)


@deco
def f():
    return 1
"""


def variable(
    index: int, line: int, name: str = "Variable", shape: tuple[int | None, ...] | None = ()
) -> LegacyVariable:
    return LegacyVariable(index, name, ((MAIN, line),), "float32", shape)


def test_statements_by_line() -> None:
    text = StatementLines(TEXT)
    assert [text.start(line) for line in (1, 4, 5, 7, 8, 9, 10, 15, 16, 17)] == [1, 4, 4, 4, 8, 9, 9, 15, 15, 17]
    assert StatementLines("print 'python 2'\n").start(1) == 1
    assert Statements("print 'python 2'\n").at(1) == []


def test_lines_go_through_the_statement_on_both_sides() -> None:
    migrated = "import keras\nws = {\n  'w': 1,\n  'v': 2}\nnew = 1\n"
    lines = Lines(TEXT, migrated, {2: 4})
    assert [lines.legacy_statement(line) for line in (1, 2, 3, 4, 5)] == [None, 4, 4, 4, None]
    assert [node.lineno for node in lines.statements_from(6)] == [2]


def test_an_unchanged_text_needs_no_map() -> None:
    assert Lines(TEXT, TEXT, {}).legacy_statement(6) == 4


def test_variables_of_one_statement_are_told_apart_by_order() -> None:
    matcher = Matcher([variable(0, 4), variable(1, 4), variable(2, 9)])
    key = ((MAIN, 4),)
    claimed = [matcher.claim([key], "Variable:0", "float32", ())[0] for _ in range(3)]
    assert [item and item.index for item in claimed] == [0, 1, None]


def test_a_name_comes_before_the_order() -> None:
    legacy = [variable(0, 4, "bn/beta"), variable(1, 4, "bn/gamma")]
    matcher = Matcher(legacy)
    first, _ = matcher.claim([((MAIN, 4),)], "gamma", "float32", ())
    second, _ = matcher.claim([((MAIN, 4),)], "beta", "float32", ())
    assert (first, second) == (legacy[1], legacy[0])


def test_the_whole_stack_comes_before_the_innermost_statement() -> None:
    left = LegacyVariable(0, "a", ((MAIN, 5), (MAIN, 20)), "float32", ())
    right = LegacyVariable(1, "b", ((MAIN, 5), (MAIN, 30)), "float32", ())
    matcher = Matcher([left, right])
    assert matcher.claim([((MAIN, 5), (MAIN, 30))], "Variable", "float32", ())[0] is right
    assert matcher.claim([((MAIN, 5), (MAIN, 99))], "Variable", "float32", ())[0] is left


@pytest.mark.parametrize(("dtype", "shape"), [("float32", (3,)), ("float64", (2,)), ("float32", (2, 1))])
def test_another_shape_or_dtype_is_no_match(dtype: str, shape: tuple[int, ...]) -> None:
    matcher = Matcher([variable(0, 4, "w", (2,))])
    found, reason = matcher.claim([((MAIN, 4),)], "other", dtype, shape)
    assert found is None and reason is not None and reason.startswith("w float32[2] stands where")
    assert [item.name for item in matcher.unclaimed()] == ["w"]


def test_unknown_dimensions_agree_with_any() -> None:
    matcher = Matcher([variable(0, 4, "w", (None, 2)), variable(1, 4, "v", None)])
    assert matcher.claim([((MAIN, 4),)], "w", "float32", (7, 2))[0] is not None
    assert matcher.claim([((MAIN, 4),)], "v", "float32", (1,))[0] is not None


def test_a_variable_from_a_line_without_a_legacy_variable_matches_nothing() -> None:
    matcher = Matcher([variable(0, 4)])
    assert matcher.claim([((MAIN, 9),), ()], "Variable", "float32", ()) == (None, None)


@pytest.mark.parametrize(
    ("name", "trainable", "line", "owner"),
    [
        ("w/Adam", False, 9, "w"),
        ("w/Adam_1", False, 10, "w"),
        ("scope/w/Momentum", False, 9, "w"),
        ("beta1_power", False, 9, ""),
        ("opt/beta2_power_1", False, 9, ""),
        ("training/Adam/dense/kernel/m", False, 9, "dense/kernel"),
        ("training/SGD/iter", False, 9, ""),
        ("w/Adam", True, 9, None),
        ("w/ExponentialMovingAverage", False, 11, None),
        ("global_step", False, 9, None),
        ("wide/Adam", False, 9, None),
    ],
)
def test_slots(name: str, trainable: bool, line: int, owner: str | None) -> None:
    assert slot_owner(name, trainable, [line], ["w", "dense/kernel", "v"], Statements(TEXT)) == owner


def test_names_of_placeholders() -> None:
    made = [
        ("Placeholder:0", 1),
        ("Placeholder_1:0", 2),
        ("Placeholder_2:0", 2),
        ("Placeholder_3/shape:0", 3),
        ("Placeholder_3/values:0", 3),
        ("Placeholder_3/indices:0", 3),
        ("hidden:0", 9),
        ("Placeholder_4:0", 12),
    ]
    names = placeholder_names(Statements(TEXT), made)
    assert names == {
        "Placeholder:0": ("x", None),
        "Placeholder_1:0": ("a", None),
        "Placeholder_2:0": ("b", None),
        "Placeholder_3/shape:0": ("s", "dense_shape"),
        "Placeholder_3/values:0": ("s", "values"),
        "Placeholder_3/indices:0": ("s", "indices"),
        "hidden:0": ("train", None),
        "Placeholder_4:0": ("self.p", None),
    }


@pytest.mark.parametrize("parts", [("values", "indices"), ("dense_shape", "values", "indices")])
def test_parts_of_a_sparse_placeholder_without_a_name(parts: tuple[str, ...]) -> None:
    made = [(f"Placeholder_{number}:0", 3) for number in range(len(parts))]
    names = placeholder_names(Statements(TEXT), made)
    assert [names[tensor] for tensor, _ in made] == [("s", part) for part in parts]


def test_more_placeholders_than_names_have_none() -> None:
    assert placeholder_names(Statements(TEXT), [("a:0", 1), ("b:0", 1)]) == {}


def test_a_map_survives_its_file_and_knows_its_text() -> None:
    made = ReplayMap(
        (
            SiteMap(Span(1, 0, 1, 5), Span(2, 0, 2, 7), "run", "step", (None, 0), {"x": "x"}),
            SiteMap(Span(3, 0, 3, 5), None, "init", None, (None,)),
        ),
        {2: 1, 10: 3},
        {"step": ("x", "y")},
    )
    text = dumps(made, "the text")
    assert loads(text, "the text") == made and dumps(loads(text, "the text"), "the text") == text
    with pytest.raises(MapError, match="edited since"):
        loads(text, "the text, edited")


@pytest.mark.parametrize(
    "damaged", ["", "[]", "{}", '{"schema": 9}', '{"schema": 1, "migrated_sha256": "", "sites": [{}]}']
)
def test_a_damaged_map_is_refused_in_one_line(damaged: str) -> None:
    with pytest.raises(MapError) as caught:
        loads(damaged, "text")
    assert "\n" not in str(caught.value)
