"""`migrator report`: what earlier commands found, for people and for CI."""

from __future__ import annotations

import importlib
from pathlib import Path

import click

from migrator.errors import Exit, UserError
from migrator.files import atomic
from migrator.report.model import Report
from migrator.settings import load_project
from migrator.store import Store, report_json

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("report", short_help="What earlier commands found: terminal, HTML, Markdown, JSON, JUnit, SARIF.")
@click.option("--html", type=_FILE, metavar="FILE", help="One self-contained page with diffs and numbers.")
@click.option("--markdown", type=_FILE, metavar="FILE", help="Short, for a pull-request comment.")
@click.option("--json", "as_json", type=_FILE, metavar="FILE", help="Everything, as data.")
@click.option("--junit", type=_FILE, metavar="FILE", help="JUnit XML for CI.")
@click.option("--sarif", type=_FILE, metavar="FILE", help="SARIF for code hosts.")
@click.option("--from", "source", type=click.Path(path_type=Path), metavar="FILE", help="A report.json from elsewhere.")
def command(
    html: Path | None,
    markdown: Path | None,
    as_json: Path | None,
    junit: Path | None,
    sarif: Path | None,
    source: Path | None,
) -> int:
    """Show what `rewrite` and `check` left in .migrator/report.json, or write it to files (`-` is standard output)."""
    store = Store(load_project())
    if source is not None:
        store.report_path = source
    if not store.report_path.exists():
        raise UserError(f"there is no {store.report_path}: run `migrator rewrite` or `migrator check` first")
    report = store.load_report()
    wanted = {"html": html, "markdown": markdown, "junit": junit, "sarif": sarif, "json": as_json}
    files = {name: path for name, path in wanted.items() if path is not None}
    for name, path in files.items():
        _put(path, _render(name, report))
    if not files:
        from migrator.report.terminal import console, print_report

        print_report(console(), report)
    return Exit.OK


def _render(name: str, report: Report) -> str:
    if name == "json":
        return report_json(report)
    # Each form has a module of its name with `render(report) -> str`, imported when asked for.
    text = importlib.import_module(f"migrator.report.{name}").render(report)
    assert isinstance(text, str)
    return text


def _put(path: Path, text: str) -> None:
    if str(path) == "-":
        click.echo(text, nl=False)
        return
    try:
        atomic.write(path, text.encode())
    except atomic.FileProblem as problem:
        raise UserError(f"cannot write {path}: {problem}") from problem
    click.echo(f"wrote {path}", err=True)
