"""`python -m cli` is `sk2siem`; child processes are started this way."""

import signal


def main() -> None:
    """The console script. A Ctrl-C before everything is imported ends it at once, without a traceback."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from cli import main as commands

    signal.signal(signal.SIGINT, before)
    commands.main()


if __name__ == "__main__":
    main()
