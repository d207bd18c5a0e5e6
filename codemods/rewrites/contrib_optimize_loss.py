"""``tf.contrib.layers.optimize_loss``, before everything else: the optimizer and its step are written out.

``train_op = optimize_loss(loss, step, 0.1, "Adam")`` is ``optimizer = tf.train.AdamOptimizer(0.1)`` and ``train_op =
optimizer.minimize(loss, global_step=step)``. Where the value of ``train_op`` is used, it is the loss, and no sooner
there than the step is done. What comes out is TF1 still. What does not show in it is a variable with the learning rate,
the names of the slots and some summaries: where the file may see these, the call is refused.
"""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst
from libcst import matchers
from libcst.helpers import parse_template_statement

from codemods import tree
from codemods.analysis.contrib_symbols import contrib_name
from codemods.analysis.symbols import Use, symbols_of
from codemods.context import Context
from codemods.edits import Edits
from codemods.findings import Finding, Refusal, Status
from codemods.origins import Origins
from codemods.rewrites import spelling
from codemods.rewrites.contrib_arguments import clone
from codemods.rewrites.contrib_names import Names
from codemods.rewrites.contrib_written import Written
from codemods.rewrites.optimize_loss_arguments import CODE, Arguments
from codemods.rewrites.optimize_loss_readers import check_file


def write_out(module: cst.Module, origins: Origins | None) -> Written | None:
    """Write out every call of ``optimize_loss``; None where there is none."""
    symbols = symbols_of(module)
    uses = [use for use in symbols.tf_uses() if contrib_name(use.name) == "optimize_loss"]
    if not uses:
        return None
    stage = _Stage(Context(module, symbols, origins=origins))
    refused = []
    for use in uses:
        try:
            stage.use(use, len(uses))
        except Refusal as refusal:
            place = refusal.node if isinstance(refusal.node, cst.CSTNode) else use.node
            refused.append(
                Finding(refusal.code, stage.ctx.span(place), refusal.message, Status.REFUSED, use.name)
            )  # fmt: skip
    if refused:
        return Written(module, origins, refused)
    spans = {use.node: stage.ctx.span(use.node) for use in symbols.tf_uses()}
    message = "{} is written out as the step of an optimizer"
    findings = [
        Finding("TF100", spans[use.node], message.format(use.name), Status.NATIVE, use.name) for use in uses
    ]  # fmt: skip
    told = "{} went with the call of optimize_loss that it was given to"
    findings += [
        Finding("TF100", spans[use.node], told.format(use.name), Status.NATIVE, use.name)
        for use in symbols.tf_uses()
        if use.node in stage.gone
    ]
    after = stage.edits.apply(module, stage.ctx.parents)
    places = frozenset((span.line, span.column) for span in spans.values())
    return Written(after, Origins(module, after, stage.edits, origins, stage.moved), findings, places=places)


class _Stage:
    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.symbols = ctx.symbols
        self.names = Names(ctx.symbols, ctx.parents)
        self.edits = Edits()
        self.taken: set[str] = set()
        self.gone: set[cst.CSTNode] = set()
        self.moved: dict[cst.CSTNode, cst.CSTNode] = {}  # new statements, with what they stand for

    def use(self, use: Use, count: int) -> None:
        """One call, on a line that gives its value to a name."""
        call = self.symbols.call(use.node)
        if call is None:
            raise Refusal(CODE, "optimize_loss that is not called here", use.node)
        line, target = self.line(call)
        given = Arguments(call, self.symbols, self.names)
        check_file(self.ctx, given, call, count, self.names.reads(target))
        if not self.symbols.names_of("tf", use.scope):
            raise Refusal(CODE, "optimize_loss in a file that does not import tensorflow itself", call)
        statements = self.statements(use, given, line, target)
        kept = {node for statement in statements for node in tree.walk(statement)}
        self.gone.update(node for node in tree.walk(call) if node not in kept and node is not use.node)
        for statement in statements:
            self.moved[statement] = call
        comments = [cst.EmptyLine(comment=comment) for comment in _comments(call)]

        def build(updated: cst.SimpleStatementLine) -> cst.FlattenSentinel[cst.BaseStatement]:
            made = list(statements)
            made[0] = made[0].with_changes(leading_lines=[*updated.leading_lines, *comments])
            if isinstance(made[-1], cst.SimpleStatementLine):
                made[-1] = made[-1].with_changes(trailing_whitespace=updated.trailing_whitespace)
            self.moved |= {made[0]: call, made[-1]: call}
            return cst.FlattenSentinel(made)

        self.edits.replace(line, build)
        self.edits.drop(line)

    def line(self, call: cst.Call) -> tuple[cst.SimpleStatementLine, cst.Name]:
        """The line of a call and the name that it binds. Raises Refusal where the line may run twice, or never."""
        small = self.ctx.parents.get(call)
        line = self.ctx.parents.get(small) if isinstance(small, cst.Assign) else None
        target = small.targets[0].target if isinstance(small, cst.Assign) and len(small.targets) == 1 else None
        if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1 or not isinstance(target, cst.Name):
            raise Refusal(CODE, "optimize_loss whose value is not given to a name on a line of its own", call)
        around = self.ctx.parents.get(line)
        while around is not None and not isinstance(around, (cst.Module, cst.FunctionDef)):
            if not isinstance(around, (cst.IndentedBlock, cst.With)):
                raise Refusal(CODE, "optimize_loss in a branch, a loop, a try statement or a class", call)
            around = self.ctx.parents.get(around)
        if isinstance(around, cst.FunctionDef) and not isinstance(self.ctx.parents.get(around), cst.Module):
            raise Refusal(CODE, "optimize_loss in a method or in a function inside another one", call)
        return line, target

    def statements(
        self, use: Use, given: Arguments, line: cst.SimpleStatementLine, target: cst.Name
    ) -> list[cst.BaseStatement]:
        """The statements that a call stands for."""
        found: list[cst.BaseStatement] = []

        def add(text: str, **nodes: cst.BaseExpression) -> None:
            new = parse_template_statement(text, self.ctx.module.config_for_parsing, **nodes)
            assert isinstance(new, (cst.SimpleStatementLine, cst.With))
            found.append(new)

        tf = spelling.symbol(self.ctx, self.edits, use.scope, "tf.train")
        tf = cst.ensure_type(tf, cst.Attribute).value
        rate = given.rate()
        if given.decay is not None and not given.is_instance:
            name = cst.Name(self.fresh("learning_rate", "decayed_learning_rate"))
            add("{name} = {value}", name=name, value=given.decayed(rate))
            rate = clone(name)
        optimizer = given.instance_name()
        if optimizer is None:
            optimizer = cst.Name(self.fresh("optimizer"))
            add("{name} = {value}", name=optimizer, value=given.made(tf, rate))
        loss = given.loss
        if isinstance(loss, cst.Call):
            named = cst.Name(self.fresh("loss"))
            add("{name} = {value}", name=named, value=loss)
            loss = named
        value_is_used = not self.is_discarded(target)
        if value_is_used and isinstance(self.ctx.parents.get(self.ctx.parents.get(line, line)), cst.With):
            raise Refusal(CODE, "optimize_loss in a with block, of which the value is used", given.call)
        step = cst.Name(self.fresh("train_step")) if value_is_used else target
        options = {"step_count": given.step, "variables": given.variables}
        nodes = {name: node for name, node in options.items() if node is not None}
        names = {"optimizer": clone(optimizer), "loss": clone(loss) if loss is not given.loss else loss}
        with_step = ", global_step={step_count}" if given.step is not None else ""
        with_list = ", var_list={variables}" if given.variables is not None else ""
        if given.clip is None:
            add(f"{{target}} = {{optimizer}}.minimize({{loss}}{with_step}{with_list})", target=step, **names, **nodes)
        else:
            gradients, variables = cst.Name(self.fresh("gradients")), cst.Name(self.fresh("variables"))
            norm = cst.Name("_" if "_" not in self.symbols.reads else self.fresh("norm"))
            of = ", {variables}" if given.variables is not None else ""
            listed = {"variables": given.variables} if given.variables is not None else {}
            add(
                f"{{gradients}}, {{bound}} = zip(*{{optimizer}}.compute_gradients({{loss}}{of}))",
                gradients=gradients, bound=variables, **names, **listed,
            )  # fmt: skip
            add(
                "{gradients}, {norm} = {tf}.clip_by_global_norm({again}, {limit})",
                gradients=clone(gradients), again=clone(gradients), tf=clone(tf), norm=norm, limit=given.clip,
            )  # fmt: skip
            counted = {"step_count": given.step} if given.step is not None else {}
            add(
                f"{{target}} = {{optimizer}}.apply_gradients(zip({{gradients}}, {{bound}}){with_step})",
                target=step, optimizer=clone(optimizer), gradients=clone(gradients), bound=clone(variables), **counted,
            )  # fmt: skip
        if value_is_used:
            add(
                "with {tf}.control_dependencies([{step}]):\n    {target} = {tf_again}.identity({loss})\n",
                tf=clone(tf), step=clone(step), target=target, tf_again=clone(tf), loss=clone(loss),
            )  # fmt: skip
        return found

    def is_discarded(self, target: cst.Name) -> bool:
        """Whether a name is only fetched, and nothing takes what the fetch gives."""
        if len(self.names.bound(target)) != 1:
            return False
        return all(self.is_run_alone(read) for read in self.names.reads(target))

    def is_run_alone(self, read: cst.Name) -> bool:
        """Whether a name is what a session runs, in a statement that leaves its value."""
        parents: Mapping[cst.CSTNode, cst.CSTNode] = self.ctx.parents
        arg, place = parents[read], None
        element = arg if isinstance(arg, cst.Element) else None
        if element is not None:
            listed = parents[element]
            if not isinstance(listed, (cst.List, cst.Tuple)):
                return False
            place = (listed.elements.index(element), len(listed.elements))
            arg = parents[listed]
        call = parents.get(arg)
        if not isinstance(arg, cst.Arg) or not isinstance(call, cst.Call) or call.args[0] is not arg:
            return False
        if arg.star or not isinstance(call.func, cst.Attribute) or call.func.attr.value != "run":
            return False
        statement = parents.get(call)
        if isinstance(statement, cst.Expr):
            return True
        if not isinstance(statement, cst.Assign) or len(statement.targets) != 1 or "_" in self.symbols.reads:
            return False
        target: cst.CSTNode = statement.targets[0].target
        if place is not None:
            elements = target.elements if isinstance(target, (cst.List, cst.Tuple)) else ()
            if len(elements) != place[1] or any(isinstance(item, cst.StarredElement) for item in elements):
                return False
            target = elements[place[0]].value
        return isinstance(target, cst.Name) and target.value == "_"

    def fresh(self, *wanted: str) -> str:
        """A name that nothing has: the first such of these, or the last with a number."""
        used = self.symbols.names | self.symbols.reads | self.taken
        numbered = (f"{wanted[-1]}_{count}" for count in range(2, len(used) + 3))
        name = next(name for name in (*wanted, *numbered) if name not in used)
        self.taken.add(name)
        return name


def _comments(call: cst.Call) -> list[cst.Comment]:
    """The comments around the arguments of a call; those inside their values stay there."""
    bare = call.with_changes(args=[arg.with_changes(value=cst.Name("value")) for arg in call.args])
    return [node for node in matchers.findall(bare, matchers.Comment()) if isinstance(node, cst.Comment)]
