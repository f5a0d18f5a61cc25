"""A JSON text that ends too early, as a sandbox sends it on demand: shown without what is private in it."""

from __future__ import annotations

import json
import re

from reference_impl.domain.privacy import MASK, Privacy, is_private

_PIECE = re.compile(
    r'(?P<string>"(?:[^"\\]|\\.)*")'
    r"|(?P<mark>[\s\[\]{},:]+)"
    r"|(?P<scalar>(?:true|false|null|-?\d[\d.eE+-]*)(?=[\s\]},]))",
    re.DOTALL,
)
"""What is whole: of a scalar without anything behind it nobody knows whether it is."""


def mask_cut(text: bytes, *, privacy: Privacy) -> str:
    """The text as far as it is JSON, with ``MASK`` for what is private, and for a value that was cut.

    A cut value is a part of one that may be private, and so is not found by its value.
    """
    whole, shown = text.decode("utf-8", "replace"), list[str]()
    end, hides = 0, False
    while end < len(whole):
        found = _PIECE.match(whole, end)
        if found is None or not privacy.is_known:
            return "".join(shown) + MASK
        piece, end = found.group(), found.end()
        if found.lastgroup == "mark":
            if hides and ("{" in piece or "[" in piece):
                return "".join(shown) + MASK  # all that follows may be private
            shown.append(piece)
            continue
        try:
            value = json.loads(piece, strict=False)
        except ValueError:
            return "".join(shown) + MASK
        is_name = whole[end:].lstrip().startswith(":")
        masked = MASK if hides and value is not None and not is_name else privacy.mask(value)
        shown.append(piece if masked == value else json.dumps(masked, ensure_ascii=False))
        hides = is_name and is_private(value)
    return "".join(shown)
