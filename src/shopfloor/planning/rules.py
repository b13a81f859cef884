"""The planner that needs no model: rules over the cards' own examples and over what the conversation is about.

First it asks whether the message answers a question that an agent asked; what is left is cut into parts, each part
matched with a skill, and the skill's slots are read out of the words or taken from what was just talked about.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import cast

from anyio import to_thread

from shopfloor.agents.card import AgentCard, Skill
from shopfloor.agents.outcome import Waiting
from shopfloor.agents.playbook import Call, Propose
from shopfloor.agents.slots import SlotReader
from shopfloor.agents.templates import render
from shopfloor.kernel.ids import AgentId
from shopfloor.language.answers import is_stop
from shopfloor.language.languages import DEFAULT, Language
from shopfloor.planning.answers import LEFT, Continuation, continuations
from shopfloor.planning.background import Background
from shopfloor.planning.confidence import confidence
from shopfloor.planning.languages import InLanguage, LanguageMatcher, is_english
from shopfloor.planning.orphans import parted, to_a_person
from shopfloor.planning.plan import MAX_TASKS, Plan, PlanRequest, Task
from shopfloor.planning.prefetch import first_reads
from shopfloor.planning.recognition import Recogniser, Recognition
from shopfloor.planning.route import Route
from shopfloor.planning.routes import Router
from shopfloor.planning.told import Told
from shopfloor.planning.trained import Trained
from shopfloor.search.contract import ProductSearch
from shopfloor.tools.contract import Tool, ToolArgs


class RulePlanner:
    """Plans from cards only."""

    name = "rules"

    def __init__(
        self,
        search: ProductSearch,
        tools: Mapping[str, Tool[ToolArgs]],
        background: Background,
        trained: Trained | None = None,
    ) -> None:
        """Take what knows the products' names, the tools to prefetch with, and what all shops know, and this one."""
        self._trained = trained
        self._background = background
        self._search = search
        self._reader = SlotReader(search)
        self._told = Told(self._reader, search)
        self._tools = tools
        self._inverses = {name: tool.inverse for name, tool in tools.items() if tool.inverse}
        self._fitted: tuple[object, Recogniser] | None = None
        self._matchers: dict[Language, tuple[Recogniser, LanguageMatcher]] = {}
        self._fitting = asyncio.Lock()

    async def plan(self, request: PlanRequest) -> Plan:
        """Return a plan; where nothing of the message is understood, its one task declines or looks it up."""
        if is_stop(request.message) and (stopped := _stopped(request)):
            return self._compose([], [stopped], request)
        known = await self._recognition(request)
        request, gone = parted(request)
        if not request.waiting and (left := to_a_person(gone, request, known, self._reader)):
            return self._compose([], [left], request)
        going_on, rest = continuations(request, self._reader, known)
        router = Router(request, known, self._reader, self._search, self._inverses)
        routes = router.routes(rest) if rest or not going_on else []
        routes = self._told.joined(routes, is_kept=request.is_signed_in)
        is_answered = going_on and not rest
        if is_answered and (passed := router.transferred(request.message) or router.passed_on(request.message)):
            going_on = [on for on in going_on if on.answer or on.waiting.agent == passed.card.id]
            routes = [] if any(on.waiting.agent == passed.card.id for on in going_on) else [passed]
        return self._compose(going_on, routes, request)

    async def _recognition(self, request: PlanRequest) -> Recognition:
        """Return what recognises the skills that a message asks for, in its language."""
        known = await self._recogniser(request.cards)
        language, gloss = request.language, request.gloss
        if language == DEFAULT or gloss is None or is_english(gloss, known):
            return known
        if (fitted := self._matchers.get(language)) is None or fitted[0] is not known:
            async with self._fitting:
                if (fitted := self._matchers.get(language)) is None or fitted[0] is not known:
                    matcher = await to_thread.run_sync(self._fit_language, language, request.cards, known)
                    fitted = self._matchers[language] = (known, matcher)
        return InLanguage(language, known, fitted[1], gloss)

    def _fit_language(self, language: Language, cards: Sequence[AgentCard], known: Recogniser) -> LanguageMatcher:
        return LanguageMatcher(language, cards, self._background.not_ours_in(language), known.is_kind)

    async def _recogniser(self, cards: Sequence[AgentCard]) -> Recogniser:
        stamp = tuple((card.id, id(card)) for card in cards)
        if self._fitted is None or self._fitted[0] != stamp:
            async with self._fitting:
                if self._fitted is None or self._fitted[0] != stamp:
                    # A thousand examples take most of a second: what needs no plan goes on meanwhile.
                    self._fitted = (stamp, await to_thread.run_sync(self._fit, cards))
        self._fitted[1].keep_up()
        return self._fitted[1]

    def _fit(self, cards: Sequence[AgentCard]) -> Recogniser:
        return Recogniser(cards, self._background, self._search, self._trained)

    def _compose(self, going_on: Sequence[Continuation], routes: Sequence[Route], request: PlanRequest) -> Plan:
        tasks: list[Task] = []
        chain: str | None = None
        for continuation in going_on:
            task = self._continued(f"t{len(tasks) + 1}", continuation, request, chain)
            tasks.append(task)
            chain = task.id
        for postponed in request.postponed[: MAX_TASKS - len(tasks)] if going_on else ():
            task = postponed.model_copy(update={"id": f"t{len(tasks) + 1}", "depends_on": (chain,) if chain else ()})
            tasks.append(task)
            chain = task.id
        for route in routes[: max(0, MAX_TASKS - len(tasks))]:
            is_chained = self._is_chained(route, request) or _is_about_the_same(route, tasks, chain)
            task = self._task(f"t{len(tasks) + 1}", route, request, chain if is_chained else None)
            tasks.append(task)
            chain = task.id if is_chained else chain
        sure = confidence(routes, request.message)
        return Plan(tasks=tuple(tasks), confidence=sure, reminds=_reminds(request, routes))

    def _is_chained(self, route: Route, request: PlanRequest) -> bool:
        """Whether a skill may write, or change who a guest is known to be: such tasks run one after the other."""
        steps = route.card.flat(route.skill.steps)
        if any(isinstance(step, Propose) for step in steps):
            return True
        called = {step.call for step in steps if isinstance(step, Call)}
        return not request.is_signed_in and any(not self._tools[name].is_read for name in called & set(self._tools))

    def _task(self, task_id: str, route: Route, request: PlanRequest, after: str | None) -> Task:
        customer = {"is_signed_in": request.is_signed_in, "email": None, "name": None}
        names: dict[str, object] = {**dict.fromkeys(route.card.slots), **route.arguments, "request": route.text}
        return Task(
            id=task_id,
            agent=route.card.id,
            skill=route.skill.id,
            task=route.text,
            arguments=dict(route.arguments),
            depends_on=(after,) if after else (),
            status_line=render(route.skill.status, names, request.wording)[:300],
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
            status_line=render(skill.status, names, request.wording)[:300],
            continues=waiting.origin,
            answer=going_on.answer,
        )


def _reminds(request: PlanRequest, routes: Sequence[Route]) -> bool:
    """Whether open questions are asked again: not where the customer left them, or wants a write with its own."""
    chosen = {(route.card.id, route.skill.id) for route in routes}
    is_redone = any((waiting.agent, waiting.skill) in chosen for waiting in request.waiting)
    is_writing = any(route.is_writing for route in routes)
    is_due = not request.waiting or any(_is_due(waiting, request.cards) for waiting in request.waiting)
    return is_due and not ((LEFT.search(request.message) or is_stop(request.message)) or is_redone or is_writing)


def _is_due(waiting: Waiting, cards: Sequence[AgentCard]) -> bool:
    """Whether a question is worth asking again: one for a yes, or for what no other message would tell."""
    if waiting.slot is None:
        return True
    card = next((card for card in cards if card.id == waiting.agent), None)
    kind = card.slots[waiting.slot].type if card and waiting.slot in card.slots else None
    return kind in {"email", "address", "choice", "item", "text"}


def _stopped(request: PlanRequest) -> Route | None:
    """Return the route of a customer who wants the team to stop, or None where no card has a skill for it."""
    found = ((card, skill) for card in request.cards if (skill := card.skill("stop")))
    card, skill = next(found, (None, None))
    return Route(card=card, skill=skill, text=request.message, arguments={}, score=1.0) if card and skill else None


def _is_about_the_same(route: Route, tasks: Sequence[Task], chain: str | None) -> bool:
    """Whether a part is about the order that the task before it may change."""
    number = route.arguments.get("order_number")
    return number is not None and any(
        task.id == chain and task.arguments.get("order_number") == number for task in tasks
    )
