"""The class that a builder function becomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from codemods.builders.bodies import Body
from codemods.builders.trees import Traces
from codemods.context import Context
from codemods.findings import Refusal

if TYPE_CHECKING:
    from codemods.builders.separation import Separation

_BLANK = cst.EmptyLine(indent=False)


def definition(ctx: Context, body: Body, name: str, keras: bool, separation: Separation) -> cst.ClassDef:
    """The class: ``__init__`` makes the state, ``call`` (of Keras) or ``__call__`` computes."""
    function = body.builder.definition
    roots = ctx.symbols.names_of("tf")
    if not roots:
        raise Refusal("TF440", "the file has no name for TensorFlow itself", function)
    base = "keras.layers.Layer" if separation.is_inner(function) or body.lazy else "keras.Model"
    base = f"{roots[0]}.{base if keras else 'Module'}"
    self_ = cst.Param(cst.Name("self"))
    init: list[cst.BaseStatement] = [cst.parse_statement("super().__init__()")]
    for parameter, attribute in zip(body.kept, body.attributes, strict=False):
        init.append(cst.parse_statement(f"self.{attribute} = {parameter}"))
    init += [] if body.lazy else body.init
    init[len(body.kept) + 1 :] = _without_first_blank(init[len(body.kept) + 1 :], separation.origins)
    settings = cst.Parameters([self_, *_parameters(body.settings)])
    methods: list[cst.BaseStatement] = [
        cst.FunctionDef(cst.Name("__init__"), settings, cst.IndentedBlock(init)),
        cst.FunctionDef(
            cst.Name("call" if keras else "__call__"),
            cst.Parameters([self_.deep_clone(), *_parameters([*_given(body), *_outside(body)])]),
            cst.IndentedBlock(
                _without_first_blank(body.call, separation.origins) or [cst.parse_statement("pass")], footer=body.footer
            ),
            leading_lines=[_BLANK],
        ),
    ]
    if body.lazy:
        methods.insert(1, _build(_without_first_blank(body.init, separation.origins), roots[0]))
    if body.docstring is not None:
        methods[0] = methods[0].with_changes(leading_lines=[_BLANK])
        methods.insert(0, body.docstring)
    assert isinstance(function.body, cst.IndentedBlock)
    made = cst.ClassDef(
        cst.Name(name),
        cst.IndentedBlock(methods, header=function.body.header),
        bases=[cst.Arg(cst.parse_expression(base))],
        leading_lines=function.leading_lines,
    )
    return separation.origins.made_for(made, function)


def _build(body: list[cst.BaseStatement], root: str) -> cst.FunctionDef:
    """The method that makes the state when the shape of the input is known, once, outside of the function at hand."""
    text = f"def build(self, input_shape):\n    with {root}.init_scope():\n        pass"
    made = cst.ensure_type(cst.parse_statement(text), cst.FunctionDef)
    scope = cst.ensure_type(made.body.body[0], cst.With)
    inner = scope.with_changes(body=cst.IndentedBlock(body))
    return made.with_changes(body=cst.IndentedBlock([inner]), leading_lines=[_BLANK])


def _given(body: Body) -> list[cst.Param]:
    """The parameters of the call: the tensors come first."""
    return sorted(body.given, key=lambda item: item.name.value not in body.builder.late)


def _outside(body: Body) -> list[cst.Param]:
    return [cst.Param(cst.Name(name)) for name in body.builder.outside]


def _parameters(parameters: list[cst.Param]) -> list[cst.Param]:
    """Parameters in a row: those without a default first, as Python wants it."""
    ordered = sorted(parameters, key=lambda item: item.default is not None)
    return [item.with_changes(comma=cst.MaybeSentinel.DEFAULT) for item in ordered]


def _without_first_blank(body: list[cst.BaseStatement], origins: Traces) -> list[cst.BaseStatement]:
    if not body:
        return []
    lines = list(getattr(body[0], "leading_lines", ()))
    while lines and lines[0].comment is None:
        lines.pop(0)
    return [origins.note(body[0].with_changes(leading_lines=lines), body[0]), *body[1:]]
