"""From sessions to functions: placeholders, graph statements, run sites and everything around them."""

from __future__ import annotations

import libcst as cst

from codemods import tree
from codemods.analysis.roles import GRAPH, INIT, RESET, SESSION, role
from codemods.analysis.staging import Staging
from codemods.analysis.statements import Role, Statement
from codemods.analysis.values import Optimizer, Placeholder, Schedule
from codemods.context import Context
from codemods.edits import Edits
from codemods.findings import Refusal
from codemods.plan import Element, Function, Lowering, Part, Plan, is_discarded
from codemods.planner import containers
from codemods.rewrites import results, spelling, template
from codemods.rewrites.function_text import definition, part_definition
from codemods.rewrites.function_updates import pairs_marker
from codemods.rewrites.functions import Body
from codemods.rewrites.holes import Holes
from codemods.rewrites.keras_sessions import KerasParts
from codemods.rewrites.optimizers import OptimizerForm, OptimizerUse, lower_optimizer
from codemods.rewrites.removal import Removal
from codemods.rewrites.schedules import lower_schedule

_DTYPE_STRINGS = {
    "float": "float32", "float16": "float16", "float32": "float32", "float64": "float64", "double": "float64",
    "half": "float16", "int8": "int8", "int16": "int16", "int32": "int32", "int64": "int64", "uint8": "uint8",
    "bool": "bool", "string": "string", "complex64": "complex64",
}  # fmt: skip


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
        self.names = {node.value for node in tree.walk(ctx.module) if isinstance(node, cst.Name)} - self.freed()
        self.optimizers: dict[Optimizer, str] = {}
        self.forms: dict[Optimizer, OptimizerForm] = {}
        self.calls: dict[Lowering, cst.CSTNode] = {}
        self.outputs: dict[Lowering, tuple[int | None, ...]] = {}
        self.definitions: dict[Function, cst.FunctionDef] = {}
        self.removal = Removal(ctx, edits)
        self.holes = Holes(edits)
        self.keras = KerasParts(self)

    def propose(self) -> None:
        """Propose every edit."""
        self.keras.propose()
        self.capture_graph()
        for statement in self.staging.ordered:
            for placeholder in statement.placeholders:
                self.placeholder(placeholder)
        for statement in self.staging.ordered:
            for schedule in statement.schedules:
                self.schedule(schedule)
            for optimizer in statement.optimizers:
                self.optimizer(optimizer)
        self.name_functions()
        self.place_functions()
        for lowering in self.plan.lowerings:
            self.site(lowering)
        self.feed_dicts()
        self.statements()
        self.removal.finish()
        self.edits.replace(self.ctx.module, self.holes.fill)

    # Capturing what moves

    def capture(self, node: cst.CSTNode) -> None:
        """Keep the rewritten form of ``node``."""
        if node in self.updated:
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
                self.capture(element.node)
            for key in function.keys:
                self.capture(key)
            for lowering in function.lowerings[:1]:
                for element in lowering.elements:
                    if element.form == "none" and not isinstance(element.node, _NAMED):
                        self.capture(element.node)
        for statement in self.moved():
            for training in statement.trainings:
                for node in (training.loss, training.variables, training.gradients, training.global_step):
                    if node is not None:
                        self.capture(node)
            for gradients in statement.gradients:
                for node in (gradients.loss, gradients.variables):
                    if node is not None:
                        self.capture(node)
                self.handled.add(gradients.call)
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

    # Inputs and optimizers

    def placeholder(self, placeholder: Placeholder) -> None:
        """``tf.placeholder(...)`` becomes the ``tf.TensorSpec`` of a parameter, in its place."""
        call = placeholder.call
        kept = [part for part in (placeholder.dtype, placeholder.shape) if part is not None]
        kept = [part for part in kept if not isinstance(part, cst.SimpleString)]
        if placeholder.keras and self.keras.is_default(placeholder):
            kept = [part for part in kept if part is not placeholder.dtype]
        for part in kept:
            self.capture(part)
        self.handled.add(call)
        for argument in call.args:
            if argument.value not in kept:
                self.edits.drop(argument)

        def spec(_: cst.CSTNode) -> cst.CSTNode:
            shape = self.rewritten(placeholder.shape) if placeholder.shape is not None else _unknown_shape(placeholder)
            if placeholder.keras:
                default = self.keras.is_default(placeholder)
                return self.keras.becomes_input(placeholder, shape, None if default else self.dtype(placeholder))
            named = bool(call.args) and call.args[0].keyword is not None
            text = "TensorSpec(shape={shape}, dtype={dtype})" if named else "TensorSpec({shape}, {dtype})"
            tf = self.tensorflow
            text = text.replace("TensorSpec", "SparseTensorSpec") if placeholder.sparse else text
            return template.expression(f"{tf}.{text}", shape=shape, dtype=self.dtype(placeholder))

        self.edits.replace(call, spec)

    @property
    def tensorflow(self) -> str:
        """The name by which the file says TensorFlow."""
        return spelling.root_name(self.ctx, self.edits, self.ctx.symbols.root, "tf")

    def dtype(self, placeholder: Placeholder) -> cst.CSTNode:
        node = placeholder.dtype
        tf = self.tensorflow
        if node is None:
            default = placeholder.default
            name = (
                "float32" if isinstance(default, cst.Float) else "int32" if isinstance(default, cst.Integer) else None
            )
            if isinstance(default, cst.Name) and default.value in ("True", "False"):
                name = "bool"
            if name is None and placeholder.default is None:
                name = "float32"  # of keras.backend.placeholder
            if name is None:
                raise Refusal("TF218", "the dtype of this placeholder's default is not known", placeholder.call)
            return cst.parse_expression(f"{tf}.{name}")
        if isinstance(node, cst.SimpleString):
            name = _DTYPE_STRINGS.get(str(node.evaluated_value))
            if name is None:
                raise Refusal("TF218", f"the dtype {node.value} is not known", placeholder.call)
            return cst.parse_expression(f"{tf}.{name}")
        return self.rewritten(node)

    def schedule(self, schedule: Schedule) -> None:
        """A decay function becomes the schedule object that its optimizer steps."""
        form = lower_schedule(schedule.symbol, {name: item.value for name, item in schedule.arguments.items()})
        for name, argument in schedule.arguments.items():
            if argument.value is schedule.step or name == "name":
                self.edits.drop(argument)
            else:
                self.capture(argument.value)
        self.handled.add(schedule.call)
        for required in form.imports:
            self.edits.require_import(*required)
        if form.template is not None:
            self.ctx.templates.setdefault(form.template.name, form.template)
        for code, message in form.notes:
            self.notes.append((code, message, schedule.call))

        def build(_: cst.CSTNode) -> cst.CSTNode:
            arguments = {
                name: self.rewritten_expression(item.value)
                for name, item in schedule.arguments.items()
                if item.value in self.updated
            }
            return lower_schedule(schedule.symbol, arguments).constructor

        self.edits.replace(schedule.call, build)

    def element_value(self, element: Element) -> cst.BaseExpression:
        """The expression for a fetched element; a schedule is called with its counter."""
        value = self.rewritten(element.node)
        assert isinstance(value, cst.BaseExpression)
        if isinstance(element.value.payload, Schedule):
            return template.expression("{rate}({step})", rate=value, step=element.value.payload.step.deep_clone())
        return value

    def optimizer(self, optimizer: Optimizer) -> None:
        """The constructor becomes the Keras optimizer, or a class over TF1's kernel."""
        for argument in optimizer.arguments.values():
            self.capture(argument.value)
        self.handled.add(optimizer.call)
        if len(optimizer.uses) > 1:
            raise Refusal("TF305", "one optimizer object makes several train ops", optimizer.call)
        for training in optimizer.uses:
            self.handled.add(training.call)
        rate = optimizer.learning_rate
        kind = "schedule" if rate.kind.value == "schedule" else "tensor" if rate.dynamic else "constant"
        positional = bool(optimizer.call.args) and optimizer.call.args[0].keyword is None
        use = OptimizerUse(
            optimizer.symbol,
            {name: argument.value for name, argument in optimizer.arguments.items()},
            kind,
            self.sparse(optimizer),
            positional,
            value=self.host_value,
        )
        form = lower_optimizer(use, self.ctx.settings.numerics)
        self.forms[optimizer] = form
        for module, alias, name in form.imports:
            self.edits.require_import(module, alias, name)
        for code, message in form.notes:
            self.notes.append((code, message, optimizer.call))
        if form.template is not None and form.template.name not in self.ctx.templates:
            self.ctx.templates[form.template.name] = form.template
        chained = optimizer.uses and optimizer.uses[0].statement is optimizer.statement
        if optimizer.target is not None:
            self.optimizers[optimizer] = optimizer.target
        elif chained:
            self.optimizers[optimizer] = self.optimizer_name(optimizer)
        else:
            raise Refusal("TF306", "the optimizer is not held by a name", optimizer.call)
        for argument in optimizer.call.args:
            if argument.value not in [item.value for item in optimizer.arguments.values()]:
                self.edits.drop(argument)

    def constructor(self, optimizer: Optimizer) -> cst.BaseExpression:
        """The new constructor call, from rewritten arguments."""
        rate = optimizer.learning_rate
        kind = "schedule" if rate.kind.value == "schedule" else "tensor" if rate.dynamic else "constant"
        arguments = {  # a rate that is a tensor is not known here: the step assigns it
            name: self.rewritten_expression(argument.value)
            if name != "learning_rate" or kind != "tensor"
            else argument.value
            for name, argument in optimizer.arguments.items()
        }
        positional = bool(optimizer.call.args) and optimizer.call.args[0].keyword is None
        values = {arguments[name]: self.host_value(argument.value) for name, argument in optimizer.arguments.items()}
        use = OptimizerUse(
            optimizer.symbol, arguments, kind, self.sparse(optimizer), positional, value=lambda node: values.get(node)
        )
        return lower_optimizer(use, self.ctx.settings.numerics).constructor

    def host_value(self, node: cst.BaseExpression) -> object:
        """The Python value of an expression, where the analysis knows it: a literal, or a name bound to one."""
        found = self.staging.last_values.get(node)
        return found.constant if found is not None else None

    def sparse(self, optimizer: Optimizer) -> bool:
        """Whether a gradient may be sparse: rows of a variable are looked up in what the loss needs."""
        looked_up = ("embedding_lookup", "gather", "nce_loss", "sampled_softmax_loss", "embedding_lookup_sparse")
        for statement in self.moved():
            for node in tree.walk(statement.node):
                if isinstance(node, cst.Call):
                    symbol = self.ctx.symbols.of(node.func)
                    if symbol is not None and symbol.rpartition(".")[2] in looked_up:
                        return True
        return any(
            self.ctx.symbols.of(node.func) in ("tf.nn.embedding_lookup", "tf.gather", "keras.layers.Embedding")
            for node in tree.walk(self.ctx.module)
            if isinstance(node, cst.Call)
        )

    def optimizer_name(self, optimizer: Optimizer) -> str:
        """A name for an optimizer that was made and used in one expression."""
        training = optimizer.uses[0]
        names = [name for name in training.statement.binds if "optim" in name.lower() or name.lower().startswith("opt")]
        if names and names[0] not in self.optimizers.values():
            return names[0]
        return self.fresh("optimizer")

    def fresh(self, wanted: str) -> str:
        """A name that the file does not use yet."""
        name, count = wanted, 2
        while name in self.names:
            name, count = f"{wanted}_{count}", count + 1
        self.names.add(name)
        return name

    # Functions

    def freed(self) -> set[str]:
        """Names that only train ops and updates had, which nothing in the output is called any more."""
        freed: set[str] = set()
        kept: set[str] = set()
        for statement in self.staging.ordered:
            whole = not statement.collapsed or isinstance(statement.node, cst.With)
            update = statement.role is Role.GRAPH and statement.updates and whole
            names = freed if update or (statement.role is Role.TRAIN and not statement.optimizers) else kept
            names.update(statement.binds)
            for uses in (statement.uses, statement.callee_uses):
                kept.update(uses)
        return freed - kept

    def own_parts(self) -> list[Part]:
        """The shared parts that need a function beside those of the run sites."""
        return [part for part in self.plan.parts if part.function is None]

    def name_functions(self) -> None:
        for function in self.plan.functions:
            function.name = self.fresh(self.function_name(function))
        for part in self.own_parts():
            part.name = self.fresh(f"{part.outputs[0]}_of" if len(part.outputs) == 1 else "forward")

    def function_name(self, function: Function) -> str:
        trainings = [item for item in function.slice.ordered() if item.trainings]
        if trainings:
            trainers = [item for item in self.plan.functions if any(found.trainings for found in item.slice.statements)]
            names = [name for name in trainings[-1].binds if name not in self.optimizers.values()]
            own = names[0].removesuffix("_op") if len(trainings) == 1 and names else ""
            return own if len(trainers) > 1 and own.startswith("train") else "train_step"
        updates = [item for item in function.slice.ordered() if item.updates]
        if updates:
            fetched = function.returns or function.lowerings[0].elements
            node = fetched[-1].node
            if not isinstance(node, cst.Name):
                return "update"
            return f"run_{node.value}" if node.value in self.names else node.value
        if len(function.returns) == 1:
            node = function.returns[0].node
            target = self.ctx.parents[function.lowerings[0].site.call]
            if isinstance(node, (cst.Call, cst.BinaryOperation)) and isinstance(target, cst.Assign):
                node = target.targets[0].target if len(target.targets) == 1 else node
            while isinstance(node, cst.Subscript):
                node = node.value
            if isinstance(node, cst.Call):
                node = node.func
            name = node.attr.value if isinstance(node, cst.Attribute) else getattr(node, "value", "")
            if not isinstance(name, str) or not name:
                return "compute"
            return "predict" if name.lower().startswith(("pred", "y_pred", "output")) else f"compute_{name}"
        return "evaluate"

    def place_functions(self) -> None:
        """Put each function where the last statement of its slice was."""
        for part in self.own_parts():
            self.insert(part.statements[-1], part)
        for function in self.plan.functions:
            statements = function.slice.ordered()
            if statements:
                # The specs of its parameters must have been made, too.
                needed = [*statements, *(found.statement for _, found in function.parameters)]
                self.insert(max(needed, key=lambda item: item.order), function)
            else:
                self.insert_before(function.lowerings[0].site.statement.outermost(), function)

    def insert(self, last: Statement, item: Function | Part) -> None:
        anchor = last
        while anchor.container is not None and not anchor.container.dissolves:
            if isinstance(anchor.container.node, (cst.If, cst.Try)):
                break
            anchor = anchor.container
        functions = item.users if isinstance(item, Part) else [item, *self.callers(item)]
        sites = [lowering.site.statement for function in functions for lowering in function.lowerings]
        if any(anchor in containers(site) for site in sites):
            self.insert_before(anchor, item)  # built and run in one loop
        else:
            self.removal.after(anchor.node, lambda: [self.hole(item)])

    def callers(self, function: Function) -> list[Function]:
        """The functions that call ``function`` for the statements that they share."""
        parts = [part for part in self.plan.parts if part.function is function]
        return [user for part in parts for user in part.users]

    def insert_before(self, statement: Statement, item: Function | Part) -> None:
        self.removal.before(statement.node, lambda: [self.hole(item)])

    def hole(self, item: Function | Part) -> cst.SimpleStatementLine:
        """The place of a function: a fetch that it holds may come later in the file, and is not rewritten yet."""
        return self.holes.hole(lambda: self.define(item), 2 if item.scope.is_module else 1)

    def define(self, item: Function | Part) -> cst.FunctionDef:
        blank = 2 if item.scope.is_module else 1
        if isinstance(item, Part):
            return self.keras.with_phase(part_definition(item, self.rewritten, blank), item.users[0].phase)
        body = Body(item, self.rewritten, self.element_value, self.optimizers, self.local_fresh)
        body.densify = {optimizer: form.densify for optimizer, form in self.forms.items()}
        self.local: set[str] = set()
        lines = body.build()
        names = [name for name, _ in item.parameters]
        tf = self.tensorflow
        specs = [
            f"{tf}.TensorSpec(None, {tf}.{placeholder.fed_dtype})"
            if placeholder.fed_dtype is not None
            else self.keras.specification(item, name, placeholder)
            for name, placeholder in item.parameters
        ]
        decorator = f"{tf}.function(input_signature=[{', '.join(specs)}])" if names else f"{tf}.function"
        made = definition(item.name, names, lines, cst.parse_expression(decorator), blank)
        made = self.keras.with_phase(made, item.phase)
        self.definitions[item] = made
        return made

    def local_fresh(self, wanted: str) -> str:
        """A name for a local variable of an emitted function."""
        name, count = wanted, 2
        while name in self.local or name in self.names:
            name, count = f"{wanted}_{count}", count + 1
        self.local.add(name)
        return name

    # Run sites

    def site(self, lowering: Lowering) -> None:
        """Replace one run site."""
        call = lowering.site.call
        self.handled.add(call)
        if lowering.mode == "init":
            if not is_discarded(lowering):
                raise Refusal("TF240", "the result of an initialiser run is used", call)
            if lowering.again:
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
        for variable in lowering.again:
            assert variable.initial is not None
            self.capture(variable.initial)

        def assigns(updated: cst.SimpleStatementLine) -> list[cst.BaseStatement]:
            lines: list[cst.BaseStatement] = []
            for variable in lowering.again:
                assert variable.initial is not None
                value = self.updated[variable.initial].deep_clone()
                if variable.initial is variable.call:  # get_variable has become tf.Variable(value, ...)
                    assert isinstance(value, cst.Call)
                    value = value.args[0].value
                lines.append(template.statement(f"{variable.targets[0]}.assign({{value}})", value=value))
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
        seen: set[cst.CSTNode] = set()
        for lowering in self.plan.lowerings:
            if lowering.site.feed_variable is None:
                continue
            for feed in lowering.site.feeds:
                if feed.key not in seen:
                    seen.add(feed.key)
                    if feed.placeholder is None:  # the learning phase
                        self.edits.remove(self.ctx.parents[feed.key])
                        continue
                    self.edits.substitute(feed.key, cst.SimpleString(repr(feed.placeholder.target)))

    # Everything else

    def statements(self) -> None:
        moved = set(self.moved())
        for statement in self.staging.ordered:
            shared = isinstance(statement.node, cst.SimpleStatementLine) and len(statement.node.body) > 1
            if statement.gone and shared and statement.role in (Role.GRAPH, Role.TRAIN):
                raise Refusal("TF213", "one line holds a session and graph code", statement.node)
            if statement.role is Role.GONE or (statement.gone and shared):
                self.removal.remove_line(statement)
            elif statement.role in (Role.GRAPH, Role.TRAIN):
                if statement.optimizers and statement.trainings:
                    self.split_training(statement)
                elif statement in self.plan.kept:
                    if statement in moved:
                        self.capture(statement.node)
                elif statement in moved and statement.role is Role.GRAPH:
                    for gradients in statement.gradients:
                        self.edits.drop(gradients.call)
                        marker = pairs_marker(gradients)
                        self.edits.replace(gradients.call, lambda _, marker=marker: cst.Name(marker))
                    self.capture(statement.node)
                    self.removal.take(statement)
                else:
                    if statement in moved:
                        self.capture(statement.node)
                    self.removal.take(statement, dropped=True)
            elif statement.dissolves:
                self.removal.dissolve(statement)
            elif statement.optimizers:
                for optimizer in statement.optimizers:
                    self.edits.replace(optimizer.call, lambda _, optimizer=optimizer: self.constructor(optimizer))
        for statement in self.plan.unused:
            self.notes.append(("TF250", "never run: the graph statement is left out", statement.node))
            for node in tree.walk(statement.node):
                self.handled.add(node)

    def split_training(self, statement: Statement) -> None:
        """``train = tf.train.X(...).minimize(loss)``: the optimizer stays, the update moves."""
        optimizer = statement.optimizers[0]
        if len(statement.optimizers) > 1 or len(statement.trainings) > 1:
            raise Refusal("TF305", "several optimizers in one statement", statement.node)
        self.updated[statement.node] = cst.SimpleStatementLine([cst.Pass()])

        def constructor_line(updated: cst.SimpleStatementLine) -> cst.SimpleStatementLine:
            target = cst.AssignTarget(cst.Name(self.optimizers[optimizer]))
            return updated.with_changes(body=[cst.Assign([target], self.constructor(optimizer))])

        self.edits.drop(statement.node)
        self.removal.change(statement.node, constructor_line)


def _unknown_shape(placeholder: Placeholder) -> cst.BaseExpression:
    """The shape of a placeholder that gives none, or (in Keras) only its rank."""
    rank = placeholder.rank
    if isinstance(rank, cst.Integer):
        return cst.parse_expression(repr([None] * int(rank.value)))
    return cst.Name("None")


def _without_comments(node: cst.CSTNode) -> cst.CSTNode:
    """A copy of a statement without the comments that stand above the first one."""
    lines = [line for line in getattr(node, "leading_lines", ()) if line.comment is None]
    return node.with_changes(leading_lines=lines) if isinstance(node, cst.BaseStatement) else node
