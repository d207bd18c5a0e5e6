"""tf.contrib.layers and slim, before everything else: their calls are written out as the TF1 that they stand for.

``slim.conv2d(net, 64, [3, 3])`` is ``tf.layers.conv2d(net, 64, [3, 3], padding="same", activation="relu")``, and the
arguments that an ``arg_scope`` gives are written where they hold. What comes out is TF1 still; the other rewrites never
see contrib. Calls that cannot be written out are left, and refused with a reason.
"""

from __future__ import annotations

import libcst as cst

from codemods import tables, tree
from codemods.analysis.contrib_symbols import contrib_name, layer_key
from codemods.analysis.symbols import Scope, symbols_of
from codemods.findings import Finding, Refusal, Status
from codemods.origins import Origins
from codemods.rewrites import spelling
from codemods.rewrites.call_parts import keyword
from codemods.rewrites.contrib_arguments import Request, check_pure, clone
from codemods.rewrites.contrib_functions import FUNCTIONS, SHARED
from codemods.rewrites.contrib_partials import Partials
from codemods.rewrites.contrib_repeats import Repeats
from codemods.rewrites.contrib_scopes import Scopes
from codemods.rewrites.contrib_stage import placed, separated
from codemods.rewrites.contrib_variables import ALIASES, arguments
from codemods.rewrites.contrib_written import Symbol, Written
from codemods.rewrites.keras_classes import tidy


def write_out(module: cst.Module, origins: Origins | None = None) -> Written:
    """Write out every call of tf.contrib.layers and slim that has a counterpart in TF1's own layers.

    ``origins`` are the places in the text, where the module is not that text any more.
    """
    symbols = symbols_of(module)
    if not any(contrib_name(use.name) or use.name.startswith("tf.layers.") for use in symbols.tf_uses()):
        return Written(module, origins)
    stage = _Writing(module, symbols, origins)
    stage.propose()
    if stage.refusals:
        return Written(module, origins, findings=stage.refused())
    if not stage.edits:
        return Written(module, origins)
    after = stage.with_imports(stage.edits.apply(module, stage.ctx.parents))
    spans = {use.node: stage.ctx.span(use.node) for use in symbols.tf_uses()}
    places = frozenset((span.line, span.column) for span in spans.values())
    written = Written(after, Origins(module, after, stage.edits, origins, stage.first), places=places)
    for use in symbols.tf_uses():
        span = spans[use.node]
        if use.node in stage.written:
            written.symbols[span.line, span.column] = Symbol(stage.written[use.node], use.name, span)
        elif use.node in stage.absorbed:
            message = f"{use.name} became part of the layers that it stands for"
            written.findings.append(Finding("TF100", span, message, Status.NATIVE, use.name))
    return written


class _Writing(Repeats, Partials, Scopes):
    """Proposes every edit."""

    def propose(self) -> None:
        """Propose every edit; what is in the way is in ``refusals``."""
        for use in self.symbols.tf_uses():
            name = contrib_name(use.name)
            if name in SHARED and (use.name.startswith("tf.contrib.slim.") or self.is_of_alias(use.node)):
                self.shared(use.node, f"tf.contrib.layers.{name}", use.scope)
            elif use.name.startswith("tf.contrib.slim.metrics."):
                self.shared(use.node, use.name.replace(".slim", ""), use.scope)
        self.write_partials()
        for use in self.symbols.tf_uses():
            name = contrib_name(use.name)
            call = self.symbols.call(use.node)
            try:
                if name in ("repeat", "stack") and call is not None:
                    self.repeated(use.node, use.name, call)
                elif layer_key(use.name) in FUNCTIONS and call is not None:
                    self.layer(use.node, use.name, call)
                elif name == "apply_regularization" and call is not None:
                    self.regularization(use.node, call)
                elif name in ALIASES and call is not None:
                    self.alias(use.node, name, call)
                elif use.name == "tf.variable_scope" and call is not None:
                    self.variable_scope(call)
            except Refusal as refusal:
                self.refusals.append(placed(refusal, use.node, use.name))
        try:
            self.functions_of_the_program()
            self.leave_scopes()
            self.leave_names()
        except Refusal as refusal:
            self.refusals.append(placed(refusal, self.ctx.module, None))

    def is_of_alias(self, node: cst.BaseExpression) -> bool:
        """Whether a function is named by way of ``layers = tf.contrib.layers``, a line that is to go."""
        while isinstance(node, cst.Attribute):
            node = node.value
        made = self.names.assigned(node) if isinstance(node, cst.Name) else None
        return made is not None and self.symbols.of(made) == "tf.contrib.layers"

    def layer(self, func: cst.BaseExpression, symbol: str, call: cst.Call) -> None:
        """One layer."""
        if self.inside_scopes(call):
            return
        steps = self.writer.steps(Request(call, symbol, range(len(call.args))))
        self.write(call, steps)
        self.written[func] = FUNCTIONS[layer_key(symbol) or ""].target

    def alias(self, func: cst.BaseExpression, name: str, call: cst.Call) -> None:
        """A function that TF1 has under another name."""
        if self.inside_scopes(call):
            return
        alias = ALIASES[name]
        if self.scopes.defaults(call, name):
            raise Refusal("TF450", f"an arg scope gives arguments to {name}()", call)
        kept = arguments(self.symbols, alias, call, name)
        target = self.spell(alias.target, call)
        first = []
        if alias.first is not None and alias.first[0] not in [parameter for parameter, _ in kept]:
            first = [cst.Arg(self.spell(alias.first[1], call))]

        entry = tables.lookup(alias.target)
        order = list(entry.parameters) if entry is not None else []
        places = [place for _, place in kept]

        def build(updated: cst.Call) -> cst.Call:
            plain = not first and places == list(range(len(kept)))
            args = []
            for parameter, place in kept:
                arg = updated.args[place]
                plain = plain and (arg.keyword is not None or order[place : place + 1] == [parameter])
                if plain and (arg.keyword is None or arg.keyword.value == parameter):
                    args.append(arg)
                else:
                    args.append(keyword(parameter, arg.value))
            return updated.with_changes(func=target, args=separated([*first, *args]))

        self.edits.drop(func)
        self.edits.replace(call, build)
        self.written[func] = alias.target

    def regularization(self, func: cst.BaseExpression, call: cst.Call) -> None:
        """``apply_regularization(regularizer, [v, w])``: the sum of what the regularizer computes of each."""
        given = dict(zip(("regularizer", "weights_list"), call.args, strict=False))
        given |= {arg.keyword.value: arg for arg in call.args if arg.keyword is not None}
        function, listed = (given[name].value if name in given else None for name in ("regularizer", "weights_list"))
        if any(arg.star for arg in call.args) or len(given) != 2 or function is None:
            raise Refusal("TF451", "apply_regularization without a regularizer and a list of weights", call)
        if not isinstance(listed, (cst.List, cst.Tuple)) or not listed.elements:
            raise Refusal("TF451", "apply_regularization of weights that are not written as a list", call)
        reader = next((use for use in self.symbols.tf_uses() if use.name.startswith(_READERS)), None)
        if reader is not None:
            raise Refusal("TF451", f"apply_regularization adds to a collection, and {reader.name} may read it", call)
        if isinstance(function, cst.Call):
            check_pure(self.symbols, function)
        target = self.spell("tf.add_n", call)
        places = {name: call.args.index(arg) for name, arg in given.items()}

        def build(updated: cst.Call) -> cst.Call:
            regularizer = updated.args[places["regularizer"]].value
            weights = updated.args[places["weights_list"]].value
            assert isinstance(weights, (cst.List, cst.Tuple))
            values = [cst.Call(clone(regularizer), [cst.Arg(item.value)]) for item in weights.elements]
            return updated.with_changes(func=target, args=[cst.Arg(cst.List([cst.Element(value) for value in values]))])

        self.edits.drop(call)
        self.edits.replace(call, build)
        self.written[func] = "tf.add_n"

    def variable_scope(self, call: cst.Call) -> None:
        """``tf.variable_scope(scope, "Net", [inputs])``: the values only say which graph is meant."""
        values = [arg for arg in call.args[2:3] if arg.keyword is None and not arg.star]
        values += [arg for arg in call.args if arg.keyword is not None and arg.keyword.value == "values"]
        if len(call.args) >= 2 and values and all(arg.keyword is not None for arg in call.args[3:]):
            self.edits.remove(values[0])
            self.edits.replace(call, tidy)

    def shared(self, func: cst.BaseExpression, target: str, scope: Scope) -> None:
        """A function of slim that tf.contrib.layers has, too."""
        made = spelling.symbol(self.ctx, self.edits, scope, target)
        self.writer.respelled[func] = made
        self.edits.replace(func, lambda _: made.deep_clone())
        self.written[func] = target

    def leave_names(self) -> None:
        """Assignments that nothing reads any more: ``slim = tf.contrib.slim``, a dict of parameters."""
        for call in list(self.edits.nodes):
            if isinstance(call, cst.Call) and self.edits.is_dropped(call, self.ctx.parents):
                self.absorb(*(arg for arg in call.args if self.is_normalizer(arg)))
        gone = {*self.absorbed, *(node for found in self.written for node in tree.walk(found))}
        for line, name in self.names.assignments():
            reads = self.names.reads(name)
            if reads and all(read in gone for read in reads) and self.names.is_removable(line):
                self.absorb(line)
                self.edits.remove(line)

    def is_normalizer(self, arg: cst.Arg) -> bool:
        """Whether an argument of a layer that was written out is not in the output as such."""
        gone = ("normalizer_fn", "normalizer_params", "param_initializers")
        return arg.keyword is not None and arg.keyword.value in gone

    def with_imports(self, module: cst.Module) -> cst.Module:
        """``module`` with the imports that its new names need."""
        if not self.edits.imports:
            return module
        lines = []
        for required in self.edits.imports:
            alias = f" as {required.alias}" if required.alias else ""
            lines.append(cst.parse_statement(f"import {required.module}{alias}"))
        body = list(module.body)
        place = next((at for at, node in enumerate(body) if _imports_tensorflow(node)), 0)
        return module.with_changes(body=[*body[:place], *lines, *body[place:]])


def _imports_tensorflow(node: cst.CSTNode) -> bool:
    text = cst.Module([]).code_for_node(node) if isinstance(node, cst.SimpleStatementLine) else ""
    return text.lstrip().startswith(("import tensorflow", "from tensorflow", "import tf_slim", "from tf_slim"))


# What reads the collections of losses.
_READERS = ("tf.losses.get_", "tf.get_collection", "tf.contrib.losses.get_", "tf.contrib.slim.losses.get_")
