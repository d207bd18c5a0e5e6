"""`migrator checkpoint`: old checkpoints for migrated programs."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from migrator.errors import Exit, UserError
from migrator.settings import load_project
from migrator.store import Store

if TYPE_CHECKING:
    from migrator.checkpoints.conversion import Converted
    from migrator.checkpoints.maps import WeightMap
    from migrator.checkpoints.reading import Checkpoint

_PATH = click.Path(path_type=Path)


@click.command("checkpoint", short_help="Convert a TF1 checkpoint to one that the migrated program reads; or list one.")
@click.argument("old", type=_PATH)
@click.argument("new", required=False)
@click.option("--program", type=_PATH, metavar="FILE", help="The migrated program; its rewrite knows the names.")
@click.option("--saver", type=int, metavar="LINE", help="Which saver of the legacy program, by its line.")
@click.option("--map", "map_", type=_PATH, metavar="FILE", help="Old names and new keys, as JSON or TOML.")
@click.option("--like", type=_PATH, metavar="CHECKPOINT", help="One that the migrated program wrote, for its objects.")
@click.option("--partial", is_flag=True, help="Write the checkpoint though some keys have no value.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(
    old: Path,
    new: str | None,
    program: Path | None,
    saver: int | None,
    map_: Path | None,
    like: Path | None,
    partial: bool,
    as_json: bool,
) -> int:
    """Convert the checkpoint OLD, which a TF1 program wrote, to NEW, which the migrated program reads.

    OLD is the path that the saver was given, or a directory: its latest checkpoint. NEW is such a path, or a
    directory. Without NEW, the names, dtypes and shapes in OLD are listed. What is not used on either side is listed,
    too; where keys of the new checkpoint have no value, nothing is written (exit code 1).
    """
    _import_tensorflow()
    from migrator.checkpoints import reading

    found = reading.open_checkpoint(old)
    if new is None:
        if program is not None or map_ is not None or like is not None:
            raise UserError("--program, --map and --like belong to a conversion; say where to write it: OLD NEW")
        _list(found, as_json)
        return Exit.OK
    if found.by_object:
        raise UserError(f"{found.prefix} is a checkpoint of TensorFlow 2 already")
    weights = _weights(program, saver, map_)
    return _convert(found, new, weights, like, partial, as_json)


def _import_tensorflow() -> None:
    """Import TensorFlow without what its libraries write to the terminal while they are loaded."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
            import tensorflow  # noqa: F401
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _list(found: Checkpoint, as_json: bool) -> None:
    entries = list(found.entries.values())
    if as_json:
        rows = [{"name": item.name, "dtype": item.dtype, "shape": list(item.shape)} for item in entries]
        click.echo(json.dumps({"checkpoint": found.prefix, "by_object": found.by_object, "entries": rows}))
        return
    width = max((len(item.name) for item in entries), default=0)
    for item in entries:
        click.echo(f"{item.name:<{width}}  {item.dtype}{list(item.shape)}")


def _weights(program: Path | None, saver: int | None, map_: Path | None) -> WeightMap:
    from migrator.checking import find_legacy, find_map
    from migrator.checkpoints import maps

    if program is None and map_ is None:
        raise UserError("how the variables correspond is not known: give the migrated program with --program, or --map")
    weights = maps.WeightMap(())
    if program is not None:
        store = Store(load_project())
        savers = find_map(store, program, find_legacy(store, program, None)).checkpoints
        chosen = [item for item in savers if saver in (None, item.line)]
        if not chosen:
            raise UserError(f"{program}: its legacy program makes no saver" + (f" on line {saver}" if saver else ""))
        if len(chosen) > 1:
            lines = ", ".join(str(item.line) for item in chosen)
            raise UserError(f"{program}: there are savers on the lines {lines}; choose one with --saver LINE")
        weights = maps.of_rewrite(chosen[0])
    return weights if map_ is None else maps.merged(weights, maps.read(map_))


def _convert(found: Checkpoint, new: str, weights: WeightMap, like: Path | None, partial: bool, as_json: bool) -> int:
    from migrator.checkpoints import conversion, reading, writing

    directory = os.path.isdir(new) or new.endswith(("/", os.sep))
    prefix = Path(new) / Path(found.prefix).name if directory else Path(new)
    if os.path.abspath(prefix) == os.path.abspath(found.prefix):
        raise UserError("OLD and NEW are the same; name another place")
    converted = conversion.convert(found, weights)
    template = reading.open_checkpoint(like) if like is not None else None
    if template is not None:
        converted.missing += writing.missing_in(converted, template)
    written = bool(converted.values) and (partial or not converted.missing)
    if written:
        writing.write(converted, prefix, template, state=directory)
    _report(found, prefix, converted, written, as_json)
    return Exit.OK if written and not converted.missing else Exit.TODO


def _report(found: Checkpoint, prefix: Path, converted: Converted, written: bool, as_json: bool) -> None:
    document: dict[str, Any] = {
        "old": found.prefix,
        "new": os.fspath(prefix),
        "written": written,
        "converted": sorted(converted.values),
        "optimizers": sorted(converted.optimizers),
        "unused": converted.unused,
        "missing": [{"key": key, "why": why} for key, why in converted.missing],
        "notes": converted.notes,
    }
    if as_json:
        click.echo(json.dumps(document))
        return
    optimizers = "".join(f", the state of {name}" for name in document["optimizers"])
    done = "written and read back" if written else "not written"
    click.echo(f"{prefix}: {done}; {len(converted.values)} variables{optimizers}")
    for name in converted.unused:
        click.echo(f"  not used: {name} of {found.prefix}")
    for key, why in converted.missing:
        click.echo(f"  no value: {key} ({why})")
    for note in converted.notes:
        click.echo(f"  note: {note}")
