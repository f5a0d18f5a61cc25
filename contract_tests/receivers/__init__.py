"""What a partner's webhook receiver must do (RECV), tested as the sender would meet it.

``stablemint verify-receiver`` is the way in; :func:`contract_tests.receivers.suite.run` is what it calls.

    keys, receiver     which keys sign, and whose endpoint and sessions they are
    sessions           real sessions, made at an implementation that the receiver can ask
    events, delivery   events of the document's `webhooks`, and their signed requests
    endpoint           sends as the contract's sender does: no redirect, ten seconds, no second try
    trial, cases       the tests
    suite              the run that collects their verdicts
"""
