"""What a test may have besides requests: a driver, an address where webhooks reach us, and their key."""

from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from .driver import ControlApi, Driver, DriverError, Restart


class Unequipped(Exception):
    """A test needs something that this run does not have; the message says what, and how to give it."""


@dataclass(frozen=True, kw_only=True)
class ReceiverAddress:
    """Where a webhook receiver of ours listens, and the URL under which the target reaches it.

    `port` 0 is any free one. `public_url` is None where the target reaches us by the address itself.
    """

    host: str = "127.0.0.1"
    port: int = 0
    public_url: str | None = None


@dataclass(frozen=True, kw_only=True)
class Equipment:
    """What there is. Each member is None where the configuration names none."""

    driver: Driver | None = None
    restart: Restart | None = None
    receiver: ReceiverAddress | None = None
    webhook_key_pem: bytes | None = None

    def keep_time(self, deadline: float | None) -> None:
        """Have all that takes time end at `deadline`, by ``time.monotonic()``, or take its time for None."""
        for each in (self.driver, self.restart):
            if each is not None:
                each.deadline = deadline

    def require_driver(self) -> Driver:
        """The driver. Raises :class:`Unequipped`."""
        if self.driver is None:
            raise Unequipped(
                "needs a driver that plays payments and moves the clock ([driver] in target.toml)"
            )
        return self.driver

    def require_control(self) -> ControlApi:
        """The driver, where it is the control API and can do more than others. Raises :class:`Unequipped`."""
        driver = self.require_driver()
        if not isinstance(driver, ControlApi):
            raise Unequipped('needs the control API as its driver ([driver] kind = "http" in target.toml)')
        return driver

    def require_restart(self) -> Restart:
        """What has the target crash and start again. Raises :class:`Unequipped`."""
        if self.restart is None:
            raise Unequipped(
                "needs a command that ends the implementation without warning and starts it again "
                "(restart below [driver] in target.toml)"
            )
        return self.restart

    def require_receiver(self) -> ReceiverAddress:
        """Where our receiver is to listen. Raises :class:`Unequipped`."""
        if self.receiver is None:
            raise Unequipped("needs a place where webhooks reach us ([receiver] in target.toml)")
        return self.receiver

    def require_webhook_key(self) -> rsa.RSAPublicKey:
        """The key that verifies webhooks: the one given, or the control API's.

        Raises :class:`Unequipped`, and :class:`DriverError` where what the control API gives is no key.
        """
        pem = self.webhook_key_pem
        if pem is None:
            if not isinstance(self.driver, ControlApi):
                raise Unequipped("needs the key that verifies webhooks (public_key_file in target.toml)")
            pem = str(self.driver.limits()["webhookPublicKey"]).encode()
        try:
            key = load_pem_public_key(pem)
        except (ValueError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, rsa.RSAPublicKey):
            raise DriverError("the public key of webhooks is no RSA key in PEM (SPKI)")
        return key


UNEQUIPPED = Equipment()
