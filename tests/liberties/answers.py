"""How answers are written: their bytes, their header fields, and the connections they come on."""

from __future__ import annotations

from tests.liberties.catalogue import node

LISTENER = "http/listener.mjs"
HEAD = "response.writeHead(answered[0].status, headers(...answered));"
END = "response.end(answered[0].body);"

node(
    "early-hints",
    "Interim answers precede every answer.",
    (LISTENER, HEAD, f'response.writeEarlyHints({{ link: "</style.css>; rel=preload" }});\n    {HEAD}'),
    allowed_by="HTTP-01",
)

node(
    "chunks-of-a-few-bytes",
    "Answers come in chunks of a few bytes, and do not say how long they are.",
    (LISTENER, '    "Content-Length": String(Buffer.byteLength(answer.body)),\n', ""),
    (
        LISTENER,
        END,
        """for (const part of answered[0].body.match(/[^]{1,7}/gu) ?? []) response.write(part);
    response.end();""",
    ),
    allowed_by="HTTP-01",
)

node(
    "a-connection-for-each-request",
    "The server closes every connection after one answer.",
    (LISTENER, '"Cache-Control": "no-store",', '"Cache-Control": "no-store",\n    Connection: "close",'),
    allowed_by="HTTP-01",
    about=("HTTP", "IDEM"),
)

node(
    "fields-in-small-letters",
    "The names of all header fields are in small letters.",
    (
        LISTENER,
        HEAD,
        """const fields = Object.entries(headers(...answered));
    const small = Object.fromEntries(fields.map(([name, value]) => [name.toLowerCase(), value]));
    response.writeHead(answered[0].status, small);""",
    ),
    allowed_by="HTTP-16",
    about=("HTTP", "AUTH", "SESS"),
)

node(
    "numbered-requests",
    "A Request-Id is a number that counts from one.",
    (LISTENER, "const KEEP_ALIVE", "let requests = 0;\nconst KEEP_ALIVE"),
    (LISTENER, '`req_${randomBytes(12).toString("hex")}`', "String(++requests)"),
    allowed_by="HTTP-16",
    about=("HTTP", "ERR"),
)

node(
    "an-early-413",
    "A body that is announced as too large is refused at once, and the connection closed without reading it.",
    (
        LISTENER,
        END,
        "response.end(answered[0].body, () => answered[0].status === 413 && request.socket.destroySoon());",
    ),
    allowed_by="HTTP-13",
)
