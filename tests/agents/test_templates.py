"""Templates and expressions: what they can do for a card's author, and what they can never do."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from time import process_time
from zoneinfo import ZoneInfo

import pytest

from shopfloor.agents.settings import shipped_brand
from shopfloor.agents.templates import check_expression, check_template, evaluate, render
from shopfloor.kernel.errors import InvalidInput

NEW_YORK = ZoneInfo("America/New_York")
SCOPE: Mapping[str, object] = {
    "brand": shipped_brand(),
    "now": datetime(2026, 11, 21, 3, 0, tzinfo=UTC),
    "zone": NEW_YORK,
    "order": {"outcome": "found", "items": ["red", "blue"], "total": {"currency": "USD", "minor": 124_900}},
    "size": None,
}


# -- what templates are for ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ order.total | money }}", "$1,249.00"),
        ("{{ order['items'] | listing }}", "red and blue"),
        ("{{ ['a', 'b', 'c'] | listing('or') }}", "a, b or c"),
        ("{{ [] | listing }}", ""),
        ("{{ '2026-11-20' | day(now, zone) }}", "today"),
        ("{{ '2026-11-21T04:30:00+00:00' | day(now, zone) }}", "today"),
        ("{{ '2026-11-21T05:30:00Z' | day(now, zone) }}", "tomorrow"),
        ("{{ date | day(now, zone) }}", "on 1 January 2025"),
        ("{% for one in order['items'] %}{{ loop.index }}{{ loop.cycle('a', 'b') }}{% endfor %}", "1a2b"),
        ("{{ brand.shop_name }}", "Harbour Lane"),
        ("{{ brand.hours['monday'].opens }}", "09:00:00"),
        ("{{ 'red shoes'.title() }} {{ 'a-b'.split('-') | last }}", "Red Shoes b"),
        ("{{ order.get('nothing', 'none') }}", "none"),
        ("  <b>{{ '<i>' }}</b>  ", "<b><i></b>"),
    ],
)
def test_a_template_is_filled_in(source: str, text: str) -> None:
    assert render(source, {**SCOPE, "date": date(2025, 1, 1)}) == text


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("order.outcome == 'found'", True),
        ("mine.outcome == 'found'", False),
        ("mine.orders[0].number", None),
        ("mine.open | length == 1", False),
        ("size is none", True),
        ("nothing is none", False),
        ("not mine.orders", True),
        ("order['items'][:1]", ["red"]),
        ("order.total.minor + 1", 124_901),
        ("{'a': order.outcome}", {"a": "found"}),
    ],
)
def test_an_expression_may_name_a_step_that_did_not_run(source: str, value: object) -> None:
    assert evaluate(source, SCOPE) == value


# -- what goes wrong -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "{{ nothing }}",
        "{{ order.nothing }}",
        "{{ size.nothing }}",
        "{{ order['items'][7] }}",
        "{{ nothing() }}",
        "{{ 1 / 0 }}",
        "{{ 10 ** 400 * 1.5 }}",
        "{{ '%s %s' % 1 }}",
        "{{ '{0} {1}'.format(1) }}",
        "{{ size | money }}",
        "{{ {'currency': 'USD'} | money }}",
        "{{ 7 | listing }}",
        "{{ 'soon' | day(now, zone) }}",
        "{{ 7 | day(now, zone) }}",
        "{{ [1, 'a'] | sort }}",
        "{{ 'abc'.index('z') }}",
        "{{ 'abcdef' | truncate(2) }}",
    ],
)
def test_a_template_that_cannot_be_filled_in_is_an_error_of_its_author(source: str) -> None:
    check_template(source)
    with pytest.raises(InvalidInput, match="cannot be filled in"):
        render(source, SCOPE)


@pytest.mark.parametrize("source", ["1 / 0", "order.total < 'x'", "[1, 'a'] | sort", "size | listing", "nothing()"])
def test_an_expression_that_cannot_be_worked_out_is_an_error_of_its_author(source: str) -> None:
    check_expression(source)
    with pytest.raises(InvalidInput, match="cannot be worked out"):
        evaluate(source, SCOPE)


@pytest.mark.parametrize(
    "source",
    [
        "{{ order",
        "{% if order %}",
        "{{ order | unheard_of }}",
        "{% shout %}",
        "{{ 1 + }}",
        "{% include 'x' %}",
        "{% import 'x' as x %}",
        "{% extends 'x' %}",
        "{% block x %}{% endblock %}",
        "{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}",
        "{% set x %}{{ order }}{% endset %}",
        "{% filter upper %}x{% endfilter %}",
        "{% for x in order recursive %}{{ loop(x) }}{% endfor %}",
        "{{ order | tojson(indent=9) }}",
        "{{ " + "(" * 2_000 + "1" + ")" * 2_000 + " }}",
        "{% if 1 %}" * 600 + "{% endif %}" * 600,
    ],
    ids=lambda source: source[:40],
)
def test_a_template_with_bad_syntax_is_refused_before_it_is_used(source: str) -> None:
    with pytest.raises(InvalidInput, match="not a template"):
        check_template(source)


@pytest.mark.parametrize("source", ["order ==", "", "order | unheard_of", "order }} {{ order", "(order"])
def test_an_expression_with_bad_syntax_is_refused_before_it_is_used(source: str) -> None:
    with pytest.raises(InvalidInput, match="not an expression"):
        check_expression(source)


# -- the sandbox -----------------------------------------------------------------------------------------------------

LONG_TEXT = "{% set a = '" + "<!---->" * 100 + "' %}" + "{% set a = a ~ a %}" * 4
LONG_LIST = "{% set a = range(2000) | list %}{% set a = a + a + a + a %}"
ESCAPES = [
    "''.__class__",
    "''['__class__']",
    "'' | attr('__class__')",
    "brand.__class__",
    "brand.__dict__",
    "brand['__init__']",
    "''.__class__.__mro__[1].__subclasses__()",
    "lipsum.__globals__",
    "cycler.__init__.__globals__",
    "render.__globals__['os']",
    "order.__getitem__('outcome')",
    "'{0.__class__}'.format(brand)",
    "'{a.__class__}'.format_map({'a': brand})",
    "order.update({'outcome': 'hacked'})",
    "order['items'].append('hacked')",
    "order['items'].clear()",
    "brand.hours.clear()",
    "brand.parse_file('/etc/hostname')",
    "brand['parse_file']('/etc/hostname')",
    "(brand | attr('parse_file'))('/etc/hostname')",
    "[brand] | map(attribute='parse_file') | first",
    "brand.model_copy(update={'currency': 'EUR'})",
    "brand.model_construct()",
    "brand.is_open(now)",
    "zone.from_file('/etc/localtime')",
    "zone.clear_cache()",
]


@pytest.mark.parametrize("escape", ESCAPES)
def test_a_template_reaches_nothing_but_plain_values(escape: str) -> None:
    with pytest.raises(InvalidInput):
        render(f"{{{{ {escape} }}}}", SCOPE)


@pytest.mark.parametrize("escape", ESCAPES)
def test_an_expression_reaches_nothing_but_plain_values(escape: str) -> None:
    with suppress(InvalidInput):
        assert not evaluate(escape, SCOPE)
    assert SCOPE["order"] == {
        "outcome": "found",
        "items": ["red", "blue"],
        "total": {"currency": "USD", "minor": 124_900},
    }


def test_a_template_cannot_run_a_command_through_the_shops_settings(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    pickled = f"cos\\nsystem\\n(S'touch {trace}'\\ntR."
    with pytest.raises(InvalidInput):
        render(f"{{{{ brand.parse_raw(\"{pickled}\", proto='pickle', allow_pickle=True) }}}}", SCOPE)
    assert not trace.exists()


@pytest.mark.parametrize(
    "source", ["{{ range(10 ** 9) }}", "{% for n in range(10 ** 9) %}x{% endfor %}", "{{ range(10 ** 9) | sum }}"]
)
def test_a_range_that_would_run_for_minutes_is_refused(source: str) -> None:
    with pytest.raises(InvalidInput, match="too big"):
        render(source, SCOPE)


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in range(1000) %}{% for b in range(1000) %}{% endfor %}{% endfor %}",
        "{% for a in range(1000) %}{{ range(1000) | list | sort | join }}{% endfor %}",
        "{{ 'x' * 10 ** 9 }}",
        "{{ [1] * 10 ** 9 }}",
        "{{ 10 ** 10 ** 9 ** 9 }}",
        "{{ 10 ** 999 }}",
        "{{ '%999999999d' % 1 }}",
        "{{ '{:>999999999}'.format(1) }}",
        "{{ 'x'.ljust(10 ** 9) }}",
        "{{ 'x'.rjust(99999999) }}",
        "{{ 'aaaa'.replace('a', 'b' ~ range(900) | join).replace('b', range(900) | join) }}",
        "{{ (range(900) | join) | replace('1', range(900) | join) }}",
        "{{ (range(900) | join).join(range(900) | map('string')) }}",
        "{% set a = 'xxxxxxxxxx' %}" + "{% set a = a ~ a %}" * 60 + "{{ a }}",
        "{% set a = 'xxxxxxxxxx' %}" + "{% set a = a + a %}" * 60 + "{{ a }}",
        "{% set a = [1, 2] %}" + "{% set a = [a, a] %}" * 60 + "{{ a }}",
        "{% set a = [1, 2] %}" + "{% set a = {'a': a, 'b': a} %}" * 60 + "{{ a | length }}",
        "{% set a = [1, 2] %}" + "{% set a = (a, a) %}" * 60 + "{{ a == 1 }}",
        "{% for a in range(2000) %}" + "x" * 100 + "{% endfor %}",
        "{% set n = 9 %}" + "{% set n = n * n %}" * 40 + "{{ n }}",
        "{{ (1).to_bytes(10 ** 9, 'big') | length }}",
        LONG_TEXT + "{% for n in range(2000) %}" + "{% if a.isalnum() %}{% endif %}" * 80 + "{% endfor %}",
        LONG_TEXT + "{% for n in range(2000) %}" + "{% if (a | safe).striptags() %}{% endif %}" * 80 + "{% endfor %}",
        LONG_LIST + "{% for n in range(2000) %}" + "{% if 'q' in a %}{% endif %}" * 150 + "{% endfor %}",
        LONG_LIST + "{% for n in range(2000) %}" + "{% if 'q' is in(a) %}{% endif %}" * 150 + "{% endfor %}",
        LONG_LIST + "{% for n in range(2000) %}" + "{% if a.count('q') %}{% endif %}" * 150 + "{% endfor %}",
        LONG_LIST + "{% for n in range(2000) %}" + "{% set b = a[1:] %}" * 150 + "{% endfor %}",
    ],
    ids=lambda source: source[:60],
)
def test_what_would_take_too_long_or_get_too_big_is_stopped(source: str) -> None:
    before = process_time()
    with pytest.raises(InvalidInput):
        render(source, SCOPE)
    assert process_time() - before < 2, "far above what it takes; without bounds it would not end"


def test_what_a_shop_writes_is_far_inside_the_bounds() -> None:
    rows = [{"title": "Boots", "note": "warm " * 20}] * 100
    source = "{% for one in rows %}{{ loop.index }}. {{ one.title ~ ': ' ~ one.note | trim | upper }}\n{% endfor %}"
    assert render(source, {"rows": rows}).count("\n") == 99
