"""The command ``stablemint``, whose program is loaded and ended so that Ctrl-C never shows a traceback."""

from __future__ import annotations

import sys

from stablemint import interruption


def main() -> int:
    """Run the process's command line and return its exit code; nothing is raised."""
    interruptible = interruption.is_ours()
    if interruptible:
        interruption.end_at_once()
    from stablemint import program

    try:
        if interruptible:
            interruption.raise_it()
        return program.main()
    except KeyboardInterrupt:
        return interruption.INTERRUPTED
    finally:
        if interruptible:
            interruption.end_at_once()


if __name__ == "__main__":
    sys.exit(main())
