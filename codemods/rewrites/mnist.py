"""``tensorflow.examples.tutorials.mnist.input_data`` becomes a module beside the file.

The tutorials' loader left TensorFlow with 2.0. Its replacement (``templates/mnist_data.py.txt``) hands out the same
batches in the same order; calls keep their text, only the import changes. One thing happened outside the loader's
arguments: it seeded NumPy with the graph's seed. Where that seed is certain it is passed on.
"""

from __future__ import annotations

from importlib import resources

import libcst as cst

from codemods import tree
from codemods.analysis.symbols import Binding, Use
from codemods.context import Context
from codemods.edits import Edits
from codemods.findings import Finding, Refusal, Status
from codemods.rewrites import names
from codemods.tree import is_none

MODULE = "mnist_data"
_LOADERS = (
    "tf.examples.tutorials.mnist.input_data",
    "tf.contrib.learn.datasets.mnist",
    "tf.contrib.learn.python.learn.datasets.mnist",
)
_FUNCTION = "read_data_sets"
_SYMBOLS = frozenset(f"{loader}.{_FUNCTION}" for loader in _LOADERS)
_SEED_POSITION = 6  # read_data_sets(train_dir, fake_data, one_hot, dtype, reshape, validation_size, seed, source_url)
_SEEDS = ("tf.set_random_seed", "tf.random.set_random_seed")
_NEW_GRAPHS = ("tf.reset_default_graph", "tf.Graph")
_PRIVATE = frozenset({"_images", "_labels", "_index_in_epoch", "_epochs_completed", "_num_examples"})


def template() -> str:
    """The text of the module to put beside the file."""
    return resources.files("codemods.templates").joinpath(f"{MODULE}.py.txt").read_text(encoding="utf-8")


def propose(ctx: Context, edits: Edits, findings: list[Finding]) -> None:
    """Rewrite the uses and imports of the tutorials' MNIST loader; refuse the other members of these modules."""
    uses = [use for use in ctx.symbols.tf_uses() if use.name in _SYMBOLS or use.name.startswith("tf.examples")]
    if not uses:
        return
    rewriter = _Rewriter(ctx, edits, findings)
    for use in uses:
        try:
            rewriter.rewrite(use)
        except Refusal as refusal:
            findings.append(Finding(refusal.code, ctx.span(use.node), refusal.message, Status.REFUSED, use.name))
        else:
            message = f"the loader of the MNIST tutorials is now the module {MODULE}.py beside this file"
            findings.append(Finding("TF540", ctx.span(use.node), message, Status.NATIVE, use.name))
            ctx.extra_files[f"{MODULE}.py"] = template()


class _Rewriter:
    def __init__(self, ctx: Context, edits: Edits, findings: list[Finding]) -> None:
        self.ctx = ctx
        self.edits = edits
        self.findings = findings
        self._imported: set[Binding] = set()
        self._in_package = any(isinstance(node, cst.ImportFrom) and node.relative for node in tree.walk(ctx.module))

    def rewrite(self, use: Use) -> None:
        """Propose the edits of one use and of the import that it needs."""
        if use.name not in _SYMBOLS:
            raise Refusal("TF541", f"{use.name}: only read_data_sets has a replacement", use.node)
        self._check()
        node = use.node
        root = node
        while isinstance(root, cst.Attribute):
            root = root.value
        bindings = self.ctx.symbols.bindings(root.value, use.scope) if isinstance(root, cst.Name) else []
        kept = isinstance(node, cst.Name) or (isinstance(node, cst.Attribute) and node.value is root)
        if kept and all(binding.symbol in (*_LOADERS, use.name) for binding in bindings):
            for binding in bindings:
                self._import(binding)
        else:
            if self._in_package:
                raise Refusal("TF541", "import the loader itself; a path to it cannot be kept in a package", node)
            local = names.imported(self.ctx, self.edits, MODULE)
            self.edits.substitute(node, names.dotted(f"{local}.{_FUNCTION}"))
        call = self.ctx.symbols.call(node)
        if call is not None:
            self._seed(call)

    def _check(self) -> None:
        for node in tree.walk(self.ctx.module):
            if not isinstance(node, cst.Attribute) or node.attr.value not in _PRIVATE:
                continue
            if not (isinstance(node.value, cst.Name) and node.value.value in ("self", "cls")):
                raise Refusal("TF541", f"{node.attr.value} was internal to the loader of TensorFlow 1", node)
        for scope in self.ctx.symbols.scopes():
            for bindings in scope.bindings.values():
                for binding in bindings:
                    if binding.path is not None and binding.path.partition(".")[0] == MODULE:
                        raise Refusal("TF541", f"the program has a module {MODULE} of its own", binding.node)

    def _import(self, binding: Binding) -> None:
        """Let the import that ``binding`` stems from import the new module, or the function from it."""
        statement = binding.node
        if binding in self._imported:
            return
        self._imported.add(binding)
        function = binding.symbol is not None and binding.symbol.endswith(f".{_FUNCTION}")
        new = _import_statement(binding.name, function, self._in_package)
        if not isinstance(statement, (cst.Import, cst.ImportFrom)) or isinstance(statement.names, cst.ImportStar):
            raise Refusal("TF541", "it is not certain where the loader was imported", statement)
        aliases = [alias for alias in statement.names if _bound_name(alias) == binding.name]
        if len(statement.names) == 1:
            self.edits.substitute(statement, new)
        elif len(aliases) == 1:
            self.edits.remove(aliases[0])
            line = cst.SimpleStatementLine([new])
            self.edits.insert_after(names.statement_of(self.ctx, statement), [line])
        else:
            raise Refusal("TF541", f"{binding.name!r} is imported twice in one statement", statement)

    def _seed(self, call: cst.Call) -> None:
        """Pass on the graph's seed, with which the loader seeded NumPy when it was given none."""
        given = names.argument(call, _SEED_POSITION, "seed")
        if given is not None and not is_none(given.value):
            return
        seeds = [item for item in self.ctx.symbols.tf_uses() if item.name in _SEEDS]
        if not seeds:
            return
        found = self._graph_seed(call)
        if found is None or given is not None or any(arg.star for arg in call.args):
            message = "TensorFlow 1.5 and later seeded NumPy with the graph's seed here; pass seed= if order matters"
            self.findings.append(Finding("TF542", self.ctx.span(call), message))
        elif found:
            self.edits.replace(call, lambda updated: names.append_argument(updated, f"seed={found}"))

    def _graph_seed(self, call: cst.Call) -> str | None:
        """The seed of the default graph at ``call``: its text, "" when there is none, None when it is not certain."""
        seed = ""
        at_once = {node for statement in self.ctx.module.body for node in names.executed(statement)}
        if any(use.node not in at_once for use in self.ctx.symbols.tf_uses() if use.name in _SEEDS):
            return None
        for statement in self.ctx.module.body:
            nodes = list(names.executed(statement))
            if call in nodes:
                return seed
            for node in nodes:
                symbol = self.ctx.symbols.of(node)
                if symbol in _NEW_GRAPHS and not isinstance(statement, cst.SimpleStatementLine):
                    return None
                if symbol in _NEW_GRAPHS:
                    seed = ""
                if symbol in _SEEDS:
                    setter = self.ctx.symbols.call(node)
                    value = setter.args[0].value if setter is not None and len(setter.args) == 1 else None
                    if value is None or not isinstance(statement, cst.SimpleStatementLine) or not self._is_fixed(value):
                        return None
                    seed = self.ctx.module.code_for_node(value)
        return None

    def _is_fixed(self, value: cst.BaseExpression) -> bool:
        if isinstance(value, cst.Name):
            return len(self.ctx.symbols.bindings(value.value)) == 1
        return isinstance(value, cst.Integer)


def _bound_name(alias: cst.ImportAlias) -> str | None:
    name = alias.asname.name if alias.asname is not None else alias.name
    return name.value if isinstance(name, cst.Name) else None


def _import_statement(local: str, function: bool, relative: bool) -> cst.Import | cst.ImportFrom:
    """``import mnist_data as local`` or ``from mnist_data import read_data_sets as local``."""
    imported = _FUNCTION if function else MODULE
    alias = imported if imported == local else f"{imported} as {local}"
    if function:
        text = f"from {'.' if relative else ''}{MODULE} import {alias}"
    else:
        text = f"from . import {alias}" if relative else f"import {alias}"
    line = cst.ensure_type(cst.parse_statement(text), cst.SimpleStatementLine)
    statement = line.body[0]
    assert isinstance(statement, (cst.Import, cst.ImportFrom))
    return statement
