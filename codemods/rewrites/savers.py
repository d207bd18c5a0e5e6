"""Savers become ``tf.train.Checkpoint`` objects, with a ``tf.train.CheckpointManager`` where files are numbered."""

from __future__ import annotations

import keyword
from collections.abc import Callable
from typing import TYPE_CHECKING

import libcst as cst

from codemods import tree
from codemods.analysis.containers import containers, may_be_skipped
from codemods.analysis.frames import literal
from codemods.analysis.savers import LAST, SAVE, Saver, Use
from codemods.analysis.statements import Statement
from codemods.analysis.values import Optimizer
from codemods.checkpoint_keys import Form, hides_old_names
from codemods.checkpoint_paths import assigned
from codemods.findings import Refusal
from codemods.plan import Function, is_pure
from codemods.rewrites import spelling, template
from codemods.rewrites.session_functions import TRACED
from codemods.templates import load
from codemods.tree import is_none

if TYPE_CHECKING:
    from codemods.rewrites.sessions import Lowerer

_WIDTH = 104  # of a call: a name and some indentation stand before it


class SaverParts:
    """Proposes what the savers of one file become."""

    def __init__(self, lowerer: Lowerer) -> None:
        self.lowerer = lowerer
        self.checkpoints: dict[Saver, str] = {}  # the names of the checkpoint objects
        self.stated: dict[Saver, str] = {}  # the functions that write them, where that is not their own method
        self.ready: dict[Function | Optimizer, list[Statement]] = {}  # and the savers that have had them made so
        self.readers: dict[Saver, str] = {}  # the functions that read them, where their own method might err

    def propose(self) -> None:
        """Propose the edits of every saver and its uses; the optimizers have their names by then."""
        for form in self.lowerer.plan.savers:
            self.saver(form)
            if form.stated:
                self.stated[form.saver] = self._function("write_checkpoint", form)
            if hides_old_names(self.lowerer.staging, form):
                self.readers[form.saver] = self._function("read_checkpoint", form)
        for use in self.lowerer.staging.savers.uses.values():
            self.use(use)

    def saver(self, form: Form) -> None:
        """The statement that makes a saver."""
        saver, lowerer = form.saver, self.lowerer
        assert saver.target is not None
        for argument in saver.arguments.values():
            lowerer.edits.drop(argument)
        lowerer.handled.add(saver.call)
        managed = form.split is not None
        name = lowerer.names.fresh("checkpoint") if managed else saver.target
        self.checkpoints[saver] = name
        tf = spelling.root_name(lowerer.ctx, lowerer.edits, lowerer.ctx.symbols.root, "tf")
        traced, trained = self._traced(form)
        lines = [
            f"{function.name}.get_concrete_function()  # {TRACED}"
            for function in traced
            if function not in lowerer.plan.traced and self._first(function, saver)
        ]
        for optimizer in saver.optimizers:
            if optimizer not in trained and self._first(optimizer, saver):
                lines += self._build(form, optimizer)
        lines.append(f"{name} = {self._checkpoint(form, tf)}")
        manager = self._manager(form, tf, name) if managed else []
        if form.anchor is not None and form.anchor is not saver.statement:
            self._after(form.anchor.node, manager)
            manager = []
        made = [*lines, *manager]

        def replaced(updated: cst.SimpleStatementLine) -> list[cst.BaseStatement]:
            statements = [template.statement(line) for line in made]
            first = statements[0].with_changes(leading_lines=updated.leading_lines)
            last = statements[-1] if len(statements) > 1 else first
            statements = [first, *statements[1:]]
            statements[-1] = last.with_changes(trailing_whitespace=updated.trailing_whitespace)
            return list(statements)

        lowerer.edits.drop(saver.call)
        lowerer.removal.expand(saver.statement.node, replaced)
        self._notes(form)

    def _first(self, made: Function | Optimizer, saver: Saver) -> bool:
        """Whether no earlier saver that surely was made has had the variables of a function or optimizer made."""
        earlier = self.ready.setdefault(made, [])
        for statement in earlier:
            certain = not any(may_be_skipped(item.node) for item in containers(statement))
            if certain and statement.scope is saver.statement.scope:
                return False
        earlier.append(saver.statement)
        return True

    def _function(self, name: str, form: Form) -> str:
        """The name of a function that is emitted, too."""
        template = load(name)
        if template.name in self.lowerer.names.taken and template.name not in self.lowerer.ctx.templates:
            raise Refusal("TF435", f"the name {template.name} is taken", form.saver.call)
        self.lowerer.ctx.templates[template.name] = template
        self.lowerer.names.taken.add(template.name)
        for wanted in template.imports:
            self.lowerer.edits.require_import(*wanted)
        return template.name

    def _after(self, node: cst.CSTNode, lines: list[str]) -> None:
        def more(updated: cst.BaseStatement) -> list[cst.BaseStatement]:
            return [updated, *(template.statement(line) for line in lines)]

        self.lowerer.removal.expand(node, more)

    def _notes(self, form: Form) -> None:
        saver, lowerer = form.saver, self.lowerer
        message = "the checkpoint holds objects by key; `migrator checkpoint` converts the files of TensorFlow 1"
        lowerer.notes.append(("TF740", message, saver.call))
        if form.split is not None:
            message = "a manager also counts, and deletes, checkpoints of earlier runs in its directory"
            lowerer.notes.append(("TF741", message, saver.call))
        restored = any(use.saver is saver for use in lowerer.staging.savers.restores())
        if restored and any(self._rate(optimizer, None) is not None for optimizer in saver.optimizers):
            message = "the learning rate is restored with the optimizer"
            lowerer.notes.append(("TF742", message, saver.call))

    # The objects

    def _checkpoint(self, form: Form, tf: str) -> str:
        names = self.lowerer.optimizers.names
        pairs = [(item.key, item.text) for item in form.items]
        pairs += [(self.key(form, optimizer), names[optimizer]) for optimizer in form.saver.optimizers]
        if all(key.isidentifier() and not keyword.iskeyword(key) for key, _ in pairs):
            arguments = [f"{key}={text}" for key, text in pairs]
            return _call(f"{tf}.train.Checkpoint", arguments)
        entries = ", ".join(f"{key!r}: {text}" for key, text in pairs).replace("'", '"')
        return f"{tf}.train.Checkpoint(**{{{entries}}})"

    def key(self, form: Form, optimizer: Optimizer) -> str:
        """The key of an optimizer in a checkpoint."""
        return "optimizer" if len(form.saver.optimizers) == 1 else self.lowerer.optimizers.names[optimizer]

    def _traced(self, form: Form) -> tuple[list[Function], set[Optimizer]]:
        """The functions whose tracing makes the variables of layers, and the optimizers that it builds, too.

        TF1 had made the variables when the saver was made; Keras makes them when a layer is called first.
        """
        saver = form.saver
        wanted = {made for item in form.items for _, made in item.layers}
        found: list[Function] = []
        ready = [item for item in self.lowerer.plan.functions if _is_ready(item, saver)]
        for function in sorted(ready, key=lambda item: any(part.trainings for part in item.slice.statements)):
            calls = [use for made in self.lowerer.staging.keras.owners() for use in made.calls]
            made = {call.made for call in calls if call.statement in function.slice.statements}
            if wanted & made:
                found.append(function)
                wanted -= made
        if wanted:
            message = "a layer is called for the first time only after the saver was made, or with a Python argument"
            raise Refusal("TF431", message, saver.call)
        statements = {statement for function in found for statement in function.slice.statements}
        return found, {item.optimizer for statement in statements for item in statement.trainings}

    def _build(self, form: Form, optimizer: Optimizer) -> list[str]:
        """``optimizer.build([...])``: TF1 made the slots before the saver, Keras would at the first step."""
        saver = form.saver
        trained = set(saver.trained[optimizer])
        parts: list[str] = []
        for item in form.items:
            for text, variables in item.parts:
                if set(variables) <= trained:
                    parts.append(text)
                elif trained.intersection(variables):
                    message = "the optimizer updates some variables of a list or layer, and not the others"
                    raise Refusal("TF431", message, form.saver.call)
        name = self.lowerer.optimizers.names[optimizer]
        if len(parts) == 1 and parts[0].startswith("*") and parts[0].endswith("trainable_variables"):
            return [f"{name}.build({parts[0][1:]})"]
        line = f"{name}.build([{', '.join(parts)}])"
        lines = "".join(f"    {part},\n" for part in parts)
        return [line if len(line) <= _WIDTH else f"{name}.build([\n{lines}])"]

    def _manager(self, form: Form, tf: str, checkpoint: str) -> list[str]:
        saver, split = form.saver, form.split
        assert split is not None
        if split.needs_os:
            self.lowerer.edits.require_import("os")
        hours = saver.arguments.get("keep_checkpoint_every_n_hours")
        keep = saver.arguments.get("max_to_keep")
        written = [split.source, *(item.value for item in (keep, hours) if item is not None)]
        inside = {node for item in written for node in tree.walk(item)}
        for use in self.lowerer.ctx.symbols.tf_uses():
            flag = use.name.endswith("flags.FLAGS") and isinstance(use.node, cst.Name)  # a name that stays
            if use.node in inside and not flag:  # these expressions are copied as they stand
                raise Refusal("TF434", f"the path of numbered checkpoints is computed by {use.name}", saver.call)
        value = self.lowerer.staging.last_values.get(keep.value) if keep is not None else None
        kept = "5" if keep is None else _text(keep.value)
        if value is not None and keep is not None and (value.constant == 0 or is_none(keep.value)):
            kept = "None"
        elif value is not None and not isinstance(value.constant, int):
            raise Refusal("TF433", "max_to_keep= is not known to be above 0", keep)
        arguments = [checkpoint, _text(split.directory), f"max_to_keep={kept}"]
        if hours is not None:
            arguments.append(f"keep_checkpoint_every_n_hours={_text(hours.value)}")
        arguments.append(f"checkpoint_name={_text(split.name)}")
        return [f"{saver.target} = {_call(f'{tf}.train.CheckpointManager', arguments)}"]

    # Uses

    def use(self, use: Use) -> None:
        """One call of a method, or one look at the list of files."""
        edits, lowerer = self.lowerer.edits, self.lowerer
        managed = self.checkpoints[use.saver] != use.saver.target
        if use.method == LAST:
            edits.replace(use.node, lambda updated: updated.with_changes(attr=cst.Name("checkpoints")))
            return
        kept = "global_step" if managed and use.method == SAVE else "save_path"
        for name, argument in use.arguments.items():
            if name != kept:
                edits.drop(argument)
        assert isinstance(use.node, cst.Call)
        index = use.node.args.index(use.arguments[kept])
        if use.method == SAVE:
            edits.replace(use.node, _saved(index, managed, self.stated.get(use.saver)))
            return
        target = self.checkpoints[use.saver]
        edits.replace(use.node, _restored(index, target, self.readers.get(use.saver)))
        rates = [line for optimizer in use.saver.optimizers if (line := self._rate(optimizer, use)) is not None]
        if rates:

            def more(updated: cst.BaseStatement) -> list[cst.BaseStatement]:
                return [updated, *(make() for make in rates)]

            lowerer.removal.expand(use.statement.node, more)

    def _rate(self, optimizer: Optimizer, use: Use | None) -> Callable[[], cst.BaseStatement] | None:
        """The line that gives an optimizer its own learning rate again; None where that needs no line.

        Without ``use``: whether the rate is a constant that the checkpoint brings back.
        """
        lowerer = self.lowerer
        rate = optimizer.arguments.get("learning_rate")
        if optimizer.learning_rate.kind.value == "schedule" or optimizer.learning_rate.dynamic or rate is None:
            return None
        name = lowerer.optimizers.names[optimizer]
        graphs = {form.saver.graph for form in lowerer.plan.savers}
        fixed = len(graphs) == 1 and _is_fixed(optimizer, rate.value)
        if use is None:
            return (lambda: template.statement("pass")) if fixed else None
        if fixed:
            return None
        if not is_pure(rate.value):
            raise Refusal("TF436", "the learning rate is computed where the optimizer is made", use.node)
        for needed, found in optimizer.statement.uses.items():
            now = use.names.get(needed)
            if now is not None and not all(now.same(item) for item in found):
                raise Refusal("TF436", f"{needed!r} has another value where the optimizer is restored", use.node)

        def line() -> cst.BaseStatement:
            value = lowerer.updated[rate.value].deep_clone()
            return template.statement(f"{name}.learning_rate = {{value}}", value=value)

        return line


def _is_ready(function: Function, saver: Saver) -> bool:
    """Whether a function is defined before a saver, and can be traced there: without Python arguments or a writer."""
    needed = [*function.slice.statements, *(found.statement for _, found in function.parameters)]
    before = all(item.order < saver.statement.order for item in needed)
    return before and function.scope is saver.statement.scope and not function.phase and function.inside is None


def _is_fixed(optimizer: Optimizer, node: cst.BaseExpression) -> bool:
    """Whether a learning rate is a number that is written in the program."""
    if isinstance(node, cst.Name):
        found = optimizer.statement.uses.get(node.value, [])
        sources = [source for binding in found for source in binding.sources]
        value = assigned(sources[0]) if len(sources) == 1 else None
        return value is not None and literal(value) is not None
    return literal(node) is not None


def _saved(index: int, managed: bool, writer: str | None) -> Callable[[cst.Call], cst.Call]:
    """``saver.save(sess, path)`` is ``saver.write(path)``; with a step, ``saver.save(checkpoint_number=step)``."""

    def saved(updated: cst.Call) -> cst.Call:
        kept = updated.args[index]
        assert isinstance(updated.func, cst.Attribute)
        if managed:
            equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
            argument = cst.Arg(kept.value, cst.Name("checkpoint_number"), equal=equal)
            return updated.with_changes(args=[argument], whitespace_before_args=cst.SimpleWhitespace(""))
        if writer is not None:
            given = [cst.Arg(updated.func.value), cst.Arg(kept.value)]
            plain = cst.SimpleWhitespace("")
            return updated.with_changes(func=cst.Name(writer), args=given, whitespace_before_args=plain)
        function = updated.func.with_changes(attr=cst.Name("write"))
        return updated.with_changes(
            func=function, args=[cst.Arg(kept.value)], whitespace_before_args=cst.SimpleWhitespace("")
        )

    return saved


def _restored(index: int, target: str, reader: str | None) -> Callable[[cst.Call], cst.BaseExpression]:
    """``saver.restore(sess, path)`` is ``checkpoint.read(path)``, which fails where something is missing."""
    text = f"{target}.read({{path}}).assert_existing_objects_matched()"
    if reader is not None:
        text = f"{reader}({target}, {{path}})"
    return lambda updated: template.expression(text, path=updated.args[index].value)


def _call(function: str, arguments: list[str]) -> str:
    """A call on one line, or, where that is too long, with one argument per line."""
    line = f"{function}({', '.join(arguments)})"
    if len(line) <= _WIDTH:
        return line
    return f"{function}(\n" + "".join(f"    {argument},\n" for argument in arguments) + ")"


def _text(node: cst.BaseExpression) -> str:
    return cst.Module([]).code_for_node(node)
