"""Figures, never a verdict: `make bench`, or `python -m benchmarks --help`.

Three measures of `stablemint mock`, each as a user runs it, over loopback: how many signed session creations
it answers a second, beside a bare application on the same server software in the same run (throughput); how
long a start takes, to the first answer (start); what memory it needs, empty, full, and after many more
creations (memory).
"""
