"""What several functions have in common: shared statements become functions of their own."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.slices import Slice, free_names
from codemods.analysis.statements import Role, Statement
from codemods.plan import Function, Part, Plan


def share(plan: Plan) -> None:
    """Move statements that several functions need into functions of their own."""
    users: dict[Statement, list[Function]] = {}
    for function in plan.functions:
        for statement in function.slice.ordered():
            users.setdefault(statement, []).append(function)
    groups: dict[tuple[int, ...], list[Statement]] = {}
    for statement, functions in users.items():
        same_phase = len({function.phase for function in functions}) == 1
        if len(functions) > 1 and statement.role is Role.GRAPH and not statement.updates and same_phase:
            groups.setdefault(tuple(id(function) for function in functions), []).append(statement)
    for statements in groups.values():
        functions = users[statements[0]]
        part = Part(statements[0].scope, sorted(statements, key=lambda item: item.order), functions)
        if not _fits(part):
            continue
        part.function = next((item for item in functions if _is_function(part, item)), None)
        if part.function is None and len(statements) == 1 and len(functions) < 3:
            continue  # writing the line twice is shorter than a function
        plan.parts.append(part)
        for function in functions:
            if function is not part.function:
                function.parts.append(part)
    plan.parts.sort(key=lambda part: part.statements[-1].order)


def _is_function(part: Part, function: Function) -> bool:
    """Whether a run site's own function computes just the shared part, so that the others can call it."""
    if set(part.statements) != function.slice.statements or len(function.returns) != 1 or len(part.outputs) != 1:
        return False
    node = function.returns[0].node
    return isinstance(node, cst.Name) and node.value == part.outputs[0] and function.returns[0].form == "tensor"


def _fits(part: Part) -> bool:
    """Whether the part can be a function: each name in and around it has one meaning, and it is worth a call."""
    inside = set(part.statements)
    bound = {name: binding for statement in part.statements for name, binding in statement.binds.items()}
    if sum(len(statement.binds) for statement in part.statements) != len(bound):
        return False
    inputs: dict[str, None] = {}
    outputs: set[str] = set()
    for function in part.users:
        names = [name for statement in function.slice.statements for name in statement.binds]
        names += [name for name, _ in function.parameters]
        if len(names) != len(set(names)):
            return False
        for statement in function.slice.statements - inside:
            for name, bindings in statement.uses.items():
                if any(binding.sources & inside for binding in bindings):
                    outputs.add(name)
        for element in function.returns:
            found = Slice()
            found.expression(element.node, element.names)
            outputs |= {name for name in free_names(element.node) if name in bound and found.statements & inside}
    for statement in part.statements:
        for name, bindings in statement.uses.items():
            for binding in bindings:
                for source in binding.sources:
                    if source is not None and source not in inside and source.role in (Role.GRAPH, Role.PLACEHOLDER):
                        inputs[name] = None
    part.inputs = list(inputs)
    part.outputs = [name for statement in part.statements for name in statement.binds if name in outputs]
    return 1 <= len(part.outputs) <= 3
