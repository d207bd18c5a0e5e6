"""Summaries become ``tf.summary`` calls under ``writer.as_default(step=...)``, where the program gave them to a writer.

A run returns the tensors that its summaries show. TF2 keeps the writer and the step of the first call in a traced
function, so the summaries are written outside of it, where ``add_summary`` stood: with its step, under its conditions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from codemods import templates
from codemods.analysis.static_shapes import rank
from codemods.analysis.summary_records import Addition, Fetched, Proto, Summary, Writer
from codemods.analysis.values import Kind, Placeholder, Value
from codemods.findings import Refusal
from codemods.inside_summaries import Inside, is_variable_name, new_label
from codemods.plan import Function, is_pure
from codemods.rewrites import template
from codemods.rewrites.function_text import tidy
from codemods.rewrites.summary_protos import Protos, line_of
from codemods.summary_plan import literal
from codemods.tree import is_none

if TYPE_CHECKING:
    from codemods.rewrites.sessions import Lowerer

_KEPT = {"logdir": "logdir", "max_queue": "max_queue", "filename_suffix": "filename_suffix"}
_HISTOGRAM = (
    "TF2 stores 30 buckets of equal width where TF1 stored up to 1,549 exponential ones: the same number of values, "
    "the same smallest and largest one; the sum of the values is no longer stored"
)
_GRAPH = "the graph is not written; tf.summary.graph(function.get_concrete_function().graph) writes that of a function"
_DECODERS = ("decode_png", "decode_jpeg", "decode_image", "decode_gif", "decode_bmp")
_IMAGES = "summary_images"


class SummaryParts:
    """Proposes what the writers of one file become, and what is written through them."""

    def __init__(self, lowerer: Lowerer) -> None:
        self.lowerer = lowerer
        self.protos = Protos(lowerer)
        self._noted: set[Summary] = set()
        self._commented_lines: set[cst.CSTNode] = set()

    def propose(self) -> None:
        """Propose every edit."""
        found = self.lowerer.staging.summaries
        self.lowerer.handled |= found.known
        for writer in found.writers.values():
            self._writer(writer)
        self._closing()
        for call in found.graphs:
            self.lowerer.notes.append(("TF761", _GRAPH, call))
        written = {item for addition in found.additions.values() for item in self._summaries(addition)}
        for summary in found.made.values():
            if summary not in written:
                self.lowerer.notes.append(("TF763", "no run of this summary is written: it is left out", summary.call))
        for proto in found.protos.values():
            self.protos.proto(proto)
        inside = {function.inside for function in self.lowerer.plan.functions if function.inside is not None}
        for item in inside:
            self._removed(item)
        for addition in found.additions.values():
            if not any(item.addition is addition for item in inside):
                self._addition(addition)
        for call in dict.fromkeys(item.call for item in found.made.values() if item.inside):
            self._in_place([item for item in found.made.values() if item.call is call])
        if found.additions:
            message = "tf.summary needs the package tensorboard, which TensorFlow does not bring along since 2.21"
            self.lowerer.notes.append(("TF764", message, next(iter(found.additions))))

    # Writers

    def _writer(self, writer: Writer) -> None:
        """``FileWriter(logdir, graph, ...)`` is ``create_file_writer(logdir, ...)``."""
        edits, call = self.lowerer.edits, writer.call
        seconds = writer.arguments.get("flush_secs")
        if seconds is not None and isinstance(seconds.value, cst.Float):
            raise Refusal("TF463", "flush_secs is not a whole number", seconds)
        for name, argument in writer.arguments.items():
            if name not in (*_KEPT, "flush_secs"):
                edits.drop(argument)
        if writer.graph:
            self.lowerer.notes.append(("TF761", _GRAPH, call))
        names = list(writer.arguments)

        def created(updated: cst.Call) -> cst.Call:
            given = dict(zip(names, updated.args, strict=True))
            arguments = [cst.Arg(given["logdir"].value)]
            for name in ("max_queue", "flush_secs", "filename_suffix"):
                if name not in given or is_none(given[name].value):
                    continue
                value = given[name].value
                if name == "flush_secs":
                    value = template.expression("{seconds} * 1000", seconds=_operand(value))
                arguments.append(_keyword("flush_millis" if name == "flush_secs" else name, value))
            function = cst.parse_expression(f"{self.lowerer.tensorflow}.summary.create_file_writer")
            return cst.Call(function, arguments)

        edits.drop(call.func)
        edits.replace(call, created)

    def _closing(self) -> None:
        """``with writer:`` closed TF1's writers; TF2's are no context managers."""
        lowerer = self.lowerer
        for node, value in lowerer.staging.last_values.items():
            item = lowerer.ctx.parents.get(node)
            if value.kind is not Kind.WRITER or not isinstance(item, cst.WithItem) or item.item is not node:
                continue
            lowerer.edits.require_import("contextlib")
            lowerer.edits.replace(
                node, lambda updated: template.expression("contextlib.closing({writer})", writer=updated)
            )

    # Summaries that the graph code writes

    def _removed(self, inside: Inside) -> None:
        """The line that added what the function of the run writes itself now."""
        lowerer, addition = self.lowerer, inside.addition
        if addition.step is not None and not isinstance(addition.step, cst.Integer):
            lowerer.capture(addition.step)
        for summary, element in inside.outside:
            lowerer.capture(element.node)
            self._note(summary)
        if isinstance(addition.summary, cst.Call):  # the run itself
            position = next(at for at, item in enumerate(addition.call.args) if item.value is addition.summary)
            lowerer.edits.drop(addition.call.func)
            for at, argument in enumerate(addition.call.args):
                if at != position:
                    lowerer.edits.drop(argument)
            lowerer.edits.replace(addition.call, lambda updated: updated.args[position].value)
        else:
            lowerer.removal.remove_node(inside.line)

    def written_inside(self, inside: Inside, body: list[cst.BaseStatement]) -> list[cst.BaseStatement]:
        """The body of a function under ``with writer.as_default(step):``."""
        as_default = cst.parse_expression(f"{inside.writer}.as_default({inside.step})")
        return [cst.With([cst.WithItem(as_default)], cst.IndentedBlock(tidy(body)))]

    def lines_inside(self, inside: Inside) -> list[cst.BaseStatement]:
        """The summaries that have statements of their own, where the function computes their tensors."""
        lines = []
        for summary, element in inside.outside:
            data = self._shaped([summary], self.lowerer.element_value(element))
            lines.append(self._commented(summary, self._call(summary, data)))
        return list(lines)

    def _shaped(self, summaries: Sequence[Summary], data: cst.BaseExpression) -> cst.BaseExpression:
        """What a traced function gives a scalar: TF2 wants its shape to be known, which that of a feed may not be."""
        shown = [item.value.payload for item in summaries if item.form == "scalar"]
        if any(isinstance(found, Placeholder) and found.shape is None and found.default is None for found in shown):
            return template.expression(f"{self.lowerer.tensorflow}.ensure_shape({{data}}, [])", data=data)
        return data

    def step_argument(self, function: Function) -> list[cst.Arg]:
        """The step with which a run calls a function that writes summaries."""
        if function.inside is None:
            return []
        step = function.inside.addition.step
        if step is None or isinstance(step, cst.Integer):
            return [cst.Arg(cst.Integer("0") if step is None else step.deep_clone())]
        value = self.lowerer.rewritten_expression(step)
        return [cst.Arg(template.expression("int({step})", step=value) if _may_be_fraction(value) else value)]

    def _in_place(self, summaries: list[Summary]) -> None:
        """A summary in a helper function or loop: the same call with the arguments of TF2."""
        lowerer, first = self.lowerer, summaries[0]
        for summary in summaries:
            self._note(summary)
        labels = {new_label(summary) for summary in summaries}
        if len(labels) > 1:
            raise Refusal("TF461", "a helper function makes summaries that TensorFlow 1 numbered", first.call)
        label = labels.pop()
        for argument in first.call.args:
            lowerer.edits.drop(argument)
        written = isinstance(first.label, cst.SimpleString)
        for part in (first.data,) if written else (first.label, first.data):
            lowerer.capture(part)
        lowerer.edits.drop(first.call.func)

        def rebuilt(_: cst.CSTNode) -> cst.CSTNode:
            tag = first.label.deep_clone() if written else lowerer.rewritten_expression(first.label)
            if label is not None and isinstance(tag, cst.SimpleString) and label != tag.evaluated_value:
                tag = cst.SimpleString(f"{tag.quote}{label}{tag.quote}")
            elif is_variable_name(first.label):
                tag = _cleaned(tag)
            line = self._call(first, self._shaped(summaries, lowerer.rewritten_expression(first.data)), tag).body[0]
            assert isinstance(line, cst.Expr)
            return line.value

        lowerer.edits.replace(first.call, rebuilt)

    # Additions

    def _addition(self, addition: Addition) -> None:
        """``writer.add_summary(summary, step)`` becomes ``with writer.as_default(step=step):`` and the summaries."""
        lowerer = self.lowerer
        line = line_of(lowerer.ctx, addition.call)
        if line is None:
            raise Refusal("TF465", "add_summary shares its line with other code", addition.call)
        assert isinstance(addition.call.func, cst.Attribute)
        given = addition.given[0]
        inlined = isinstance(given, Proto) and given in self.protos.inlined
        parts = [addition.call.func.value, addition.step, None if inlined else addition.summary]
        for part in parts:
            if part is not None:
                lowerer.capture(part)
        for summary in self._summaries(addition):
            self._note(summary)
        lowerer.edits.drop(line)
        lowerer.removal.expand(line, lambda updated: self._lines(addition, updated.leading_lines))

    def _summaries(self, addition: Addition) -> tuple[Summary, ...]:
        given = addition.given[0]
        return given.summaries if isinstance(given, Fetched) else ()

    def _lines(self, addition: Addition, leading: Sequence[cst.EmptyLine]) -> list[cst.BaseStatement]:
        lowerer, given = self.lowerer, addition.given[0]
        before: list[cst.BaseStatement] = []
        if isinstance(given, Fetched):
            held = lowerer.rewritten_expression(addition.summary)
            if len(given.summaries) > 1 and not is_pure(held):
                name = lowerer.fresh("summary")
                before.append(template.statement(f"{name} = {{value}}", value=held))
                held = cst.Name(name)
            body = self._fetched(given, held)
        else:
            body = self.protos.lines(addition, given)
        assert isinstance(addition.call.func, cst.Attribute)
        writer = lowerer.rewritten_expression(addition.call.func.value)
        step = cst.Integer("0") if addition.step is None else lowerer.rewritten_expression(addition.step)
        if _may_be_fraction(step):
            step = template.expression("int({step})", step=step)
        as_default = template.expression("{writer}.as_default(step={step})", writer=writer, step=step)
        assert isinstance(as_default, cst.Call)
        equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
        as_default = as_default.with_changes(args=[as_default.args[0].with_changes(equal=equal)])
        block = cst.With([cst.WithItem(as_default)], cst.IndentedBlock(body))
        lines = [*before, block]
        return [lines[0].with_changes(leading_lines=leading), *lines[1:]]

    def _fetched(self, given: Fetched, held: cst.BaseExpression) -> list[cst.BaseStatement]:
        if len(given.summaries) == 1:
            return [self._commented(given.summaries[0], self._call(given.summaries[0], held))]
        lines: list[cst.BaseStatement] = []
        for index, summary in enumerate(given.summaries):
            owner = held if index == 0 else held.deep_clone()
            key = cst.SubscriptElement(cst.Index(literal(summary)))
            lines.append(self._commented(summary, self._call(summary, cst.Subscript(owner, [key]))))
        return lines

    def _commented(self, summary: Summary, line: cst.SimpleStatementLine) -> cst.SimpleStatementLine:
        """``line`` under the comment of the statement that made the summary, the first time that it is written."""
        made: cst.CSTNode = summary.call
        while not isinstance(made, cst.SimpleStatementLine):
            made = self.lowerer.ctx.parents[made]
        if made in self._commented_lines:
            return line
        self._commented_lines.add(made)
        comments = [item for item in made.leading_lines if item.comment is not None]
        return line.with_changes(leading_lines=comments if len(comments) < 3 else [])

    def _call(
        self, summary: Summary, data: cst.BaseExpression, tag: cst.BaseExpression | None = None
    ) -> cst.SimpleStatementLine:
        """One line: ``tf.summary.scalar('loss', loss)``."""
        tf = self.lowerer.tensorflow
        if summary.form == "image" and not self._is_uint8(summary.data, summary.value):
            function = self.lowerer.ctx.templates.setdefault(_IMAGES, templates.load(_IMAGES))
            data = template.expression(f"{function.name}({{data}})", data=data)
        text = f"{tf}.summary.{summary.form}({{tag}}, {{data}})"
        if summary.form == "audio":
            data = self._sounds(summary, data)
        value = template.expression(text, tag=literal(summary) if tag is None else tag, data=data)
        if summary.rate is not None:
            assert isinstance(value, cst.Call)
            value = value.with_changes(args=[*value.args, cst.Arg(self._rate(summary.rate))])
        if summary.limit is not None:
            assert isinstance(value, cst.Call)
            limit = _keyword("max_outputs", summary.limit.deep_clone())
            value = value.with_changes(args=[*value.args, limit])
        return cst.SimpleStatementLine([cst.Expr(value)])

    def _sounds(self, summary: Summary, data: cst.BaseExpression) -> cst.BaseExpression:
        """Sounds as TF2 takes them: with a dimension for their channels."""
        dimensions = rank(self.lowerer.staging, summary.data)
        if dimensions == 2:
            return template.expression(f"{self.lowerer.tensorflow}.expand_dims({{data}}, -1)", data=data)
        if dimensions != 3:
            raise Refusal("TF464", "the number of dimensions of the sounds of a summary is not known", summary.call)
        return data

    def _rate(self, node: cst.BaseExpression) -> cst.BaseExpression:
        """The sample rate as a whole number."""
        constant = self.lowerer.staging.last_values[node].constant
        assert isinstance(constant, int | float)
        return node.deep_clone() if isinstance(constant, int) else cst.Integer(str(int(constant)))

    def _is_uint8(self, node: cst.BaseExpression, value: Value | None) -> bool:
        """Whether an image surely has the pixels that both versions write as they are."""
        if isinstance(node, cst.Name) and value is not None and isinstance(value.node, cst.Call):
            node = value.node
        if not isinstance(node, cst.Call):
            return False
        symbol = self.lowerer.ctx.symbols.of(node.func) or ""
        last = symbol.rpartition(".")[2]
        given = {item.keyword.value: item.value for item in node.args if item.keyword is not None}
        first = node.args[0].value if node.args and node.args[0].keyword is None else None
        if symbol.startswith("tf.image.") and last in _DECODERS:
            return "dtype" not in given and len(node.args) - len(given) < 3
        if symbol in ("tf.cast", "tf.saturate_cast", "tf.image.convert_image_dtype", "tf.placeholder"):
            dtype = given.get("dtype") or (node.args[symbol != "tf.placeholder"].value if len(node.args) > 1 else None)
            dtype = node.args[0].value if symbol == "tf.placeholder" and first is not None else dtype
            return dtype is not None and self.lowerer.ctx.symbols.of(dtype) == "tf.uint8"
        if symbol in ("tf.expand_dims", "tf.reshape", "tf.squeeze", "tf.identity") and first is not None:
            return self._is_uint8(first, self.lowerer.staging.last_values.get(first))
        return False

    def _note(self, summary: Summary) -> None:
        if summary in self._noted:
            return
        self._noted.add(summary)
        if summary.form == "histogram":
            self.lowerer.notes.append(("TF760", _HISTOGRAM, summary.call))
        if summary.cleaned is not None and summary.tag != summary.written:
            message = f"TensorFlow 1 calls this summary {summary.tag!r}, and so does the new program"
            self.lowerer.notes.append(("TF762", message, summary.call))


def _cleaned(label: cst.BaseExpression) -> cst.BaseExpression:
    """A variable's name as TF1 cleaned it: ``v.name.replace(":", "_")``."""
    if isinstance(label, cst.BinaryOperation):
        return label.with_changes(left=_cleaned(label.left))
    return template.expression('{name}.replace(":", "_")', name=label)


def _keyword(name: str, value: cst.BaseExpression) -> cst.Arg:
    equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    return cst.Arg(value, keyword=cst.Name(name), equal=equal)


def _operand(node: cst.BaseExpression) -> cst.BaseExpression:
    simple = (cst.Name, cst.Attribute, cst.Call, cst.Subscript, cst.Integer)
    if isinstance(node, simple) or node.lpar:
        return node
    return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def _may_be_fraction(node: cst.BaseExpression) -> bool:
    """Whether a step may come out as a fraction, which TF1 rounded down."""
    if isinstance(node, cst.BinaryOperation):
        parts = (node.left, node.right)
        return isinstance(node.operator, cst.Divide) or any(_may_be_fraction(part) for part in parts)
    return isinstance(node, cst.Float) or (isinstance(node, cst.UnaryOperation) and _may_be_fraction(node.expression))
