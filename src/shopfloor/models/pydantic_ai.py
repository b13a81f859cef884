"""A model behind pydantic-ai, for providers that speak neither wire format: the extra `pydantic-ai`.

It takes more CPU for each token than the clients of this package, and reads its keys from the environment variables
that it documents itself.
"""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing

from anyio import Lock, to_thread
from pydantic_ai import messages as pai
from pydantic_ai.direct import model_request_stream
from pydantic_ai.exceptions import (
    AgentRunError,
    ModelAPIError,
    ModelQuotaExceededError,
    ModelRateLimitError,
    ModelRequestRejectedError,
    UserError,
)
from pydantic_ai.models import Model as PaiModel
from pydantic_ai.models import ModelRequestParameters, StreamedResponse, infer_model
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition

from shopfloor.kernel.errors import BadAnswer, RateLimited, Rejected, Unavailable, WorldError
from shopfloor.models.contract import Finished, FinishReason, ModelMessage, ModelRequest, Piece, TextDelta, Usage
from shopfloor.models.payload import Measure, ToolRequestParts

REASONS: dict[str | None, FinishReason] = {"length": "length", "content_filter": "refusal"}


class PydanticAiModel:
    """Any model that pydantic-ai knows."""

    def __init__(self, model: PaiModel | str, name: str, *, whole_s: float = 120.0) -> None:
        """Take the model, or what pydantic-ai calls it, such as `mistral:mistral-large-latest`, and our name for it."""
        self._named = model
        self._model: PaiModel | None = None
        self._opening = Lock()
        self._name = name
        self._whole_s = whole_s

    async def close(self) -> None:
        """Close its connections, if any are open."""
        model, self._model = self._model, None
        if model is not None:
            await model.__aexit__(None, None, None)

    async def _open(self) -> PaiModel:
        """Return the model with its connections, which are kept between calls."""
        async with self._opening:
            if self._model is None:
                model = await to_thread.run_sync(infer_model, self._named)  # it may import a provider's package
                self._model = await model.__aenter__()
            return self._model

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece]:
        """Ask once."""
        measure = Measure(self._name)
        try:
            async with model_request_stream(
                await self._open(),
                _history(request),
                model_settings=self._settings(request),
                model_request_parameters=_parameters(request),
            ) as response:
                async with aclosing(_texts(response)) as texts:
                    async for text in texts:
                        yield TextDelta(measure.add(text))
                yield _finished(response, self._name)
        except ModelAPIError as error:
            raise _translated(error, self._name) from error
        except (AgentRunError, UserError, ImportError) as error:
            raise Rejected(f"{self._name}: {type(error).__name__}: {str(error)[:200]}", is_lasting=True) from error

    def _settings(self, request: ModelRequest) -> ModelSettings:
        settings = ModelSettings(request_timeout=self._whole_s)
        if request.max_output_tokens is not None:
            settings["max_tokens"] = request.max_output_tokens
        if request.temperature is not None:
            settings["temperature"] = request.temperature
        return settings


async def _texts(response: StreamedResponse) -> AsyncGenerator[str]:
    async for event in response:
        match event:
            case pai.PartStartEvent(part=pai.TextPart(content=text)) if text:
                yield text
            case pai.PartDeltaEvent(delta=pai.TextPartDelta(content_delta=text)) if text:
                yield text
            case _:
                pass


def _finished(response: StreamedResponse, who: str) -> Finished:
    answer = response.get()
    reason = REASONS.get(answer.finish_reason)
    requests = ()
    if reason is None:
        calls = [part for part in answer.parts if isinstance(part, pai.ToolCallPart)]
        requests = tuple(_parts(call).request(place, who) for place, call in enumerate(calls))
        reason = "tool_calls" if requests else "stop"
    if reason == "stop" and not answer.text:
        raise BadAnswer(f"{who}: its answer is empty")
    used = answer.usage
    usage = Usage(
        input_tokens=used.input_tokens,
        output_tokens=used.output_tokens,
        cached_tokens=used.cache_read_tokens,
        cache_write_tokens=used.cache_write_tokens,
    )
    return Finished(
        reason=reason,
        tool_requests=requests,
        usage=usage if used.input_tokens or used.output_tokens else None,
        model=answer.model_name or "",
    )


def _parts(call: pai.ToolCallPart) -> ToolRequestParts:
    parts = ToolRequestParts(call.tool_call_id, call.tool_name)
    parts.arguments.append(call.args if isinstance(call.args, str) else json.dumps(call.args or {}))
    return parts


def _parameters(request: ModelRequest) -> ModelRequestParameters:
    tools = [
        ToolDefinition(name=tool.name, description=tool.description, parameters_json_schema=dict(tool.parameters))
        for tool in request.tools
    ]
    if request.output is None:
        return ModelRequestParameters(function_tools=tools)
    output = OutputObjectDefinition(json_schema=dict(request.output.schema), name=request.output.name, strict=True)
    return ModelRequestParameters(function_tools=tools, output_mode="native", output_object=output)


def _history(request: ModelRequest) -> list[pai.ModelMessage]:
    system = "\n\n".join(part for part in (request.system, request.situation) if part)
    first: list[pai.ModelRequestPart] = [pai.SystemPromptPart(system)] if system else []
    history: list[pai.ModelMessage] = [pai.ModelRequest(parts=first)] if first else []
    names: dict[str | None, str] = {}
    for message in request.messages:
        names |= {one.id: one.name for one in message.tool_requests}
        if message.role == "assistant":
            history.append(_response(message))
        else:
            history.append(pai.ModelRequest(parts=[_part(message, names)]))
    return history


def _part(message: ModelMessage, names: dict[str | None, str]) -> pai.ModelRequestPart:
    if message.role == "system":
        return pai.SystemPromptPart(message.content)
    if message.role == "tool":
        asked = message.tool_request_id or ""
        return pai.ToolReturnPart(tool_name=names.get(asked, ""), content=message.content, tool_call_id=asked)
    return pai.UserPromptPart(message.content)


def _response(message: ModelMessage) -> pai.ModelResponse:
    parts: list[pai.ModelResponsePart] = [pai.TextPart(message.content)] if message.content else []
    parts += [
        pai.ToolCallPart(tool_name=one.name, args=dict(one.arguments), tool_call_id=one.id)
        for one in message.tool_requests
    ]
    return pai.ModelResponse(parts=parts)


def _translated(error: ModelAPIError, who: str) -> WorldError:
    kind = type(error).__name__
    if isinstance(error, ModelQuotaExceededError):
        return Rejected(f"{who}: the account has no credit left: top it up at the provider", is_lasting=True)
    if isinstance(error, ModelRateLimitError):
        return RateLimited(f"{who}: it is asked too often", retry_after_s=error.retry_after)
    if isinstance(error, ModelRequestRejectedError):
        return Rejected(f"{who}: it does not take this request ({kind}): check its key and the model's name")
    return Unavailable(f"{who}: it failed ({kind})", retry_after_s=error.retry_after)
