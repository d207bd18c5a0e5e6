"""Edits: composed on the updated node, at the smallest node, and never lost in silence."""

from __future__ import annotations

from typing import Any

import libcst as cst
import pytest

from codemods import tree
from codemods.edits import EditError, Edits


def find(module: cst.Module, source: str) -> Any:
    """The innermost node whose text is ``source``."""
    return [node for node in tree.walk(module) if module.code_for_node(node).strip(" ;") == source][-1]


def renamed(name: str) -> Any:
    return lambda updated: updated.with_changes(value=name)


def test_nothing_to_do() -> None:
    module = cst.parse_module("x = 1\n")
    assert Edits().apply(module) is module


def test_nested_edits_compose() -> None:
    module = cst.parse_module("y = f(g(x))  # why\n")
    edits = Edits()
    edits.replace(find(module, "f(g(x))"), lambda call: cst.Call(cst.Name("h"), call.args))
    edits.replace(find(module, "x"), renamed("z"))
    edits.replace(find(module, "g"), renamed("k"))
    assert edits.apply(module).code == "y = h(k(z))  # why\n"


def test_edits_of_one_node_happen_in_order() -> None:
    module = cst.parse_module("y = x\n")
    edits = Edits()
    edits.replace(find(module, "x"), lambda node: cst.Call(node))
    edits.replace(find(module, "x"), lambda node: cst.Attribute(node, cst.Name("a")))
    assert edits.apply(module).code == "y = x().a\n"


def test_untouched_nodes_and_results_keep_their_identity() -> None:
    module = cst.parse_module("a = b\nc = f(d)\n")
    kept, new = find(module, "a = b"), cst.Name("e")
    edits = Edits()
    edits.replace(find(module, "d"), lambda _: new)
    nodes = set(tree.walk(edits.apply(module)))
    assert kept in nodes
    assert new in nodes
    assert edits.results(find(module, "d")) == (new,)


def test_statements_come_and_go() -> None:
    module = cst.parse_module("a = 1\nb = 2\nc = 3; d = 4\n")
    edits = Edits()
    edits.remove(find(module, "a = 1"))
    edits.insert_before(module.body[1], [cst.parse_statement("x")])
    edits.insert_after(module.body[1], [cst.parse_statement("y")])
    edits.remove(find(module, "c = 3"))
    assert edits.apply(module).code == "x\nb = 2\ny\nd = 4\n"


def test_a_line_without_statements_goes() -> None:
    module = cst.parse_module("if a:\n    b = 1; c = 2\n    d = 3\n")
    edits = Edits()
    edits.remove(find(module, "b = 1"))
    edits.remove(find(module, "c = 2"))
    assert edits.apply(module).code == "if a:\n    d = 3\n"


def test_flatten() -> None:
    module = cst.parse_module("a = 1\n")
    edits = Edits()
    parts = [cst.parse_statement("b = 2"), cst.parse_statement("c = 3")]
    edits.replace(module.body[0], lambda node: cst.FlattenSentinel([node, *parts]))
    assert edits.apply(module).code == "a = 1\nb = 2\nc = 3\n"


def test_a_lost_edit_is_an_error() -> None:
    module = cst.parse_module("y = f(x)\n")
    edits = Edits()
    edits.replace(find(module, "x"), renamed("z"))
    edits.replace(find(module, "f(x)"), lambda _: cst.Name("w"))
    with pytest.raises(EditError, match="'x'"):
        edits.apply(module)


def test_a_declared_loss_is_none() -> None:
    module = cst.parse_module("y = f(x)\n")
    edits = Edits()
    edits.replace(find(module, "x"), renamed("z"))
    edits.substitute(find(module, "f(x)"), cst.Name("w"))
    assert edits.apply(module).code == "y = w\n"
    again = Edits()
    again.replace(find(module, "x"), renamed("z"))
    again.replace(find(module, "y"), lambda name: name)
    again.drop(find(module, "f(x)"))
    again.replace(find(module, "y = f(x)"), lambda _: cst.Pass())
    again.drop(find(module, "y"))
    assert again.apply(module).code == "pass\n"


def test_a_copy_with_other_layout_is_no_loss() -> None:
    module = cst.parse_module("y = f(a, x)\n")
    edits = Edits()
    edits.replace(find(module, "x"), lambda _: cst.parse_expression("p + q"))
    edits.replace(
        find(module, "f(a, x)"),
        lambda call: call.args[1].value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()]),
    )
    assert edits.apply(module).code == "y = (p + q)\n"
    names = Edits()
    result, copy = cst.Name("z"), cst.Name("z", lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    names.replace(find(module, "x"), lambda _: result)
    names.carry(result, copy)
    names.replace(find(module, "f(a, x)"), lambda _: copy)
    assert names.apply(module).code == "y = (z)\n"


def test_an_edit_after_a_removal_is_an_error() -> None:
    module = cst.parse_module("a = 1\nb = 2\n")
    edits = Edits()
    edits.remove(module.body[0])
    edits.replace(module.body[0], lambda node: node)
    with pytest.raises(EditError, match="follows one that removed"):
        edits.apply(module)


def test_a_node_from_elsewhere_is_an_error() -> None:
    edits = Edits()
    edits.replace(cst.Name("x"), lambda node: node)
    with pytest.raises(EditError, match="not in the module"):
        edits.apply(cst.parse_module("x = 1\n"))


def test_imports_are_asked_for_once() -> None:
    edits = Edits()
    edits.require_import("keras")
    edits.require_import("numpy", "np")
    edits.require_import("keras")
    assert [(one.module, one.alias, one.name) for one in edits.imports] == [
        ("keras", None, None),
        ("numpy", "np", None),
    ]


def test_parents() -> None:
    module = cst.parse_module("if a:\n    import b\n    c = f(d)\n")
    parents = tree.parents(module)
    statements = tree.statement_parents(module)
    call = find(module, "f(d)")
    assert module.code_for_node(parents[call]).strip() == "c = f(d)"
    assert call not in statements
    assert set(statements) <= set(parents)
