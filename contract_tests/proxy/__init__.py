"""Between a partner and any implementation: passes every byte on, and judges what goes by.

``stablemint proxy`` is the way in; :class:`contract_tests.proxy.proxy.Proxy` is what it runs.

    relay          one connection to the target for each of the client's; bytes in, the same bytes out
    conversation   finds requests and answers in a copy of these bytes
    document       openapi-core on the document: what is wrong with a request, an answer, a delivery
    api, webhooks  which requirement that breaks, and who broke it: partner, implementation or receiver
    record         what was observed, secrets and identity data masked
    report         live lines, the summary, JSON
    objects        the same as JSON, one object a line
    proxy          all of it together
"""
