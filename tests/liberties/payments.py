"""How a payment goes, and what its driver answers."""

from __future__ import annotations

from tests.liberties.catalogue import driven, node

PAYMENTS = "payment/payments.mjs"
CONTROL = "control/resources.mjs"

node(
    "steps-that-take-their-time",
    "Every step of a payment takes a while of real time, in which its session can be looked up.",
    (PAYMENTS, "  play(session, play, at) {", "  async play(session, play, at) {"),
    (
        PAYMENTS,
        "left -= 1) now = this.step(now, at);\n    return this.proceed(now, at);",
        """left -= 1) {
      await later();
      now = this.step(this.store.get("sessions", now.id), at);
    }
    while (now.stepDueAt !== null && now.stepDueAt <= at) {
      await later();
      now = this.store.get("sessions", now.id);
      if (now.stepDueAt !== null && now.stepDueAt <= at) now = this.step(now, at);
    }
    return now;""",
    ),
    (
        PAYMENTS,
        "const SAVED_BANKS = 10;",
        """const SAVED_BANKS = 10;
const later = () => new Promise((resolve) => setTimeout(resolve, 20));""",
    ),
    (
        CONTROL,
        "const play = operation((_call, request, id)",
        "const play = operation(async (_call, request, id)",
    ),
    (CONTROL, "sandboxSession(payments.play(", "sandboxSession(await payments.play("),
    allowed_by="PAY-03",
    about=("PAY-02", "PAY-03", "PAY-05", "HOOK-20"),
)

node(
    "a-driver-that-tells-more",
    "The answers of the control API have members that no document names, in an order of their own.",
    (
        CONTROL,
        "return { status: 200, body: JSON.stringify(result) };",
        """const members = Object.entries(/** @type {any} */ (result)).reverse();
    return { status: 200, body: JSON.stringify({ links: [], ...Object.fromEntries(members) }, null, 4) };""",
    ),
    allowed_by="PAY-01",
)

node(
    "a-driver-without-hurry",
    "The control API takes a while for each answer.",
    (
        CONTROL,
        "await store.synchronised();",
        "await new Promise((resolve) => setTimeout(resolve, 15));",
    ),
    allowed_by="PAY-01",
    about=("PAY-01", "PAY-03", "PAY-06", "HOOK-06", "HOOK-15"),
)

driven(
    "a-command-of-few-words",
    "The driver command says no more than it has to, and reads the clock in whole seconds.",
    (
        'answer = {**drive(asked.pop("verb"), asked), "ok": True}',
        """answer = {"ok": True}
        now = drive(asked.pop("verb"), asked).get("now")
        if now:
            answer["now"] = now[:19] + "Z\"""",
    ),
    allowed_by="PAY-01",
)

driven(
    "a-command-of-many-words",
    "The driver command writes a log, white space, members that nobody asked for, and nine decimals.",
    ("answer = {**drive(", 'answer = {"log": ["\\u00fc", {}], **drive('),
    (
        "print(json.dumps(answer), flush=True)",
        """if "now" in answer:
        answer["now"] = answer["now"].replace("Z", "999999Z")
    print("asked:", asked, file=sys.stderr, flush=True)
    sys.stdout.write("  " + json.dumps(answer, separators=(" , ", " : "), sort_keys=True) + " \\r\\n")
    sys.stdout.flush()""",
    ),
    allowed_by="PAY-01",
)
