"""Who calls: a customer's page with its conversation's secret, or the merchant's side with an API key.

A conversation's secret is derived from its id with the installation's secret, so there is nothing to store and nothing
to look up: an unknown id and a wrong secret are the same to it.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from shopfloor.http.problems import rejection
from shopfloor.http.running import Here, Running
from shopfloor.identity.identity import Identity
from shopfloor.identity.keys import PREFIX, ApiKey, StaffRole
from shopfloor.kernel.errors import InvalidInput, NotFound
from shopfloor.kernel.ids import ConversationId

_key = HTTPBearer(auto_error=False, scheme_name="apiKey", description="An API key, `sf_...`, of the merchant's side.")
_secret = HTTPBearer(
    auto_error=False, scheme_name="conversationSecret", description="What opening the conversation returned."
)
_token = HTTPBearer(
    auto_error=False, scheme_name="customerToken", description="What the shop signed for its customer; none for guests."
)
Credentials = HTTPAuthorizationCredentials | None


def conversation_secret(secret: bytes, conversation: ConversationId) -> str:
    """Return what opens a conversation: HMAC-SHA-256, in base64url."""
    digest = hmac.digest(secret, f"conversation:{conversation}".encode("utf-8", "replace"), "sha256")
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def staff(role: StaffRole) -> Callable[..., Awaitable[ApiKey]]:
    """Return a dependency that takes API keys of a role or a higher one."""

    async def allowed(here: Here, given: Annotated[Credentials, Depends(_key)]) -> ApiKey:
        return await _checked_key(here, given, role)

    return allowed


Viewer = Annotated[ApiKey, Depends(staff("viewer"))]
Support = Annotated[ApiKey, Depends(staff("support"))]
Operator = Annotated[ApiKey, Depends(staff("operator"))]
Owner = Annotated[ApiKey, Depends(staff("owner"))]


async def customer_of(
    conversation_id: str, here: Here, given: Annotated[Credentials, Depends(_secret)]
) -> ConversationId:
    """Return the conversation that a request opens with its secret."""
    conversation = ConversationId(conversation_id)
    if given is None or not _opens(here, conversation, given):
        raise _unauthenticated("This takes the secret that opening the conversation returned.")
    return conversation


async def reader_of(
    conversation_id: str,
    here: Here,
    given: Annotated[Credentials, Depends(_secret)],
    key: Annotated[Credentials, Depends(_key)],
) -> ConversationId:
    """Return the conversation that a request may read: with its secret, or with a key of the role `support`."""
    conversation = ConversationId(conversation_id)
    if given and _opens(here, conversation, given):  # it might begin like a key
        return conversation
    if key and key.credentials.startswith(PREFIX):
        await _checked_key(here, key, "support")
        return conversation
    return await customer_of(conversation_id, here, given)


Conversation = Annotated[ConversationId, Depends(customer_of)]
ReadableConversation = Annotated[ConversationId, Depends(reader_of)]


async def signed_in(here: Running, token: str) -> Identity:
    """Return who a customer's token names.

    Raises:
        HTTPException: 401; the token is forged or expired, or names nobody.
    """
    try:
        return await here.services.identify(token)
    except (InvalidInput, NotFound) as error:
        raise _unauthenticated(f"{error}"[:1].upper() + f"{error}."[1:]) from error


async def customer_token(given: Annotated[Credentials, Depends(_token)]) -> str | None:
    """Return the customer's token that a request brings, unchecked; None for a guest."""
    return given.credentials if given else None


CustomerToken = Annotated[str | None, Depends(customer_token)]


def _opens(here: Running, conversation: ConversationId, given: HTTPAuthorizationCredentials) -> bool:
    wanted = conversation_secret(here.services.secret, conversation)
    return hmac.compare_digest(given.credentials.encode("utf-8", "replace"), wanted.encode())


async def _checked_key(here: Running, given: Credentials, role: StaffRole) -> ApiKey:
    key = await here.services.keys.find(given.credentials) if given else None
    if key is None:
        raise _unauthenticated("This takes an API key: `Authorization: Bearer sf_...`.")
    here.count(key.id, "key")
    if not key.may(role):
        raise rejection(403, f"This takes a key of the role {role} or a higher one; this key's role is {key.role}.")
    return key


def _unauthenticated(detail: str) -> HTTPException:
    return rejection(401, detail, {"WWW-Authenticate": 'Bearer realm="shopfloor"'})
