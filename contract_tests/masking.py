"""Exchanges as text, with everything masked that gives access."""

from .credentials import Partner
from .wire import Answer, Headers, Request

SHOWN_BYTES = 1_500


class Mask:
    """Replaces the API keys and secrets of the partners, and signatures, by what they are."""

    def __init__(self, partners: tuple[Partner, ...]) -> None:
        self._words: dict[str, str] = {}
        for partner in partners:
            self._words[partner.api_secret] = f"<API secret of {partner.name}>"
            self._words[partner.api_key] = f"<API key of {partner.name}>"

    def text(self, text: str) -> str:
        """`text` without secrets and without control characters that a terminal would obey."""
        for word, name in self._words.items():
            text = text.replace(word, name)
        return "".join(
            character if character.isprintable() or character in "\n\t" else f"\\x{ord(character):02x}"
            for character in text
        )

    def request(self, request: Request) -> list[str]:
        """The request as lines: request line, headers, body."""
        framing = (
            "chunked" if request.chunked else f"{len(request.body)} bytes" if request.body is not None else ""
        )
        lines = [self.text(f"{request.method} {request.path}") + (f"  ({framing})" if framing else "")]
        return lines + self._headers(request.headers) + self._body(request.body or b"")

    def answer(self, answer: Answer) -> list[str]:
        """The answer as lines: status line, headers, body."""
        lines = [self.text(f"{answer.status} {answer.reason}")]
        return lines + self._headers(answer.headers) + self._body(answer.body)

    def _headers(self, headers: Headers) -> list[str]:
        return [f"{self.text(name)}: {self._value(name, value)}" for name, value in headers]

    def _value(self, name: str, value: str) -> str:
        return "<signature>" if name.lower() == "signature" and len(value) > 40 else self.text(value)

    def _body(self, body: bytes) -> list[str]:
        if not body:
            return []
        shown = self.text(body[:SHOWN_BYTES].decode("utf-8", "backslashreplace"))
        more = f" … and {len(body) - SHOWN_BYTES:,} bytes more" if len(body) > SHOWN_BYTES else ""
        return ["", *(shown + more).split("\n")]
