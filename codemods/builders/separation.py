"""A module whose builder functions are classes: the same TF1 program, with state and computation apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import libcst as cst

from codemods import tree
from codemods.analysis import layer_table
from codemods.analysis.called import UserCall
from codemods.analysis.staging import Staging
from codemods.builders import classes, loops, naming, turns
from codemods.builders.bodies import Body
from codemods.builders.functions import Builder, Functions, assignments, makes_state, reads, statement_of
from codemods.builders.making import Making
from codemods.builders.needs import Replaced
from codemods.builders.parts import separated
from codemods.builders.shared import Sharing
from codemods.builders.trees import Traces
from codemods.context import Context
from codemods.findings import Refusal
from codemods.rewrites.call_parts import keyword
from codemods.rewrites.names import executed


@dataclass
class Separated:
    """The new module, and the classes that were made of builders, each with the method that computes."""

    module: cst.Module
    origins: Traces
    classes: dict[cst.ClassDef, str] = field(default_factory=dict)
    transparent: set[cst.With] = field(default_factory=set)  # scopes that only give names to layers


def has_builders(ctx: Context) -> bool:
    """Whether a function or a loop of the module makes variables or layers, by its text."""
    return loops.has_loops(ctx) or any(
        isinstance(node, cst.FunctionDef) and any(makes_state(ctx.symbols, inner) for inner in executed(node.body))
        for node in tree.walk(ctx.module)
    )


def separate(ctx: Context, staging: Staging) -> Separated | None:
    """Make classes of the builders of a module; None without builders. Raises Refusal where one cannot be a class."""
    functions = Functions(staging, ctx.symbols, ctx.parents)
    if not functions.builders and not loops.loops(functions):
        return None
    return Separation(ctx, staging, functions).make()


class Separation:
    """Divides the builders and loops of one module."""

    def __init__(self, ctx: Context, staging: Staging, functions: Functions) -> None:
        self.ctx = ctx
        self.staging = staging
        self.functions = functions
        self.origins = Traces(ctx.module, ctx.places)
        self.sharing = Sharing(functions)
        self.bodies: dict[cst.FunctionDef, Body] = {}
        self.names = naming.Names(ctx, functions)
        self.loop_names: set[str] = set()  # names that divided loops bind
        self.instances: dict[cst.Call, str] = {}  # calls in plain code that make an object -> its name
        self.replaced: Replaced = {}
        self.before: dict[cst.CSTNode, list[cst.BaseStatement]] = {}

    def make(self) -> Separated:
        for builder in self.functions.builders.values():
            self.check(builder)
        plain = [
            call
            for call in self.staging.user_calls.values()
            if call.definition in self.functions.builders and call.plain
        ]
        result = Separated(self.ctx.module, self.origins)
        for call in plain:
            self.sharing.decide(self.functions.builders[call.definition], call)
        for builder in self.inner_first():
            self.divide(builder)
        self.check_training()
        divided = self.divided_loops()
        outside = [call for call in plain if not set(divided) & set(loops.around(self.functions, call.node))]
        for call in outside:
            self.check_place(call)
        self.names.choose([call for call in outside if self.sharing.first[call.node] is call.node])
        self.instances = dict(self.names.instances)
        for loop in divided:
            self.divide_loop(loop, result)
        for statement in dict.fromkeys(statement_of(self.ctx.parents, call.node) for call in outside):
            self.call_site(statement, [call.node for call in outside])
        for definition, body in self.bodies.items():
            made = classes.definition(self.ctx, body, self.names.classes[definition], self.is_keras(definition), self)
            self.replaced[definition] = made
            result.transparent |= self.transparent(made.body, body)
            result.classes[made] = "call" if self.is_keras(definition) else "__call__"
        flags = turns.idle_flags(self.functions, [call.node for call in plain], self.taken)
        result.module = self.origins.rebuilt(self.ctx.module, self.replaced, self.before, flags)
        return result

    def transparent(self, made: cst.CSTNode, body: Body) -> set[cst.With]:
        """The scopes in new code that only give names to layers."""
        return {
            node for node in tree.walk(made) if isinstance(node, cst.With) and self.origins.of(node) in body.transparent
        }

    # Loops

    def divided_loops(self) -> list[cst.For]:
        """The loops that make state at each turn, and compute with it."""
        found = []
        for loop in loops.loops(self.functions):
            made = self.functions.made_in(loop.body)
            if any(self.sharing.first.get(call, call) is call and call not in self.sharing.once for call in made):
                found.append(loop)
        return found

    def divide_loop(self, loop: cst.For, result: Separated) -> None:
        """One loop makes the state, and one computes."""
        body = loops.Loop(loop, self)
        body.divide()
        lines = [*body.making, *body.computing]
        self.before[loop], self.replaced[loop] = lines[:-1], lines[-1]
        for line in body.making:
            result.transparent |= self.transparent(line, body)

    def taken(self, call: cst.Call) -> list[cst.Arg]:
        """The arguments of a builder's call that its object is made or called with."""
        body = self.bodies[self.staging.user_calls[call].definition]
        names = {item.name.value for item in [*body.settings, *body.given]}
        return [argument for name, argument in self.functions.bound(body.builder, call).items() if name in names]

    def settings_of(self, builder: Builder) -> set[str]:
        """The names of the parameters that a builder's object is made with."""
        return {item.name.value for item in self.bodies[builder.definition].settings}

    # What can become a class

    def check(self, builder: Builder) -> None:
        """Refuse a function that is more than its calls. Raises Refusal."""
        definition = builder.definition
        if definition.decorators or definition.asynchronous is not None:
            raise Refusal("TF443", f"{builder.name}() has a decorator", definition)
        scope = self.ctx.symbols.scope(definition.name)
        if len(self.ctx.symbols.bindings(builder.name, scope)) != 1:
            raise Refusal("TF443", f"{builder.name} is bound more than once", definition)
        called = {call.node.func for call in builder.calls}
        for node in reads_of(self.ctx, builder) - called:
            raise Refusal("TF443", f"{builder.name} is passed on, or called in a way that is not followed", node)
        for call in builder.calls:
            inside = self.functions.enclosing(call.node)
            if inside is definition:
                raise Refusal("TF443", f"{builder.name}() calls itself", call.node)
            if not call.plain and inside not in self.functions.builders:
                raise Refusal("TF443", f"{builder.name}() is called where its state cannot be made before", call.node)
            if call.node in self.staging.several_callees:
                raise Refusal("TF443", "it is not certain which function is called", call.node)
            self.functions.bound(builder, call.node)

    def inner_first(self) -> list[Builder]:
        """The builders, each after those that it calls."""
        found: list[Builder] = []
        entered: list[Builder] = []

        def visit(builder: Builder) -> None:
            if builder in found:
                return
            if builder in entered:
                raise Refusal("TF443", f"{builder.name}() calls itself", builder.definition)
            entered.append(builder)
            for other in self.functions.builders.values():
                if any(self.functions.enclosing(call.node) is builder.definition for call in other.calls):
                    visit(other)
            found.append(builder)

        for builder in self.functions.builders.values():
            visit(builder)
        return found

    def divide(self, builder: Builder) -> None:
        """Divide the body of one builder."""
        body = Body(builder, self.functions, self.origins, self.per_call(builder))
        body.settings_of = self.settings_of
        body.shared = self.shared
        body.object_call = self.object_call
        self.bodies[builder.definition] = body
        body.divide()
        if self.is_mixed(builder.definition) and body.lazy:
            message = "variables of its own beside layers, made from the shape of the input"
            raise Refusal("TF440", message, builder.definition)

    def check_training(self) -> None:
        """Keras hands a parameter ``training`` on to all layers that are called without one. Raises Refusal."""
        handed_on = [
            body
            for definition, body in self.bodies.items()
            if self.is_keras(definition) and any(item.name.value == "training" for item in body.given)
        ]
        for body in self.bodies.values() if handed_on else ():
            for call in self.functions.made_in(body.builder.definition.body):
                kind = layer_table.FUNCTIONS.get(self.ctx.symbols.of(call.func) or "")
                if kind is not None and kind.trains and "training" not in body.call_arguments(call):
                    message = "a layer without training=, in a function whose parameter `training` Keras hands on to it"
                    raise Refusal("TF440", message, call)

    def shared(self, call: cst.Call) -> cst.Call | None:
        """The earlier call whose object a call uses; None for a call that makes its own. Raises Refusal."""
        first = self.sharing.first.get(call)
        if first is None:
            if self.functions.makes(call) is None or call not in self.staging.user_calls:
                return None
            if self.staging.user_calls[call].definition not in self.functions.builders:
                return None
            raise Refusal("TF442", "it is not certain whether this call makes variables", call)
        return None if first is call else first

    def per_call(self, builder: Builder) -> set[str]:
        """The parameters that differ between calls of one object."""
        groups: dict[cst.Call, list[cst.Call]] = {}
        for call in builder.calls:
            groups.setdefault(self.sharing.first.get(call.node, call.node), []).append(call.node)
        found: set[str] = set()
        for parameter in builder.parameters:
            name = parameter.name.value
            for group in groups.values():
                given = [self.functions.bound(builder, call).get(name) for call in group]
                values = [item.value if item is not None else parameter.default for item in given]
                if name in builder.late:
                    continue
                if not all(self.same(values[0], value) for value in values[1:]) or self.differs(group, values):
                    found.add(name)
        return found

    def differs(self, group: list[cst.Call], values: list[cst.BaseExpression | None]) -> bool:
        """Whether an argument may differ between the turns of a loop that share an object."""
        return any(
            call in self.sharing.first
            and (self.sharing.first[call] is not call or call in self.sharing.once)
            and bool(reads(value, self.ctx.parents) & self.changing(call))
            for call, value in zip(group, values, strict=True)
            if value is not None
        )

    def same(self, first: cst.BaseExpression | None, other: cst.BaseExpression | None) -> bool:
        """Whether two arguments are surely equal."""
        if first is None or other is None:
            return first is other
        if first.deep_equals(other):
            names = reads(first, self.ctx.parents)
            return all(len(self.ctx.symbols.bindings(name)) <= 1 for name in names)
        one, another = self.sharing.constant(first, {}), self.sharing.constant(other, {})
        return isinstance(one, (str, int, float, bool)) and type(one) is type(another) and one == another

    # Calls in plain code

    def check_place(self, call: UserCall) -> None:
        """Refuse a call whose object cannot be made in the line before it. Raises Refusal."""
        node, parents = call.node, self.ctx.parents
        current = parents.get(node)
        first = self.sharing.first[node]
        while current is not None and not isinstance(current, cst.BaseStatement):
            if isinstance(current, (cst.IfExp, cst.BooleanOperation, cst.BaseComp, cst.Lambda)) and first is node:
                raise Refusal("TF443", "state is made in a part of an expression that may not run", node)
            current = parents.get(current)
        if not isinstance(current, cst.SimpleStatementLine) or len(current.body) != 1:
            raise Refusal("TF443", "this call must stand on a line of its own", node)
        around = list(loops.around(self.functions, current))
        if first is node:
            self.check_loops(call, around)
        else:
            made_in = list(loops.around(self.functions, first))
            made_in = made_in[made_in.index(self.maker(first)) :] if self.maker(first) in made_in else made_in
            skipped = [item for item in made_in if isinstance(item, (cst.If, cst.For, cst.While, cst.Try))]
            inside = self.functions.enclosing(first)
            own = self.functions.enclosing(node)
            if any(item not in around for item in skipped) or (inside is not None and inside is not own):
                raise Refusal("TF442", "the shared variables are made in another place, which may not have run", node)

    def check_loops(self, call: UserCall, around: list[cst.CSTNode]) -> None:
        """Refuse a loop before which the one object that its turns share cannot be made. Raises Refusal."""
        found = [index for index, item in enumerate(around) if isinstance(item, (cst.For, cst.While))]
        inside = around[: found[-1] + 1] if found else []
        if not inside:
            return
        if call.node not in self.sharing.once or not all(isinstance(item, (cst.For, cst.With)) for item in inside):
            raise Refusal("TF444", "a loop that makes variables or layers", call.node)
        builder = self.functions.builders[call.definition]
        settings = self.settings_of(builder)
        for name, argument in self.functions.bound(builder, call.node).items():
            changing = reads(argument.value, self.ctx.parents) & self.changing(call.node)
            if name in settings and changing:
                message = f"what all turns of the loop share is made with {min(changing)!r}, which the loop binds"
                raise Refusal("TF442", message, argument)

    def changing(self, call: cst.Call) -> set[str]:
        """The names that the loops around a call bind."""
        return {
            name
            for loop in loops.around(self.functions, call)
            if isinstance(loop, cst.For)
            for names, _, _ in assignments(loop)
            for name in names
        }

    def maker(self, call: cst.Call) -> cst.BaseStatement:
        """The statement before which the object of a call is made: the loop around it, or its own."""
        found = [item for item in loops.around(self.functions, call) if isinstance(item, cst.For)]
        return found[-1] if found else statement_of(self.ctx.parents, call)

    def call_site(self, statement: cst.BaseStatement, plain: list[cst.Call]) -> None:
        """A statement of plain code: objects are made before it and called in it."""
        replaced: Replaced = {}
        lines: list[cst.BaseStatement] = []
        for call in self.functions.made_in(statement):
            if call not in plain:
                continue
            first = self.sharing.first[call]
            name = self.origins.made_for(cst.Name(self.instances[first]), call.func)
            constructor, replaced[call] = self.object_call(None, call, name, replaced)
            if constructor is not None:
                target = cst.AssignTarget(cst.Name(self.instances[first]))
                line = cst.SimpleStatementLine([cst.Assign([target], constructor)])
                made = self.origins.made_for(line, statement)
                if self.maker(call) is statement:
                    lines.append(made)
                else:
                    self.before.setdefault(self.maker(call), []).append(made)
        outermost = [call for call in replaced if not _inside(self.ctx.parents, call, replaced)]
        new = self.origins.rebuilt(statement, {call: replaced[call] for call in outermost})
        self.replaced[statement] = new
        if lines:
            own = getattr(statement, "leading_lines", ())
            blank = [] if self.follows_making(statement) else [line for line in own if line.comment is None]
            lines[0] = self.origins.made_for(lines[0].with_changes(leading_lines=blank), statement)
            self.before[statement] = lines
            rest = [line for line in own if line.comment is not None]
            self.replaced[statement] = self.origins.note(new.with_changes(leading_lines=rest), statement)

    def follows_making(self, statement: cst.BaseStatement) -> bool:
        """Whether the statement before this one makes objects, too: then no blank line stands between the two."""
        block = self.ctx.parents[statement]
        body = list(getattr(block, "body", ()))
        place = body.index(statement)
        return place > 0 and body[place - 1] in self.before

    def object_call(
        self, body: Making | None, call: cst.Call, own: cst.BaseExpression, replaced: Replaced
    ) -> tuple[cst.Call | None, cst.Call]:
        """A builder's call as the making of its object (None for a shared one) and the call of the object."""
        builder = self.functions.builders[self.staging.user_calls[call].definition]
        inner = self.bodies[builder.definition]
        bound = self.functions.bound(builder, call)
        settings = [item.name.value for item in inner.settings]
        given = [item.name.value for item in inner.given]
        first = [item.name.value for item in inner.given if item.default is None and item.name.value in builder.late]
        made: list[cst.Arg] = []
        passed: list[cst.Arg] = []
        for name, argument in bound.items():
            if name in settings:
                value = body.init_expression(argument.value) if body is not None else argument.value
                made.append(self.origins.note(argument.with_changes(value=value), argument))
            elif name in given:
                value = self.origins.rebuilt(argument.value, replaced)
                passed.append(self.argument(argument, value, name, name not in first))
        passed += [keyword(name, self.origins.made_for(cst.Name(name), call)) for name in builder.outside]
        constructor = None
        if self.sharing.first[call] is call:
            func = cst.Name(self.names.classes[builder.definition])
            constructor = self.origins.made_for(cst.Call(func, separated(made)), call)
        args = separated(sorted(passed, key=lambda item: item.keyword is not None))
        new = self.origins.note(call.with_changes(func=own, args=args), call)
        return constructor, new

    def argument(self, argument: cst.Arg, value: cst.BaseExpression, name: str, named: bool) -> cst.Arg:
        """An argument of the call: Keras takes only tensors by their place."""
        new = argument.with_changes(value=value)
        if named and argument.keyword is None:
            new = new.with_changes(keyword=cst.Name(name), equal=keyword(name, value).equal)
        return self.origins.note(new, argument)

    def is_keras(self, definition: cst.FunctionDef) -> bool:
        """Whether a builder becomes a class of Keras: it holds layers, and no variables that Keras would not see."""
        return self.holds_layers(definition) and not self.is_mixed(definition)

    def holds_layers(self, definition: cst.FunctionDef) -> bool:
        """Whether the class of a builder holds Keras layers, itself or in its objects."""
        body = self.bodies[definition]
        return body.layers or body.lazy or any(self.holds_layers(item) for item in self.inner(body))

    def is_mixed(self, definition: cst.FunctionDef) -> bool:
        """Whether it holds variables of its own beside them, or an object that does: a ``tf.Module`` holds both."""
        body = self.bodies[definition]
        own = body.has_variables and self.holds_layers(definition) and not body.lazy
        return own or any(self.is_mixed(item) for item in self.inner(body))

    def inner(self, body: Body) -> list[cst.FunctionDef]:
        """The builders whose objects a class makes."""
        return [self.staging.user_calls[call].definition for call in body.objects]

    def is_inner(self, definition: cst.FunctionDef) -> bool:
        """Whether a builder is called by other builders only."""
        return all(not call.plain for call in self.functions.builders[definition].calls)


def reads_of(ctx: Context, builder: Builder) -> set[cst.CSTNode]:
    """The places that read the builder's name and mean it."""
    found: set[cst.CSTNode] = set()
    for node in tree.walk(ctx.module):
        if isinstance(node, cst.Name) and node.value == builder.name and node is not builder.definition.name:
            bindings = ctx.symbols.bindings(node.value, ctx.symbols.scope(node))
            parent = ctx.parents.get(node)
            attribute = isinstance(parent, cst.Attribute) and parent.attr is node
            keyword = isinstance(parent, (cst.Arg, cst.Param)) and getattr(parent, "value", None) is not node
            if not attribute and not keyword and any(item.node is builder.definition for item in bindings):
                found.add(node)
    return found


def _inside(parents: Mapping[cst.CSTNode, cst.CSTNode], node: cst.CSTNode, others: Replaced) -> bool:
    current = parents.get(node)
    while current is not None:
        if current in others:
            return True
        current = parents.get(current)
    return False
