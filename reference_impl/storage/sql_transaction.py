"""A transaction of the SQL store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.postgresql import Insert, insert

from reference_impl.domain.customers import SAVED_BANKS, SavedBank
from reference_impl.domain.events import EventType
from reference_impl.domain.partners import Partner
from reference_impl.domain.webhook_keys import WebhookKey
from reference_impl.storage import sql_tables as tables
from reference_impl.storage.sql_deliveries import SqlDeliveries
from reference_impl.storage.sql_rows import bank_from_row, bank_values, partner_from_row, partner_values
from reference_impl.storage.sql_sessions import SqlSessions


def _or_update(statement: Insert, *unique: str) -> Insert:
    """The insertion; or, where there is a row of these values in ``unique``, its other values put there.

    It decides between transactions that write one thing at one time. SQLite spells it alike.
    """
    others = {column.name for column in statement.table.c} - set(unique)
    changed = {name: statement.excluded[name] for name in others}
    return statement.on_conflict_do_update(index_elements=unique, set_=changed)


# Built once: SQLAlchemy then finds the compiled text of each by identity of its parts, not by compiling.
_SELECT_PARTNERS = select(tables.PARTNERS).order_by(tables.PARTNERS.c.name)
_SELECT_PARTNER = select(tables.PARTNERS).where(tables.PARTNERS.c.partner_id == bindparam("wanted"))
_INSERT_PARTNER = insert(tables.PARTNERS)
_UPDATE_PARTNER = tables.PARTNERS.update().where(tables.PARTNERS.c.partner_id == bindparam("wanted"))
_SELECT_ENDPOINTS = select(tables.ENDPOINTS).where(tables.ENDPOINTS.c.partner_id == bindparam("wanted"))
_SET_ENDPOINT = _or_update(insert(tables.ENDPOINTS), "partner_id", "event_type")
_DELETE_ENDPOINT = tables.ENDPOINTS.delete().where(
    tables.ENDPOINTS.c.partner_id == bindparam("wanted_partner"),
    tables.ENDPOINTS.c.event_type == bindparam("wanted_type"),
)
_INSERT_BANK = _or_update(insert(tables.SAVED_BANKS).inline(), "customer_id", "bank_id")
_SELECT_BANKS = (
    select(tables.SAVED_BANKS)
    .where(tables.SAVED_BANKS.c.customer_id == bindparam("customer_id"))
    .order_by(tables.SAVED_BANKS.c.used_at.desc(), tables.SAVED_BANKS.c.sequence.desc())
)
_DELETE_BANK = tables.SAVED_BANKS.delete().where(
    tables.SAVED_BANKS.c.customer_id == bindparam("customer_id"),
    tables.SAVED_BANKS.c.bank_id == bindparam("bank_id"),
)
_DELETE_BANKS = tables.SAVED_BANKS.delete().where(
    tables.SAVED_BANKS.c.customer_id == bindparam("customer_id")
)
_SELECT_KEYS = select(tables.WEBHOOK_KEYS).order_by(
    tables.WEBHOOK_KEYS.c.signs_from, tables.WEBHOOK_KEYS.c.key_id
)
_INSERT_KEY = tables.WEBHOOK_KEYS.insert()
_DELETE_KEY = tables.WEBHOOK_KEYS.delete().where(tables.WEBHOOK_KEYS.c.key_id == bindparam("wanted"))
_SELECT_SETTING = select(tables.SETTINGS.c.value).where(tables.SETTINGS.c.name == bindparam("wanted"))
_KEEP_SETTING = _or_update(insert(tables.SETTINGS), "name")


class SqlTransaction(SqlSessions, SqlDeliveries):
    """Satisfies ``Transaction`` on one connection, and ``Reading`` where it was made without ``writes``."""

    def __init__(self, connection: Connection, *, writes: bool) -> None:
        SqlSessions.__init__(self, connection, writes=writes)
        SqlDeliveries.__init__(self, connection, writes=writes)
        self.has_changed_partners = False

    def add_partner(self, partner: Partner) -> None:
        self.has_changed_partners = True
        values = partner_values(partner)
        # Not deleted and inserted anew: the partner's sessions refer to the row.
        known = self._connection.execute(_UPDATE_PARTNER, {"wanted": partner.partner_id, **values})
        if known.rowcount == 0:
            self._connection.execute(_INSERT_PARTNER, values)

    def partner(self, partner_id: str) -> Partner:
        row = self._connection.execute(_SELECT_PARTNER, {"wanted": partner_id}).first()
        if row is None:
            raise KeyError(partner_id)
        return partner_from_row(row)

    def partners(self) -> Iterable[Partner]:
        return [partner_from_row(row) for row in self._connection.execute(_SELECT_PARTNERS)]

    def set_endpoint(self, partner_id: str, event_type: EventType, url: str | None) -> None:
        if url is None:
            former = {"wanted_partner": partner_id, "wanted_type": event_type.value}
            self._connection.execute(_DELETE_ENDPOINT, former)
        else:
            endpoint = {"partner_id": partner_id, "event_type": event_type.value, "url": url}
            self._connection.execute(_SET_ENDPOINT, endpoint)

    def endpoints(self, partner_id: str) -> Mapping[EventType, str]:
        rows = self._connection.execute(_SELECT_ENDPOINTS, {"wanted": partner_id})
        return {EventType(row.event_type): row.url for row in rows}

    def saved_banks(self, customer_id: str) -> tuple[SavedBank, ...]:
        rows = self._connection.execute(_SELECT_BANKS, {"customer_id": customer_id})
        return tuple(bank_from_row(row) for row in rows)

    def save_bank(self, customer_id: str, bank: SavedBank, *, used_at: datetime) -> None:
        others = [known for known in self.saved_banks(customer_id) if known.bank_id != bank.bank_id]
        for bank_id in [bank.bank_id, *(known.bank_id for known in others[SAVED_BANKS - 1 :])]:
            self._connection.execute(_DELETE_BANK, {"customer_id": customer_id, "bank_id": bank_id})
        self._connection.execute(_INSERT_BANK, bank_values(customer_id, bank, used_at=used_at))

    def next_due_at(self) -> datetime | None:
        times = (self._next_session_due_at(), self._next_delivery_due_at())
        return min((time for time in times if time is not None), default=None)

    def setting(self, name: str) -> str | None:
        return self._connection.execute(_SELECT_SETTING, {"wanted": name}).scalar()

    def keep_setting(self, name: str, value: str) -> None:
        self._connection.execute(_KEEP_SETTING, {"name": name, "value": value})

    def webhook_keys(self) -> Sequence[WebhookKey]:
        return [
            WebhookKey(key_id=row.key_id, private_key_pem=row.private_key_pem, signs_from=row.signs_from)
            for row in self._connection.execute(_SELECT_KEYS)
        ]

    def add_webhook_key(self, key: WebhookKey) -> None:
        self._connection.execute(
            _INSERT_KEY,
            {"key_id": key.key_id, "private_key_pem": key.private_key_pem, "signs_from": key.signs_from},
        )

    def remove_webhook_key(self, key_id: str) -> None:
        self._connection.execute(_DELETE_KEY, {"wanted": key_id})

    def forget_banks(self, customer_id: str) -> None:
        self._connection.execute(_DELETE_BANKS, {"customer_id": customer_id})

    def forget_payments(self) -> None:
        """Empty every table but those of partners, their endpoints and the keys of webhooks."""
        kept = {tables.PARTNERS, tables.ENDPOINTS, tables.WEBHOOK_KEYS}
        for table in reversed(tables.METADATA.sorted_tables):  # what refers goes before what is referred to
            if table not in kept:
                self._connection.execute(table.delete())
