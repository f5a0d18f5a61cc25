"""The certificate that HTTPS is served with, tried before anything is served."""

from __future__ import annotations

import ssl

from reference_impl.settings import Settings, SettingsError


def require_certificate(settings: Settings) -> None:
    """Raises SettingsError for a certificate and a key that no process could serve HTTPS with."""
    certificate, key = settings.tls_certificate, settings.tls_key
    if certificate is None or key is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=_refuse_to_ask)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise SettingsError(f"tls_key: {key} is not the key of the certificate {certificate}.") from None
        raise SettingsError(
            f"tls_certificate, tls_key: {certificate} has to be a PEM certificate chain, and {key} its "
            "private key in PEM."
        ) from None
    except OSError as error:
        raise SettingsError(f"tls_certificate, tls_key: cannot be read: {error.strerror}.") from None


def _refuse_to_ask() -> str:
    raise SettingsError(
        "tls_key: the key is encrypted; give one that is not, which its owner alone can read."
    )
