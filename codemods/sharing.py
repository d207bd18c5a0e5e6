"""What several functions have in common: shared statements become functions of their own."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from codemods.analysis.keras_records import Symbolic
from codemods.analysis.slices import free_names
from codemods.analysis.statements import Binding, Role, Statement
from codemods.plan import Function, Part, Plan
from codemods.training_flags import agree
from codemods.training_order import late_statements


def share(plan: Plan) -> None:
    """Move statements that several functions need into functions of their own."""
    for function in plan.functions:
        _call_others(function, plan)
    users: dict[Statement, list[Function]] = {}
    late = {item for function in plan.functions for item in _late(function)}
    for function in plan.functions:
        covered = {statement for part in function.parts for statement in part.statements}
        for statement in function.slice.ordered():
            if statement not in covered:
                users.setdefault(statement, []).append(function)
    groups: dict[tuple[int, ...], list[Statement]] = {}
    for statement, functions in users.items():
        same_phase = len({function.phase for function in functions}) == 1
        if len(functions) > 1 and statement.role is Role.GRAPH and statement not in late and same_phase:
            groups.setdefault(tuple(id(function) for function in functions), []).append(statement)
    for statements in groups.values():
        functions = users[statements[0]]
        part = Part(statements[0].scope, sorted(statements, key=lambda item: item.order), functions)
        if not _fits(part, plan):
            continue
        part.function = next((item for item in functions if _is_function(part, item)), None)
        if part.function is not None and not all(_may_call(item, part.function) for item in functions):
            part.function = None
        if _is_own_call(part.statements):
            part.function = None
        if part.function is None and len(statements) == 1 and (len(functions) < 3 or _is_short(statements[0])):
            continue  # writing the line again is shorter than a function
        plan.parts.append(part)
        for function in functions:
            if function is not part.function:
                function.parts.append(part)
    plan.parts.sort(key=lambda part: part.statements[-1].order)


def _late(function: Function) -> list[Statement]:
    return late_statements([item for item in function.slice.ordered() if item.role is Role.GRAPH])


def _is_short(statement: Statement) -> bool:
    node = statement.node
    text = cst.Module([]).code_for_node(node.with_changes(leading_lines=[])).strip()
    return "\n" not in text and len(text) < 70


def _is_own_call(statements: Sequence[Statement]) -> bool:
    """Whether all there is to share is one call of the program's own: ``fake = generator(z)``.

    The same call again is as short as one of another function, and inside of a tape it is what TF1 computed, bit for
    bit: the gradient of a traced function that another one calls is rounded otherwise (1.4e-9 of 4e-4 in a GAN).
    """
    line = statements[0].node if len(statements) == 1 else None
    small = line.body[0] if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1 else None
    if not isinstance(small, cst.Assign) or len(small.targets) != 1:
        return False
    return isinstance(small.value, cst.Call) and isinstance(small.value.func, cst.Name)


def _call_others(function: Function, plan: Plan) -> None:
    """Let a function call those run sites' own functions of whose work it needs only the result."""
    covered: set[Statement] = set()
    for other in sorted(plan.functions, key=lambda item: -len(item.slice.statements)):
        statements = other.slice.statements
        node = other.returns[0].node if len(other.returns) == 1 else None
        if _is_own_call(other.slice.ordered()):
            continue
        if not isinstance(node, cst.Name) or not statements < function.slice.statements or statements & covered:
            continue
        if (
            other.scope is not function.scope
            or other.phase != function.phase
            or not _may_call(function, other)
            or any(item.updates or item.summarises for item in statements)
        ):
            continue
        part = Part(other.scope, other.slice.ordered(), [function], function=other)
        if _fits(part, plan) and part.outputs == [node.value] and other.returns[0].form == "tensor":
            function.parts.append(part)
            covered |= statements


def _may_call(function: Function, other: Function) -> bool:
    """Whether a function has all that a call of the other needs; it may have parameters that it does not read."""
    return set(other.parameters) <= set(function.parameters) and agree(function, other)


def _is_function(part: Part, function: Function) -> bool:
    """Whether a run site's own function computes just the shared part, so that the others can call it."""
    if set(part.statements) != function.slice.statements or len(function.returns) != 1 or len(part.outputs) != 1:
        return False
    if any(item.summarises for item in part.statements):
        return False  # a traced function would keep the writer of its first call
    node = function.returns[0].node
    return isinstance(node, cst.Name) and node.value == part.outputs[0] and function.returns[0].form == "tensor"


def _fits(part: Part, plan: Plan) -> bool:
    """Whether the part can be a function: what passes in and out has one meaning around it; sets inputs and outputs."""
    inside = set(part.statements)
    last = {name: statement for statement in part.statements for name in statement.binds}
    inputs = _inputs(part, plan)
    outputs: set[str] = set()
    for function in part.users:
        for name, binding in _read_outside(function, inside):
            if binding.sources != {last.get(name)}:
                return False  # a version in between is needed
            outputs.add(name)
        if any(
            _reads(item, inside) and item.order < part.statements[-1].order
            for item in function.slice.statements - inside
        ):
            return False  # the call would come after its use
    for function in part.users:
        outside = [name for statement in function.slice.statements - inside for name in statement.binds]
        outside += [name for name, _ in function.parameters]
        if any(outside.count(name) > 1 for name in inputs) or outputs & set(outside):
            return False
    flags = {name for function in part.users for name in function.flags}
    part.inputs = sorted(inputs, key=lambda name: name in flags)
    part.outputs = [name for name in last if name in outputs]
    return 1 <= len(part.outputs) <= 3 and not outputs & set(inputs)


def _reads(statement: Statement, inside: set[Statement]) -> bool:
    return any(binding.sources & inside for bindings in statement.uses.values() for binding in bindings)


def _inputs(part: Part, plan: Plan) -> dict[str, None]:
    """The graph tensors that the part needs from outside, in order of use."""
    inside = set(part.statements)
    found: dict[str, None] = {}
    for statement in part.statements:
        for name, bindings in statement.uses.items():
            sources = {source for binding in bindings for source in binding.sources if source is not None} - inside
            moving = any(source.role in (Role.GRAPH, Role.PLACEHOLDER) for source in sources)
            if moving or name in plan.outputs or _is_input(bindings):
                found[name] = None
    return found


def _is_input(bindings: Sequence[Binding]) -> bool:
    """Whether a name stands for a Keras input, which is a parameter of the functions."""
    payloads = [binding.value.payload for binding in bindings]
    return any(isinstance(payload, Symbolic) and payload.placeholder is not None for payload in payloads)


def _read_outside(function: Function, inside: set[Statement]) -> list[tuple[str, Binding]]:
    """What a function's other statements and results read of the part."""
    found = []
    for statement in function.slice.statements - inside:
        for name, bindings in statement.uses.items():
            found += [(name, binding) for binding in bindings if binding.sources & inside]
    for element in function.read:
        for name in free_names(element.node):
            binding = element.names.get(name)
            if binding is not None and binding.sources & inside:
                found.append((name, binding))
    return found
