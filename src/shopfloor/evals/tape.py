"""What models answer in one conversation: as it is known from before, or asked anew, and taken down."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from shopfloor.evals.recordings import Answer, Failure
from shopfloor.kernel.errors import NotFound, ShopfloorError, Unavailable
from shopfloor.models.contract import Finished, Model, ModelRequest, Piece, TextDelta
from shopfloor.models.recorded import Line, digest_of


@dataclass(slots=True)
class Tape:
    """Answers of models, and what was asked."""

    is_live: bool
    """Whether what is not known is asked; otherwise it is missing."""
    known: Mapping[str, list[Answer]] = field(default_factory=dict[str, list[Answer]])
    """By the digests of their requests; the last of several is given again and again."""
    made: list[Answer] = field(default_factory=list[Answer])
    """All answers, known or not, since they were last taken."""
    new: list[Answer] = field(default_factory=list[Answer])
    """Those that were asked for."""
    asked: list[ModelRequest] = field(default_factory=list[ModelRequest])
    missing: list[ModelRequest] = field(default_factory=list[ModelRequest])

    def wrap(self, model: Model) -> Model:
        """Return a model that answers from the tape where it can."""
        return _Taped(model, self)

    def take(self) -> list[Answer]:
        """Return the answers since they were last taken."""
        made, self.made = self.made, []
        return made

    def answer(self, request: ModelRequest, key: str) -> Answer | None:
        """Return the next known answer to a request; None where there is none and it may be asked.

        Raises:
            NotFound: there is none and nobody to ask.
        """
        self.asked.append(request)
        known = self.known.get(key)
        if known:
            return known.pop(0) if len(known) > 1 else known[0]
        if not self.is_live:
            self.missing.append(request)
            raise NotFound("this was not asked when the conversation was recorded")
        return None


def tape(answers: Sequence[Answer] = (), *, is_live: bool) -> Tape:
    """Return a tape that knows some answers."""
    known: dict[str, list[Answer]] = {}
    for answer in answers:
        known.setdefault(answer.request, []).append(answer)
    return Tape(is_live=is_live, known=known)


class _Taped:
    """A model behind a tape."""

    def __init__(self, model: Model, tape: Tape) -> None:
        self._model = model
        self._tape = tape

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece]:
        """Answer from the tape, or ask and take the answer down."""
        key = digest_of(request)
        known = self._tape.answer(request, key)
        if known is not None:
            self._tape.made.append(known)
            if isinstance(known, Failure):
                raise Unavailable(f"it failed when it was recorded ({known.failed})")
            for piece in known.pieces:
                yield piece
            return
        text: list[str] = []
        try:
            async with aclosing(self._model.stream(request)) as pieces:
                async for piece in pieces:
                    match piece:
                        case TextDelta(part):
                            text.append(part)
                        case Finished():
                            self._note(Line(request=key, text=text, finished=piece))
                    yield piece
        except ShopfloorError as error:
            self._note(Failure(request=key, failed=type(error).__name__))
            raise

    def _note(self, answer: Answer) -> None:
        self._tape.made.append(answer)
        self._tape.new.append(answer)
