"""What any implementation of the session API must pass, over the wire.

The tests know no implementation: they read the rules from the OpenAPI document, sign by themselves, and judge
nothing but what a target answers. ``stablemint verify`` is the way in; :func:`contract_tests.suite.run` is
what it calls.

    target, credentials   whom we test and as which partners
    wire, signing         exact bytes out, exact bytes in
    document              the suite's own copy of the document
    judging/              what an answer must be: every answer, a creation, the verdict on a body
    directed/             tests written by hand, for what cannot be generated
    generated             Schemathesis over every operation
    ledger, suite         verdicts by requirement, and the run that collects them
    report/               the same for people and for machines
    receivers/            what a partner's webhook receiver must do
    proxy/                what goes by between a partner and an implementation
"""
