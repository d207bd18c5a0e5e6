"""The replay map as a JSON file, kept beside the recording or the migrated program.

The file carries a digest of the migrated text that it describes: spans mean nothing in any other text, so a map that
does not belong to the text is refused instead of being applied to the wrong expressions.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

from codemods.findings import Span
from codemods.result import CheckpointMap, OptimizerMap, ReplayMap, SiteMap
from migrator.errors import MigratorError

SCHEMA = 1


class MapError(MigratorError):
    """A replay map that cannot be read, or that belongs to another text."""


def dumps(replay_map: ReplayMap, migrated: str) -> str:
    """The JSON document for ``replay_map``, which describes the text ``migrated``; equal input gives equal text."""
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "migrated_sha256": _digest(migrated),
        "sites": [
            {
                "legacy": _span_list(site.legacy),
                "migrated": None if site.migrated is None else _span_list(site.migrated),
                "kind": site.kind,
                "function": site.function,
                "outputs": list(site.outputs),
                "feeds": dict(site.feeds),
            }
            for site in replay_map.sites
        ],
        "lines": {str(line): replay_map.lines[line] for line in sorted(replay_map.lines)},
        "functions": {name: list(parameters) for name, parameters in replay_map.functions.items()},
    }
    if replay_map.checkpoints:
        document["checkpoints"] = [asdict(item) for item in replay_map.checkpoints]
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def loads(text: str, migrated: str) -> ReplayMap:
    """The map in ``text``. Raises MapError if it is not one, or if it was made for another text than ``migrated``."""
    try:
        document = json.loads(text)
        schema = document["schema"]
    except (ValueError, KeyError, TypeError) as error:
        raise MapError(f"this is not a replay map: {error}") from error
    if schema != SCHEMA:
        raise MapError(f"the replay map has the format {schema!r}, this version reads {SCHEMA}; rewrite again")
    try:
        digest = document["migrated_sha256"]
        result = _map(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MapError(f"the replay map is damaged ({type(error).__name__}: {error}); rewrite again") from error
    if digest != _digest(migrated):
        raise MapError("the replay map belongs to another text: the migrated program was edited since; rewrite again")
    return result


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _map(document: dict[str, Any]) -> ReplayMap:
    return ReplayMap(
        sites=tuple(
            SiteMap(
                legacy=_span(site["legacy"]),
                migrated=None if site["migrated"] is None else _span(site["migrated"]),
                kind=_text(site["kind"]),
                function=None if site["function"] is None else _text(site["function"]),
                outputs=tuple(None if index is None else _number(index) for index in site["outputs"]),
                feeds={_text(feed): _text(parameter) for feed, parameter in site["feeds"].items()},
            )
            for site in document["sites"]
        ),
        lines={int(line): _number(legacy) for line, legacy in document["lines"].items()},
        functions={name: tuple(map(_text, parameters)) for name, parameters in document["functions"].items()},
        checkpoints=tuple(checkpoint_map(item) for item in document.get("checkpoints", [])),
    )


def checkpoint_map(item: dict[str, Any]) -> CheckpointMap:
    """One checkpoint of the document. Raises KeyError, TypeError, ValueError or AttributeError for anything else."""
    return CheckpointMap(
        line=_number(item["line"]),
        variables={_text(name): _text(key) for name, key in item["variables"].items()},
        unknown=tuple(map(_text, item["unknown"])),
        layers=tuple(map(_text, item["layers"])),
        optimizers=tuple(
            OptimizerMap(
                key=_text(made["key"]),
                symbol=_text(made["symbol"]),
                name=_text(made["name"]),
                target=_text(made["target"]),
                variables=tuple(map(_text, made["variables"])),
                arguments={_text(name): float(value) for name, value in made["arguments"].items()},
                schedule=made["schedule"] is True,
            )
            for made in item["optimizers"]
        ),
    )


def _span_list(span: Span) -> list[int]:
    return [span.line, span.column, span.end_line, span.end_column]


def _span(item: list[Any]) -> Span:
    line, column, end_line, end_column = map(_number, item)
    return Span(line, column, end_line, end_column)


def _number(item: object) -> int:
    if not isinstance(item, int) or isinstance(item, bool):
        raise ValueError(f"expected a number, found {item!r}")
    return item


def _text(item: object) -> str:
    if not isinstance(item, str):
        raise ValueError(f"expected a text, found {item!r}")
    return item
