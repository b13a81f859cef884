"""What the shop's guidelines have its agents say: for which of them and with whom, once in a turn."""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from shopfloor.agents.brand import Guideline
from shopfloor.agents.templates import evaluate, render
from shopfloor.identity.identity import Identity
from shopfloor.kernel.errors import InvalidInput
from shopfloor.language.languages import DEFAULT, Language
from shopfloor.planning.plan import Task

ENGLISH_ONLY: Mapping[str, str] = {}
logger = logging.getLogger(__name__)


class Guidance:
    """The guidelines of one turn."""

    def __init__(
        self,
        guidelines: Sequence[Guideline],
        heard: Collection[str],
        texts: Mapping[str, str] = ENGLISH_ONLY,
        language: Language = DEFAULT,
    ) -> None:
        """Take the shop's guidelines, and what was said in the turn before a crash cut it short.

        `texts` are theirs in the conversation's `language`.
        """
        self._texts = texts
        self._language: Language = language
        self._left = {one.id: one for one in guidelines if one.say}
        self._heard = heard

    def words(
        self, place: str, task: Task, identity: Identity, scope: Callable[[Task], Mapping[str, object]]
    ) -> Iterator[tuple[str, str]]:
        """Return ids and texts of the guidelines that have something to say now, and drop them for this turn."""
        for guideline in list(self._left.values()):
            if guideline.place != place or not guideline.concerns(task.agent, identity):
                continue
            text = self._text(guideline, {**scope(task), "request": task.task, "agent": task.agent})
            if text:
                del self._left[guideline.id]
            if text and not any(text in said for said in self._heard):
                yield guideline.id, text

    def _text(self, guideline: Guideline, scope: Mapping[str, object]) -> str:
        """Return what a guideline says, empty where it does not hold; a broken one keeps nobody from an answer."""
        said = self._texts.get(guideline.say)
        try:
            if not evaluate(guideline.condition, scope):
                return ""
            return render(said, scope, language=self._language) if said else render(guideline.say, scope)
        except InvalidInput as error:
            logger.warning("the guideline %s is passed over: %s", guideline.id, error)
            return ""
