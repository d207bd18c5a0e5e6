"""The `.migrator` directory of a project: what one command leaves for the next.

    report.json               every file's outcome and every check's numbers
    maps/<migrated>.json      how the run sites of a migrated program correspond to its legacy text
    legacy/<migrated>         that legacy text
    recordings/<legacy>.npz   golden outputs

The directory ignores itself in git, as tool caches do.
"""

from __future__ import annotations

import json
from pathlib import Path

from migrator import __version__
from migrator.equivalence.results import from_json, to_json
from migrator.errors import MigratorError
from migrator.files import atomic
from migrator.report.model import SCHEMA, Report
from migrator.settings import Project


class Store:
    """The state directory of one project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.directory = project.state
        self.report_path = self.directory / "report.json"

    def map_path(self, migrated: Path) -> Path:
        """Where the replay map of a migrated program lies."""
        return self.directory / "maps" / f"{self._key(migrated)}.json"

    def legacy_path(self, migrated: Path) -> Path:
        """Where the legacy text of a migrated program is put by."""
        return self.directory / "legacy" / self._key(migrated)

    def recording_path(self, legacy: Path) -> Path:
        """Where the recording of a legacy program lies unless the user names another file."""
        return self.directory / "recordings" / f"{self._key(legacy)}.npz"

    def prepare(self) -> None:
        """Make the directory; MigratorError when that is not possible."""
        self._write(self.directory / ".gitignore", b"*\n")

    def write_map(self, migrated: Path, document: str, legacy: bytes) -> None:
        """Store the replay map of ``migrated`` and the text that it was."""
        self._write(self.legacy_path(migrated), legacy)
        self._write(self.map_path(migrated), document.encode())

    def load_report(self) -> Report:
        """The stored report, or an empty one; MigratorError for a file that is not a report of this version."""
        try:
            text = self.report_path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return Report(version=__version__)
        except OSError as error:
            raise MigratorError(f"{self.report_path}: {error.strerror}") from error
        try:
            document = json.loads(text)
            if isinstance(document, dict) and document.get("schema") != SCHEMA:
                raise ValueError(f"it has the format {document.get('schema')!r}, this version reads {SCHEMA}")
            report: Report = from_json(document, Report)
        except ValueError as error:
            raise MigratorError(f"{self.report_path} cannot be used ({error}); delete it and start again") from error
        return report

    def save_report(self, report: Report) -> None:
        """Store the report; MigratorError when that is not possible."""
        self.prepare()
        self._write(self.report_path, report_json(report).encode())

    def _write(self, path: Path, data: bytes) -> None:
        try:
            if not path.exists() or path.read_bytes() != data:
                atomic.write(path, data)
        except (atomic.FileProblem, OSError) as error:
            raise MigratorError(f"cannot write {path}: {error}") from error

    def _key(self, path: Path) -> str:
        name = self.project.relative(path)
        return name if not Path(name).is_absolute() else "outside/" + name.lstrip("/").replace(":", "")


def report_json(report: Report) -> str:
    """The report as JSON text, the same for equal reports."""
    return json.dumps(to_json(report), separators=(",", ":"), ensure_ascii=False) + "\n"
