"""`migrator explain`: what a finding code means and what to do about it."""

from __future__ import annotations

import textwrap

import click

from migrator.errors import Exit, UserError


@click.command("explain", short_help="What a finding code means, and what to do about it.")
@click.argument("code", required=False)
def command(code: str | None) -> int:
    """Explain the finding CODE, such as TF201; without CODE, list them all."""
    from codemods.registry import CODES

    if code is None:
        for name, entry in sorted(CODES.items()):
            click.echo(f"{name}  {entry.title}")
        return Exit.OK
    if code.upper() not in CODES:
        raise UserError(f"there is no finding code {code}; `migrator explain` lists them all")
    entry = CODES[code.upper()]
    click.echo(f"{code.upper()}: {entry.title}\n")
    click.echo(textwrap.fill(entry.explanation, 88))
    click.echo("\n" + textwrap.fill(f"What to do: {entry.advice}", 88))
    return Exit.OK
