"""``tf.app.flags`` and ``tf.app.run`` become ``absl.flags`` and ``absl.app``, which they always wrapped.

Two things differ and are carried over. TF1 parsed the command line when the first flag was read; absl wants it said
(``flag_parsing`` finds the place). ``tf.app.run`` kept unknown arguments for ``main``; ``absl.app.run`` stops at them,
so a program that looks at its arguments in another way keeps the tolerant parser.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import cached_property

import libcst as cst

from codemods import tree
from codemods.analysis.symbols import Use
from codemods.context import Context
from codemods.edits import Edits
from codemods.findings import Finding, Refusal, Status
from codemods.rewrites import flag_parsing, names
from codemods.tree import is_none

MODULES = ("tf.app.flags", "tf.flags")
APP = "tf.app"
_KEYWORDS = {"flag_name": "name", "default_value": "default", "docstring": "help"}

# Public names of absl.flags that tf.flags passed on.
_ABSL = frozenset(
    {
        "DEFINE", "DEFINE_alias", "DEFINE_bool", "DEFINE_boolean", "DEFINE_enum", "DEFINE_enum_class", "DEFINE_flag",
        "DEFINE_float", "DEFINE_integer", "DEFINE_list", "DEFINE_multi", "DEFINE_multi_enum", "DEFINE_multi_enum_class",
        "DEFINE_multi_float", "DEFINE_multi_integer", "DEFINE_multi_string", "DEFINE_spaceseplist", "DEFINE_string",
        "FLAGS", "ArgumentParser", "ArgumentSerializer", "BooleanFlag", "BooleanParser", "CsvListSerializer",
        "DuplicateFlagError", "EnumFlag", "EnumParser", "Error", "Flag", "FlagValues", "FloatParser",
        "IllegalFlagValueError", "IntegerParser", "ListParser", "ListSerializer", "MultiFlag",
        "UnparsedFlagAccessError", "UnrecognizedFlagError", "ValidationError", "WhitespaceSeparatedListParser",
        "adopt_module_key_flags", "declare_key_flag", "disclaim_key_flags", "doc_to_help", "flag_dict_to_args",
        "get_help_width", "mark_bool_flags_as_mutual_exclusive", "mark_flag_as_required",
        "mark_flags_as_mutual_exclusive", "mark_flags_as_required", "multi_flags_validator",
        "register_multi_flags_validator", "register_validator", "set_default", "text_wrap", "validator",
    }
)  # fmt: skip

# Flags that absl.app and absl.logging define for themselves: a second definition is an error. Redefining log_dir only
# moves absl's own log files, and absl lets a definition say that it overrides another.
_TAKEN = frozenset(
    {
        "alsologtostderr", "logger_levels", "logtostderr", "only_check_args", "only_check_flags", "pdb",
        "pdb_post_mortem", "profile_file", "run_with_pdb", "run_with_profiling", "showprefixforinfo",
        "stderrthreshold", "use_cprofile_for_profiling", "v", "verbosity",
    }
)  # fmt: skip
_OVERRIDABLE = "log_dir"

# What reads the command line besides flags.
_READERS = ("argparse", "optparse", "getopt", "click", "docopt", "fire")

TOLERANT = "flags_parser=lambda argv: {flags}.FLAGS(argv, known_only=True)"


def flag_symbol(name: str) -> str | None:
    """``"FLAGS"`` for ``tf.app.flags.FLAGS`` or ``tf.flags.FLAGS``, ``""`` for the module itself, else None."""
    for module in MODULES:
        if name == module:
            return ""
        if name.startswith(module + "."):
            return name[len(module) + 1 :]
    return None


def propose(ctx: Context, edits: Edits, findings: list[Finding]) -> None:
    """Rewrite all uses of ``tf.app`` and ``tf.flags``; put the parsing of the command line where absl needs it."""
    uses = [use for use in ctx.symbols.tf_uses() if use.name == APP or use.name.startswith((*MODULES, APP + "."))]
    if not uses:
        return
    rewriter = _Rewriter(ctx, edits, findings)
    if any(use.name == "tf.app.run" for use in uses):
        names.imported(ctx, edits, "absl", "app", replaces=(APP,))  # before flags, in the order of the alphabet
    for use in uses:
        try:
            message = rewriter.rewrite(use)
        except Refusal as refusal:
            findings.append(Finding(refusal.code, ctx.span(use.node), refusal.message, Status.REFUSED, use.name))
        else:
            findings.append(Finding("TF500", ctx.span(use.node), message, Status.NATIVE, use.name))
    rewriter.change_imports()
    rewriter.parse()


class _Rewriter:
    def __init__(self, ctx: Context, edits: Edits, findings: list[Finding]) -> None:
        self.ctx = ctx
        self.edits = edits
        self.findings = findings
        self._import = self._find_import()

    def rewrite(self, use: Use) -> str:
        """Propose the edit of one use; return what to say about it."""
        name = flag_symbol(use.name)
        if use.name == "tf.app.run":
            return self._run(use)
        if name is None:
            raise Refusal("TF501", f"{use.name}: of tf.app only flags and run have a counterpart in absl", use.node)
        if name == "":
            return self._module(use)
        if name not in _ABSL:
            raise Refusal("TF501", f"absl.flags has no {name}", use.node, use.name)
        if name.startswith("DEFINE"):
            self._define(use)
        if name == "FLAGS":
            self._values(use)
        if isinstance(use.node, cst.Attribute):
            self._repoint(use.node)
        return f"absl.flags.{name}"

    @cached_property
    def module(self) -> str:
        """The local name of absl.flags."""
        if self._import is not None:
            return "flags"
        return names.imported(self.ctx, self.edits, "absl", "flags", replaces=MODULES)

    def _find_import(self) -> cst.Assign | None:
        """``flags = tf.app.flags`` right after the imports: the import of absl takes its place."""
        if not names.is_free(self.ctx.symbols, "absl", "flags", MODULES):
            return None
        for statement in self.ctx.module.body:
            small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
            if isinstance(small, cst.Assign) and self._is_named_flags(small):
                return small if names.sole_statement(self.ctx, small) else None
            if not names.is_preamble(statement):
                return None
        return None

    def _is_named_flags(self, assign: cst.Assign) -> bool:
        target = assign.targets[0].target
        symbol = self.ctx.symbols.of(assign.value)
        return (
            len(assign.targets) == 1 and isinstance(target, cst.Name) and target.value == "flags" and symbol in MODULES
        )

    def _repoint(self, node: cst.Attribute) -> None:
        """Let ``tf.app.flags.NAME`` read ``flags.NAME``; a name that the file gave the module stays."""
        if not self._is_own_name(node.value, MODULES):
            self.edits.substitute(node.value, cst.Name(self.module))

    def _is_own_name(self, node: cst.BaseExpression, modules: tuple[str, ...]) -> bool:
        """Whether the node is a name that an import or an assignment gave one of ``modules``, and that will do."""
        if not isinstance(node, cst.Name):
            return False
        if self.ctx.symbols.alias(node) is None:
            return self.ctx.symbols.of(node) in modules
        return node.value != "flags" or self.module == "flags"

    def change_imports(self) -> None:
        """``from tensorflow import flags`` is ``from absl import flags``, and the like."""
        for node in tree.walk(self.ctx.module):
            if not isinstance(node, cst.ImportFrom) or isinstance(node.names, cst.ImportStar):
                continue
            homes = {alias: home for alias in node.names if (home := self._home(node, alias)) is not None}
            if not homes:
                continue
            statements = [
                _import_from(module, [_named(alias, name) for alias, (at, name) in homes.items() if at == module])
                for module in dict.fromkeys(module for module, _ in homes.values())
            ]
            if len(homes) == len(node.names) and len(statements) == 1:
                self.edits.substitute(node, statements[0])
                continue
            for alias in homes:
                self.edits.remove(alias)
            lines = [cst.SimpleStatementLine([statement]) for statement in statements]
            self.edits.insert_after(names.statement_of(self.ctx, node), lines)
            if len(homes) == len(node.names):
                self.edits.remove(node)

    def _home(self, node: cst.ImportFrom, alias: cst.ImportAlias) -> tuple[str, str] | None:
        """Where absl has what ``alias`` imports: a module, and the name in it."""
        bound = alias.asname.name if alias.asname is not None else alias.name
        for scope in self.ctx.symbols.scopes():
            for binding in scope.bindings.get(bound.value if isinstance(bound, cst.Name) else "", ()):
                if binding.node is not node or binding.symbol is None:
                    continue
                if binding.symbol == APP:
                    return "absl", "app"
                name = flag_symbol(binding.symbol)
                if name is not None:
                    return ("absl.flags", name) if name else ("absl", "flags")
        return None

    def _module(self, use: Use) -> str:
        """``flags = tf.app.flags``."""
        parent = self.ctx.parents[use.node]
        if isinstance(use.node, cst.Name):
            raise Refusal("TF501", "the module of flags is passed on", use.node, use.name)
        if isinstance(parent, cst.Assign) and self._is_named_flags(parent) and self.module == "flags":
            line = names.sole_statement(self.ctx, parent)
            if parent is self._import or line is None or names.has_comments(line):
                statement = cst.ImportFrom(cst.Name("absl"), [cst.ImportAlias(cst.Name("flags"))])
                self.edits.substitute(parent, statement)
            else:
                self.edits.remove(parent)
        else:
            self.edits.substitute(use.node, cst.Name(self.module))
        return "absl.flags"

    def _define(self, use: Use) -> None:
        call = self.ctx.symbols.call(use.node)
        if call is None:
            return
        first = names.argument(call, 0, "flag_name") or names.argument(call, 0, "name")
        flag = _string(first.value) if first is not None else None
        if flag in _TAKEN:
            raise Refusal("TF501", f"absl itself has a flag {flag!r}; a second definition is an error", call, use.name)
        default = names.argument(call, 1, "default_value") or names.argument(call, 1, "default")
        if use.name.endswith("DEFINE_integer") and default is not None and isinstance(default.value, cst.Float):
            raise Refusal("TF501", "the default of an integer flag must be an integer in absl", default, use.name)
        for arg in call.args:
            if arg.keyword is not None and arg.keyword.value in _KEYWORDS:
                self.edits.substitute(arg.keyword, cst.Name(_KEYWORDS[arg.keyword.value]))
        if flag == _OVERRIDABLE:
            self.edits.replace(call, lambda updated: names.append_argument(updated, "allow_override=True"))

    def _values(self, use: Use) -> None:
        """Members of FLAGS that were TF1's own."""
        parent = self.ctx.parents[use.node]
        if not isinstance(parent, cst.Attribute) or parent.value is not use.node:
            return
        member = parent.attr.value
        call = names.call_of(self.ctx, parent)
        if member == "_parse_flags":
            if call is None or call.args:
                raise Refusal("TF501", "FLAGS._parse_flags is only understood without arguments", parent, use.name)
            sys = names.imported(self.ctx, self.edits, "sys")
            self.edits.replace(call, lambda updated: _parse_call(updated.func.value, sys))
            self._note(parent, "FLAGS._parse_flags() is gone; the call that absl needs takes its place")
        elif member == "__flags":
            if any(flag_parsing.is_parse_flags(node) for node in tree.walk(self.ctx.module)):
                # Only TensorFlow before 1.5 had both: there __flags held the values.
                self.edits.replace(
                    parent, lambda updated: cst.Call(updated.with_changes(attr=cst.Name("flag_values_dict")))
                )
                self._note(parent, "flag_values_dict() also holds the flags of absl itself, such as 'verbosity'")
            else:
                self._note(parent, "FLAGS.__flags holds Flag objects, as in TensorFlow 1.5 and later, not values")
        elif member == "__parsed" or (member.startswith("_") and not member.startswith("__dict")):
            raise Refusal("TF501", f"FLAGS.{member} was internal to TensorFlow", parent, use.name)

    def _run(self, use: Use) -> str:
        call = self.ctx.symbols.call(use.node)
        if call is None:
            raise Refusal("TF501", "tf.app.run is only understood where it is called", use.node, use.name)
        if any(arg.star for arg in call.args):
            raise Refusal("TF501", "the arguments of tf.app.run are hidden by * or **", call, use.name)
        main = names.argument(call, 0, "main")
        definition = self._main(main, call)
        module = names.imported(self.ctx, self.edits, "absl", "app", replaces=(APP,))
        if isinstance(use.node, cst.Attribute):
            if not self._is_own_name(use.node.value, (APP,)):
                self.edits.substitute(use.node.value, cst.Name(module))
        else:
            self.edits.substitute(use.node, names.dotted(f"{module}.run"))
        if main is None:
            self.edits.replace(call, lambda updated: updated.with_changes(args=_main_first(updated.args)))
        elif is_none(main.value):
            self.edits.substitute(main.value, cst.Name("main"))
        if self._is_tolerant(call, definition):
            text = TOLERANT.format(flags=self.module)
            self.edits.replace(call, lambda updated: names.append_argument(updated, text))
        else:
            self._note(call, "absl.app.run stops at an unknown command-line flag; tf.app.run passed it over")
        return "absl.app.run"

    def _main(self, main: cst.Arg | None, call: cst.Call) -> cst.CSTNode | None:
        """The definition of the function to run, where the file has it. Raises Refusal if there may be none."""
        root = self.ctx.symbols.root
        value = main.value if main is not None and not is_none(main.value) else None
        if value is None or isinstance(value, cst.Name):
            name = value.value if isinstance(value, cst.Name) else "main"
            scope = self.ctx.symbols.scope(value) if value is not None else root
            bindings = self.ctx.symbols.bindings(name, scope)
            definitions = [binding.node for binding in bindings]
            if len(definitions) == 1 and isinstance(
                definitions[0], (cst.FunctionDef, cst.ClassDef, cst.Import, cst.ImportFrom)
            ):
                return definitions[0]
            raise Refusal("TF501", f"tf.app.run: it is not certain which function {name!r} is", call, "tf.app.run")
        if isinstance(value, (cst.Lambda, cst.Attribute)):
            return value
        raise Refusal("TF501", "tf.app.run: main is computed, and may be None", call, "tf.app.run")

    def _is_tolerant(self, call: cst.Call, definition: cst.CSTNode | None) -> bool:
        """Whether unknown arguments can matter to this program, so that they must not stop it."""
        argv = names.argument(call, 1, "argv")
        if argv is not None and not is_none(argv.value):
            return True
        if not any(
            (name := flag_symbol(use.name)) is not None and name.startswith("DEFINE")
            for use in self.ctx.symbols.tf_uses()
        ):
            return True
        if not isinstance(definition, cst.FunctionDef) or _reads_parameter(definition):
            return True
        paths = self.ctx.symbols.imported_paths()
        if any(path.partition(".")[0] in _READERS or path == "sys.argv" for path in paths):
            return True
        return any(self.ctx.symbols.path(node) == "sys.argv" for node in tree.walk(self.ctx.module))

    def parse(self) -> None:
        """Put ``FLAGS(sys.argv, known_only=True)`` where TF1 parsed the command line by itself."""
        place = flag_parsing.find(self.ctx, flag_symbol)
        if place is None:
            return
        if place.statement is None:
            use = next(use for use in self.ctx.symbols.tf_uses() if flag_symbol(use.name) is not None)
            self.findings.append(
                Finding(
                    "TF501" if place.refused else "TF502",
                    self.ctx.span(place.node or use.node),
                    place.message,
                    Status.REFUSED if place.refused else None,
                    use.name,
                )
            )
            return
        owner = place.name or f"{self.module}.FLAGS"
        sys = names.imported(self.ctx, self.edits, "sys")
        line = cst.SimpleStatementLine([cst.Expr(_parse_call(names.dotted(owner), sys))])
        insert: Callable[[cst.CSTNode, list[cst.CSTNode]], None] = (
            self.edits.insert_after if place.after else self.edits.insert_before
        )
        insert(place.statement, [line])

    def _note(self, node: cst.CSTNode, message: str) -> None:
        self.findings.append(Finding("TF502", self.ctx.span(node), message))


def _parse_call(flags: cst.BaseExpression, sys: str) -> cst.Call:
    call = cst.ensure_type(cst.parse_expression(f"FLAGS({sys}.argv, known_only=True)"), cst.Call)
    return call.with_changes(func=flags)


def _import_from(module: str, aliases: list[cst.ImportAlias]) -> cst.ImportFrom:
    return cst.ImportFrom(names.dotted(module), aliases)


def _named(alias: cst.ImportAlias, name: str) -> cst.ImportAlias:
    return alias.with_changes(name=cst.Name(name), comma=cst.MaybeSentinel.DEFAULT)


def _main_first(args: tuple[cst.Arg, ...]) -> list[cst.Arg]:
    main = cst.Arg(cst.Name("main"))
    if not args:
        return [main]
    return [main.with_changes(comma=cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))), *args]


def _string(node: cst.BaseExpression) -> str | None:
    value = ast.literal_eval(node.value) if isinstance(node, cst.SimpleString) else None
    return value if isinstance(value, str) else None


def _reads_parameter(definition: cst.FunctionDef) -> bool:
    """Whether the function uses its first parameter (the arguments that are left)."""
    params = [*definition.params.posonly_params, *definition.params.params]
    if not params:
        return isinstance(definition.params.star_arg, cst.Param)
    name = params[0].name.value
    if name.startswith(("_", "unused")):
        return False
    return any(isinstance(node, cst.Name) and node.value == name for node in tree.walk(definition.body))
