"""The webhook receiver of the suite: takes whatever is sent to it, answers as a test has told it to.

reading   one request off a connection, garbage included
reply     what an endpoint answers, well or badly
server    where it listens, and the inboxes that tests open in it
"""

from .reply import ACKNOWLEDGE, Reply
from .server import Arrival, Inbox, Receiver

__all__ = ["ACKNOWLEDGE", "Arrival", "Inbox", "Receiver", "Reply"]
