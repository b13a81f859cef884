"""From parts of a message to routes: which agent, which skill, with which values in its slots."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

from pydantic import JsonValue

from shopfloor.agents.card import AgentCard, Skill
from shopfloor.agents.slots import GOODS, Focus, SlotReader
from shopfloor.agents.transfers import SCENARIO, taker, triggered
from shopfloor.kernel.errors import NotFound
from shopfloor.kernel.ids import OrderNumber, ProductId
from shopfloor.language.answers import is_angry, is_no, is_thanks, is_yes
from shopfloor.language.english import INTERJECTIONS, STOP_WORDS
from shopfloor.language.entities import entities
from shopfloor.language.text import sentences, words
from shopfloor.planning.clauses import ANEW, POSSIBLE, SURE, Clause, clauses
from shopfloor.planning.leaning import (
    EVEN,
    GOES_ON,
    closing,
    goes_on,
    is_leaning,
    is_writing,
    leaned,
    only_talks,
    topic,
)
from shopfloor.planning.matcher import Match
from shopfloor.planning.plan import PlanRequest
from shopfloor.planning.recognition import NOT_OURS, Recognition
from shopfloor.planning.route import DECLINE, Route, against, by_order, is_same_skill
from shopfloor.planning.sequels import Sequels
from shopfloor.search.contract import ProductSearch
from shopfloor.topics.concepts import POINTING, is_worldly, leans, matters_of, names_unknown, without_matters

CERTAIN = 0.75
"""A match at or above it is taken even where what it needs must be asked for."""
LIKELY = 0.35
"""A match below it starts no write, not even the question for a yes."""
FOREIGN_ALONE, FOREIGN_BESIDE = 0.25, 0.9
"""From that score on a part is no shop's business, alone or beside others that are the shop's."""
CLOSE = 0.3
"""A skill that has all it needs is taken before a better matched one of its agent's that has not, if it is so close."""
CLEARLY_FOREIGN = 0.6
"""Beside other wishes a part is declined from that score on; below it, it is passed over."""
SHORT = 5
"""A message of at most so many words may go on with what was talked about."""
WISHES = re.compile(r",? and (?:also )?(?:an? |some )?|, ", re.IGNORECASE)
"""Between two things that are looked for."""
GIFTS = frozenset({"gift", "recommend"})
"""Matters that make a wish of words that name no product: `something for my brother's birthday`."""
ABOUT_ORDERS = frozenset({"order_number", "address"})
"""Kinds of slots of the writes that a remark may make once more, since the gate asks for a yes to each."""
FRESH = frozenset({"other", "another", "all", "list", "different", "orders", "every", "latest", "last", "recent"})
"""Words after which an order without a number is not the one just talked about."""


NONE: Mapping[str, str] = {}


class Router:
    """Finds the routes of one request."""

    def __init__(
        self,
        request: PlanRequest,
        known: Recognition,
        reader: SlotReader,
        search: ProductSearch,
        inverses: Mapping[str, str] = NONE,
    ) -> None:
        """Take the request, what recognises skills, reads slots and knows products, and what undoes an action."""
        self._request = request
        self._known = known
        self._reader = reader
        self._search = search
        self._focus = request.focus
        self._topic = topic(request)
        self._sequels = Sequels(request, self._topic, inverses, search, reader, self._read)
        for card in request.cards:
            if request.previous and card.id == request.previous.agent:
                self._focus = _named(request.focus, card, request.previous.arguments)

    def match(self, text: str) -> Sequence[Match]:
        """Return all skills for a text, the best first."""
        return self._known.match(text, bool(self._request.focus.product_ids))

    def routes(self, message: str) -> list[Route]:
        """Return the routes of what a message asks for; at least one.

        Where a rule says so one of them passes the message on, however little the rest of it was understood.
        """
        if passed := self.transferred(message):
            return self._with_one_transfer([passed, *self._beside(message)])
        routes = self._asked(message)
        if (passed := self.passed_on(message)) and not any(SCENARIO in route.skill.takes for route in routes):
            return [passed, *(route for route in routes if route.score >= SURE)]
        return routes

    def _asked(self, message: str) -> list[Route]:
        if followed := self._followed(message):
            return followed
        parts = _spoken(self._clauses(_without_thanks(message)))
        routes: list[Route] = []
        clear = [part for part in parts if part.best.score >= SURE and part.best.label != NOT_OURS]
        for place, part in enumerate(parts):
            is_beside = any(one is not part for one in clear)
            routes += self._of(part, beside=is_beside, within=message if place == 0 and not is_beside else "")
            if len(routes) > 1 and self._is_wished_on(routes[-2], routes[-1]):
                said = f"{routes[-2].arguments['wish']}, {routes.pop().text}"
                routes[-1] = replace(routes[-1], arguments={**routes[-1].arguments, "wish": said})
            self._focus = _named(self._focus, routes[-1].card, routes[-1].arguments)
        routes = self._with_one_transfer(routes)
        wanted = [
            route
            for route in routes
            if not (_is_filler(route, self._known) or self._is_vague(route) or self._is_unsure(route))
        ]
        return self._merged(wanted) if wanted else routes[:1] or [self.fallback(message, is_ours=True)]

    def _clauses(self, message: str) -> list[Clause]:
        known = self._known
        return clauses(message, self.match, known.is_dependent, known.begins_anew, is_strict=known.is_strict)

    def _followed(self, message: str) -> list[Route]:
        """Return the routes of a message that follows on what was just shown or done."""
        acting = (one for one in self.match(message) if one.label != NOT_OURS and not only_talks(*self._skill(one)))
        found = self._sequels.of(message, next(acting, self.match(message)[0]), self._focus)
        return [
            Route(card=one.card, skill=one.skill, text=one.text, arguments=one.arguments, score=CERTAIN)
            for one in found
        ]

    def _leaned(self, part: Clause, message: str) -> Clause:
        """Return the first part of a message matched in favour of what was talked about, where it leans on that."""
        has_products, is_going_on = bool(self._request.focus.product_ids), goes_on(message)
        if self._topic is None or not (is_going_on or is_leaning(part.text, has_products=has_products)):
            return part
        if ending := closing(part.text):
            return replace(part, matches=self.match(ending))
        if not self._topic.skill.takes and not self._is_elliptic(part.text):  # `which sneakers are those`, after offers
            return part

        def lacks(match: Match) -> bool:
            return match.label != NOT_OURS and not self._is_ready(match, part.text)

        found = leaned(
            part.text,
            part.matches,
            self._topic,
            self._request.cards,
            has_products=has_products,
            is_going_on=is_going_on,
            lacks=lacks,
        )
        return replace(part, matches=found)

    def fallback(self, text: str, *, is_ours: bool, score: float = 0.0) -> Route:
        """Return the route for what no skill was matched with: look it up, or decline."""
        wanted = ("answer_question" if words(text) else "clarify") if is_ours else DECLINE
        found = next(((card, skill) for card in self._request.cards if (skill := card.skill(wanted))), None)
        # A skill without examples speaks when something happens: nobody asks for it.
        asked = ((card, skill) for card in self._request.cards for skill in card.skills if skill.examples)
        found = found or next(asked, None)
        if found is None:
            raise NotFound("no agent has a skill that customers can ask for: give one an example")
        card, skill = found
        return Route(card=card, skill=skill, text=text, arguments={}, score=score)

    def transferred(self, text: str) -> Route | None:
        """Return the route to a person where a text holds words that the shop passes on, or None."""
        scenario = triggered(self._request.scenarios, text)
        found = taker(scenario, self._request.cards) if scenario else None
        if scenario is None or found is None:
            return None
        card, skill = found
        arguments = {**self._arguments(card, skill, text), SCENARIO: scenario.id}
        return Route(card=card, skill=skill, text=text, arguments=arguments, score=1.0)

    def passed_on(self, message: str) -> Route | None:
        """Return the route to a person where a sentence falls under a rule of escalation, or None."""
        label = next((taker for text in sentences(message) if (taker := self._known.taker(text.strip()))), None)
        if label is None:
            return None
        card, skill = self._skill(Match(label, 1.0))
        return Route(card=card, skill=skill, text=message, arguments=self._arguments(card, skill, message), score=1.0)

    def _with_one_transfer(self, routes: Sequence[Route]) -> list[Route]:
        """Pass a message on once, whatever of it asks for a person: for the scenario that the shop names first."""
        passed = [route for route in routes if SCENARIO in route.skill.takes]
        if len(passed) < 2:
            return list(routes)
        order = [scenario.id for scenario in self._request.scenarios]
        first = min(passed, key=lambda route: _rank(order, str(route.arguments.get(SCENARIO, route.skill.id))))
        arguments = {name: value for route in (*passed, first) for name, value in route.arguments.items()}
        text = " ".join(dict.fromkeys(route.text for route in passed))
        joined = replace(first, text=text, arguments=arguments)
        return [joined if route is first else route for route in routes if route is first or route not in passed]

    def _beside(self, message: str) -> list[Route]:
        """Return what a message that is passed on surely asks for besides, in other sentences or parts."""
        parts = [part for one in sentences(message) for part in self._clauses(one)]
        rest = [part for part in parts if self.transferred(part.text) is None]
        if len(rest) == len(parts):  # the words that tell stand in several parts
            return []
        routes = [route for part in rest if not self._known.is_fragment(part.text) for route in self._of(part)]
        return self._merged([route for route in routes if route.score >= SURE and not _is_filler(route, self._known)])

    def _of(self, part: Clause, *, beside: bool = False, within: str = "") -> list[Route]:
        leaned = self._leaned(part, within) if within else part
        return self._parted(self._going_on(part) or against(self._chosen(leaned, beside), leaned.matches))

    # -- choosing a skill --------------------------------------------------------------------------------------------

    def _chosen(self, clause: Clause, beside: bool) -> Route:
        best = clause.best
        if best.score >= POSSIBLE and best.label == NOT_OURS and _says_something(clause.text):
            sought = None if self._is_foreign(clause, beside) else self._sought(clause.text)
            return sought or self.fallback(clause.text, is_ours=False, score=best.score)
        likely = [match for match in clause.matches if match.score >= POSSIBLE and match.label != NOT_OURS]
        # Which agent is meant is surer than which of its skills: another of them comes before a colleague's, and asking
        # for what it lacks too, unless it would write.
        own = [match for match in clause.matches if likely and _agent(match) == _agent(likely[0])]
        own = self._about_the_product(own, clause.text)
        ready = [match for match in own if match.score >= own[0].score - CLOSE and self._is_ready(match, clause.text)]
        for match in (*ready, *own, *likely):
            score = likely[0].score if match in own else match.score
            if route := self._filled(match, clause.text, score, is_meant=match in own):
                return route
        return self.fallback(clause.text, is_ours=True, score=max(best.score, 0.0))

    def _about_the_product(self, own: Sequence[Match], text: str) -> Sequence[Match]:
        """Put an agent's best skill that reads a product first, where the text means one: `how do I wash it`."""
        is_pointing = self._focus.product_id is not None and bool(POINTING.intersection(words(text)))
        is_counting = bool(self._focus.product_ids) and bool(entities(text).ordinals)
        is_meant = is_pointing or is_counting or bool(self._search.named(text))
        if not own or not is_meant or self._goods_slots(own[0]):
            return own
        reading = [match for match in own if self._goods_slots(match) == {"product"}][:1]
        return [*reading, *(match for match in own if match not in reading)]

    def _goods_slots(self, match: Match) -> set[str]:
        """Return the kinds of slots of a matched skill that hold goods."""
        card, skill = self._skill(match)
        return {card.slots[name].type for name in skill.takes} & GOODS

    def _is_foreign(self, clause: Clause, beside: bool) -> bool:
        """Whether a part is no shop's business indeed: beside a shop's matters an unknown word is for goods."""
        return clause.best.score >= (FOREIGN_BESIDE if beside else FOREIGN_ALONE) or is_worldly(clause.text)

    def _sought(self, text: str) -> Route | None:
        """Return the route to whoever finds products, or None where nobody does or nothing is named."""
        if not names_unknown(text):
            return None
        for card in self._request.cards:
            for skill in card.skills:
                name = next((name for name in skill.takes if card.slots[name].type == "wish"), None)
                if name and skill.examples:
                    arguments = {**self._arguments(card, skill, text), name: text}
                    return Route(card=card, skill=skill, text=text, arguments=arguments, score=LIKELY)
        return None

    def _is_ready(self, match: Match, text: str) -> bool:
        """Whether a part names all that a skill needs."""
        card, skill = self._skill(match)
        return not skill.needs or not set(skill.needs) - set(self._arguments(card, skill, text))

    def _skill(self, match: Match) -> tuple[AgentCard, Skill]:
        agent, _, skill_id = match.label.partition("/")
        card = next(card for card in self._request.cards if card.id == agent)
        return card, cast(Skill, card.skill(skill_id))

    def _filled(self, match: Match, text: str, score: float, *, is_meant: bool) -> Route | None:
        """Return the route to a matched skill, or None where it lacks what it needs and is not surely meant."""
        card, skill = self._skill(match)
        arguments = self._arguments(card, skill, text)
        is_write = is_writing(card, skill)
        if is_write:
            arguments |= self._chosen_before(skill, arguments, text)
        is_asking = any(arguments.get(slot) is None for slot in skill.needs)
        least = SURE if is_asking and (is_write or not is_meant) else LIKELY if is_write else POSSIBLE
        if score < least:
            return None
        return Route(card=card, skill=skill, text=text, arguments=arguments, score=score)

    def _going_on(self, clause: Clause) -> Route | None:
        """Return the previous task's skill once more for a short remark such as `and to Canada?`, or None."""
        previous = self._request.previous
        is_answer = is_yes(clause.text) or is_no(clause.text)  # to nothing that was asked
        is_fragment = self._known.is_fragment(clause.text) and not is_answer
        if previous is None or not (is_fragment or _is_remark(clause)):
            return None
        card = next((card for card in self._request.cards if card.id == previous.agent), None)
        skill = card.skill(previous.skill) if card else None
        if card is None or skill is None or not (skill.takes or len(skill.steps) > 1):
            return None
        if SCENARIO in skill.takes:  # what was passed on once is not passed on again for a remark
            return None
        if is_writing(card, skill) and not ABOUT_ORDERS & {card.slots[name].type for name in skill.takes}:
            return None  # a remark such as `and in blue?` puts nothing more into a cart
        is_other = clause.best.label not in {f"{card.id}/{skill.id}", NOT_OURS} and clause.best.score >= SURE
        is_other = is_other and not is_fragment
        has_wish = any(card.slots[name].type == "wish" for name in previous.arguments if name in skill.takes)
        is_other = is_other and not (not skill.takes and (EVEN.match(clause.text) or leans(clause.text, previous.task)))
        is_elliptic = (skill.needs or has_wish) and GOES_ON.match(clause.text) and self._is_elliptic(clause.text)
        if is_other and (not is_elliptic or clause.best.score >= CERTAIN):
            return None
        said = self._said(card, skill, clause.text)
        if skill.takes and not said:
            return None
        is_new = clause.best.score >= SURE and not (EVEN.match(clause.text) or leans(clause.text, previous.task))
        if not skill.takes and is_new:
            return None
        is_changed = any(card.slots[name].type == "earlier_wish" for name in said)  # which holds the wish before
        kept = [name for name in skill.takes if not (is_changed and card.slots[name].type == "wish")]
        before = {name: value for name, value in previous.arguments.items() if name in kept}
        wished = next((name for name in said if name in before and card.slots[name].type == "wish"), None)
        if wished and self._is_elliptic(clause.text):  # `in white?`, after socks
            said[wished] = f"{before[wished]}, {said[wished]}"
        arguments = {**before, **said}
        text = clause.text if skill.takes else f"{without_matters(previous.task, clause.text)} {clause.text}"
        return Route(card=card, skill=skill, text=text, arguments=arguments, score=SURE)

    def _said(self, card: AgentCard, skill: Skill, text: str) -> dict[str, JsonValue]:
        """Return the values that the words of a remark themselves give for slots; a lone number may be a size."""
        nothing = replace(self._focus, order_number=None, product_id=None)
        said = self._arguments(card, skill, text, nothing)
        for name in skill.takes:
            if name not in said and card.slots[name].type == "size":
                value = self._reader.read("size", text, nothing, is_answer=True)
                said.update({name: value} if value is not None else {})
        return said

    # -- reading its slots -------------------------------------------------------------------------------------------

    def _read(self, card: AgentCard, skill: Skill, text: str, focus: Focus | None) -> dict[str, JsonValue]:
        """Return the values for a skill's slots; a lone number may be a size."""
        found = self._arguments(card, skill, text, focus)
        lone = {name for name in skill.takes if card.slots[name].type == "size"} - set(found)
        values = {name: self._reader.read("size", text, Focus(), is_answer=True) for name in lone}
        return found | {name: value for name, value in values.items() if value != str(found.get("quantity")) and value}

    def _arguments(self, card: AgentCard, skill: Skill, text: str, focus: Focus | None = None) -> dict[str, JsonValue]:
        about = focus or self._focus
        plain = self._without_names(text)
        found: dict[str, JsonValue] = {}
        for name in skill.takes:
            kind = card.slots[name].type
            is_lone = kind == "size" and plain != text  # beside a product's name a number alone is a size
            said = plain if kind in {"size", "colour"} else text
            value = self._reader.fill(card.slots[name], said, about, is_answer=is_lone)
            if value is None and kind == "order_number" and not FRESH & set(words(text)):
                value = about.order_number
            if value is None and kind == "product" and name in skill.needs and self._is_elliptic(text):
                value = about.product_id
            if kind == "earlier_wish" and ANEW.match(text) and names_unknown(text):
                value = None  # `do you have unicorn saddles` asks for something else
            if value is not None:
                found[name] = value
        if "size" in found and str(found.get("quantity")) == found["size"] and "size" not in words(text):
            del found["size"]  # `put 3 in my basket`
        return found

    def _chosen_before(self, skill: Skill, arguments: Mapping[str, JsonValue], text: str) -> dict[str, JsonValue]:
        """Return in which colour and size the product was just asked about that `it` now means: `add it to my cart`."""
        previous = self._request.previous
        product = arguments.get("product")
        if previous is None or product is None or product != previous.arguments.get("product"):
            return {}
        if self._search.named(text):
            return {}
        names = [name for name in ("colour", "size") if name in skill.takes and name not in arguments]
        return {name: previous.arguments[name] for name in names if name in previous.arguments}

    def _without_names(self, text: str) -> str:
        """Leave product names out, so that the `Ruby Runner` is not asked for in red."""
        names = {word for product in self._search.named(text) for word in self._search.title_words(product)}
        return " ".join(word for word in text.split() if not names.issuperset(words(word)) or not words(word))

    def _is_elliptic(self, text: str) -> bool:
        """Whether a text leaves out what it is about: no kind of product is named."""
        return self._search.understand(text).category is None

    # -- parting and joining -----------------------------------------------------------------------------------------

    def _parted(self, route: Route) -> list[Route]:
        return [each for one in self._wishes(route) for each in by_order(one)]

    def _wishes(self, route: Route) -> list[Route]:
        """Part a wish for several kinds of products: `red sneakers and blue jeans`."""
        wished = str(route.arguments.get("wish", ""))
        parts = [part for part in WISHES.split(wished) if part.strip()]
        kinds = [self._search.understand(part).category for part in parts]
        if len(parts) < 2 or None in kinds or len(set(kinds)) < len(kinds):
            return [route]
        return [replace(route, text=part, arguments={**route.arguments, "wish": part.strip()}) for part in parts]

    def _merged(self, routes: Sequence[Route]) -> list[Route]:
        """Join neighbours of one skill, unless each names a thing of its own; drop what is asked twice."""
        merged: list[Route] = []
        for route in routes:
            last = merged[-1] if merged else None
            if last and is_same_skill(last, route) and not self._differ(last, route):
                arguments = {**route.arguments, **last.arguments}
                if "wish" in last.arguments and "wish" in route.arguments:
                    arguments["wish"] = f"{last.arguments['wish']}, {route.arguments['wish']}"
                merged[-1] = replace(last, text=f"{last.text} {route.text}", arguments=arguments)
            elif not any(is_same_skill(one, route) and one.arguments == route.arguments != {} for one in merged):
                merged.append(route)
        return merged

    def _is_wished_on(self, before: Route, route: Route) -> bool:
        """Whether a few words that ask for nothing by themselves go on with the wish before: `wide feet`."""
        is_plain = not route.skill.takes and route.score < CERTAIN and not ANEW.match(route.text)
        return "wish" in before.arguments and is_plain and len(words(route.text)) <= 3

    def _is_unsure(self, route: Route) -> bool:
        """Whether a part was hardly matched, so that it is passed over beside others that were."""
        return route.score < (CLEARLY_FOREIGN if route.skill.id == DECLINE else LIKELY) and not route.arguments

    def _is_vague(self, route: Route) -> bool:
        """Whether a part only tells something and was taken for a wish, though it names nothing to look for."""
        wish = route.arguments.get("wish")
        if (
            not isinstance(wish, str)
            or route.score >= SURE
            or self._known.begins_anew(route.text)
            or matters_of(wish) & GIFTS
        ):
            return False
        query = self._search.understand(wish)
        return not (query.category or query.colours or query.size or query.price_max or query.features)

    def _differ(self, one: Route, other: Route) -> bool:
        kinds = {self._search.understand(route.text).category for route in (one, other)}
        if "wish" in one.arguments and len(kinds) == 2 and None not in kinds:
            return True
        shared = [name for name in one.arguments if name in other.arguments and name != "wish"]
        return any(one.arguments[name] != other.arguments[name] for name in shared) or not one.skill.takes


def _named(focus: Focus, card: AgentCard, arguments: Mapping[str, JsonValue]) -> Focus:
    """Return what is talked about once a request has named an order or products, whether or not they were read."""
    for name, value in arguments.items():
        match card.slots[name].type if name in card.slots else None, value:
            case "order_number", str():
                focus = replace(focus, order_number=OrderNumber(value))
            case "product", str():
                focus = replace(focus, product_id=ProductId(value))
            case "products", list():
                focus = replace(focus, product_id=None, product_ids=tuple(ProductId(str(one)) for one in value))
            case _:
                pass
    return focus


def _without_thanks(message: str) -> str:
    """Leave out thanks before what is asked for: `thx. now show me the jackets`."""
    first, *others = sentences(message) or [message]
    return "".join(others) if others and is_thanks(first) else message


def _spoken(parts: Sequence[Clause]) -> list[Clause]:
    """Leave out what is but an interjection beside others: `wait`, `stop`, `great`."""
    spoken = [part for part in parts if not INTERJECTIONS.issuperset(words(part.text))]
    return spoken or list(parts)


def _says_something(text: str) -> bool:
    return any(word not in STOP_WORDS for word in words(text))


def _agent(match: Match) -> str:
    return match.label.partition("/")[0]


def _is_remark(clause: Clause) -> bool:
    """Whether a part is so short, or begins so, that it may go on with what was talked about."""
    count = len(words(clause.text))
    is_going_on = GOES_ON.match(clause.text) is not None or (count <= SHORT and clause.best.score < SURE)
    return count <= SHORT + 2 and is_going_on and clause.best.score < 2 * SURE


def _is_filler(route: Route, known: Recognition) -> bool:
    """Whether a part asks for nothing beside others that do: a greeting, an outcry, a few words nothing matches."""
    is_short = len(words(route.text)) <= SHORT
    said = SCENARIO in route.arguments if SCENARIO in route.skill.takes else bool(route.arguments)
    is_outcry = is_short and is_angry(route.text) and not said
    is_asked = known.begins_anew(route.text) or "?" in route.text
    is_remark = not route.skill.takes and route.score < LIKELY and not is_asked
    return only_talks(route.card, route.skill) or is_outcry or (is_short and (route.score < POSSIBLE or is_remark))


def _rank(order: Sequence[str], scenario: str) -> int:
    return order.index(scenario) if scenario in order else len(order)
