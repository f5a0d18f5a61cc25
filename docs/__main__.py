"""``python -m docs [--check]``: build the site, or fail where it is not that of today's sources."""

from __future__ import annotations

import argparse
import sys

from docs import site


def main() -> int:
    """Build or check; 0 where the site is fresh afterwards."""
    parser = argparse.ArgumentParser(prog="python -m docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="build nothing; say whether the site is fresh")
    if parser.parse_args().check:
        if site.is_fresh():
            return 0
        sys.stderr.write("the built site is not that of today's sources: `make docs` builds it anew\n")
        return 1
    site.build()
    sys.stdout.write(f"built {site.SITE.relative_to(site.ROOM.parent)}: open {site.SITE / 'index.html'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
