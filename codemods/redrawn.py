"""Initial values drawn under a name: an initialiser that runs again draws them anew."""

from __future__ import annotations

import libcst as cst

from codemods.analysis import roles
from codemods.analysis.slices import free_names
from codemods.analysis.staging import Staging
from codemods.analysis.statements import Binding, Statement
from codemods.analysis.values import Kind, Variable
from codemods.findings import Refusal


def drawing(staging: Staging, variable: Variable) -> cst.BaseExpression | None:
    """What draws the initial value of ``w = tf.Variable(w0)``, after ``w0 = tf.random_normal([3])``; else None."""
    if not isinstance(variable.initial, cst.Name):
        return None
    found = [_drawn(staging, binding) for binding in variable.statement.uses.get(variable.initial.value, ())]
    return found[0] if len(found) == 1 else None


def refusal(staging: Staging, variable: Variable, place: cst.CSTNode) -> Refusal | None:
    """Why the numbers cannot be drawn again as TF1 does; None where they can, or nothing is drawn under a name."""
    if variable.initial is None:
        return None
    names = free_names(variable.initial)
    drawn = [
        name
        for name in names
        if any(_drawn(staging, binding) is not None for binding in variable.statement.uses.get(name, ()))
    ]
    if not drawn:
        return None
    message = f"{drawn[0]!r} is drawn anew when variables are initialised again"
    others = [item for statement in staging.ordered for item in statement.variables if item is not variable]
    shared = any(item.initial is not None and drawn[0] in free_names(item.initial) for item in others)
    expression = drawing(staging, variable)
    if expression is None or shared:
        return Refusal("TF240", message, place)
    return None


def source(variable: Variable) -> Statement | None:
    """The statement that binds the name of an initial value."""
    assert isinstance(variable.initial, cst.Name)
    bindings = variable.statement.uses.get(variable.initial.value, [])
    return _source(bindings[0]) if len(bindings) == 1 else None


def _source(binding: Binding) -> Statement | None:
    sources = list(binding.sources)
    return sources[0] if len(sources) == 1 else None


def _drawn(staging: Staging, binding: Binding) -> cst.BaseExpression | None:
    """The call that draws what a name is bound to."""
    made = _source(binding)
    line = made.node if made is not None else None
    small = line.body[0] if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1 else None
    if not isinstance(small, cst.Assign) or len(small.targets) != 1:
        return None
    if binding.value.random and binding.value.kind is Kind.TENSOR:
        return small.value
    called = staging.last_values.get(small.value.func) if isinstance(small.value, cst.Call) else None
    maker = called.node if called is not None and called.kind is Kind.HOST else None
    symbol = staging.symbols.of(maker.func) if isinstance(maker, cst.Call) else None
    makes = symbol is not None and roles.role(symbol) == roles.HOST and "initializer" in symbol.lower()
    return small.value if makes else None
