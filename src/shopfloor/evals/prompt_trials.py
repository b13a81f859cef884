"""Prompts held against each other: a recorded conversation is had with those in force, and with a candidate."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import unified_diff

from shopfloor.agents.prompt_texts import Prompts
from shopfloor.agents.team_data import TeamData
from shopfloor.evals.courses import Course, course_of, worse
from shopfloor.evals.recordings import Answer, Recording
from shopfloor.evals.scratch import begin, scratch_models, scratch_shop
from shopfloor.evals.tape import Tape, tape
from shopfloor.models.contract import ModelRequest
from shopfloor.models.estimate import estimated_input
from shopfloor.models.recorded import digest_of
from shopfloor.models.settings import ModelSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class Missing:
    """A request to a model for which there is no answer, and nobody to ask."""

    prompts: str
    """With which it is asked: `in force` or `candidate`."""
    to: str
    """Whose it is: an agent's, or the planner's."""
    tokens: int
    """What it has, as estimated."""
    tokens_before: int | None = None
    """What the request in its place has with the prompts in force; None where there is none."""
    diff: tuple[str, ...] = ()
    """How it differs from that one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """One conversation, had twice."""

    recording: str
    before: Course
    after: Course
    worse: Sequence[str]
    is_asked_otherwise: bool
    """Whether any request to a model was another with the candidate."""
    missing: Sequence[Missing]
    new: Sequence[Answer]
    """What models were asked for it and answered."""

    @property
    def differing(self) -> Sequence[int]:
        """Return the turns whose replies differ, counted from 1."""
        pairs = zip(self.before.turns, self.after.turns, strict=False)
        return [place for place, (old, new) in enumerate(pairs, 1) if old.reply != new.reply]


class Trials:
    """Has recorded conversations with two prompts."""

    def __init__(
        self, team: TeamData, candidate: Prompts, settings: ModelSettings, known: Sequence[Answer], *, is_live: bool
    ) -> None:
        """Take the team in force, the other prompts, the models, answers from before, and whether models are asked."""
        self._team = team
        self._candidate = candidate
        self._settings = settings
        self._known = list(known)
        self._is_live = is_live

    async def run(self, recording: Recording) -> Trial:
        """Have one conversation twice; what is asked in both is asked once."""
        before, first = await self._had(recording, self._team)
        self._known += first.new
        after, second = await self._had(recording, replace(self._team, prompts=self._candidate))
        self._known += second.new
        return Trial(
            recording=str(recording.path),
            before=before,
            after=after,
            worse=worse(before, after),
            is_asked_otherwise=_digests(first) != _digests(second),
            missing=[
                *(Missing(prompts="in force", to=_to(one), tokens=estimated_input(one)) for one in first.missing),
                *(_told(one, second.asked, first.asked) for one in second.missing),
            ],
            new=[*first.new, *second.new],
        )

    async def _had(self, recording: Recording, team: TeamData) -> tuple[Course, Tape]:
        beginning = recording.beginning
        answers = tape([*recording.answers, *self._known], is_live=self._is_live)
        async with scratch_models(self._settings, answers, beginning.at) as models:
            app = await scratch_shop(beginning.at, models, team)
            conversation = await begin(app, beginning.customer)
            for turn in recording.turns:
                for text in turn.said:
                    await app.chat.post(conversation, text)
                await app.chat.answer(conversation)
            return course_of((await app.chat.state(conversation)).events), answers


def _told(missing: ModelRequest, asked: Sequence[ModelRequest], before: Sequence[ModelRequest]) -> Missing:
    """Return what is missing beside the request that stood in its place before."""
    to = _to(missing)
    place = [one for one in asked if _to(one) == to].index(missing)
    others = [one for one in before if _to(one) == to]
    other = others[place] if place < len(others) else None
    lines = unified_diff(_written(other), _written(missing), lineterm="", n=1) if other else ()
    return Missing(
        prompts="candidate",
        to=to,
        tokens=estimated_input(missing),
        tokens_before=estimated_input(other) if other else None,
        diff=tuple(lines)[2:],
    )


def _digests(answers: Tape) -> list[str]:
    """Return what was asked, in an order that does not tell which of two tasks asked first."""
    return sorted(digest_of(request) for request in answers.asked)


def _to(request: ModelRequest) -> str:
    return (request.cache_key or "").rpartition("-")[0] or "a model"


def _written(request: ModelRequest) -> list[str]:
    """Return what a model reads of a request, line by line."""
    tools = [f"{tool.name}: {tool.description}" for tool in request.tools]
    said = [f"{message.role}: {message.content}" for message in request.messages]
    return "\n".join([request.system, *tools, request.situation, *said]).splitlines()
