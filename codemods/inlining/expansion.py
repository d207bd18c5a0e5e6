"""One call of a helper, written out: the lines that take the place of the call's statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from codemods import tree
from codemods.analysis.frames import literal
from codemods.analysis.symbols import Scope
from codemods.inlining import folding
from codemods.inlining.arguments import Arguments, Impossible, bind, known, settled
from codemods.inlining.candidates import Call, Candidates, Helper
from codemods.inlining.names import bound_names, free_names, imported_names, own_names
from codemods.rewrites.function_text import as_line
from codemods.tree import is_none

_ENDINGS = ("_op", "_step", "_train", "_training", "_opt", "_optimizer", "_solver")
_BEGINNINGS = ("train_", "training_", "optimize_", "opt_")


class Expansion:
    """The text of one call; ``taken`` are names that earlier calls of the helper have bound."""

    def __init__(self, candidates: Candidates, helper: Helper, call: Call, taken: set[str]) -> None:
        self.candidates = candidates
        self.helper = helper
        self.call = call
        self.taken = taken
        self.known: dict[cst.CSTNode, cst.CSTNode] = {}  # new nodes, with those that they came from
        self.elsewhere: dict[cst.CSTNode, cst.BaseExpression] = {}  # ``graph["x"]`` -> ``x``
        self.values = bind(helper.definition, call.node)
        given = {argument.value for argument in call.node.args}
        defaults = [value for value in self.values.values() if value not in given]
        if not all(settled(candidates, value, len(helper.calls) > 1) for value in defaults):
            raise Impossible
        body = folding.lines_of(helper.definition.body)
        constants = {name: known(candidates, value) for name, value in self.values.items()}
        self.docstring = _docstring(body)
        self.folded = folding.fold(
            body[self.docstring is not None :], {name: value for name, value in constants.items() if value is not None}
        )
        self.body = self.folded.statements
        self.last = folding.last_return(self.body)
        if [item for item in folding.returns(self.body) if item is not self.last]:
            raise Impossible
        if self.last is not None and isinstance(call.small, cst.Return):
            self.last = None  # it stays as it is
        self.bound = bound_names(self.body)
        self.own = self.bound | set(self.values)
        self.places: dict[str, list[cst.Name]] = {}
        for found in own_names(self.body, self.own):
            self.places.setdefault(found.value, []).append(found)
        self.renamed: dict[str, str] = {}
        self.results: list[tuple[cst.BaseAssignTargetExpression | None, cst.BaseExpression]] = []

    def lines(self) -> list[cst.BaseStatement]:
        """The lines. Raises Impossible."""
        self.outside = self._outside()
        self._plan_results()
        self._name_locals()
        arguments = Arguments(self.candidates, self.call, self.values, self.body, self.places, self.bound)
        changed = {self.renamed.get(name, name) for name in self.bound} | set(self._targets())
        replaced: dict[cst.CSTNode, cst.BaseExpression] = {}
        first: list[cst.BaseStatement] = []
        for name, value in self.values.items():
            if arguments.needless(name):
                continue
            if arguments.stand_in(name, changed):
                for place in self.places.get(name, ()):
                    replaced[place] = self._copy(value)
                    if place.lpar and not value.lpar and not isinstance(value, cst.Name):
                        replaced[place] = value.with_changes(lpar=place.lpar, rpar=place.rpar)
                continue
            self._own_name(name)
            line = as_line(cst.Assign([cst.AssignTarget(cst.Name(self.renamed.get(name, name)))], self._copy(value)))
            first.append(self._note(line, self.call.line))
            changed.add(self.renamed.get(name, name))
        for name, other in self.renamed.items():
            for place in self.places.get(name, ()) if other != name else ():
                if place not in replaced:
                    replaced[place] = self._note(place.with_changes(value=other), place)
        self.replaced = replaced
        last = self._result_lines()
        rewrite = _Rewrite(self, last)
        lines = [*first]
        for item in self.body:
            new = item.visit(rewrite)
            if isinstance(new, cst.FlattenSentinel):
                lines += [*new]
            elif isinstance(new, cst.BaseStatement):
                lines.append(new)
        if self.last is None and isinstance(self.call.small, cst.Return) and not folding.returns(self.body):
            lines.append(self.call.line.with_changes(body=[cst.Return(cst.Name("None"))]))
        elif self.last is None and not isinstance(self.call.small, cst.Return):
            lines += last
        if not lines:
            raise Impossible
        return self._layout(lines)

    # Names

    def _outside(self) -> set[str]:
        """The names that mean something where the call stands, which a local name of the helper must not take."""
        scope = self.candidates.symbols.scope(self.call.node.func)
        found = {*scope.bindings, *self.candidates.globals}
        for names in self.candidates.reads.values():
            for node in names:
                if node.value not in found and self._means(node, scope):
                    found.add(node.value)
        return found | self.taken

    def _means(self, node: cst.Name, scope: Scope) -> bool:
        """Whether a name that is read in ``scope``, outside of the helper, is looked up there, or further out."""
        at: Scope | None = self.candidates.symbols.scope(node)
        while at is not None and at is not scope:
            if at.node is self.helper.definition or node.value in at.bindings:
                return False
            at = at.parent
        return at is scope

    def _targets(self) -> Iterator[str]:
        small = self.call.small
        for target in small.targets if isinstance(small, cst.Assign) else ():
            yield from (found.value for found in tree.walk(target) if isinstance(found, cst.Name))

    def _own_name(self, name: str) -> None:
        """Give a local name another one where the call's surroundings use it."""
        if name in self.renamed:
            return
        if name not in self.outside and name not in self.renamed.values():
            self.renamed[name] = name
            return
        if name in imported_names(self.body):
            raise Impossible
        self.renamed[name] = self._fresh(name)

    def _fresh(self, name: str) -> str:
        inside = set(self.places) | set(self.renamed.values()) | self.outside
        target = next(self._targets(), "")
        for ending in _ENDINGS:
            target = target.removesuffix(ending)
        for beginning in _BEGINNINGS:
            target = target.removeprefix(beginning)
        wanted = [f"{target}_{name}"] if target and target.isidentifier() and len(list(self._targets())) == 1 else []
        number = 2
        while not wanted or wanted[-1] in inside:
            wanted.append(f"{name}_{number}")
            number += 1
        return wanted[-1]

    def _name_locals(self) -> None:
        for name in sorted(self.bound, key=lambda item: item in self.outside):
            self._own_name(name)

    # Results

    def _plan_results(self) -> None:
        """What each target of the call's statement is given; locals that are returned take the targets' names."""
        small, value = self.call.small, self.last.value if self.last is not None else None
        if isinstance(small, cst.Return):
            return
        if isinstance(small, cst.Expr):
            for item in _items(value) if value is not None else ():
                if not _is_plain(item):
                    self.results.append((None, item))
            return
        value = value if value is not None else cst.Name("None")
        target = small.targets[0].target
        if len(small.targets) > 1:
            self.results += [(item.target, value) for item in small.targets[:1]]
            for other in small.targets[1:]:
                if not isinstance(target, cst.Name):
                    raise Impossible
                self.results.append((other.target, target))
            return
        targets: list[cst.BaseExpression] = _items(target)
        items = _items(value)
        if isinstance(target, cst.Name) and self._in_parts(target.value, value):
            return
        pairs = len(targets) == len(items) and isinstance(target, (cst.Tuple, cst.List)) and not _starred(target, value)
        whole: list[tuple[cst.BaseExpression, cst.BaseExpression]] = [(target, value)]
        for one, item in zip(targets, items, strict=True) if pairs else whole:
            if isinstance(one, cst.Name) and isinstance(item, cst.Name) and self._takes_name(item.value, one.value):
                self.renamed[item.value] = one.value
            elif isinstance(one, cst.Name) and one.value == "_" and _is_plain(item):
                continue
            else:
                assert isinstance(one, cst.BaseAssignTargetExpression)
                self.results.append((one, item))
        changed = set(self.renamed.values())
        for given, item in self.results:
            if self._reads(item) & changed:
                raise Impossible  # a name would be read that has its new value already
            changed |= {found.value for found in tree.walk(given or item) if isinstance(found, cst.Name)}

    def _reads(self, node: cst.BaseExpression) -> set[str]:
        """The names around the call that a returned expression reads."""
        found: set[str] = set()
        for name in (item for item in tree.walk(node) if isinstance(item, cst.Name)):
            value = self.values.get(name.value) if name.value not in self.bound else None
            if value is not None:
                found |= {item.value for item in tree.walk(value) if isinstance(item, cst.Name)}
            elif name.value not in self.own:
                found.add(name.value)
        return found

    def _takes_name(self, local: str, target: str) -> bool:
        """Whether a local name may be the target's from the start."""
        if local not in self.bound or local in self.renamed or target in self.renamed.values():
            return False
        if target == "_" or local in imported_names(self.body) or target in free_names(self.body, self.own):
            return False
        scope = self.candidates.symbols.scope(self.call.node.func)
        if len(scope.bindings.get(target, ())) == 1:
            return True
        inner = (self.candidates.symbols.scope(node) for node in self.candidates.reads.get(target, ()))
        return target not in self.candidates.globals and all(found is scope for found in inner)

    def _in_parts(self, name: str, value: cst.BaseExpression) -> bool:
        """Whether what is returned in a dict or tuple is only read part by part: then each part has its own name."""
        symbols = self.candidates.symbols
        scope = symbols.scope(self.call.node.func)
        parts = _parts(value)
        bindings = scope.bindings.get(name, ())
        if parts is None or len(bindings) != 1 or name in self.candidates.globals:
            return False
        reads: list[tuple[cst.Subscript, object]] = []
        for node in self.candidates.reads.get(name, ()):
            if symbols.bindings(name, symbols.scope(node)) is not bindings or node in tree.walk(self.call.small):
                continue
            parent = self.candidates.parents.get(node)
            key = _key(parent) if isinstance(parent, cst.Subscript) and parent.value is node else None
            around = self.candidates.parents.get(parent) if parent is not None else None
            if key is None or key not in parts or isinstance(around, (cst.AssignTarget, cst.AugAssign, cst.Del)):
                return False
            assert isinstance(parent, cst.Subscript)
            reads.append((parent, key))
        names: dict[object, str] = {}
        for key, part in parts.items():
            local = part.value if isinstance(part, cst.Name) and part.value in self.bound else None
            if local is not None and local not in imported_names(self.body):
                self._own_name(local)
                names[key] = self.renamed[local]
            elif any(read == key for _, read in reads) or not _is_plain(part):
                wanted = key if isinstance(key, str) and key.isidentifier() else f"{name}_{key}"
                used = {*self.outside, *self.own, *self.renamed.values(), *names.values()}
                names[key] = wanted if wanted not in used else self._fresh(wanted)
                self.results.append((cst.Name(names[key]), part))
        for read, key in reads:
            self.elsewhere[read] = cst.Name(names[key], lpar=read.lpar, rpar=read.rpar)
        return True

    def _result_lines(self) -> list[cst.BaseStatement]:
        lines: list[cst.BaseStatement] = []
        rewrite = _Rewrite(self, [])
        for target, value in self.results:
            new = value.visit(rewrite)
            assert isinstance(new, cst.BaseExpression)
            if target is None:
                small: cst.BaseSmallStatement = cst.Expr(new)
            elif isinstance(target, cst.Name) and isinstance(new, cst.Name) and target.value == new.value:
                continue
            else:
                small = cst.Assign([cst.AssignTarget(target)], new)
            lines.append(self._note(as_line(small), self.last if self.last is not None else self.call.line))
        return lines

    # Text

    def _layout(self, lines: list[cst.BaseStatement]) -> list[cst.BaseStatement]:
        """The lines below the comments of the call and of the helper."""
        above = list(self.call.line.leading_lines)
        if len(self.helper.calls) == 1:
            own = list(self.helper.definition.leading_lines)
            while own and any(line.comment is None for line in own):
                own.pop(0)
            if not own and self.docstring:
                own = [cst.EmptyLine(comment=cst.Comment(f"# {self.docstring}"))]
            above += own
        inside = [line for line in getattr(lines[0], "leading_lines", ()) if line.comment is not None]
        new = lines[0].with_changes(leading_lines=[*above, *inside])
        self.known[new] = self.known.get(lines[0], lines[0])
        return [new, *lines[1:]]

    def _copy(self, node: cst.BaseExpression) -> cst.BaseExpression:
        new = node.deep_clone()
        for one, other in zip(tree.walk(new), tree.walk(node), strict=True):
            self.known[one] = other
        return new

    def _note(self, new: cst.CSTNodeT, old: cst.CSTNode) -> cst.CSTNodeT:
        self.known[new] = old
        return new


class _Rewrite(cst.CSTTransformer):
    """Puts names and arguments into the body, and ``last`` in the place of its ``return``."""

    def __init__(self, expansion: Expansion, last: Sequence[cst.BaseStatement]) -> None:
        super().__init__()
        self.expansion = expansion
        self.last = last

    def on_visit(self, node: cst.CSTNode) -> bool:
        return node not in self.expansion.replaced

    def on_leave(  # type: ignore[override]  # the base class promises the node's own type
        self, original_node: cst.CSTNode, updated_node: cst.CSTNode
    ) -> cst.CSTNode | cst.FlattenSentinel[cst.CSTNode] | cst.RemovalSentinel:
        found = self.expansion.replaced.get(original_node)
        if found is not None:
            return found
        if isinstance(original_node, cst.IfExp) and original_node in self.expansion.folded.chosen:
            assert isinstance(updated_node, cst.IfExp)
            taken = updated_node.body if self.expansion.folded.chosen[original_node] else updated_node.orelse
            return taken if taken.lpar else taken.with_changes(lpar=updated_node.lpar, rpar=updated_node.rpar)
        ends = isinstance(original_node, cst.SimpleStatementLine) and original_node.body[-1:] == (self.expansion.last,)
        if ends and isinstance(updated_node, cst.SimpleStatementLine):
            return self._ended(updated_node)
        if updated_node is not original_node:
            origin = self.expansion.folded.known.get(original_node, original_node)
            self.expansion.known.setdefault(updated_node, origin)
        return updated_node

    def _ended(self, line: cst.SimpleStatementLine) -> cst.FlattenSentinel[cst.CSTNode] | cst.RemovalSentinel:
        kept: list[cst.CSTNode] = []
        if len(line.body) > 1:
            kept = [line.with_changes(body=line.body[:-1])]
        lines = [*kept, *self.last]
        if lines and not kept:
            first = self.last[0].with_changes(leading_lines=line.leading_lines)
            self.expansion.known[first] = self.expansion.known[self.last[0]]
            lines[0] = first
        return cst.FlattenSentinel(lines) if lines else cst.RemoveFromParent()


def _docstring(body: Sequence[cst.BaseStatement]) -> str | None:
    """The first line of the text that a function begins with; empty if that has none."""
    first = body[0] if body else None
    small = first.body[0] if isinstance(first, cst.SimpleStatementLine) and len(first.body) == 1 else None
    text = literal(small.value) if isinstance(small, cst.Expr) else None
    return next((line.strip() for line in text.splitlines() if line.strip()), "") if isinstance(text, str) else None


def _items(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    """The parts of a tuple or list that is written out, or the expression itself."""
    return [item.value for item in node.elements] if isinstance(node, (cst.Tuple, cst.List)) else [node]


def _starred(*nodes: cst.BaseExpression) -> bool:
    elements = [item for node in nodes if isinstance(node, (cst.Tuple, cst.List)) for item in node.elements]
    return any(isinstance(item, cst.StarredElement) for item in elements)


def _is_plain(node: cst.BaseExpression) -> bool:
    """Whether evaluating an expression does nothing."""
    return not any(isinstance(found, (cst.Call, cst.Subscript)) for found in tree.walk(node)) or is_none(node)


def _parts(node: cst.BaseExpression) -> dict[object, cst.BaseExpression] | None:
    """The parts of a dict with literal keys, or of a tuple or list; None for anything else."""
    if isinstance(node, (cst.Tuple, cst.List)) and not _starred(node):
        return dict(enumerate(_items(node)))
    if not isinstance(node, cst.Dict):
        return None
    found: dict[object, cst.BaseExpression] = {}
    for entry in node.elements:
        key = literal(entry.key) if isinstance(entry, cst.DictElement) else None
        if key is None or key in found:
            return None
        found[key] = entry.value
    return found


def _key(node: cst.Subscript) -> object:
    """The literal key of a subscript, or None."""
    index = node.slice[0].slice if len(node.slice) == 1 else None
    return literal(index.value) if isinstance(index, cst.Index) else None
