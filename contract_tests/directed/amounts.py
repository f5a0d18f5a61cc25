"""DATA-12 to DATA-14: what an amount is, and what this environment makes of it."""

from ..judging.creation import number_or_not
from ..target import HIGHEST_AMOUNT
from ..trial import Obstacle, Trial, judges, with_amount
from ..wire import Exchange


@judges("DATA-12", "DATA-13")
def amounts(trial: Trial) -> None:
    """Two decimals as binary64 has them.

    No valid amount is refused for a rounding error, and none is changed.
    """
    creation, limit = trial.creation, trial.known.target.limit

    def post(number: str) -> Exchange:
        return trial.post(body=with_amount(creation.members(), number))

    hundredths = ["0.1", "0.10", "0.11", "0.29", "0.57", "0.58", "1.1", "1.13", "2.2", "4.35", "8.41", "9.95"]
    hundredths += ["10", "19.99", "1001.13", "65535.85", f"{limit:.2f}"]
    hundredths += [f"{trial.random.randint(10, int(limit * 100)) / 100:.2f}" for _ in range(10)]
    # More digits than binary64 tells apart name the double that is nearest to 0.29.
    for number in (*hundredths, "0.2900000000000000000001", "2.9e-1"):
        if float(number) > limit:
            continue
        exchange = post(number)
        trial.expect("DATA-12", exchange, 201, case=f"an amount of {number}")
        session = exchange.answer.json() if exchange.answer else None
        value = session.get("amount") if isinstance(session, dict) else None
        truth = (
            isinstance(value, int | float) and not isinstance(value, bool) and float(value) == float(number)
        )
        trial.check("DATA-13", truth, exchange, f"an amount equal to {number}, not {number_or_not(value)};")
    refused = (
        "0.105",
        "0.1000001",
        "1.005",
        "5.001",
        "0.09",
        "0.0999",
        "0",
        "-0",
        "-5",
        "0.01",
        "1e-5",
        "1000000.01",
    )
    for number in (*refused, "1000001", "0.29000000000000004"):
        trial.expect_pointers("DATA-12", post(number), {"/amount"}, f"an amount of {number}")
    for other in trial.creations():
        for number, status in (("0.29", 201), ("0.105", 400)):
            exchange = trial.post(body=with_amount(other.members(), number), creation=other)
            trial.expect("DATA-12", exchange, status, case=f"an amount of {number}, {other.name}")
    for number in ("1", "1.0", "1.00", "1e0", "10e-1", "1E+0", "0.1e1"):
        exchange = post(number)
        session = exchange.answer.json() if exchange.answer else None
        trial.check(
            "DATA-12", isinstance(session, dict) and session.get("amount") == 1, exchange, f"1 for {number}"
        )


@judges("DATA-14")
def the_limit_of_the_environment(trial: Trial) -> None:
    """Above the environment's maximum there is a code of its own, unless something else is wrong as well."""
    limit = trial.known.target.limit
    if limit >= HIGHEST_AMOUNT:
        raise Obstacle("the environment's limit is that of the schema: claim no `limits`")
    above = round(limit + 0.01, 2)
    for amount in (above, HIGHEST_AMOUNT):
        exchange = trial.post({"amount": amount})
        case = f"an amount of {amount}, above the limit of {limit:g} that max_amount tells"
        trial.expect("DATA-14", exchange, 400, "amount_out_of_range", case)
        problem = exchange.answer.json() if exchange.answer else None
        bounds = (problem.get("minimum"), problem.get("maximum")) if isinstance(problem, dict) else None
        trial.check("DATA-14", bounds == (0.1, limit), exchange, f"minimum 0.1 and maximum {limit:g}")
    exchange = trial.post({"amount": above, "currency": "EURO", "unknown": 1})
    expected = {"/amount", "/currency", "/unknown"}
    trial.expect_pointers("DATA-14", exchange, expected, "an amount above the limit beside other faults")
    exchange = trial.post({"amount": 1_000_000.01})
    trial.expect_pointers("DATA-14", exchange, {"/amount"}, "an amount above the schema's maximum")
