"""The console script: finds the command, and turns every way to fail into one line and an exit code."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
import traceback
from types import FrameType
from typing import NoReturn

import click

from migrator import __version__
from migrator.errors import Exit, MigratorError, locate_bug

# Command -> module that defines it under the same name. Modules are imported when their command is asked for.
_COMMANDS = {
    "rewrite": "rewrite",
    "record": "record",
    "check": "check",
    "checkpoint": "checkpoint",
    "report": "report",
    "list": "listing",
    "explain": "explain",
}


# Modules and syntax trees are many objects that live long; after every 700, as Python does it, is looking too often.
_COLLECT_AFTER = 50_000


class _Commands(click.Group):
    """The commands, each imported only when it runs or is described."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"migrator.cli.{_COMMANDS[cmd_name]}")
        command = module.command
        assert isinstance(command, click.Command)
        return command


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="migrator")
def cli() -> None:
    """Rewrite TensorFlow 1 programs as TensorFlow 2 / Keras 3 code, and prove that nothing changed.

    \b
    Exit codes: 0 fine; 1 something to do (would change, differs, refused under
    --strict); 2 your mistake, in one line; 3 a bug of ours, with its place.
    """


def main() -> NoReturn:
    """Entry point of the console script."""
    signal.signal(signal.SIGTERM, _interrupt)  # a polite request to end deserves the same clean end as Ctrl-C
    gc.set_threshold(_COLLECT_AFTER)
    code = run(sys.argv[1:])
    gc.freeze()  # it all ends with the process: no last look at what is left
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run one command; the exit code. Nothing but the exit code and one line on stderr tells of a failure."""
    try:
        result = cli.main(args=arguments, prog_name="migrator", standalone_mode=False)
        return int(result) if isinstance(result, int) else Exit.OK
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "")
        return Exit.USAGE
    except click.UsageError as error:
        hint = f" (see `{error.ctx.command_path} --help`)" if error.ctx else ""
        return _fail(f"{error.format_message().rstrip('.')}{hint}", Exit.USAGE)
    except click.ClickException as error:
        return _fail(error.format_message(), Exit.USAGE)
    except MigratorError as error:
        return _fail(str(error), Exit.USAGE)
    except (KeyboardInterrupt, click.Abort):
        return _fail("interrupted; every file is either the old one or the new one", Exit.INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output (head, less) has gone. Keep Python from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK
    except Exception as error:  # noqa: BLE001  (the last place where a bug can get a code and a place)
        if os.environ.get("MIGRATOR_TRACEBACK"):
            traceback.print_exc()
        return _fail(f"a bug of ours: {locate_bug(error)}; MIGRATOR_TRACEBACK=1 shows more", Exit.BUG)


def _interrupt(signum: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _fail(message: str, code: Exit) -> Exit:
    click.echo(f"migrator: {message}", err=True)
    return code
