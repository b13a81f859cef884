"""Measures conditions of policies, ours and those of other languages, and a whole ruling by ten rules.

`python benchmarks/policies.py` prints a table. The other languages are no dependencies: `pip install cel-python
common-expression-language cel-expr-python simpleeval` brings them for the run, one that is not there is said to be
skipped, and only a run with all of them is written to `results/policies.json`. Every condition is read once; what is
measured is working it out on a case that was never seen before, as each action is one. All must find the same.

What came out, in microseconds for a condition: the mean over the four below, of the best of five rounds, on a shared
machine with 2 cores; take them as ratios.

    ours, closures over an own grammar           4.0
    cel-expr-python, CEL in C++                  4.8
    simpleeval, Python's grammar, walked         5.1
    Jinja, compiled, as playbooks have it       13.0
    common-expression-language, CEL in Rust     16.4
    cel-python, CEL in Python                  463.6

A whole ruling by ten rules and two limits takes 42 at the median. So the others gain nothing, and none has amounts that
are exact, or an unknown that is neither true nor false nor an error.
"""

import ast
import importlib
import importlib.util
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from figures import Figures, record

from shopfloor.actions.expressions import Scope, expression
from shopfloor.actions.expressions.compiling import compiled
from shopfloor.actions.expressions.reading import read
from shopfloor.actions.judging import CompiledPolicy
from shopfloor.actions.policy import policy_of
from shopfloor.actions.ruling import Case
from shopfloor.actions.store import Usage
from shopfloor.actions.words import Terms
from shopfloor.agents.templates import EXPRESSIONS
from shopfloor.kernel.ids import AgentId, CustomerId
from shopfloor.kernel.money import Money

CASES = 2_000
ROUNDS = 5
MICRO = 1e6
REASONS = ("ordered by mistake", "no longer needed", "found it cheaper", "took too long")
STATES = ("pending", "processing", "shipped", "delivered")

OURS = (
    "amount > 500",
    'args.reason not in ["ordered by mistake", "no longer needed"]',
    'principal == "guest" and amount * 2 > 300 and facts.order_state in ["pending", "processing"]',
    'not (confidence >= 0.4) or (amount > 100 and starts_with(args.reason, "found"))',
)
JINJA = (*OURS[:3], 'not (confidence >= 0.4) or (amount > 100 and args.reason.startswith("found"))')
PYTHON = (*OURS[:3], 'not (confidence >= 0.4) or (amount > 100 and args.reason[:5] == "found")')
CEL = (
    "amount > 500.0",
    '!(args.reason in ["ordered by mistake", "no longer needed"])',
    'principal == "guest" && amount * 2.0 > 300.0 && facts.order_state in ["pending", "processing"]',
    '!(confidence >= 0.4) || (amount > 100.0 && args.reason.startsWith("found"))',
)
TEN: Sequence[tuple[str, str]] = (
    ('amount > 5000 and args.reason == "fraud"', "refuse"),
    ('principal == "guest" and amount > 100', "approve"),
    ("hour < 6 and amount > 200", "approve"),
    ("default(confidence, 1) < 0.3", "approve"),
    ('facts.order_state in ["shipped", "delivered"]', "refuse"),
    ('weekday == "Sunday" and amount > 1000', "approve"),
    ("len(args.reason) > 150", "refuse"),
    ("amount <= irreversible_limit", "allow"),
    ('agent == "intern" and not irreversible', "refuse"),
    ('any_of(resources, "order:13")', "refuse"),
)

Run = Callable[[dict[str, Any]], object]


def case(number: int) -> dict[str, Any]:
    """Return what is known of an action; each is another."""
    return {
        "amount": number % 900 + 0.5,
        "principal": "guest" if number % 3 else "customer",
        "confidence": number % 10 / 10,
        "args": {"order_number": str(number), "reason": REASONS[number % 4]},
        "facts": {"order_state": STATES[number // 4 % 4], "lines": number % 5},
    }


def ours(known: dict[str, Any]) -> dict[str, Any]:
    """Return a case with its amount as we hold it: exact."""
    return {**known, "amount": Decimal(str(known["amount"]))}


def _closures() -> list[Run]:
    conditions = [expression(source) for source in OURS]
    return [lambda known, one=one: one.holds(Scope(known, "USD")) for one in conditions]


def _jinja() -> list[Run]:
    conditions = [EXPRESSIONS.compile_expression(source, undefined_to_none=True) for source in JINJA]
    return [lambda known, one=one: one(**known) for one in conditions]


def _celpy() -> list[Run]:
    celpy = importlib.import_module("celpy")
    environment = celpy.Environment()
    programs = [environment.program(environment.compile(source)) for source in CEL]
    return [lambda known, one=one: bool(one.evaluate(celpy.json_to_cel(known))) for one in programs]


def _rust() -> list[Run]:
    cel = importlib.import_module("cel")
    return [lambda known, one=one: one.execute(known) for one in (cel.compile(source) for source in CEL)]


def _cplusplus() -> list[Run]:
    cel = importlib.import_module("cel_expr_python.cel")
    kinds = {"amount": "DOUBLE", "principal": "STRING", "confidence": "DOUBLE"}
    variables = {name: getattr(cel.Type, kind) for name, kind in kinds.items()}
    variables |= dict.fromkeys(("args", "facts"), cel.Type.Map(cel.Type.STRING, cel.Type.DYN))
    environment = cel.NewEnv(variables=variables)
    programs = [environment.compile(source) for source in CEL]
    return [lambda known, one=one: one.eval(data=known).plain_value() for one in programs]


def _simpleeval() -> list[Run]:
    simpleeval = importlib.import_module("simpleeval")

    def run(source: str) -> Run:
        evaluator = simpleeval.EvalWithCompoundTypes()
        parsed = evaluator.parse(source)

        def work(known: dict[str, Any]) -> object:
            evaluator.names = known
            return evaluator.eval(source, previously_parsed=parsed)

        return work

    return [run(source) for source in PYTHON]


LANGUAGES: Mapping[str, tuple[str | None, Callable[[], list[Run]]]] = {
    "ours": (None, _closures),
    "jinja, as in playbooks": (None, _jinja),
    "cel-python": ("celpy", _celpy),
    "common-expression-language (Rust)": ("cel", _rust),
    "cel-expr-python (C++)": ("cel_expr_python", _cplusplus),
    "simpleeval": ("simpleeval", _simpleeval),
}


def took(run: Run, cases: Sequence[dict[str, Any]]) -> float:
    """Return the microseconds that one case takes: the best round's mean."""
    rounds: list[float] = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        for known in cases:
            run(known)
        rounds.append((time.perf_counter() - begun) / len(cases))
    return min(rounds) * MICRO


def conditions() -> tuple[dict[str, Figures], list[str]]:
    """Return the figures of each language, and those that are not there."""
    known = [case(number) for number in range(CASES)]
    exact = [ours(one) for one in known]
    found: dict[str, Figures] = {}
    wanted = [[bool(run(one)) for one in exact] for run in _closures()]
    skipped: list[str] = []
    for name, (module, made) in LANGUAGES.items():
        if module and importlib.util.find_spec(module) is None:
            skipped.append(name)
            continue
        runs = made()
        cases = exact if name == "ours" else known
        for run, told in zip(runs, wanted, strict=True):
            if [bool(run(one)) for one in cases] != told:
                raise AssertionError(f"{name} finds something else")
        means = [took(run, cases) for run in runs]
        found[name] = {"mean_us": round(statistics.mean(means), 2), "most_us": round(max(means), 2)}
    return found, skipped


def rulings() -> Figures:
    """Return what a whole ruling takes: ten rules and two limits, on actions never seen before."""
    rules = [
        {"id": f"rule.{place}", "when": when, "then": then, "says": "No."} for place, (when, then) in enumerate(TEN)
    ]
    limits = [
        {
            "id": f"limit.{per}",
            "per": per,
            "within": "1h",
            "actions": 60,
            "amount": 9000,
            "then": "refuse",
            "says": "No.",
        }
        for per in ("customer", "agent")
    ]
    limit = Money("USD", 50_000)
    terms = Terms(currency="USD", zone=ZoneInfo("America/New_York"), irreversible_limit=limit)
    policy = CompiledPolicy(policy_of({"rules": rules, "limits": limits}, "the benchmark"), terms)
    usage = [Usage(actions=2, amount_minor=100)] * 2
    cases = [_whole(number) for number in range(CASES)]
    spent: list[float] = []
    for one in cases:
        begun = time.perf_counter()
        policy.queries(one)
        policy.judge(one, usage)
        spent.append((time.perf_counter() - begun) * MICRO)
    cuts = statistics.quantiles(spent, n=100)
    return {"p50_us": round(cuts[49], 1), "p99_us": round(cuts[98], 1)}


def _whole(number: int) -> Case:
    known = case(number)
    return Case(
        kind="cancel_order",
        args=known["args"],
        facts=known["facts"],
        amount=Money("USD", int(known["amount"] * 100)),
        irreversible=True,
        resources=(f"order:{number}",),
        agent=AgentId("order_management"),
        principal=known["principal"],
        customer_id=CustomerId(f"c{number}") if known["principal"] == "customer" else None,
        confidence=known["confidence"],
        now=datetime(2026, 5, 4, 12, number % 60, tzinfo=UTC),
    )


def reading() -> Figures:
    """Return what reading a condition takes, once for each version: by our grammar, and by Python's."""
    source = OURS[3]
    by_ours = took(lambda _known: compiled(read(source)), [{}] * 200)
    by_python = took(lambda _known: ast.parse(source, mode="eval"), [{}] * 200)
    return {"ours_us": round(by_ours, 1), "ast_us": round(by_python, 1)}


def main() -> None:
    """Measure, and write down what was measured whole."""
    found, skipped = conditions()
    figures = {**found, "a ruling by ten rules, two limits": rulings(), "reading a condition": reading()}
    for name in skipped:
        print(f"{name:<40} skipped: it is not installed")
    if skipped:
        for name, values in figures.items():
            print(f"{name:<40}", "  ".join(f"{value:>8g} {unit}" for unit, value in values.items()))
        print("Nothing was written down, since not all were measured.")
        return
    record("policies", figures)


if __name__ == "__main__":
    main()
