"""Host code in emitted functions: traced once, it must give what it gave while the graph was built."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from codemods import tree
from codemods.analysis import effects
from codemods.analysis.slices import free_names
from codemods.analysis.staging import Staging
from codemods.analysis.statements import Statement
from codemods.analysis.values import Kind
from codemods.findings import Refusal
from codemods.plan import Lowering, Plan


def check(staging: Staging, plan: Plan) -> list[Refusal]:
    """What the functions of a plan would compute from other Python values than TF1 did."""
    parents = tree.parents(staging.module)
    found: list[Refusal] = []
    moved: dict[cst.CSTNode, None] = {}
    for lowering in plan.lowerings:
        if lowering.mode != "function":
            continue
        found += _changing_names(lowering, parents)
        found += _iterators(lowering)
        moved |= dict.fromkeys(statement.node for statement in lowering.slice.ordered())
        moved |= {element.node: None for element in lowering.elements}
    _same_draws(staging, plan)
    seen: set[cst.CSTNode] = set()
    for node in moved:
        for call in effects.impure_calls(node, staging.modules, staging.last_values, staging.symbols.of):
            if call not in seen:
                seen.add(call)
                if isinstance(call.func, cst.Name) and call.func.value == "print" and _is_conditional(call, parents):
                    message = "the message is printed when the graph code is traced, not where it stands"
                    plan.notes.append(("TF253", message, call))
                    continue
                name = cst.Module([]).code_for_node(call.func)
                message = f"graph code calls {name}(), which must run once and in its place"
                found.append(Refusal("TF206", message, call))
    return found


def _same_draws(staging: Staging, plan: Plan) -> None:
    """Note functions that draw the same numbers: with a global seed TF2 counts random operations by function."""
    seeds = ("tf.set_random_seed", "tf.random.set_random_seed")
    seeded = next((use for use in staging.symbols.tf_uses() if use.name in seeds), None)
    drawing = [
        function
        for function in plan.functions
        if any(binding.value.random for item in function.slice.statements for binding in item.binds.values())
    ]
    if seeded is not None and len(drawing) > 1:
        message = "several functions draw random numbers: with this seed their draws are the same ones"
        plan.notes.append(("TF721", message, seeded.node))


def _changing_names(lowering: Lowering, parents: Mapping[cst.CSTNode, cst.CSTNode]) -> list[Refusal]:
    """Names in the fetch itself that mean something else at each run."""
    site = lowering.site
    loops = site.statement.loops()
    inner = _inner_names(site.call, parents)
    found = []
    for element in lowering.elements:
        for name in free_names(element.node):
            binding = element.names.get(name)
            if binding is None or element.names is not site.names:
                continue
            if name in inner:
                message = f"the fetch is built anew for each {name!r} of a comprehension"
                found.append(Refusal("TF204", message, site.call))
            changes = any(_is_inside(source, loop) for source in binding.sources for loop in loops)
            host = binding.value.kind in (Kind.HOST, Kind.UNKNOWN, Kind.SHAPE, Kind.VARIABLE, Kind.METHOD)
            if name not in inner and host and changes:
                message = f"the fetch is built anew in a loop, from {name!r} that changes with it"
                found.append(Refusal("TF204", message, site.call))
    return found


_ITERATORS = frozenset({"iter", "zip", "map", "filter", "enumerate", "reversed"})


def _iterators(lowering: Lowering) -> list[Refusal]:
    """Iterators that graph code empties: only the first function that is traced would get something from them."""
    found = []
    for name, binding in lowering.slice.free.items():
        node = binding.value.node
        called = node.func.value if isinstance(node, cst.Call) and isinstance(node.func, cst.Name) else None
        if isinstance(node, cst.GeneratorExp) or called in _ITERATORS:
            message = f"graph code takes values from the iterator {name!r}, which gives them only once"
            found.append(Refusal("TF206", message, lowering.site.call))
    return found


def _is_conditional(node: cst.CSTNode, parents: Mapping[cst.CSTNode, cst.CSTNode]) -> bool:
    current = parents.get(node)
    while current is not None and not isinstance(current, cst.FunctionDef):
        if isinstance(current, cst.If):
            return True
        current = parents.get(current)
    return False


def _is_inside(statement: Statement | None, loop: Statement) -> bool:
    while statement is not None and statement is not loop:
        statement = statement.container
    return statement is loop


def _inner_names(node: cst.CSTNode, parents: Mapping[cst.CSTNode, cst.CSTNode]) -> set[str]:
    """The names that comprehensions and lambdas around ``node`` bind."""
    found: set[str] = set()
    current: cst.CSTNode | None = node
    while current is not None and not isinstance(current, cst.BaseStatement):
        if isinstance(current, (cst.BaseComp, cst.CompFor)):
            clause: cst.CompFor | None = current if isinstance(current, cst.CompFor) else current.for_in
            while clause is not None:
                found |= {item.value for item in tree.walk(clause.target) if isinstance(item, cst.Name)}
                clause = clause.inner_for_in
        elif isinstance(current, cst.Lambda):
            found |= {parameter.name.value for parameter in current.params.params}
        current = parents.get(current)
    return found
