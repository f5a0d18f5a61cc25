"""Credentials of the partners as which the suite calls a target, from folders, files or the environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from .signing import CREDENTIAL_HEADERS, signature, signed_string


class CredentialsError(Exception):
    """Credentials that cannot be read; the message says which file, what is wrong and what is expected."""


@dataclass(frozen=True, kw_only=True)
class Partner:
    """A partner of the target.

    Its API key, its API secret and the private half of the key that it registered.
    """

    name: str
    api_key: str = field(repr=False)
    api_secret: str = field(repr=False)
    private_key: rsa.RSAPrivateKey = field(repr=False)

    def headers(self, body: bytes, *, timestamp: str) -> tuple[tuple[str, str], ...]:
        """The three credential headers for `body`, signed as of `timestamp`, which is signed as it stands."""
        message = signed_string(timestamp=timestamp, secret=self.api_secret, body=body)
        values = (self.api_key, timestamp, signature(self.private_key, message))
        return tuple(zip(CREDENTIAL_HEADERS, values, strict=True))


def read_directory(directory: Path, *, name: str | None = None) -> Partner:
    """Read ``api_key``, ``api_secret`` and ``private_key.pem`` from `directory`.

    The partner is called `name`, or else as the folder is.
    """
    if not directory.is_dir():
        raise CredentialsError(
            f"{directory} is no folder; expected one with api_key, api_secret and private_key.pem"
        )
    return read_files(
        name=name or directory.resolve().name,
        api_key=directory / "api_key",
        api_secret=directory / "api_secret",
        private_key=directory / "private_key.pem",
    )


def read_files(*, name: str, api_key: Path, api_secret: Path, private_key: Path) -> Partner:
    """Read one partner from three files; a final newline after key or secret is dropped."""
    return make_partner(
        name=name,
        api_key=_text(api_key),
        api_secret=_text(api_secret),
        pem=_bytes(private_key),
        source=str(private_key),
    )


def read_environment(environment: Mapping[str, str]) -> Partner | None:
    """Read STABLEMINT_API_KEY, STABLEMINT_API_SECRET and STABLEMINT_PRIVATE_KEY (a path).

    None where none is set.
    """
    names = ("STABLEMINT_API_KEY", "STABLEMINT_API_SECRET", "STABLEMINT_PRIVATE_KEY")
    values = [environment.get(name, "") for name in names]
    if not any(values):
        return None
    missing = [name for name, value in zip(names, values, strict=True) if not value]
    if missing:
        raise CredentialsError(f"{' and '.join(missing)} not set, while another of {', '.join(names)} is")
    key, secret, path = values
    return make_partner(
        name="environment",
        api_key=key,
        api_secret=secret,
        pem=_bytes(Path(path)),
        source=f"STABLEMINT_PRIVATE_KEY={path}",
    )


def make_partner(
    *, name: str, api_key: str, api_secret: str, pem: bytes, source: str = "the private key"
) -> Partner:
    """Put a partner together; raises :class:`CredentialsError` for what could never sign."""
    try:
        private_key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise CredentialsError(f"{source} is no unencrypted private key in PEM form: {error}") from None
    if not isinstance(private_key, rsa.RSAPrivateKey):
        raise CredentialsError(f"{source} is no RSA key; signatures are RSA-SHA256")
    for label, value in (("API key", api_key), ("API secret", api_secret)):
        if not value or not value.isascii() or not value.isprintable():
            raise CredentialsError(
                f"the {label} of {name} is empty or holds other than visible ASCII characters"
            )
    return Partner(name=name, api_key=api_key, api_secret=api_secret, private_key=private_key)


def _text(path: Path) -> str:
    try:
        return _bytes(path).decode("ascii").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise CredentialsError(f"{path} holds other than ASCII") from None


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CredentialsError(f"{path} cannot be read: {error.strerror}") from None
