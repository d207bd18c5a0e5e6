"""What holds the variables that a saver covers: names, lists and dicts, layers, objects of the program's classes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from codemods import tree
from codemods.analysis import layer_lists
from codemods.analysis.containers import containers, join, may_be_skipped
from codemods.analysis.keras_records import Layer
from codemods.analysis.layer_records import MadeLayer
from codemods.analysis.stateful import Instance
from codemods.analysis.values import Kind, Value, Variable
from codemods.analysis.variable_names import spelled

if TYPE_CHECKING:
    from codemods.analysis.graph_calls import GraphCalls


@dataclass(frozen=True, eq=False)
class Item:
    """One thing that a saver covers: how it is written there, its key, and the variables in it by their paths.

    ``given`` says that the program itself chose the key. ``layers`` are those in it by their paths, and ``parts`` is
    how its variables are listed: texts, each with the trainable variables that it stands for.
    """

    key: str
    text: str
    variables: tuple[tuple[str, Variable], ...]
    given: bool = False
    layers: tuple[tuple[str, MadeLayer], ...] = ()
    parts: tuple[tuple[str, tuple[Variable, ...]], ...] = ()

    @property
    def single(self) -> bool:
        """Whether this is one variable."""
        return not self.variables[0][0]


def find(evaluator: GraphCalls, node: cst.CSTNode, variables: list[Variable]) -> list[Item]:
    """``variables`` by what holds them; refused where one of them has no name in this place."""
    items: list[Item] = []
    left = list(variables)
    while left:
        certain = evaluator.state.exists(left[0])
        if certain:
            item = _item(evaluator, left[0], variables)
        else:
            item = _in_open_list(evaluator, left[0], variables) or _in_object(evaluator, left[0], variables)
        if item is None:
            problem = "no name holds one of the variables here" if certain else "it is not known how often one was made"
            evaluator.refuse("TF431", problem, node)
            return []
        items.append(item)
        covered = {variable for _, variable in item.variables}
        left = [variable for variable in left if variable not in covered]
    return items


def renamed(evaluator: GraphCalls, key: str, variable: Variable) -> Item | None:
    """One variable under a key that the program gives it; None where no name holds it."""
    if variable.weight is None:
        text = spelled(evaluator, variable)
        return Item(key, text, (("", variable),), given=True) if text is not None else None
    made = evaluator.keras.owner(variable)
    name = layer_lists.name_of(evaluator, made) if made is not None else None
    if made is None or name is None:
        return None
    return Item(key, f"{name}.{variable.weight}", (("", variable),), given=True, layers=(("", made),))


def _item(evaluator: GraphCalls, first: Variable, variables: list[Variable]) -> Item | None:
    """What holds ``first``, and nothing that is not among ``variables``."""
    held = _in_object(evaluator, first, variables)
    if held is not None:
        return held
    if first.weight is not None:
        return _in_layer(evaluator, first, variables)
    text = spelled(evaluator, first)
    if text is None:
        return None
    root = re.match(r"\w+", text)
    assert root is not None
    name = root.group()
    inside = _in_container(evaluator, name, variables) if text != name else None
    if inside is None:
        return Item(identifier(text), text, (("", first),), parts=_listed(text, [first]))
    paths = [path for path, _ in inside]
    own = [variable for _, variable in inside if variable.trainable is not False]
    if any("/" in path for path in paths) or len(own) < len(inside):
        parts = tuple(part for path, item in inside for part in _listed(name + _subscripts(path), [item]))
    else:
        whole = f"*{name}" if all(path.isdigit() for path in paths) else f"*{name}.values()"
        parts = ((whole, tuple(own)),)
    return Item(name, name, tuple(inside), parts=parts)


def _listed(text: str, variables: list[Variable]) -> tuple[tuple[str, tuple[Variable, ...]], ...]:
    return tuple((text, (item,)) for item in variables if item.trainable is not False)


def _subscripts(path: str) -> str:
    return "".join(f"[{part}]" if part.isdigit() else f"[{part!r}]" for part in path.split("/"))


def subscripted(item: Item, path: str) -> str:
    """How the variable at ``path`` in a container is written."""
    return item.text + (_subscripts(path) if path else "")


# Layers


def _in_layer(evaluator: GraphCalls, first: Variable, variables: list[Variable]) -> Item | None:
    """The layer that owns ``first``, or ``first`` alone where not all of the layer is covered."""
    made = evaluator.keras.owner(first)
    name = layer_lists.name_of(evaluator, made) if made is not None else None
    if made is None or name is None:
        return None
    if not set(made.variables) <= set(variables):
        text = f"{name}.{first.weight}"
        return Item(identifier(text), text, (("", first),), layers=(("", made),), parts=_listed(text, [first]))
    weights = tuple(_weights("", made))
    stack = _stack(made)
    if stack is None:
        return Item(name, name, weights, layers=(("", made),), parts=_layer_parts(name, made))
    start = stack.replace(".", "/") + "/"
    if not all(path.startswith(start) for path, _ in weights):
        return None
    inside = tuple((path.removeprefix(start), variable) for path, variable in weights)
    cells = dict.fromkeys(path.partition("/")[0] for path, _ in inside)
    layers = tuple((number, made) for number in cells)
    return Item(name, f"list({name}.{stack})", inside, layers=layers, parts=_layer_parts(name, made))


def _stack(made: MadeLayer) -> str | None:
    """Where a recurrent layer has its list of cells: Keras tracks that, a checkpoint does not look into it."""
    weight = next((item.weight for item in made.variables if item.weight and "cells[" in item.weight), None)
    return f"{weight.partition('cells[')[0]}cells" if weight is not None else None


def _weights(path: str, made: MadeLayer) -> Iterator[tuple[str, Variable]]:
    for variable in made.variables:
        weight = variable.weight or ""
        hidden = weight == "kernel" and made.kind.name in ("Dense", "Conv1D", "Conv2D", "Conv3D")
        inside = weight.replace("[", "/").replace("]", "").replace(".", "/")
        yield join(path, f"_{weight}" if hidden else inside) or "", variable


def _layer_parts(name: str, made: MadeLayer) -> tuple[tuple[str, tuple[Variable, ...]], ...]:
    own = tuple(variable for variable in made.variables if variable.trainable)
    if len(own) > 1:
        return ((f"*{name}.trainable_variables", own),)
    return tuple((f"{name}.{variable.weight}", (variable,)) for variable in own)


# Objects of the program's classes


def _in_object(evaluator: GraphCalls, first: Variable, variables: list[Variable]) -> Item | None:
    """The object that holds ``first``, as a whole."""
    for name, binding in evaluator.frame.visible().items():
        made = next(iter(binding.sources)) if len(binding.sources) == 1 else None
        if binding.value.kind is not Kind.OBJECT or made is None:
            continue
        if any(may_be_skipped(item.node) for item in containers(made)):
            continue
        held = _attributes("", name, binding.value)
        if held is None or first not in dict.fromkeys(variable for _, variable in held.variables):
            continue
        if {variable for _, variable in held.variables} <= set(variables):
            evaluator.name(cst.Name(name))
            return _tracked(evaluator, held, binding.value)
    return None


def _tracked(evaluator: GraphCalls, held: Item, value: Value) -> Item | None:
    """``held`` as a checkpoint finds it: in the lists of a ``keras.Model`` it finds nothing, so they are given to it.

    (TF 2.21, keras 3.15: ``tf.train.Checkpoint(model=model)`` has no key for layers in a list or dict of the model.)
    """
    assert isinstance(value.payload, Instance)
    listed = any("*" in path for path, _ in held.layers)
    if not listed or evaluator.builder_classes.get(value.payload.definition) != "call":
        return held
    places = {path.partition("/")[0] for path, _ in held.variables}
    place = places.pop()
    if places or any(path != f"{place}/*" for path, _ in held.layers):
        return None
    variables = tuple((path.removeprefix(f"{place}/"), variable) for path, variable in held.variables)
    layers = tuple((path.removeprefix(f"{place}/"), made) for path, made in held.layers)
    return Item(held.key, f"list({held.text}.{place})", variables, layers=layers, parts=held.parts)


def _attributes(path: str, text: str, value: Value) -> Item | None:
    """What an object holds; None where it holds something else that may have variables."""
    if not isinstance(value.payload, Instance):
        return None
    variables: list[tuple[str, Variable]] = []
    layers: list[tuple[str, MadeLayer]] = []
    parts: list[tuple[str, tuple[Variable, ...]]] = []
    for name, held in value.payload.attributes.items():
        here, written = join(path, name) or "", f"{text}.{name}"
        if held.kind is Kind.VARIABLE and isinstance(held.payload, Variable):
            variables.append((here, held.payload))
            parts += _listed(written, [held.payload])
        elif held.kind is Kind.LAYER and isinstance(held.payload, Layer) and held.payload.made is not None:
            made = held.payload.made
            if _stack(made) is not None:
                return None
            variables += _weights(here, made)
            layers.append((here, made))
            parts += _layer_parts(written, made)
        elif (filling := _filled(held)) is not None and _stack(filling) is None:
            variables += _weights(f"{here}/*", filling)
            layers.append((f"{here}/*", filling))
        elif held.kind is Kind.OBJECT:
            inner = _attributes(here, written, held)
            if inner is None:
                return None
            variables += inner.variables
            layers += inner.layers
            parts += inner.parts
        elif held.symbolic:
            return None
    if any("*" in path for path, _ in layers):  # some are in a list that a loop has filled
        parts = [(f"*{text}.trainable_variables", tuple(item for _, item in variables if item.trainable is not False))]
    return Item(text, text, tuple(variables), layers=tuple(layers), parts=tuple(parts)) if variables else None


def _filled(value: Value) -> MadeLayer | None:
    """The layer that stands for those in a list which a loop fills with them."""
    element = value.element if value.kind is Kind.SEQUENCE and not value.items else None
    held = element.payload if element is not None and element.kind is Kind.LAYER else None
    return held.made if isinstance(held, Layer) else None


# Lists and dicts


def _in_container(evaluator: GraphCalls, name: str, variables: list[Variable]) -> list[tuple[str, Variable]] | None:
    """The variables of the container that ``name`` holds by their paths, if it holds nothing else."""
    found = evaluator.frame.find(name)
    held = list(_held("", found[0].value)) if found is not None else []
    known = {variable for _, variable in held if variable is not None}
    if not held or len(known) != len(held) or not known <= set(variables):
        return None
    return [(path, variable) for path, variable in held if variable is not None]


def _in_open_list(evaluator: GraphCalls, first: Variable, variables: list[Variable]) -> Item | None:
    """The list that a loop fills with variables, where it holds each of them and nothing else."""
    made = [variable for variable in variables if variable.call is first.call]  # a loop is read twice
    name = next(_lists(first), None)
    found = evaluator.frame.find(name) if name is not None else None
    value = found[0].value if found is not None else None
    if name is None or value is None or value.kind is not Kind.SEQUENCE or value.items:
        return None
    element = value.element
    if element is None or element.kind is not Kind.VARIABLE or {item.call for item in element.reads} != {first.call}:
        return None
    evaluator.name(cst.Name(name))
    own = tuple(variable for variable in made if variable.trainable is not False)
    parts = ((f"*{name}", own),) if own else ()
    return Item(name, name, tuple(("*", variable) for variable in made), parts=parts)


def _lists(variable: Variable) -> Iterator[str]:
    """The names of the lists that take what the call of ``variable`` makes, and nothing in between."""
    for node in tree.walk(variable.statement.node):
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value == "append":
            if len(node.args) == 1 and node.args[0].value is variable.call and isinstance(node.func.value, cst.Name):
                yield node.func.value.value
        elif isinstance(node, cst.Assign) and isinstance(node.value, cst.ListComp) and len(node.targets) == 1:
            target = node.targets[0].target
            if node.value.elt is variable.call and isinstance(target, cst.Name):
                yield target.value


def _held(path: str, value: Value) -> Iterator[tuple[str, Variable | None]]:
    """The variables in a container by their paths; None for everything that is no single variable."""
    if value.kind is Kind.SEQUENCE and value.items is not None and value.element is None:
        for index, item in enumerate(value.items):
            yield from _held(join(path, str(index)) or "", item)
    elif value.kind is Kind.MAPPING and value.fields is not None and value.element is None and not value.entries:
        for key, item in value.fields.items():
            yield from _held(join(path, key) or "", item) if isinstance(key, str) else [("", None)]
    else:
        found = value.payload if value.kind is Kind.VARIABLE else None
        yield path, found if isinstance(found, Variable) else None


def identifier(text: str) -> str:
    """A key for what is written as ``text``: ``weights['h1']`` gives ``weights_h1``."""
    return re.sub(r"\W+", "_", text).strip("_")
