"""Has a model put what a search found in order, within a time budget; without its answer the order stays.

A model reads the few best, each as data, and answers with their places: it can put nothing there that was not found,
whatever the text of a product says to it.
"""

import logging
from collections.abc import Sequence
from functools import partial

import anyio
from pydantic import BaseModel, ValidationError

from shopfloor.agents.prompt_texts import Prompts
from shopfloor.agents.prompts import data
from shopfloor.kernel.errors import ShopfloorError
from shopfloor.models.answer import ask
from shopfloor.models.contract import ModelMessage, ModelRequest
from shopfloor.models.output_schema import output_schema
from shopfloor.models.thinking import Thinking
from shopfloor.models.tiers import Work
from shopfloor.models.traced import Sink
from shopfloor.tools.contract import Rerank

logger = logging.getLogger(__name__)

WORK = Work(task_class="reranking", complexity=0.2, risk=0.2)
MAX_ANSWER_TOKENS = 200


class Order(BaseModel):
    """What a model answers."""

    places: list[int]
    """The numbers of the texts, the one that fits best first."""


def reranker(thinking: Thinking | None, prompts: Prompts | None, hear: Sink) -> Rerank | None:
    """Return what puts texts in order by a turn's models; None where there are none, or none shall."""
    if thinking is None or prompts is None or not thinking.rerank_s:
        return None
    return partial(_reranked, thinking, prompts, hear)


async def _reranked(
    thinking: Thinking, prompts: Prompts, hear: Sink, asked: str, texts: Sequence[str]
) -> Sequence[int]:
    numbered = (data(f"result {number}", text) for number, text in enumerate(texts, 1))
    request = ModelRequest(
        system=prompts.fill("rerank_system", {}),
        messages=(ModelMessage(role="user", content="\n".join((data("customer", asked), *numbered))),),
        output=output_schema(Order),
        max_output_tokens=MAX_ANSWER_TOKENS,
        temperature=0.0,
    )
    said: list[int] = []
    if not thinking.is_down:
        try:
            with anyio.move_on_after(thinking.rerank_s):
                answer = await ask(thinking.model_for(WORK, hear), request)
                said = [number - 1 for number in Order.model_validate_json(answer.text).places]
        except (ShopfloorError, ValidationError) as error:
            logger.info("no model put what was found in order: %s", type(error).__name__)
    there = range(len(texts))
    return list(dict.fromkeys([*(place for place in said if place in there), *there]))
