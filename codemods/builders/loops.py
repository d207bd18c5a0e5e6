"""Loops of plain code that make state and compute with it: one loop that makes it, and one that computes.

``for n in hidden: net = tf.layers.dense(net, n)`` becomes a loop that fills a list with layers, and one that goes over
the list and calls them.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from codemods import tree
from codemods.analysis.values import Kind
from codemods.builders.bodies import Body
from codemods.builders.functions import LATE, Builder, Functions, Makes, makes_state, read_names
from codemods.builders.parts import with_lead
from codemods.context import Context
from codemods.findings import Refusal

if TYPE_CHECKING:
    from codemods.builders.separation import Separation


def has_loops(ctx: Context) -> bool:
    """Whether a loop of the module makes variables or layers, by its text."""
    return any(
        isinstance(node, cst.For) and any(makes_state(ctx.symbols, inner) for inner in tree.walk(node.body))
        for node in tree.walk(ctx.module)
    )


def loops(functions: Functions) -> list[cst.For]:
    """The outermost loops of plain code that compute with what they make."""
    found = []
    for statement in list(functions.staging.statements):
        if isinstance(statement, cst.For) and not _in_loop(functions, statement):
            made = functions.made_in(statement.body)
            computing = any(functions.makes(call) is not Makes.VARIABLE for call in made)
            runs = any(node in functions.staging.site_records for node in tree.walk(statement))
            if made and not runs and (computing or _computes(functions, statement, made)):
                found.append(statement)
    return found


def _computes(functions: Functions, loop: cst.For, made: list[cst.Call]) -> bool:
    """Whether a loop computes graph tensors outside of the making of its variables."""
    making = {inner for call in made for inner in tree.walk(call)}
    values = (functions.staging.last_values.get(node) for node in tree.walk(loop.body) if node not in making)
    return any(value is not None and value.kind is Kind.TENSOR and value.dynamic for value in values)


def around(functions: Functions, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The compound statements around a node in its function, innermost first."""
    current = functions.parents.get(node)
    while current is not None and not isinstance(current, cst.FunctionDef):
        if isinstance(current, cst.BaseCompoundStatement):
            yield current
        current = functions.parents.get(current)


def _in_loop(functions: Functions, node: cst.CSTNode) -> bool:
    return any(isinstance(item, (cst.For, cst.While)) for item in around(functions, node))


class Loop(Body):
    """Divides one loop; ``making`` are the statements that make its state, ``computing`` those that compute."""

    def __init__(self, loop: cst.For, separation: Separation) -> None:
        functions = separation.functions
        definition = cst.FunctionDef(cst.Name("loop"), cst.Parameters(), cst.IndentedBlock([loop]))
        builder = Builder(definition, late=_tensors(functions, loop))
        super().__init__(builder, functions, separation.origins, set())
        self.loop = loop
        self.settings_of = separation.settings_of
        self.object_call = separation.object_call
        self.shared = self._made_before
        self.separation = separation
        self.names = separation.names
        self.instances = separation.instances
        self.own = separation.loop_names
        self.making: list[cst.BaseStatement] = []
        self.computing: list[cst.BaseStatement] = []

    def divide(self) -> None:
        """Divide the loop. Raises Refusal."""
        self._needs()
        self.separation.sharing.check_turns(self.builder, self.loop)
        making, computing = self._for(self.loop)
        blank = [line for line in self.loop.leading_lines if line.comment is None]
        rest = [line for line in self.loop.leading_lines if line.comment is not None]
        self.making = [with_lead(making[0], blank), *making[1:]]
        self.computing = [line.with_changes(leading_lines=rest) for line in computing]
        for new, old in zip([*self.making, *self.computing], [*making, *computing], strict=True):
            self.origins.note(new, old)

    def _made_before(self, call: cst.Call) -> cst.Call | None:
        """The earlier call whose object a call uses; also one that is made before the loop."""
        first = self.separation.sharing.first.get(call)
        if first is not None and call in self.separation.sharing.once:
            raise Refusal("TF444", "some turns of the loop share what they make, and some do not", call)
        return self.separation.shared(call)

    def shared_in(self, node: cst.CSTNode) -> bool:
        """Whether a node is a call that shares the object of another one in this loop."""
        first = self.shared(node) if isinstance(node, cst.Call) else None
        return first is not None and first not in self.instances

    def shared_object(self, first: cst.Call, place: cst.CSTNode) -> cst.BaseExpression:
        """The object that an earlier call has made, before the loop."""
        return self.origins.made_for(cst.Name(self.instances[first]), place)

    # Plain names take the place of attributes.

    def _attribute(self, wanted: str) -> str:
        return self._free(wanted, self.attributes)

    def _local(self, stem: str) -> str:
        return self._free(stem, [])

    def _free(self, wanted: str, used: list[str]) -> str:
        count, found = 2, wanted
        while found in used or not self._is_free(found):
            found, count = f"{wanted}_{count}", count + 1
        self.names.taken.add(found)
        self.own.add(found)
        return found

    def _is_free(self, name: str) -> bool:
        """Whether nothing is called so, other than an attribute or a function that becomes a class."""
        replaced = [found for found, made in self.names.classes.items() if found.name.value == name != made]
        used = {name.value for name in read_names(self.separation.ctx.module, self.parents)} - {
            definition.name.value for definition in replaced
        }
        bound = self.symbols.is_bound(name) and not replaced
        return not bound and name not in used | self.own | set(self.instances.values()) and not keyword.iskeyword(name)

    def _self(self, attribute: str, node: cst.CSTNode) -> cst.Attribute | cst.Name:
        old = node if isinstance(node, cst.Name) else None
        name = cst.Name(attribute, lpar=old.lpar if old else [], rpar=old.rpar if old else [])
        return self.origins.made_for(name, node)


def _tensors(functions: Functions, loop: cst.For) -> set[str]:
    """The names around a loop that stand for graph tensors, or for containers of them, when it reads them."""
    found = set()
    for name in read_names(loop, functions.parents):
        value = functions.staging.last_values.get(name)
        if value is not None and any(leaf.kind in LATE for leaf in value.leaves()):
            found.add(name.value)
    return found
