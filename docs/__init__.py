"""The documentation site: pages by hand, pages generated from what they describe, and the API reference.

    conf.py        Sphinx's configuration
    site           assembles the sources and builds the site into ``mockserver/site``
    generated/     Markdown from the documents, tables, parsers and catalogues
    reference      the page of the API reference: the document inlined into a vendored bundle
    links          whether every link of the built site leads somewhere
    loading        what a browser would load by itself, all of it from the site
    llms           `llms.txt`: every page with a line about it
    accessible     what the theme leaves out that not everybody can do without
    citations      makes a link of every identifier of a requirement, and says what it demands
    vendor/        that bundle, with licence, version and checksum
    *.md, guides/  what is written by hand

``python -m docs`` builds. Nothing here is needed to serve the site, which travels in the wheel as built.
"""
