"""From sessions to functions: placeholders, graph statements, run sites and everything around them."""

from __future__ import annotations

import libcst as cst

from codemods import optimizer_restarts, redrawn, tree
from codemods.analysis.batch_norm import only_updates
from codemods.analysis.roles import GRAPH, INIT, RESET, SESSION, role
from codemods.analysis.staging import Staging
from codemods.analysis.statements import Role, Statement
from codemods.analysis.values import Placeholder, Schedule
from codemods.context import Context
from codemods.edits import Edits
from codemods.findings import Refusal
from codemods.plan import Element, Function, Lowering, Plan, is_discarded
from codemods.rewrites import graph_parameters, moving_averages, results, spelling, template
from codemods.rewrites.function_updates import pairs_marker
from codemods.rewrites.holes import Holes
from codemods.rewrites.keras_sessions import KerasParts
from codemods.rewrites.removal import Removal
from codemods.rewrites.savers import SaverParts
from codemods.rewrites.session_functions import FunctionParts
from codemods.rewrites.session_inputs import Inputs
from codemods.rewrites.session_metrics import MetricParts
from codemods.rewrites.session_names import Names
from codemods.rewrites.session_optimizers import OptimizerParts
from codemods.rewrites.summaries import SummaryParts
from codemods.summary_plan import SummaryElement, dict_of

_NAMED = (cst.Name, cst.Attribute, cst.Subscript)


class Lowerer:
    """Proposes the edits that carry out a plan."""

    def __init__(self, ctx: Context, edits: Edits, staging: Staging, plan: Plan) -> None:
        self.ctx = ctx
        self.edits = edits
        self.staging = staging
        self.plan = plan
        self.notes: list[tuple[str, str, cst.CSTNode]] = list(plan.notes)
        self.handled: set[cst.CSTNode] = set()  # calls of TF symbols that this rewrite takes care of
        self.updated: dict[cst.CSTNode, cst.CSTNode] = {}
        self.used: set[cst.CSTNode] = set()
        self.calls: dict[Lowering, cst.CSTNode] = {}
        self.outputs: dict[Lowering, tuple[int | None, ...]] = {}
        self.definitions: dict[Function, cst.FunctionDef] = {}
        self.removal = Removal(ctx, edits)
        self.holes = Holes(edits)
        self.names = Names(self)
        self.inputs = Inputs(self)
        self.optimizers = OptimizerParts(self)
        self.metrics = MetricParts(self)
        self.functions = FunctionParts(self)
        self.keras = KerasParts(self)
        self.savers = SaverParts(self)
        self.summaries = SummaryParts(self)

    def propose(self) -> None:
        """Propose every edit."""
        self.keras.propose()
        self.metrics.propose()
        moving_averages.propose(self)
        self.capture_graph()
        for statement in self.staging.ordered:
            for placeholder in statement.placeholders if statement.role is Role.PLACEHOLDER else ():
                self.inputs.placeholder(placeholder)
        for statement in self.staging.ordered:
            for schedule in statement.schedules:
                self.optimizers.schedule(schedule)
            for optimizer in statement.optimizers:
                self.optimizers.optimizer(optimizer)
        self.summaries.propose()
        self.names.name_functions()
        self.savers.propose()
        self.functions.place()
        for lowering in self.plan.lowerings:
            for element in lowering.elements:
                if only_updates(element.value):
                    self.edits.drop(element.node)
            self.site(lowering)
        graph_parameters.propose(self.ctx, self.edits, self.staging)
        self.feed_dicts()
        self.statements()
        self.removal.finish()
        self.edits.replace(self.ctx.module, self.holes.fill)

    # Capturing what moves

    def capture(self, node: cst.CSTNode) -> None:
        """Keep the rewritten form of ``node``."""
        if node in self.updated:
            return
        if isinstance(node, cst.Dict) and node not in self.ctx.parents:  # made for several summaries
            for entry in node.elements:
                self.capture(entry.value)
            return
        self.updated[node] = node
        if isinstance(node, cst.Name) and node not in self.edits:
            return
        self.edits.rescue(node)

        def keep(updated: cst.CSTNode) -> cst.CSTNode:
            self.updated[node] = updated
            return updated

        if isinstance(node, cst.BaseExpression):
            self.edits.observe(node, keep)  # after the families that change the call itself
        else:
            self.edits.replace(node, keep)  # before the statement leaves its place

    def rewritten(self, node: cst.CSTNode) -> cst.CSTNode:
        """The rewritten form of an original node; a copy when it was given out before."""
        updated = self.updated[node]
        if node in self.used or (updated is node and isinstance(node, cst.Name)):
            return _without_comments(updated.deep_clone())
        self.used.add(node)
        return updated

    def rewritten_expression(self, node: cst.BaseExpression) -> cst.BaseExpression:
        """The same of an expression."""
        updated = self.rewritten(node)
        assert isinstance(updated, cst.BaseExpression)
        return updated

    def capture_graph(self) -> None:
        for function in self.plan.functions:
            for element in function.returns:
                parts = element.entries if isinstance(element, SummaryElement) else [element]
                for part in parts:
                    self.optimizers.call_decays(part.node)
                self.capture(element.node)
            for key in function.keys:
                self.capture(key)
            for lowering in function.lowerings[:1]:
                for element in lowering.elements:
                    inline = element.form == "none" and not isinstance(element.node, _NAMED)
                    if inline and not only_updates(element.value):
                        self.capture(element.node)
        for statement in self.moved():
            self.optimizers.call_decays(statement)
            for training in statement.trainings:
                for old, new in training.swaps:
                    self.edits.substitute(old, new)
                whole = next((found for found in statement.gradients if found.call is training.gradients), None)
                if whole is not None:  # optimizer.apply_gradients(optimizer.compute_gradients(loss))
                    self.updated[whole.call] = cst.Name(pairs_marker(whole))
                given = training.gradients if whole is None else None
                for node in (training.loss, training.variables, given, training.global_step):
                    if node is not None:
                        self.capture(node)
            for gradients in statement.gradients:
                for node in (gradients.loss, gradients.variables):
                    if node is not None:
                        self.capture(node)
                self.handled.add(gradients.call)
                self.edits.drop(gradients.call)
                if gradients.call not in self.updated:
                    marker = pairs_marker(gradients)
                    self.edits.replace(gradients.call, lambda _, marker=marker: cst.Name(marker))
            for dependency in statement.dependencies:
                if not isinstance(dependency, (cst.Name, cst.Attribute, cst.Subscript)):
                    self.capture(dependency)
                self.edits.drop(dependency)
            container = statement.container
            while container is not None:
                if isinstance(container.node, cst.With) and not container.dissolves:
                    for item in container.node.items:
                        self.capture(item)
                container = container.container

    def lowered(self, node: cst.CSTNode, symbol: str) -> bool:
        """Whether a use of a TF symbol is one that this rewrite took care of."""
        if self.ctx.parents.get(node) in self.handled or node in self.handled:
            return True
        return role(symbol) in (SESSION, GRAPH, RESET, INIT)

    def moved(self) -> list[Statement]:
        """The statements that some function needs."""
        found = {item for function in self.plan.functions for item in function.slice.statements}
        return sorted(found, key=lambda item: item.order)

    # What the parts of a lowering ask for

    @property
    def tensorflow(self) -> str:
        """The name by which the file says TensorFlow."""
        return spelling.root_name(self.ctx, self.edits, self.ctx.symbols.root, "tf")

    def fresh(self, wanted: str) -> str:
        """A name that the file does not use yet."""
        return self.names.fresh(wanted)

    def dtype(self, placeholder: Placeholder) -> cst.CSTNode:
        """The dtype of a placeholder."""
        return self.inputs.dtype(placeholder)

    def element_value(self, element: Element) -> cst.BaseExpression:
        """The expression for a fetched element; a schedule is called with its counter."""
        if isinstance(element, SummaryElement) and len(element.entries) > 1:
            return dict_of(element, [self.element_value(entry) for entry in element.entries])
        value = self.rewritten(element.node)
        assert isinstance(value, cst.BaseExpression)
        if isinstance(element.value.payload, Schedule):
            return template.expression("{rate}({step})", rate=value, step=element.value.payload.step.deep_clone())
        return value

    # Run sites

    def site(self, lowering: Lowering) -> None:
        """Replace one run site."""
        call = lowering.site.call
        self.handled.add(call)
        if lowering.mode == "init":
            if not is_discarded(lowering):
                raise Refusal("TF240", "the result of an initialiser run is used", call)
            if lowering.again or lowering.restarted or lowering.loaded:
                self.initialise_again(lowering)
                return
            self.removal.remove_small(self.small_of(call), lowering.site.statement)
            return
        results.replace_site(self, lowering)

    def initialise_again(self, lowering: Lowering) -> None:
        """An initialiser run that resets variables: each is assigned its initial value."""
        node = lowering.site.statement.node
        if not isinstance(node, cst.SimpleStatementLine) or len(node.body) != 1:
            raise Refusal("TF240", "an initialiser run shares its line with other statements", lowering.site.call)
        loaded = {item.variable for item, _ in lowering.loaded}
        again = [variable for variable in lowering.again if variable not in loaded]
        for variable in again:
            if variable.initial is not None:
                self.capture(redrawn.drawing(self.staging, variable) or variable.initial)
        for _, given in lowering.loaded:
            self.capture(given)
        restarts: list[cst.BaseStatement] = []
        for optimizer in lowering.restarted:
            template_of = self.optimizers.forms[optimizer].template
            if not optimizer_restarts.starts_at_zero(template_of.name if template_of is not None else None):
                message = "variables are initialised again after training, which also resets the optimizer's state"
                raise Refusal("TF240", message, lowering.site.call)
            name = self.optimizers.names[optimizer]
            restarts += optimizer_restarts.lines(name, self.fresh("variable"), self.tensorflow)

        def assigns(updated: cst.SimpleStatementLine) -> list[cst.BaseStatement]:
            lines: list[cst.BaseStatement] = []
            for variable in again:
                if variable.metric is not None:
                    lines.append(self.metrics.reset(variable))
                    continue
                assert variable.initial is not None
                initial = redrawn.drawing(self.staging, variable) or variable.initial
                value = self.updated[initial].deep_clone()
                if variable.initial is variable.call:  # get_variable has become tf.Variable(value, ...)
                    assert isinstance(value, cst.Call)
                    value = value.args[0].value
                lines.append(template.statement(f"{variable.targets[0]}.assign({{value}})", value=value))
            lines += restarts
            for item, given in lowering.loaded:
                value = self.rewritten_expression(given)
                lines.append(template.statement(f"{item.text}.assign({{value}})", value=value))
            return [lines[0].with_changes(leading_lines=updated.leading_lines), *lines[1:]]

        self.edits.drop(node)
        self.removal.expand(node, assigns)

    def small_of(self, node: cst.CSTNode) -> cst.BaseSmallStatement:
        current = node
        while not isinstance(current, cst.BaseSmallStatement):
            current = self.ctx.parents[current]
        return current

    def feed_dicts(self) -> None:
        """A feed dict kept in a variable becomes one with parameter names as keys, or goes into the call."""
        seen: dict[cst.BaseExpression, Placeholder | None] = {}
        for feed in (feed for lowering in self.plan.lowerings for feed in lowering.site.keys):
            if seen.setdefault(feed.key, feed.placeholder) is not feed.placeholder:
                raise Refusal("TF227", "one key of a feed dict stands for several placeholders", feed.key)
        strings = [node.quote for node in tree.walk(self.ctx.module) if seen and isinstance(node, cst.SimpleString)]
        quote = '"' if strings.count('"') > strings.count("'") else "'"
        for made, wanted in dict.fromkeys(item for lowering in self.plan.lowerings for item in lowering.site.added):
            for site in (lowering.site for lowering in self.plan.lowerings if made in lowering.site.feed_places):
                if all(feed.placeholder is not wanted for feed in site.feeds):
                    message = f"one run feeds {wanted.target!r} by this dict under a condition, another never"
                    raise Refusal("TF227", message, made)
            if not wanted.flag:
                self.edits.replace(made, self.inputs.with_default(wanted, quote))
        for key, placeholder in seen.items():
            if placeholder is None or placeholder.flag:  # the learning phase, or one like it
                self.inputs.without(key)
            else:
                self.edits.substitute(key, cst.SimpleString(f"{quote}{placeholder.target}{quote}"))

    # Everything else

    def statements(self) -> None:
        moved = set(self.moved())
        always_fed = {found.statement: found for found in self.plan.always_fed()}
        for statement in self.staging.ordered:
            shared = isinstance(statement.node, cst.SimpleStatementLine) and len(statement.node.body) > 1
            if statement.gone and shared and statement.role in (Role.GRAPH, Role.TRAIN):
                raise Refusal("TF213", "one line holds a session and graph code", statement.node)
            if statement.role is Role.GONE or (statement.gone and shared):
                self.removal.remove_line(statement)
            elif statement.role in (Role.GRAPH, Role.TRAIN):
                if statement.optimizers and statement.trainings:
                    self.optimizers.split(statement)
                elif statement.metrics:
                    self.metrics.split(statement, statement in moved)
                elif statement in always_fed:
                    self.inputs.fed(always_fed[statement])
                elif statement in self.plan.kept:
                    if statement in moved:
                        self.capture(statement.node)
                elif statement in moved and statement.role is Role.GRAPH:
                    self.capture(statement.node)
                    self.removal.take(statement)
                else:
                    if statement in moved:
                        self.capture(statement.node)
                    self.removal.take(statement, dropped=True)
            elif statement.dissolves:
                self.removal.dissolve(statement)
                for item in getattr(statement.node, "items", ()):
                    self.edits.drop(item)
            elif statement.optimizers:
                for optimizer in statement.optimizers:
                    self.edits.replace(
                        optimizer.call, lambda _, optimizer=optimizer: self.optimizers.constructor(optimizer)
                    )
        handles = self.staging.graph_handles
        for line in [*self.staging.helper_resets, *handles.statements]:
            self.removal.remove_node(line)
        graph_parameters.remove(self.edits, self.ctx, handles.parameters)
        for statement in self.plan.unused:
            message = "never run: the graph statement is left out"
            if statement in always_fed:
                message = f"every run feeds {always_fed[statement].target!r}: what computes it is left out"
            self.notes.append(("TF250", message, statement.node))
            for node in tree.walk(statement.node):
                self.handled.add(node)


def _without_comments(node: cst.CSTNode) -> cst.CSTNode:
    """A copy of a statement without the comments that stand above the first one."""
    lines = [line for line in getattr(node, "leading_lines", ()) if line.comment is None]
    return node.with_changes(leading_lines=lines) if isinstance(node, cst.BaseStatement) else node
