"""Which migrated variable is which TF1 variable, and which fed tensor is which parameter.

Both follow the lines of the two texts, never values or shapes: a variable is known by the statements that created it
(innermost first, in legacy lines) and its ordinal among those that the same statements created. Shape and dtype must
agree as well; what does not match is an error, not a guess. Nothing here imports NumPy or TensorFlow.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from migrator.equivalence.statements import StatementLines, first_line, source_lines

#: The program itself in a `Key`: its file has one name on the legacy side and may have another after the rewrite.
MAIN = ""
#: Statements that created something, innermost first: (file or MAIN, first line of the statement in the legacy text).
Key = tuple[tuple[str, int], ...]
Place = tuple[str, int]

_TRAINING_METHODS = {
    "minimize",
    "apply_gradients",
    "optimize_loss",
    "create_train_op",
    "compile",
    "fit",
    "fit_generator",
}
_TRAINING_METHODS |= {"train_on_batch", "get_updates"}
_SPARSE = ("sparse_placeholder",)
_POWER = re.compile(r"(^|/)beta[12]_power(_\d+)?$")
_KERAS_OPTIMIZER = re.compile(r"(^|/)(training(_\d+)?|SGD|RMSprop|Adagrad|Adadelta|Adam|Adamax|Nadam|Ftrl)(_\d+)?/")


class Statements:
    """The statements of a text, by line; none if it does not parse (Python 2, recorded elsewhere)."""

    def __init__(self, text: str) -> None:
        self.rows = source_lines(text)
        self._lines = StatementLines(text)
        self._nodes: dict[int, list[ast.stmt]] = defaultdict(list)
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError):
            return
        for node in ast.walk(tree):
            if isinstance(node, ast.stmt):
                self._nodes[first_line(node)].append(node)

    def start(self, line: int) -> int:
        """The first line of the innermost statement at ``line``."""
        return self._lines.start(line)

    def at(self, line: int) -> list[ast.stmt]:
        """The statements that start where the innermost statement at ``line`` starts."""
        return self._nodes.get(self.start(line), [])

    def starts(self) -> list[int]:
        """The lines on which statements start."""
        return sorted(self._nodes)


class Lines:
    """Between lines of the migrated program and statements of the legacy one; ``lines`` is that of the replay map.

    A program that the rewrite left as it was has no map: each line is its own origin.
    """

    def __init__(self, legacy: str, migrated: str, lines: Mapping[int, int]) -> None:
        self.legacy = Statements(legacy)
        self.migrated = Statements(migrated)
        self._same = legacy == migrated
        self._lines = lines

    def legacy_statement(self, line: int) -> int | None:
        """The legacy statement that the migrated ``line`` came from; None for a statement that the rewrite added."""
        origin = line if self._same else self._lines.get(self.migrated.start(line), self._lines.get(line))
        return None if origin is None else self.legacy.start(origin)

    def statements_from(self, line: int) -> list[ast.stmt]:
        """The migrated statements that came from the legacy statement at ``line``."""
        origin = self.legacy.start(line)
        return [
            node
            for start in self.migrated.starts()
            if self.legacy_statement(start) == origin
            for node in self.migrated.at(start)
        ]


@dataclass(frozen=True)
class LegacyVariable:
    """A recorded variable; ``shape`` is None when its rank is unknown. ``index`` is its place in the recording."""

    index: int
    name: str
    key: Key
    dtype: str
    shape: tuple[int | None, ...] | None

    @property
    def last_name(self) -> str:
        return last_name(self.name)


@dataclass(frozen=True)
class LegacySlot:
    """A recorded variable of an optimizer: ``owner`` is the index of the variable it is for, None for a shared one.

    ``index`` is its place in the recording, ``key`` the statements that made it.
    """

    index: int
    name: str
    owner: int | None
    key: Key


def is_keras_slot(name: str) -> bool:
    """Whether a variable is named as the Keras of TensorFlow 1 names those of its optimizers."""
    return _KERAS_OPTIMIZER.search(name) is not None


def last_name(name: str) -> str:
    """The last part of a variable's name: ``dense/kernel:0`` is ``kernel``."""
    return name.split(":")[0].rsplit("/", 1)[-1]


class Matcher:
    """Gives each migrated variable its legacy variable, in the order in which they are created."""

    def __init__(self, variables: Iterable[LegacyVariable]) -> None:
        self._by_key: dict[Key, list[LegacyVariable]] = defaultdict(list)
        self._by_statement: dict[Place, list[LegacyVariable]] = defaultdict(list)
        self._claimed: set[int] = set()
        for variable in variables:
            self._by_key[variable.key].append(variable)
            if variable.key:
                self._by_statement[variable.key[0]].append(variable)

    def claim(
        self, keys: Sequence[Key], name: str, dtype: str, shape: tuple[int | None, ...] | None
    ) -> tuple[LegacyVariable | None, str | None]:
        """The legacy variable of a new migrated one, or None and the reason.

        ``keys`` are the places to look at in turn: where the variable was created, then where the layer that owns it
        was. At each place the whole stack of statements counts first, then the innermost statement alone (the frames
        around it differ when a statement moved into a function), and of what that made the stacks that have most in
        common. Among several candidates one with the same last name comes first, then the order of creation decides.
        """
        for key in keys:
            for group in (self._by_key.get(key, []), self._nearest(key) if key else []):
                free = [variable for variable in group if variable.index not in self._claimed]
                if not free:
                    continue
                agreeing = [v for v in free if v.dtype == dtype and _shapes_agree(v.shape, shape)]
                same_name = [v for v in agreeing if v.last_name == last_name(name)]
                if not same_name and (not agreeing or agreeing[0] is not free[0]):
                    expected = free[0]
                    return None, (
                        f"{expected.name} {expected.dtype}{_show(expected.shape)} stands where the migrated program "
                        f"makes {name} {dtype}{_show(shape)}"
                    )
                chosen = (same_name or agreeing)[0]
                self._claimed.add(chosen.index)
                return chosen, None
        return None, None

    def _nearest(self, key: Key) -> list[LegacyVariable]:
        """The variables made by the innermost statement of ``key`` whose stacks have most statements of it."""
        free = [variable for variable in self._by_statement.get(key[0], []) if variable.index not in self._claimed]
        shared = [len(set(variable.key) & set(key)) for variable in free]
        return [variable for variable, count in zip(free, shared, strict=True) if count == max(shared)]

    def unclaimed(self) -> list[LegacyVariable]:
        """The legacy variables without a migrated one, in the order of the recording."""
        rest = (v for group in self._by_key.values() for v in group if v.index not in self._claimed)
        return sorted(rest, key=lambda variable: variable.index)


def _shapes_agree(left: tuple[int | None, ...] | None, right: tuple[int | None, ...] | None) -> bool:
    if left is None or right is None:
        return True
    return len(left) == len(right) and all(a is None or b is None or a == b for a, b in zip(left, right, strict=True))


def _show(shape: tuple[int | None, ...] | None) -> str:
    return "[unknown]" if shape is None else "[" + ", ".join("?" if s is None else str(s) for s in shape) + "]"


def slot_owner(name: str, trainable: bool, lines: Sequence[int], others: Iterable[str], text: Statements) -> str | None:
    """The variable whose slot this one is; "" if it belongs to no single one; None for a variable that is no slot.

    Slots are what an optimizer keeps for itself: momentum, moments, powers, Keras' iteration count. A slot is not
    trainable, was created by a statement that calls a training method, and is named as optimizers name theirs: after
    another variable (``W/Adam_1``), ``beta1_power``, or in Keras' own scope. ``others`` are the names of all
    variables, ``lines`` the legacy lines of the frames that created this one, ``text`` the legacy text.
    """
    statements = [statement for line in lines for statement in text.at(line)]
    if trainable or not any(_called(statement, _TRAINING_METHODS) for statement in statements):
        return None
    plain = name.split(":")[0]
    bases = {other.split(":")[0]: other for other in others}
    around = "/" + plain.rpartition("/")[0] + "/"
    for base in sorted(bases, key=len, reverse=True):
        if f"/{base}/" in around and (around.endswith(f"/{base}/") or _KERAS_OPTIMIZER.search(plain)):
            return bases[base]
    return "" if _POWER.search(plain) or _KERAS_OPTIMIZER.search(plain) else None


def _called(statement: ast.stmt, names: Collection[str]) -> bool:
    """True if the statement calls a function or method of one of these names."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Call):
            function = node.func
            if (function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", None)) in names:
                return True
    return False


def placeholder_names(text: Statements, placeholders: Sequence[tuple[str, int]]) -> dict[str, tuple[str, str | None]]:
    """The Python name of each fed tensor and, for the parts of a sparse placeholder, which part it is.

    ``placeholders`` are (tensor name, legacy line that created it) in creation order. A statement that assigns as
    many names as it created placeholders gives them out in order; any other gives none.
    """
    groups: dict[int, dict[str, dict[str | None, str]]] = defaultdict(dict)
    for tensor, line in placeholders:
        base, part = _sparse_part(tensor)
        groups[text.start(line)].setdefault(base, {})[part] = tensor
    result: dict[str, tuple[str, str | None]] = {}
    for line, tensors in groups.items():
        statements = text.at(line)
        names = [name for statement in statements for name in _assigned(statement)]
        if len(names) == 1 and len(tensors) in (2, 3) and any(_called(node, _SPARSE) for node in statements):
            # Without a name of its own a sparse placeholder is made as: shape (unless it is given), values, indices.
            order = ("dense_shape", "values", "indices")[-len(tensors) :]
            result.update({tensor: (names[0], part) for tensor, part in zip(tensors, order, strict=True)})
        elif len(names) == len(tensors):
            for name, parts in zip(names, tensors.values(), strict=True):
                result.update({tensor: (name, part) for part, tensor in parts.items()})
    return result


def _sparse_part(tensor: str) -> tuple[str, str | None]:
    base, _, last = tensor.split(":")[0].rpartition("/")
    parts = {"indices": "indices", "values": "values", "shape": "dense_shape"}
    return (base, parts[last]) if base and last in parts else (tensor, None)


def _assigned(statement: ast.stmt) -> list[str]:
    """``a`` and ``self.b`` of ``a, self.b = ...``; the first target counts in ``a = b = ...``."""
    targets: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        targets = [statement.targets[0]]
    elif isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    names = []
    while targets:
        target = targets.pop(0)
        if isinstance(target, (ast.Tuple, ast.List)):
            targets = [*target.elts, *targets]
        else:
            names.append(ast.unparse(target))
    return names
