"""``python -m docs [--check]``: build the site, or fail where it is not as it would be built."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from docs import site


def main() -> int:
    """Build or check; 0 where the site is fresh afterwards."""
    parser = argparse.ArgumentParser(prog="python -m docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="build elsewhere, and compare")
    if parser.parse_args().check:
        with tempfile.TemporaryDirectory(prefix="docs-") as folder:
            fresh = Path(folder, "fresh")
            site.build(fresh)
            stale = site.differences(site.SITE, fresh)
        if stale:
            sys.stderr.write("\n".join((*stale, "the site is stale: `make docs` builds it anew\n")))
        return int(bool(stale))
    site.build()
    sys.stdout.write(f"built {site.SITE.relative_to(site.ROOM.parent)}: open {site.SITE / 'index.html'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
