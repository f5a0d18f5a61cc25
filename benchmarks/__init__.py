"""Figures, never a verdict: `make bench`, or `python -m benchmarks --help`.

Three measures of `stablemint mock`, each as a user runs it, over loopback: how many signed session creations
it answers a second, beside a bare application on the same server software in the same run (throughput); how
long a start takes, to the first answer (start); what memory it needs, empty, full, and after many more
creations (memory).

Three of `stablemint reference`: sessions a second on SQLite and on PostgreSQL, beside Connexion's own
FlaskApp in the same run (sessions); webhooks a second by one dispatcher and by two (outbox); creating and
reading among 10,000 sessions and among a million (crowds).
"""
