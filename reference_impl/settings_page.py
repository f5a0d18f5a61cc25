"""The settings as a page, from their model.

``python -m reference_impl.settings_page`` writes `docs/settings.md`; a test holds that it is fresh.
"""

from __future__ import annotations

from pathlib import Path

from reference_impl.settings import PREFIX, Settings

PAGE = Path(__file__).parent.parent / "docs" / "settings.md"

_HEAD = """\
# Settings of the reference implementation

Every setting as an option, a variable and a line of a file, with its default and its meaning.

This page is generated from the model that checks them: `python -m reference_impl.settings_page` writes it.

A setting is an option of `stablemint reference` (those that its help lists), a variable of the
environment, or a line of the TOML file that `--config` or `STABLEMINT_CONFIG` names; the first of these
that is given applies. What makes no sense is refused at start, by name. In the file a setting is called
as here, in the environment `STABLEMINT_` and the name in capitals: `port = 8090` is
`STABLEMINT_PORT=8090`. Give secrets by the environment, not by options, which other users of the machine
can read.

"""


def render() -> str:
    """The page."""
    sections = []
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else f" Default: `{_show(field.default)}`."
        sections.append(f"## `{name}`\n\n`{PREFIX}{name.upper()}`. {field.description}{default}\n")
    return _HEAD + "\n".join(sections)


def _show(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
