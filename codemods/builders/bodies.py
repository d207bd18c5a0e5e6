"""The body of a builder in two: what makes its state, once, and what computes, at each call."""

from __future__ import annotations

import re
from collections.abc import Sequence

import libcst as cst

from codemods import tree
from codemods.builders.functions import (
    assignments,
    reads,
    target_names,
)
from codemods.builders.lines import Lines
from codemods.builders.needs import Block
from codemods.builders.parts import (
    is_reuse,
    is_reuse_branch,
    is_reuse_receiver,
    plain_reads,
    scope_arguments,
    separated,
    with_lead,
)
from codemods.findings import Refusal
from codemods.rewrites.names import executed

_SCOPE = re.compile(r"scope|\breus|\bshar", re.IGNORECASE)  # what a comment says of a scope that goes


_FRESH = frozenset({"range", "xrange", "enumerate", "zip", "reversed", "len", "list", "tuple", "sorted", "int"})
_VIEWS = frozenset({"items", "keys", "values", "split"})


class Body(Lines):
    """Divides the body of one builder; the results are in ``init`` and ``call``.

    After ``divide``: ``settings`` are the parameters of ``__init__``, ``kept`` those among them that the object keeps,
    ``given`` the parameters of the call.
    """

    def divide(self) -> None:
        """Divide the body. Raises Refusal."""
        self._needs()
        self.lazy = bool(self.in_init & self.builder.late)
        for parameter in self.builder.parameters:
            name = parameter.name.value
            if name in self.builder.late:
                self.given.append(parameter)
                continue
            if name in self.per_call:
                if name in self.in_init:
                    message = f"{name!r} differs between two calls that share variables, and these depend on it"
                    raise Refusal("TF442", message, self.builder.definition)
                if name in self.in_call:
                    self.given.append(parameter)
                continue
            if name in self.in_call or name in self.in_init:
                self.settings.append(parameter)
            if name in self.in_call or (self.lazy and name in self.in_init):
                if name in self._assigned():
                    raise Refusal("TF440", f"the parameter {name!r} is bound again", self.builder.definition)
                self.kept.append(name)
                self.attributes.append(self._attribute(name))
                self.bound[name] = self.attributes[-1]
        block = self.builder.definition.body
        if not isinstance(block, cst.IndentedBlock):
            raise Refusal("TF440", "the body of the function is on the line of its name", self.builder.definition)
        self.init, self.call = self._statements(block.body)
        if block.footer and self.call:
            self.footer = block.footer

    footer: Sequence[cst.EmptyLine] = ()

    # Compound statements

    def _compound(self, node: cst.BaseCompoundStatement) -> Block:
        if isinstance(node, cst.If) and is_reuse_branch(node):
            return [], []
        makes = bool(self.functions.made_in(node))
        if isinstance(node, cst.With):
            return self._with(node)
        if isinstance(node, cst.FunctionDef):
            return self._inner_function(node)
        if not makes:
            return self._whole(node)
        if isinstance(node, cst.If):
            return self._if(node)
        if isinstance(node, cst.For):
            return self._for(node)
        raise Refusal("TF440", "state is made in a `while` or `try`", node)

    def _whole(self, node: cst.BaseCompoundStatement) -> Block:
        """A compound statement that makes no state."""
        names = {name for bound, _, _ in assignments(node) for name in bound}
        if names & self.states:
            raise Refusal("TF440", "a name that holds a variable is bound again under a condition", node)
        late = bool(names & self.late) or bool(reads(node, self.parents) & (self.late | self.states))
        late = late or any(isinstance(item, cst.Return) for item in executed(node))
        if not late and names & self.in_init:
            if names & self.in_call:
                raise Refusal("TF440", "a value is needed by the variables and by the computation", node)
            return [self.origins.rebuilt(node, self._early(node))], []
        for item in executed(node):
            if isinstance(item, cst.Return) and self._makes_after(node):
                raise Refusal("TF440", "the function may return before all its variables are made", item)
            if isinstance(item, cst.BaseSmallStatement):
                self._check_effect(item)
        if not late and not names & self.in_call:
            return [self.origins.rebuilt(node, self._early(node))], []
        return [], [self.origins.rebuilt(node, self._mapped(node, settings=True))]

    def _makes_after(self, node: cst.CSTNode) -> bool:
        calls = self.functions.made_in(self.builder.definition.body)
        inside = set(self.functions.made_in(node))
        places = {item: index for index, item in enumerate(executed(self.builder.definition.body))}
        return any(places.get(call, 0) > places[node] for call in calls if call not in inside)

    def _inner_function(self, node: cst.FunctionDef) -> Block:
        name = node.name.value
        if name in self.in_init and name in self.in_call:
            raise Refusal("TF440", f"{name}() is needed by the variables and by the computation", node)
        if name in self.in_init:
            return [self.origins.rebuilt(node, self._early(node))], []
        return [], [self.origins.rebuilt(node, self._mapped(node, settings=True))]

    def _with(self, node: cst.With) -> Block:
        symbols = [self.symbols.of(item.item.func) if isinstance(item.item, cst.Call) else None for item in node.items]
        if not isinstance(node.body, cst.IndentedBlock):
            raise Refusal("TF440", "a block on the line of its header", node)
        if not all(symbol in ("tf.variable_scope", "tf.name_scope", "tf.device") for symbol in symbols):
            if self.functions.made_in(node):
                raise Refusal("TF440", "state is made inside this `with`", node)
            return self._whole(node)
        for item in node.items:
            alias = item.asname.name if item.asname is not None else None
            if isinstance(alias, cst.Name) and self._uses(alias.value, node):
                raise Refusal("TF440", "the object of the variable scope is used", node)
        before = self.has_variables
        self.has_variables = False
        init, call = self._statements(node.body.body)
        variables, self.has_variables = self.has_variables, self.has_variables or before
        lead = [line for line in node.leading_lines if line.comment is None or not _SCOPE.search(line.comment.value)]
        named = "tf.variable_scope" in symbols
        if init and (variables or named):
            header = self._scope_header(node, init)
            init = [header]
            if not variables and all(isinstance(arg.value, cst.SimpleString) for arg in scope_arguments(header)):
                self.transparent.add(node)
        scopes = [symbol for symbol in symbols if symbol != "tf.variable_scope"]
        if call and scopes and len(scopes) == len(symbols):
            items = [self.origins.rebuilt(item, self._mapped(item.item, settings=True)) for item in node.items]
            items = [self.origins.copy(item) for item in items] if init and variables else items
            mapped = node.with_changes(items=items, body=node.body.with_changes(body=call), leading_lines=lead)
            return init, [self.origins.note(mapped, node)]
        for block in (call, init):
            if block:
                block[0] = with_lead(block[0], lead)
                self.origins.made_for(block[0], node)
                break
        if call and node.body.footer:
            self.footer = node.body.footer
        return init, call

    def _uses(self, name: str, node: cst.With) -> bool:
        return any(
            found.value == name and not is_reuse_receiver(found, self.parents)
            for found in self._names(self.builder.definition.body)
            if found.value == name
        )

    def _scope_header(self, node: cst.With, init: list[cst.BaseStatement]) -> cst.With:
        """The ``with`` around what makes variables: its reuse is known, and not needed."""
        items = []
        for item in node.items:
            call = item.item
            if not isinstance(call, cst.Call) or self.symbols.of(call.func) != "tf.variable_scope":
                items.append(item)
                continue
            kept = [argument for argument in call.args if not is_reuse(argument, call)]
            if kept:
                kept[-1] = self.origins.note(kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT), kept[-1])
            mapped = [self.origins.rebuilt(arg, self._early(arg)) for arg in kept]
            new = self.origins.note(call.with_changes(args=mapped), call)
            items.append(self.origins.note(item.with_changes(item=new, asname=None), item))
        body = node.body.with_changes(body=init, footer=[])
        return self.origins.note(node.with_changes(items=items, body=body, leading_lines=[]), node)

    def _for(self, node: cst.For) -> Block:
        """A loop that makes state: one that fills lists, and one that goes over them."""
        simple = node.orelse is None and isinstance(node.body, cst.IndentedBlock) and self._loop is None
        leaves = [item for item in executed(node.body) if isinstance(item, (cst.Break, cst.Continue, cst.Return))]
        if not simple or leaves:
            raise Refusal("TF444", "a loop that makes variables, in another one or left early", node)
        for item in executed(node.body):
            inside = isinstance(item, (cst.If, cst.Try, cst.While)) and self.functions.made_in(item)
            if inside or (self.shared_in(item)):
                raise Refusal("TF444", "a loop that makes variables only sometimes", item)
        rebound = set(target_names(node.target))
        if rebound & {name for names, _, inner in assignments(node.body) for name in names}:
            raise Refusal("TF444", "a loop that binds its own variable again", node)
        self._loop = []
        init, call = self._statements(cst.ensure_type(node.body, cst.IndentedBlock).body)
        lists, self._loop = self._loop, None
        made: list[cst.BaseStatement] = []
        for attribute, _ in lists:
            line = cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(self._self(attribute, node))], cst.List([]))])
            made.append(self.origins.made_for(line, node))
        mapped = self._early(node.iter)
        used = rebound & {name for item in call for name in plain_reads(item)}
        if used and call and not self._repeats(node.iter):
            raise Refusal("TF444", "a loop that makes variables over what may be gone through only once", node.iter)
        first = self.origins.rebuilt(node.iter, mapped)
        block = cst.ensure_type(node.body, cst.IndentedBlock)
        filling = node.with_changes(
            iter=self.origins.copy(first) if used else first,
            body=block.with_changes(body=init, footer=[]),
            leading_lines=[],
        )
        made.append(self.origins.note(filling, node))
        if not call:
            return made, []
        sources: list[cst.BaseExpression] = [self._self(attribute, node) for attribute, _ in lists]
        targets: list[cst.BaseExpression] = [cst.Name(name) for _, name in lists]
        if used:
            sources.insert(0, self.origins.rebuilt(node.iter, self._mapped(node.iter, settings=True)))
            assert isinstance(node.target, cst.BaseExpression)
            targets.insert(0, _in_parentheses(node.target))
        iterated: cst.BaseExpression = sources[0]
        target: cst.BaseExpression = targets[0]
        if len(sources) > 1:
            iterated = cst.Call(cst.Name("zip"), separated([cst.Arg(source) for source in sources]))
            target = cst.Tuple([cst.Element(item) for item in targets], lpar=[], rpar=[])
        computing = node.with_changes(target=target, iter=iterated, body=block.with_changes(body=call))
        return made, [self.origins.made_for(self.origins.note(computing, node), node)]

    def _repeats(self, node: cst.BaseExpression) -> bool:
        """Whether one can go through an iterable twice: no generator, iterator or file is among its names."""
        for item in tree.walk(node):
            if isinstance(item, cst.GeneratorExp):
                return False
            if isinstance(item, cst.Call):
                plain = isinstance(item.func, cst.Name) and item.func.value in _FRESH
                if not plain and not (isinstance(item.func, cst.Attribute) and item.func.attr.value in _VIEWS):
                    return False
        names = list(self._names(node))
        bindings = (item for name in names for item in self.symbols.bindings(name.value, self.symbols.scope(name)))
        made = (item.node.value for item in bindings if isinstance(item.node, cst.Assign))
        return all(not isinstance(value, cst.GeneratorExp) and not _is_iterator(value) for value in made)

    def shared_in(self, node: cst.CSTNode) -> bool:
        """Whether a node is a call that shares the object of another one."""
        return isinstance(node, cst.Call) and self.shared(node) is not None

    def _if(self, node: cst.If) -> Block:
        if not isinstance(node.body, cst.IndentedBlock):
            raise Refusal("TF440", "a block on the line of its header", node)
        before, attributes = dict(self.bound), list(self.attributes)
        init, call = self._statements(node.body.body)
        after, used = dict(self.bound), list(self.attributes)
        self.bound, self.attributes = before, attributes
        otherwise: Block = ([], [])
        inner: tuple[cst.BaseStatement | None, cst.BaseStatement | None] = (None, None)
        if isinstance(node.orelse, cst.If):
            made, computed = self._compound(node.orelse)
            inner = (made[0] if made else None, computed[0] if computed else None)
        elif node.orelse is not None:
            if not isinstance(node.orelse.body, cst.IndentedBlock):
                raise Refusal("TF440", "a block on the line of its header", node)
            otherwise = self._statements(node.orelse.body.body)
        for name in {*after, *self.bound}:
            if after.get(name) != self.bound.get(name):
                raise Refusal("TF440", f"{name!r} holds a variable on one path only", node)
        self.attributes = list(dict.fromkeys([*used, *self.attributes]))
        return (
            self._branch(node, init, otherwise[0], inner[0], computes=False),
            self._branch(node, call, otherwise[1], inner[1], computes=True),
        )

    def _branch(
        self,
        node: cst.If,
        body: list[cst.BaseStatement],
        otherwise: list[cst.BaseStatement],
        inner: cst.BaseStatement | None,
        computes: bool,
    ) -> list[cst.BaseStatement]:
        if not body and not otherwise and inner is None:
            return []
        orelse: cst.If | cst.Else | None = None
        if isinstance(inner, cst.If):
            orelse = inner
        elif otherwise and isinstance(node.orelse, cst.Else):
            block = node.orelse.body.with_changes(body=otherwise)
            orelse = self.origins.note(node.orelse.with_changes(body=block), node.orelse)
        mapped = self._mapped(node.test, settings=True) if computes else self._early(node.test)
        test = self.origins.rebuilt(node.test, mapped)
        if not computes:
            test = self.origins.copy(test) if test is node.test else test
        lines = body or [self.origins.made_for(cst.SimpleStatementLine([cst.Pass()]), node)]
        assert isinstance(node.body, cst.IndentedBlock)
        changed = node.with_changes(
            test=test,
            body=node.body.with_changes(body=lines),
            orelse=orelse,
            leading_lines=node.leading_lines if computes else [],
        )
        return [self.origins.note(changed, node)]


def _in_parentheses(target: cst.BaseExpression) -> cst.BaseExpression:
    """A target as one of several: a tuple needs its parentheses there."""
    bare = isinstance(target, cst.Tuple) and not target.lpar
    return target.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()]) if bare else target


def _is_iterator(node: cst.BaseExpression) -> bool:
    """Whether a call makes an iterator, which is empty once one went through it."""
    name = node.func.value if isinstance(node, cst.Call) and isinstance(node.func, cst.Name) else None
    return name in ("iter", "zip", "enumerate", "map", "filter", "reversed", "open")
