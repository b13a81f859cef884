"""The planner that needs no model: rules over the cards' own examples and over what the conversation is about.

First it asks whether the message answers a question that an agent asked; what is left is cut into parts, each part
matched with a skill, and the skill's slots are read out of the words or taken from what was just talked about.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from typing import cast

import yaml
from pydantic import JsonValue

from shopfloor.agents.card import AgentCard, Skill
from shopfloor.agents.playbook import Call
from shopfloor.agents.slots import POINTERS, SlotReader
from shopfloor.agents.templates import render
from shopfloor.kernel.ids import AgentId
from shopfloor.language.answers import is_angry
from shopfloor.language.text import words
from shopfloor.planning.answers import LEFT, Continuation, continuations
from shopfloor.planning.clauses import Clause, clauses
from shopfloor.planning.masking import mask
from shopfloor.planning.matcher import Match, Matcher
from shopfloor.planning.plan import MAX_TASKS, Plan, PlanRequest, Task
from shopfloor.planning.prefetch import first_reads
from shopfloor.search.contract import ProductSearch
from shopfloor.search.spelling import Speller
from shopfloor.tools.contract import Tool, ToolArgs

NOT_OURS = "not_ours"
SURE = 0.45
"""A match at or above it is taken as it is."""
POSSIBLE = 0.2
"""A match below it is none."""
MARGIN = 0.15
"""By how much a part must be more like what is not ours than like anything else to be declined."""
SHORT = 5
"""A message of at most so many words may go on with what was talked about."""
WISHES = re.compile(r",? and (?:also )?(?:an? |some )?|, ", re.IGNORECASE)
"""Between two things that are looked for."""
GOES_ON = re.compile(
    r"^(?:and|or|what about|how about|what if|same|in|with|without|any|for|to|only|but)\b", re.IGNORECASE
)
FRESH = frozenset({"other", "another", "all", "list", "different", "orders", "every", "latest", "last", "recent"})
"""Words after which an order without a number is not the one just talked about."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """A part of the message with the skill chosen for it."""

    card: AgentCard
    skill: Skill
    text: str
    arguments: dict[str, JsonValue]
    score: float


class RulePlanner:
    """Plans from cards only."""

    name = "rules"

    def __init__(self, search: ProductSearch, tools: Mapping[str, Tool[ToolArgs]], others: Sequence[str]) -> None:
        """Take what knows the products' names, the tools that may be prefetched, and examples of what is not ours."""
        self._others = others
        self._search = search
        self._reader = SlotReader(search)
        self._tools = tools
        self._fitted: tuple[object, Matcher] | None = None
        self._speller = Speller(())
        self._is_kind = lru_cache(maxsize=8_192)(lambda word: search.understand(word).category is not None)

    async def plan(self, request: PlanRequest) -> Plan:
        """Return a plan; where nothing of the message is understood, its one task declines or looks it up."""
        going_on, rest = continuations(request, self._reader, lambda text: self._score(text, request))
        routes = self._routes(rest, request) if rest else []
        if not going_on and not routes:
            routes = [self._fallback(rest or request.message, request, is_ours=True)]
        return self._compose(going_on, routes, request)

    # -- matching ----------------------------------------------------------------------------------------------------

    def _matcher(self, cards: Sequence[AgentCard]) -> Matcher:
        stamp = tuple((card.id, id(card)) for card in cards)
        if self._fitted is None or self._fitted[0] != stamp:
            examples: dict[str, list[str]] = {
                f"{card.id}/{skill.id}": [mask(text, self._is_kind) for text in (skill.name, *skill.examples)]
                for card in cards
                for skill in card.skills
                if skill.examples
            }
            examples[NOT_OURS] = [mask(text, self._is_kind) for text in self._others]
            known = {word for texts in examples.values() for text in texts for word in text.split()}
            self._speller = Speller(known, right=self._search.words())
            self._fitted = (stamp, Matcher(examples))
        return self._fitted[1]

    def _score(self, text: str, request: PlanRequest) -> Match:
        return self._match(text, request)[0]

    def _match(self, text: str, request: PlanRequest) -> Sequence[Match]:
        matcher = self._matcher(request.cards)
        named = self._search.named(text)
        names = frozenset(word for product in named for word in self._search.title_words(product))
        named_words = names & frozenset(words(text))
        masked = mask(text, self._is_kind, named_words, has_products=bool(request.focus.product_ids))
        return matcher.match(" ".join(self._speller.correct(word) for word in masked.split()))

    # -- routes ------------------------------------------------------------------------------------------------------

    def _routes(self, message: str, request: PlanRequest) -> list[Route]:
        parts = clauses(message, lambda text: self._match(text, request))
        routes = [route for part in parts for route in self._route(part, request)]
        wanted = [route for route in routes if not self._is_filler(route)]
        return self._merged(wanted) if wanted else routes[:1]

    def _is_filler(self, route: Route) -> bool:
        """Whether a part asks for nothing beside others that do: a greeting, an outcry, a few words nothing matches."""
        is_talk = not route.skill.takes and not any(isinstance(s, Call) for s in route.card.flat(route.skill.steps))
        is_outcry = is_angry(route.text) and len(words(route.text)) <= SHORT and not route.arguments
        is_scrap = route.score < POSSIBLE and len(words(route.text)) <= SHORT
        return is_talk or is_outcry or is_scrap

    def _route(self, clause: Clause, request: PlanRequest) -> list[Route]:
        on = self._going_on(clause, request)
        return self._wishes(on or self._chosen(clause, request))

    def _wishes(self, route: Route) -> list[Route]:
        """Part a wish for several kinds of products: `red sneakers and blue jeans`."""
        wished = str(route.arguments.get("wish", ""))
        parts = [part for part in WISHES.split(wished) if part.strip()]
        kinds = [self._search.understand(part).category for part in parts]
        if len(parts) < 2 or None in kinds or len(set(kinds)) < len(kinds):
            return [route]
        return [replace(route, text=part, arguments={**route.arguments, "wish": part.strip()}) for part in parts]

    def _chosen(self, clause: Clause, request: PlanRequest) -> Route:
        for match in clause.matches:
            if match.score < POSSIBLE:
                break
            if match.label == NOT_OURS and self._is_foreign(clause):
                return self._fallback(clause.text, request, is_ours=False, score=match.score)
            route = None if match.label == NOT_OURS else self._filled(match, clause.text, request)
            if route:
                return route
        return self._fallback(clause.text, request, is_ours=True, score=max(clause.best.score, 0.0))

    @staticmethod
    def _is_foreign(clause: Clause) -> bool:
        """Whether a part that is most like what is not ours is so by enough to be declined."""
        best, second = clause.matches[:2]
        return best.label == NOT_OURS and (second.score < POSSIBLE or best.score - second.score >= MARGIN)

    def _filled(self, match: Match, text: str, request: PlanRequest) -> Route | None:
        """Return the route to a matched skill, or None where a slot that it needs stays empty."""
        agent, _, skill_id = match.label.partition("/")
        card = next(card for card in request.cards if card.id == agent)
        skill = cast(Skill, card.skill(skill_id))
        arguments = self._arguments(card, skill, text, request)
        is_pointing = bool(POINTERS & set(words(text)))
        if any(arguments.get(slot) is None for slot in skill.needs) and not is_pointing:
            return None
        return Route(card=card, skill=skill, text=text, arguments=arguments, score=match.score)

    def _arguments(self, card: AgentCard, skill: Skill, text: str, request: PlanRequest) -> dict[str, JsonValue]:
        found: dict[str, JsonValue] = {}
        plain = self._without_names(text)
        for name in skill.takes:
            kind = card.slots[name].type
            value = self._reader.read(kind, plain if kind in {"size", "colour"} else text, request.focus)
            if value is None and kind == "order_number" and not FRESH & set(words(text)):
                value = request.focus.order_number
            if value is None and kind == "product" and name in skill.needs:
                value = request.focus.product_id if self._is_elliptic(text) else None
            if value is not None:
                found[name] = value
        return found

    def _without_names(self, text: str) -> str:
        """Leave product names out, so that the `Ruby Runner` is not asked for in red."""
        names = {word for product in self._search.named(text) for word in self._search.title_words(product)}
        return " ".join(word for word in text.split() if not names.issuperset(words(word)) or not words(word))

    def _is_elliptic(self, text: str) -> bool:
        """Whether a text leaves out what it is about: no kind of product is named."""
        return self._search.understand(text).category is None

    def _going_on(self, clause: Clause, request: PlanRequest) -> Route | None:
        """Return the previous task's skill once more for a short remark such as `and to Canada?`, or None."""
        previous = request.previous
        if previous is None or len(words(clause.text)) > SHORT + 2:
            return None
        is_short = len(words(clause.text)) <= SHORT
        if not (GOES_ON.match(clause.text) or (is_short and clause.best.score < SURE)) or clause.best.score >= 2 * SURE:
            return None
        card = next((card for card in request.cards if card.id == previous.agent), None)
        skill = card.skill(previous.skill) if card else None
        if card is None or skill is None or not (skill.takes or len(skill.steps) > 1):
            return None
        label = f"{card.id}/{skill.id}"
        if clause.best.label not in {label, NOT_OURS} and clause.best.score >= SURE:
            return None
        arguments = {**previous.arguments, **self._arguments(card, skill, clause.text, request)}
        if skill.takes and not self._arguments(card, skill, clause.text, replace_focus(request)):
            return None
        text = clause.text if skill.takes else f"{previous.task} {clause.text}"
        return Route(card=card, skill=skill, text=text, arguments=arguments, score=SURE)

    def _fallback(self, text: str, request: PlanRequest, *, is_ours: bool, score: float = 0.0) -> Route:
        """Return the route for what no skill was matched with: look it up, or decline."""
        wanted = "answer_question" if is_ours else "decline"
        for card in request.cards:
            skill = card.skill(wanted)
            if skill:
                return Route(card=card, skill=skill, text=text, arguments={}, score=score)
        card = request.cards[0]
        return Route(card=card, skill=card.skills[0], text=text, arguments={}, score=score)

    def _merged(self, routes: list[Route]) -> list[Route]:
        """Join neighbours of one skill, unless each names a thing of its own."""
        merged: list[Route] = []
        for route in routes:
            last = merged[-1] if merged else None
            if last and last.skill is route.skill and last.card is route.card and not self._differ(last, route):
                text = f"{last.text} {route.text}"
                merged[-1] = replace(last, text=text, arguments={**route.arguments, **last.arguments})
            elif not any(self._is_same(one, route) for one in merged):
                merged.append(route)
        return merged

    def _differ(self, one: Route, other: Route) -> bool:
        kinds = {self._search.understand(route.text).category for route in (one, other)}
        if "wish" in one.arguments and len(kinds) == 2 and None not in kinds:
            return True
        shared = [name for name in one.arguments if name in other.arguments and name != "wish"]
        return any(one.arguments[name] != other.arguments[name] for name in shared) or not one.skill.takes

    def _is_same(self, one: Route, other: Route) -> bool:
        return (
            one.skill is other.skill
            and one.card is other.card
            and one.arguments == other.arguments
            and bool(one.arguments)
        )

    # -- the plan ----------------------------------------------------------------------------------------------------

    def _compose(self, going_on: Sequence[Continuation], routes: Sequence[Route], request: PlanRequest) -> Plan:
        tasks: list[Task] = []
        chain: str | None = None
        for continuation in going_on:
            task = self._continued(f"t{len(tasks) + 1}", continuation, request, chain)
            tasks.append(task)
            chain = task.id
        for postponed in request.postponed if going_on else ():
            task = postponed.model_copy(update={"id": f"t{len(tasks) + 1}", "depends_on": (chain,) if chain else ()})
            tasks.append(task)
            chain = task.id
        for route in routes[: MAX_TASKS - len(tasks)]:
            is_chained = self._is_chained(route.card, route.skill)
            task = self._task(f"t{len(tasks) + 1}", route, request, chain if is_chained else None)
            tasks.append(task)
            chain = task.id if is_chained else chain
        scores = [1.0 for _ in going_on] + [min(max(route.score, 0.0), 1.0) for route in routes]
        is_left = bool(LEFT.search(request.message))
        chosen = {(route.card.id, route.skill.id) for route in routes}
        is_redone = any((waiting.agent, waiting.skill) in chosen for waiting in request.waiting)
        confidence = round(min(scores, default=0.0), 4)
        return Plan(tasks=tuple(tasks), confidence=confidence, reminds=not (is_left or is_redone))

    def _is_chained(self, card: AgentCard, skill: Skill) -> bool:
        """Whether a skill may write or change who the customer is known to be: such tasks run one after the other."""
        called = {getattr(step, "call", getattr(step, "propose", "")) for step in card.flat(skill.steps)}
        return any(not self._tools[name].is_read for name in called if name in self._tools)

    def _task(self, task_id: str, route: Route, request: PlanRequest, after: str | None) -> Task:
        customer = {"is_signed_in": request.is_signed_in, "email": None, "name": None}
        names: dict[str, object] = {**dict.fromkeys(route.card.slots), **route.arguments, "request": route.text}
        return Task(
            id=task_id,
            agent=route.card.id,
            skill=route.skill.id,
            task=route.text,
            arguments=route.arguments,
            depends_on=(after,) if after else (),
            status_line=render(route.skill.status, names)[:300],
            prefetch=first_reads(
                route.card, route.skill, {**names, "customer": customer, "is_resumed": False}, self._tools
            ),
        )

    def _continued(self, task_id: str, going_on: Continuation, request: PlanRequest, after: str | None) -> Task:
        waiting = going_on.waiting
        card = next(card for card in request.cards if card.id == waiting.agent)
        skill = cast(Skill, card.skill(waiting.skill))
        slots = {**waiting.slots, **going_on.slots}
        names: dict[str, object] = {**dict.fromkeys(card.slots), **slots, "request": waiting.request}
        return Task(
            id=task_id,
            agent=AgentId(waiting.agent),
            skill=waiting.skill,
            task=waiting.request,
            arguments=slots,
            depends_on=(after,) if after else (),
            status_line=render(skill.status, names)[:300],
            continues=waiting.origin,
            answer=going_on.answer,
        )


def replace_focus(request: PlanRequest) -> PlanRequest:
    """Return a request that is about nothing yet, so that only the words themselves fill slots."""
    return replace(request, focus=type(request.focus)(product_ids=request.focus.product_ids, wish=request.focus.wish))


def not_ours() -> tuple[str, ...]:
    """Return example messages that are no shop's business."""
    file = resources.files("shopfloor.planning") / "shipped" / "not_ours.yaml"
    return tuple(str(line) for line in yaml.safe_load(file.read_text("utf-8")))
