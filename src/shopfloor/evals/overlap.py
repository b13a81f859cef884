"""Which of the planner's examples are the same as labelled messages, or nearly so: what they prove is little."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from shopfloor.agents.card import AgentCard, Skill
from shopfloor.agents.languages import OTHERS, Translation
from shopfloor.evals.nearness import Neighbours, fingerprint, plain
from shopfloor.evals.routing import Bench
from shopfloor.evals.rows import Row
from shopfloor.language.languages import Language

NOT_OURS = "not ours"
PLACEHOLDER = re.compile(r"\{\w+\}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Overlap:
    """An example and a message that are the same, or nearly so."""

    where: str
    """The example's agent and skill, or the list of what is not ours."""
    example: str
    row: str
    message: str
    kind: Literal["exact", "near"]


def overlaps(bench: Bench, rows: Sequence[Row]) -> list[Overlap]:
    """Return each pair of an example and a customer's message that are the same but for numbers and marks, or near."""
    said = [(row.id, one.content) for row in rows for one in row.messages if one.role == "user"]
    known = Neighbours([fingerprint(message) for _, message in said])
    plains = [plain(message) for _, message in said]
    found: list[Overlap] = []
    for where, example in _examples(bench):
        bare = PLACEHOLDER.sub(" ", example)
        same = plain(bare)
        for place in sorted(known.of(fingerprint(bare))):
            row, message = said[place]
            kind = "exact" if plains[place] == same else "near"
            found.append(Overlap(where=where, example=example, row=row, message=message, kind=kind))
    return found


def without(bench: Bench, found: Sequence[Overlap]) -> Bench:
    """Return a bench without the examples that overlap; a skill keeps its last one, or nobody could ask for it."""
    gone = {(one.where, one.example) for one in found}

    def kept(where: str, examples: Sequence[str]) -> tuple[str, ...]:
        return tuple(one for one in examples if (where, one) not in gone)

    def others(language: Language) -> Sequence[str]:
        return kept(_in(NOT_OURS, language), bench.background.not_ours_in(language))

    background = replace(bench.background, not_ours=kept(NOT_OURS, bench.background.not_ours), not_ours_in=others)
    return replace(bench, cards=[_without(card, kept) for card in bench.cards], background=background)


def example_count(bench: Bench) -> int:
    """Return how many examples there are."""
    return len(_examples(bench))


def _without(card: AgentCard, kept: Callable[[str, Sequence[str]], tuple[str, ...]]) -> AgentCard:
    def trimmed(skill: Skill) -> Skill:
        return skill.model_copy(
            update={"examples": kept(f"{card.id}/{skill.id}", skill.examples) or skill.examples[:1]}
        )

    def translated(language: Language, translation: Translation) -> Translation:
        examples = {
            skill: kept(_in(f"{card.id}/{skill}", language), texts) for skill, texts in translation.examples.items()
        }
        return translation.model_copy(update={"examples": examples})

    languages = {language: translated(language, translation) for language, translation in card.languages.items()}
    return card.model_copy(update={"skills": tuple(trimmed(skill) for skill in card.skills), "languages": languages})


def _examples(bench: Bench) -> list[tuple[str, str]]:
    cards = [(f"{card.id}/{skill.id}", one) for card in bench.cards for skill in card.skills for one in skill.examples]
    translated = [
        (_in(f"{card.id}/{skill}", language), one)
        for card in bench.cards
        for language, translation in card.languages.items()
        for skill, texts in translation.examples.items()
        for one in texts
    ]
    foreign = [(_in(NOT_OURS, language), one) for language in OTHERS for one in bench.background.not_ours_in(language)]
    return [*cards, *((NOT_OURS, one) for one in bench.background.not_ours), *translated, *foreign]


def _in(where: str, language: Language) -> str:
    """Return how the examples of a skill in a language are called."""
    return f"{where} ({language})"
