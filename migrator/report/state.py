"""The printed state model: which variables a program has, who makes, shares, updates, reads and saves them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from codemods.inventory import Inventory, Place, Update, VariableRecord

if TYPE_CHECKING:
    from rich.table import Table

_ROLES = {
    "model": "variable", "statistic": "moving statistic", "step": "step counter", "average": "moving average",
    "metric": "metric variable", "slot": "optimizer slot",
}  # fmt: skip
_MOST = 6


def print_inventory(out: Console, found: Inventory, everything: bool) -> None:
    """One program; optimizer slots one by one only with ``everything``."""
    title = Text(found.path, style="bold")
    title.append(f"  {_summary(found)}", style="not bold")
    out.print(title)
    if found.failure is not None:
        return
    _print_variables(out, found, everything)
    _print_trainings(out, found)
    _print_sites(out, found)
    for saver in found.savers:
        what = "every variable made before it" if saver.everything else ", ".join(_renamed(saver.variables))
        sure = "" if saver.certain else "; perhaps others"
        out.print(Text(f"  saver at {_line(found, saver.place)}: {what} ({len(saver.variables)}{sure})"))
    for place, message in found.notes:
        out.print(Text(f"  note, {_line(found, place)}: {message}", style="yellow"))


def _summary(found: Inventory) -> str:
    if found.failure is not None:
        return found.failure
    counts = {role: sum(item.role == role for item in found.variables) for role in _ROLES}
    parts = [_plural(count, _ROLES[role]) for role, count in counts.items() if count] or ["no variables"]
    trainable = sum(item.trainable is True for item in found.variables)
    parts[0] += f" ({trainable} trainable)" if trainable else ""
    parts += [_plural(len(found.trainings), "train op"), _plural(len(found.sites), "run site")]
    return ", ".join(parts)


def _print_variables(out: Console, found: Inventory, everything: bool) -> None:
    shown = [item for item in found.variables if everything or item.role != "slot" or item.owner is None]
    shown = shown if everything else [item for item in shown if item.role != "slot"]
    if shown:
        out.print(_table(found, shown, everything))
    slots = [item for item in found.variables if item.role == "slot"]
    if slots and not everything:
        names = _some([item.name for item in slots])
        out.print(Text(f"  {_plural(len(slots), 'optimizer slot')}: {names}", style="dim"))


def _table(found: Inventory, shown: Sequence[VariableRecord], everything: bool) -> Table:
    from rich.table import Table

    graphs = len({item.graph for item in found.variables}) > 1
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for heading in ("  variable", "shape", "dtype", "trains", "starts from", "made", "updated by", "read at"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("  variable", "shape", "dtype"))
    for item in shown:
        name = Text(f"  {item.name}")
        if graphs:
            name.append(f"  [graph {item.graph}]", style="dim")
        if not item.certain:
            name.append(" (?)", style="yellow")
        trains = {True: "yes", False: "no", None: "?"}[item.trainable]
        updates = _updates(found, item.updates, everything)
        read = _lines(found, item.read_at)
        table.add_row(
            name, _shape(item), item.dtype or "?", trains, item.initializer or "", _made(found, item), updates, read
        )
    return table


def _shape(item: VariableRecord) -> str:
    if item.shape is None:
        return "?"
    return "×".join("?" if size is None else str(size) for size in item.shape) or "scalar"


def _made(found: Inventory, item: VariableRecord) -> Text:
    text = Text(f"{item.made_by.removeprefix('tf.')} {_line(found, item.place)}")
    if item.calls and item.calls[0].line != item.place.line:
        text.append(f", from {_lines(found, [call for call in item.calls if call.line])}", style="dim")
    if item.shared:
        text.append(f", shared by {_lines(found, item.shared)}", style="cyan")
    if item.condition is not None:
        text.append(
            f"; only {item.condition}" if item.condition.startswith("if") else f"; in {item.condition}", style="yellow"
        )
    return text


def _updates(found: Inventory, updates: Iterable[Update], everything: bool) -> str:
    parts = []
    for update in updates:
        sure = "" if update.certain else " (?)"
        run = f", run {_lines(found, update.sites)}" if update.sites else ", never run"
        parts.append(f"{update.what} {_line(found, update.place)}{sure}{run}")
    return "; ".join(parts) if everything else _some(parts, 3, "; ")


def _print_trainings(out: Console, found: Inventory) -> None:
    for training in found.trainings:
        names = _some(training.variables) or "no variable"
        how = "every trainable variable that the loss depends on" if training.all_trainable else "a list of variables"
        sure = "" if training.certain else ", not certain"
        run = f"; run at {_lines(found, training.sites)}" if training.sites else "; never run here"
        line = f"  {training.optimizer} at {_line(found, training.place)} updates {names} ({how}{sure}){run}"
        out.print(Text(line))


def _print_sites(out: Console, found: Inventory) -> None:
    for site in found.sites:
        parts = []
        if site.initialises:
            parts.append(f"initialises {_plural(len(site.initialises), 'variable')}")
        if site.reads:
            parts.append(f"reads {_some(site.reads)}")
        if site.writes:
            parts.append(f"writes {_without_slots(found, site.writes)}")
        if not site.certain:
            parts.append("and what else is not known")
        line = Text(f"  {_line(found, site.place)}  {site.call}", style="dim")
        line.append(f"  {'; '.join(parts)}" if parts else "", style="not dim")
        out.print(line)


def _without_slots(found: Inventory, names: Sequence[str]) -> str:
    slots = {item.name for item in found.variables if item.role == "slot"}
    own = [name for name in names if name not in slots]
    count = len(names) - len(own)
    return _some(own) + (f" and {_plural(count, 'slot')}" if count else "")


def _renamed(variables: dict[str, str]) -> list[str]:
    return [key if key == name else f"{name} as {key}" for key, name in variables.items()]


def _line(found: Inventory, place: Place) -> str:
    where = f"line {place.line}" if place.file == found.path else f"{place.file}:{place.line}"
    return f"{where} in {place.function}" if place.function else where


def _lines(found: Inventory, places: Iterable[Place]) -> str:
    own, others = [], []
    for place in places:
        if place.file == found.path:
            own.append(str(place.line))
        else:
            others.append(f"{place.file}:{place.line}")
    return ", ".join(dict.fromkeys(own + others))


def _some(names: Sequence[str], most: int = _MOST, separator: str = ", ") -> str:
    rest = len(names) - most
    return separator.join(names[:most]) + (f"{separator}and {rest} more" if rest > 0 else "")


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
