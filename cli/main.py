"""The command `sk2siem`: its subcommands, and every error as one line and an exit code."""

import errno
import os
import sys
import traceback
from collections.abc import Sequence
from types import TracebackType
from typing import TextIO, cast

import click

from cli import check, completion, config, explain, init, policy, position, run, system, version
from cli.canary import command as canary
from cli.dead_letters import command as dead_letters
from cli.demo import command as demo
from cli.doctor import command as doctor
from cli.netstat import command as netstat
from cli.plan import command as plan
from cli.reconcile import command as reconcile
from cli.report import command as report
from cli.terminal import ClosedOutput
from runtime.errors import CheckFailed, PipelineError, Unavailable

INTERRUPTED = 130
READER_GONE = 141
"""As of a program that SIGPIPE ended."""
FULL = (errno.ENOSPC, errno.EDQUOT)
DEBUG = ("SK2SIEM_LOG__LEVEL", "debug")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def sk2siem() -> None:
    """Says which connections to an IBM i are not encrypted, from the audit journal into the SIEM.

    \b
    Example:
      sk2siem demo

    Settings come from the environment (SK2SIEM_...); `sk2siem config` prints them.
    Exit codes: 0 stopped as asked, 1 bug, 2 wrong command line, 69 a check failed, 70 halted, 75 a call never
    returned, 78 configuration, 141 whoever read the output has gone.
    """


COMMANDS = (
    run.command,
    demo.command,
    init.command,
    check.command,
    position.command,
    system.command,
    policy.command,
    explain.command,
    netstat.command,
    report.command,
    plan.command,
    doctor.command,
    canary.command,
    dead_letters.command,
    reconcile.command,
    config.command,
    completion.command,
    version.command,
)
for one in COMMANDS:
    sk2siem.add_command(one)


def main() -> None:
    """The console script."""
    sys.excepthook = report_bug
    if sys.__stdout__ is None:
        sys.stdout = cast(TextIO, ClosedOutput())
    code = run_command(sys.argv[1:])
    if code == INTERRUPTED:
        # a thread that waits for an answer would keep the process for as long as that takes
        sys.stdout.flush()
        os._exit(code)
    sys.exit(code)


def run_command(arguments: Sequence[str]) -> int:
    """The exit code of one command line; every error that is not a bug ends here, as one line per problem."""
    try:
        code = sk2siem.main(list(arguments), prog_name="sk2siem", standalone_mode=False)
    except PipelineError as error:
        _say(str(error), error)
        return CheckFailed.exit_code if isinstance(error, Unavailable) else error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.ClickException as error:
        _say(" ".join(error.format_message().split()) + " (`sk2siem --help` shows how)", error)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt) as error:
        _say("stopped; what was done until now is done", error)
        return INTERRUPTED
    except OSError as error:
        if error.errno not in FULL:
            raise
        _say(f"what was to be printed could not be written: {error.strerror}", error)
        return CheckFailed.exit_code
    except SystemExit:
        return READER_GONE  # the only case in which click ends here by itself
    return code if isinstance(code, int) else 0


def report_bug(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """One line for what nobody foresaw. The exception's own text stays out of it: it may quote anything."""
    where = traceback.extract_tb(trace)[-1:]
    place = f" at {os.path.basename(where[0].filename)}:{where[0].lineno}" if where else ""  # noqa: PTH119
    _say(f"a bug: {kind.__name__}{place}; {'='.join(DEBUG)} shows the whole of it", error)


def _say(message: str, error: BaseException) -> None:
    for line in message.splitlines():
        click.echo(f"sk2siem: {line}", err=True)
    if os.environ.get(DEBUG[0]) == DEBUG[1]:
        traceback.print_exception(error)
