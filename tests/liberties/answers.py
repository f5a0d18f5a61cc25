"""How answers are written: their bytes, their header fields, and the connections they come on."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from reference_impl.credentials import PartnerCredentials
from tests.certificates import LOOPBACK, Authority
from tests.faulty.node.source import Change, serve_changed
from tests.liberties.catalogue import node
from tests.node_serving import NodeServer

LISTENER = "http/listener.mjs"
HEAD = "response.writeHead(answered[0].status, headers(...answered));"
END = "response.end(answered[0].body);"
HANDLE = "async (/** @type {IncomingMessage} */ request, /** @type {ServerResponse} */ response) => {"
HEADERS = "/** @param {Answer} answer @param {string} requestId */\nfunction headers("
RAW = """const { status, body } = answered[0];
    const fields = Object.entries(headers(...answered)).map(([name, value]) => `${name}: ${value}\\r\\n`);
    const content = request.method === "HEAD" ? "" : body;
    const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\\r\\n${fields.join("")}`;
    request.socket.end(`${head}\\r\\n${content}`);"""
REFUSE = (
    LISTENER,
    HEADERS,
    f"""function refuse(socket) {{
  const fields = "Content-Type: text/html\\r\\nConnection: close\\r\\n";
  socket.end(`HTTP/1.1 400 Bad Request\\r\\n${{fields}}\\r\\n<h1>400 Bad Request</h1>`);
}}

{HEADERS}""",
)


BASE = "/payments/v1"


@contextmanager
def below_a_path(
    changes: Sequence[Change], partners: Mapping[str, PartnerCredentials], port: int
) -> Iterator[NodeServer]:
    """Run a changed Node implementation that is reached below a path."""
    with serve_changed(changes, partners, port) as server:
        yield dataclasses.replace(server, url=server.url + BASE)


@contextmanager
def over_tls(
    changes: Sequence[Change], partners: Mapping[str, PartnerCredentials], port: int
) -> Iterator[NodeServer]:
    """Run a changed Node implementation with a certificate of an authority of its own."""
    with TemporaryDirectory(prefix="authority-") as folder:
        authority = Authority(Path(folder))
        certificate, key = authority.issue(*LOOPBACK)
        files = f'cert: readFileSync("{certificate}"), key: readFileSync("{key}")'
        served = Change(module=LISTENER, old="createServer({ ", new=f"createServer({{ {files}, ")
        with serve_changed([*changes, served], partners, port) as server:
            url = server.url.replace("http:", "https:")
            yield dataclasses.replace(server, url=url, ca_file=authority.path)


def ending_by(end: str) -> tuple[tuple[str, str, str], ...]:
    """Every fifth answer is the last of its connection: what may follow it there is not even looked at."""
    return (
        (LISTENER, "const KEEP_ALIVE", "let answers = 0;\nconst KEEP_ALIVE"),
        (LISTENER, HANDLE, f"{HANDLE}\n    if (request.socket.isOver) return;"),
        (
            LISTENER,
            END,
            f"""request.socket.isOver ||= ++answers % 5 === 0;
    response.end(answered[0].body, () => request.socket.isOver && request.socket.{end}());""",
        ),
    )


def written(code: str) -> tuple[tuple[str, str, str], ...]:
    """What the `code` of a function of `body` returns goes out in place of that."""
    return (
        (
            LISTENER,
            HEAD,
            f"answered[0] = {{ ...answered[0], body: rewrite(answered[0].body) }};\n    {HEAD}",
        ),
        (LISTENER, HEADERS, f"function rewrite(body) {{\n  {code}\n}}\n\n{HEADERS}"),
    )


ANSWERED = "const answered = await answer(request);\n    if (answered === undefined) return;\n    response"

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
)

node(
    "numbered-requests",
    "A Request-Id is a number that counts from one.",
    (LISTENER, "const KEEP_ALIVE", "let requests = 0;\nconst KEEP_ALIVE"),
    (LISTENER, '`req_${randomBytes(12).toString("hex")}`', "String(++requests)"),
    allowed_by="HTTP-16",
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

node(
    "connections-that-end-without-notice",
    "Every fifth answer is the last of its connection, which says so by its end alone.",
    *ending_by("destroySoon"),
    allowed_by="HTTP-15",
)

node(
    "answers-of-http-1.0",
    "Answers are of HTTP/1.0, and their end is that of the connection.",
    (LISTENER, f"{HEAD}\n    {END}", RAW.replace("HTTP/1.1", "HTTP/1.0")),
    (LISTENER, '    "Content-Length": String(Buffer.byteLength(answer.body)),\n', ""),
    allowed_by="HTTP-15",
)

node(
    "chunks-with-extensions",
    "Chunks have extensions, and fields follow the last of them.",
    (
        LISTENER,
        '"Content-Length": String(Buffer.byteLength(answer.body)),',
        '"Transfer-Encoding": "chunked",\n    Trailer: "Server-Timing",',
    ),
    (
        LISTENER,
        END,
        """response.flushHeaders();
    response.chunkedEncoding = false; // each chunk is written here, as node:http would not
    const size = Buffer.byteLength(answered[0].body).toString(16).toUpperCase();
    const chunks = `${size};n="a;\\t";last\\r\\n${answered[0].body}\\r\\n0;none\\r\\n`;
    response.end(`${chunks}Server-Timing: all;dur=1\\r\\nRequest-Id: of-the-trailer\\r\\n\\r\\n`);""",
    ),
    allowed_by="HTTP-16",
)

node(
    "white-space-around-values",
    "White space stands on both sides of every value in the header.",
    (
        LISTENER,
        HEAD,
        """const fields = Object.entries(headers(...answered));
    const wide = fields.map(([name, value]) => [name, `\\t ${value} \\t`]);
    response.writeHead(answered[0].status, Object.fromEntries(wide));""",
    ),
    allowed_by="HTTP-17",
)

node(
    "status-lines-without-a-reason",
    "Status lines have no reason phrase.",
    (LISTENER, HEAD, HEAD.replace("status, ", 'status, "", ')),
    allowed_by="HTTP-02",
)

node(
    "fields-of-intermediaries",
    "Intermediaries have added fields, some of them twice, and a cookie that keeps a client on one machine.",
    (
        LISTENER,
        '"Cache-Control": "no-store",',
        """"Cache-Control": "no-store",
    Server: "envoy",
    Via: ["1.1 inner", "2 outer"],
    Vary: ["Accept", "Accept-Encoding"],
    ETag: 'W/"7"',
    Age: "0",
    "Strict-Transport-Security": "max-age=31536000",
    "Content-Security-Policy": "default-src 'none'",
    "Set-Cookie": ["balanced=a; Path=/; HttpOnly", "again=b"],
    "Alt-Svc": 'h3=":443"; ma=86400',
    "X-Request-Id": "of-the-intermediary",
    "Content-Language": "en",
    "Server-Timing": 'app;dur=1.5;desc="application"',
    "Keep-Alive": "timeout=75, max=1000",""",
    ),
    allowed_by="HTTP-07",
)

node(
    "no-date",
    "No answer says when it was made.",
    (LISTENER, HEAD, f"response.sendDate = false;\n    {HEAD}"),
    allowed_by="AUTH-09",
    about=("ERR-09",),
)

node(
    "media-types-in-capitals",
    "Media types are in capitals, and name their charset in quotation marks.",
    (
        LISTENER,
        '"Content-Type": "application/json"',
        """"Content-Type": 'Application/JSON ; Charset="UTF-8"'""",
    ),
    (
        "http/problem.mjs",
        '"Content-Type": "application/problem+json"',
        """"Content-Type": 'APPLICATION/PROBLEM+JSON;charset=Utf-8'""",
    ),
    allowed_by="ERR-01",
    about=("HTTP-06",),
)

node(
    "compressed-answers",
    "Whoever accepts gzip is answered with it.",
    (LISTENER, "import { STATUS_CODES", 'import { gzipSync } from "node:zlib";\nimport { STATUS_CODES'),
    (
        LISTENER,
        f"{HEAD}\n    {END}",
        """const fields = headers(...answered);
    const isCoded = /gzip/i.test(request.headers["accept-encoding"] ?? "");
    const content = isCoded ? gzipSync(answered[0].body) : Buffer.from(answered[0].body);
    response.writeHead(answered[0].status, {
      ...fields,
      ...(isCoded && { "Content-Encoding": "gzip" }),
      "Content-Length": String(content.length),
    });
    response.end(content);""",
    ),
    allowed_by="HTTP-11",
    about=("HTTP-11",),
)

node(
    "request-ids-of-all-signs",
    "A Request-Id is 64 characters long and made of all that is visible in ASCII.",
    (
        LISTENER,
        '`req_${randomBytes(12).toString("hex")}`',
        "String.fromCharCode(...[...randomBytes(64)].map((byte) => 33 + (byte % 94)))",
    ),
    allowed_by="HTTP-16",
)

node(
    "methods-in-another-order",
    "Allow lists HEAD before GET, and no space between them.",
    (LISTENER, 'Object.keys(found.methods).join(", ")', 'Object.keys(found.methods).reverse().join(",")'),
    allowed_by="HTTP-02",
)

node(
    "halting-answers",
    "Answers take their time, and halt between the fields of their header and within their content.",
    (
        LISTENER,
        "import { randomBytes",
        'import { setTimeout } from "node:timers/promises";\nimport { randomBytes',
    ),
    (
        LISTENER,
        f"{HEAD}\n    {END}",
        """const socket = request.socket;
    const write = socket.write.bind(socket);
    await setTimeout(5);
    let head = "";
    socket.write = (text) => (head += text, true);
    response.writeHead(answered[0].status, headers(...answered));
    response.flushHeaders();
    delete socket.write;
    write(head.slice(0, 40), "latin1");
    await setTimeout(5);
    write(head.slice(40), "latin1");
    response.write(answered[0].body.slice(0, 20));
    await setTimeout(5);
    response.end(answered[0].body.slice(20));""",
    ),
    allowed_by="HTTP-16",
)

node(
    "busy-at-times",
    "Every twentieth request is answered 503, every twentieth that is signed 429: try again at once.",
    (
        "http/problem.mjs",
        "/** @type {Record<string, [status",
        'export const WAIT = { headers: { "Retry-After": "0" } };\n/** @type {Record<string, [status',
    ),
    (
        "http/problem.mjs",
        "  internal_error: [500",
        '  rate_limited: [429, "Too many requests"],\n  internal_error: [500',
    ),
    (LISTENER, "import { Problem }", "import { Problem, WAIT }"),
    (LISTENER, "const KEEP_ALIVE", "let requests = 0;\nconst KEEP_ALIVE"),
    (
        LISTENER,
        'const { path, query } = target(request.url ?? "");',
        """const { path, query } = target(request.url ?? "");
  const isBusy = path.startsWith("/session") && ++requests % 20 === 0;
  if (isBusy) throw new Problem("service_unavailable", "Come back.", WAIT);""",
    ),
    ("session/authentication.mjs", "import { Problem }", "import { Problem, WAIT }"),
    ("session/authentication.mjs", "const WINDOW_SECONDS", "let calls = 0;\nconst WINDOW_SECONDS"),
    (
        "session/authentication.mjs",
        "  return partner;",
        '  if (++calls % 20 === 0) throw new Problem("rate_limited", "Come back.", WAIT);\n  return partner;',
    ),
    allowed_by="ERR-09",
)

node(
    "no-head",
    "HEAD is offered nowhere.",
    ("session/resources.mjs", "{ GET: lookUp, HEAD: lookUp }", "{ GET: lookUp }"),
    allowed_by="HTTP-02",
    about=("SESS-12", "AUTH-01"),
    warns=("HTTP-06",),
)

node(
    "never-not-acceptable",
    "Answers are JSON whatever the request accepts.",
    ("session/resources.mjs", "if (rulesJsonOut(request)) throw", "if (false) throw"),
    allowed_by="HTTP-18",
    warns=("HTTP-12",),
)

node(
    "a-front-that-reads-ascii-alone",
    "An intermediary knows no header fields outside ASCII, and answers 400 in words of its own.",
    (
        LISTENER,
        HANDLE,
        f"""{HANDLE}
    if (/[^\\t -~]/.test(request.rawHeaders.join(""))) return refuse(request.socket);""",
    ),
    REFUSE,
    allowed_by="HTTP-01",
    about=("ERR-11",),
)

node(
    "a-front-that-reads-targets",
    "An intermediary knows no encoded control characters in targets, and answers 400 in words of its own.",
    (
        LISTENER,
        HANDLE,
        f"""{HANDLE}
    if (/%(?:[01][0-9a-f]|7f)/i.test(request.url)) return refuse(request.socket);""",
    ),
    REFUSE,
    allowed_by="HTTP-01",
)

node(
    "json-written-otherwise",
    "JSON is indented, in ASCII by escapes, with its members in another order, and ends with a line break.",
    *written(
        """const turn = (_, value) =>
    value && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? 1 : -1)))
      : value;
  const text = `${JSON.stringify(JSON.parse(body), turn, 2)}\\n`;
  return text.replace(
    /[^\\n -.0-~]/g,
    (sign) => `\\\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );"""
    ),
    allowed_by="SESS-01",
)

node(
    "a-path-in-front",
    "All paths stand below another one, which is part of the base URL; places are told without it.",
    (
        LISTENER,
        "const [path, ...rest] = relative",
        f'const [path, ...rest] = (relative.startsWith("{BASE}/") ? relative.slice({len(BASE)}) : "")',
    ),
    allowed_by="HTTP-01",
    about=("ERR-11",),
    serve=below_a_path,
)

node(
    "over-tls",
    "It is reached over TLS alone, and connections are broken off without a farewell.",
    (
        LISTENER,
        "import { STATUS_CODES, createServer }",
        """import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { STATUS_CODES }""",
    ),
    *ending_by("destroy"),
    allowed_by="HTTP-20",
    serve=over_tls,
)
