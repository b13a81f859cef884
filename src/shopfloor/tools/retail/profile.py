"""What the shop remembers of the signed-in customer: showing it, and the writes that change it.

Whose profile it is comes from the conversation's identity, in code; nothing here takes a customer as an argument of an
agent's.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, Field, JsonValue, TypeAdapter, model_validator

from shopfloor.actions.kind import ActionArgs, ActionKind, Direction, Done, Injected, Inverse, Preview
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.errors import InvalidInput, Refused, WorldError
from shopfloor.kernel.ids import ConversationId, CustomerId
from shopfloor.language.preferences import statements
from shopfloor.profiles.contract import RANKS, Kept, Profiles, Remembered
from shopfloor.profiles.naming import meant
from shopfloor.profiles.profile import Profile
from shopfloor.profiles.recollection import Recollection
from shopfloor.profiles.stated import Use, remembered, stated
from shopfloor.profiles.telling import label, lines
from shopfloor.profiles.vocabulary import KEYS, checked
from shopfloor.tools.contract import NoArgs, Tool, ToolArgs, ToolContext, ToolResult, Toolset
from shopfloor.tools.retail.undoing import earlier

logger = logging.getLogger(__name__)

SIGN_IN = ToolResult(output={"outcome": "sign_in"})
MOST = 12
"""Things that are remembered or forgotten at once."""


class WordsArgs(ToolArgs):
    """The customer's words."""

    text: Annotated[str, Field(description="What the customer said, word for word.", max_length=8_200)]


class PreferenceArgs(WordsArgs):
    """The customer's words, and what a size in them is for."""

    size_for: Annotated[Use | None, Field(description="What a size is for, where the words do not say it.")] = None


class ProfileTools:
    """The tools that read a profile."""

    def __init__(self, recollection: Recollection, brand_of: Callable[[str], str | None]) -> None:
        """Take what recalls customers, and what knows a brand of the shop in a text."""
        self._recollection = recollection
        self._brand_of = brand_of

    def tools(self) -> Sequence[Tool[Any]]:
        """Return the tools; all of them only read."""
        return (
            Tool(
                name="show_profile",
                description="Read what is remembered of the signed-in customer: sizes, tastes, open matters.",
                args=NoArgs,
                run=self._show_profile,
            ),
            Tool(
                name="read_preferences",
                description="Read out of a customer's words what can be remembered of them; changes nothing.",
                args=PreferenceArgs,
                run=self._read_preferences,
            ),
            Tool(
                name="find_remembered",
                description="Find which of the things remembered of the customer their words mean.",
                args=WordsArgs,
                run=self._find_remembered,
            ),
        )

    async def _show_profile(self, args: NoArgs, context: ToolContext) -> ToolResult:
        profile = await self._recall(context)
        if profile is None:
            return SIGN_IN
        told: list[JsonValue] = list(lines(profile.entries))
        return ToolResult(output={"outcome": "found" if told else "none", "lines": told, **profile.view()})

    async def _read_preferences(self, args: PreferenceArgs, context: ToolContext) -> ToolResult:
        if not context.session.identity.is_signed_in:
            return SIGN_IN
        found = stated(args.text, args.size_for)
        told = [*found.entries, *self._brands(args.text)]
        entries: list[JsonValue] = [{"key": key, "value": value} for key, value in told[:MOST]]
        outcome = "unclear" if found.unclear else "found" if entries else "none"
        return ToolResult(output={"outcome": outcome, "entries": entries, "size": found.unclear})

    def _brands(self, text: str) -> list[tuple[str, str]]:
        """Return the brand of the shop that a text says its writer likes, if it does."""
        likes = any(statement.kind == "likes" for statement in statements(text))
        brand = self._brand_of(text) if likes else None
        return [("brand.likes", brand)] if brand and KEYS["brand.likes"].pattern.fullmatch(brand) else []

    async def _find_remembered(self, args: WordsArgs, context: ToolContext) -> ToolResult:
        profile = await self._recall(context)
        if profile is None:
            return SIGN_IN
        known = [entry for entry in profile.entries if entry.key in KEYS]
        found = meant(args.text, known)
        entries: list[JsonValue] = [{"key": entry.key, "value": entry.value} for entry in found[:MOST]]
        told: list[JsonValue] = list(lines(found))
        outcome = "found" if found else "unknown" if known else "none"
        return ToolResult(output={"outcome": outcome, "entries": entries, "lines": told})

    async def _recall(self, context: ToolContext) -> Profile | None:
        customer = context.session.identity.customer_id
        return await self._recollection.of(customer) if customer else None


def _known_key(key: str) -> str:
    if key not in KEYS:
        raise ValueError(f"a profile has no key {key!r}")
    return key


class Entry(ActionArgs):
    """One thing to be remembered or forgotten."""

    key: Annotated[str, AfterValidator(_known_key), Field(max_length=40)]
    value: Annotated[str, Field(min_length=1, max_length=40)]

    @model_validator(mode="after")
    def _fits(self) -> "Entry":
        try:
            checked(self.key, self.value)
        except InvalidInput as error:
            raise ValueError(str(error)) from error
        return self


class ProfileArgs(ActionArgs):
    """Base of what is done to a profile; code fills in whose it is."""

    conversation_id: ConversationId | None = None
    customer_id: CustomerId | None = None


class RememberArgs(ProfileArgs):
    """Remember something."""

    entries: Annotated[tuple[Entry, ...], Field(min_length=1, max_length=MOST)]


class ForgetArgs(ProfileArgs):
    """Forget something."""

    entries: Annotated[tuple[Entry, ...], Field(min_length=1, max_length=MOST)]


class EraseProfileArgs(ProfileArgs):
    """Forget everything."""


class RestoreProfileArgs(ProfileArgs):
    """Let some keys hold just what they held."""

    keys: Annotated[tuple[str, ...], Field(max_length=MOST)]
    kept: Kept


INJECTED: frozenset[Injected] = frozenset({"conversation_id", "customer_id"})
ENTRIES: tuple[tuple[str, Direction], ...] = (("entries", "set"),)
KEPT = TypeAdapter(Kept)


class _Writes:
    """What the kinds of writes do to profiles."""

    def __init__(self, profiles: Profiles, clock: Clock) -> None:
        self._profiles = profiles
        self._clock = clock

    async def preview_remember(self, args: RememberArgs) -> Preview:
        return Preview(summary=f"Remember {_told(args.entries)}.")

    async def remember(self, key: str, args: RememberArgs) -> JsonValue:
        said = [(entry.key, entry.value) for entry in args.entries]
        entries = remembered(said, args.conversation_id, self._clock.now())
        await self._profiles.remember(_owner(args), entries, key=key)
        return {"told": _told(args.entries)}

    async def preview_forget(self, args: ForgetArgs) -> Preview:
        return Preview(summary=f"Forget {_told(args.entries)}.")

    async def forget(self, key: str, args: ForgetArgs) -> JsonValue:
        things = [(entry.key, entry.value) for entry in args.entries]
        await self._profiles.forget_things(_owner(args), things, at=self._clock.now(), key=key)
        return {"told": _told(args.entries)}

    async def preview_erase(self, args: EraseProfileArgs) -> Preview:
        count = len((await self._profiles.recall(_owner(args))).entries)
        what = f"the {count} things that I noted" if count > 1 else "what I noted" if count else "nothing that I noted"
        return Preview(summary=f"Erase all that I remember of you ({what}), for good.")

    async def erase(self, key: str, args: EraseProfileArgs) -> JsonValue:
        return {"erased": await self._profiles.erase(_owner(args), at=self._clock.now(), key=key)}

    async def erased(self, key: str) -> JsonValue:
        effect = await self._profiles.find_effect(key)
        return effect and {"erased": effect.result}

    async def changed(self, key: str) -> JsonValue:
        effect = await self._profiles.find_effect(key)
        return effect and {"removed": effect.result}

    async def preview_restore(self, args: RestoreProfileArgs) -> Preview:
        names = ", ".join(KEYS[key].label for key in args.keys if key in KEYS)
        return Preview(summary=f"Let what is remembered be as it was before: {names}.")

    async def restore(self, key: str, args: RestoreProfileArgs) -> JsonValue:
        await self._profiles.restore(_owner(args), args.keys, args.kept, key=key)
        return {"keys": list(args.keys)}

    async def snapshot(self, args: RememberArgs | ForgetArgs | RestoreProfileArgs) -> JsonValue:
        kept = (await self._profiles.recall(_owner(args))).of(_keys(args))
        view: JsonValue = KEPT.dump_python(kept, mode="json")
        return view


def profile_kinds(profiles: Profiles, clock: Clock) -> tuple[ActionKind[Any], ...]:
    """Return the kinds of writes that a profile takes; putting it back is for undoing only."""
    writes = _Writes(profiles, clock)
    return (
        ActionKind(
            name="remember",
            description="Remember something that the customer said of themselves for later conversations.",
            needs=None,
            args=RememberArgs,
            opposite="forget",
            resources=_profile,
            preview=writes.preview_remember,
            execute=writes.remember,
            confirmation="none",
            assurance="signed_in",
            injects=INJECTED,
            attributes=ENTRIES,
            snapshot=writes.snapshot,
            look_up=writes.changed,
            inverse=Inverse(kind="restore_profile", args=_as_before),
            facts=frozenset(),
        ),
        ActionKind(
            name="forget",
            description="Forget something that is remembered of the customer.",
            needs=None,
            args=ForgetArgs,
            opposite="remember",
            resources=_profile,
            preview=writes.preview_forget,
            execute=writes.forget,
            confirmation="none",
            assurance="signed_in",
            injects=INJECTED,
            attributes=ENTRIES,
            snapshot=writes.snapshot,
            look_up=writes.changed,
            inverse=Inverse(kind="restore_profile", args=_as_before),
            facts=frozenset(),
        ),
        ActionKind(
            name="erase_profile",
            description="Forget everything that is remembered of the customer, for good.",
            needs=None,
            args=EraseProfileArgs,
            resources=_profile,
            preview=writes.preview_erase,
            execute=writes.erase,
            confirmation="yes",
            assurance="signed_in",
            injects=INJECTED,
            look_up=writes.erased,
            irreversible=True,
            facts=frozenset(),
        ),
        _restoring(writes),
    )


def _restoring(writes: _Writes) -> ActionKind[RestoreProfileArgs]:
    return ActionKind(
        name="restore_profile",
        description="Let what is remembered of the customer under some keys be as it was before.",
        needs=None,
        args=RestoreProfileArgs,
        resources=_profile,
        preview=writes.preview_restore,
        execute=writes.restore,
        confirmation="none",
        assurance="signed_in",
        injects=INJECTED,
        attributes=ENTRIES,
        snapshot=writes.snapshot,
        look_up=writes.changed,
        inverse=Inverse(kind="restore_profile", args=_as_before),
        facts=frozenset(),
        is_offered=False,
    )


def _keys(args: RememberArgs | ForgetArgs | RestoreProfileArgs) -> tuple[str, ...]:
    keys = args.keys if isinstance(args, RestoreProfileArgs) else [entry.key for entry in args.entries]
    return tuple(dict.fromkeys(keys))


def _as_before(args: RememberArgs | ForgetArgs | RestoreProfileArgs, done: Done) -> dict[str, JsonValue]:
    keys: list[JsonValue] = list(_keys(args))
    whose = {"conversation_id": args.conversation_id, "customer_id": args.customer_id}
    return {**whose, "keys": keys, "kept": earlier(done)}


def _profile(args: ProfileArgs) -> tuple[str, ...]:
    return (f"profile:{args.customer_id}",)


def _owner(args: ProfileArgs) -> CustomerId:
    if args.customer_id is None:  # the gate asks for a sign-in before
        raise Refused("identity.signed_in", "Please sign in to your account first.")
    return args.customer_id


def _told(entries: Sequence[Entry]) -> str:
    """Name entries in a row: `your shoe size 9 and your size in tops M`."""
    grouped: dict[str, list[str]] = {}
    for entry in entries:
        grouped.setdefault(entry.key, []).append(checked(entry.key, entry.value))
    parts = [label(key, values) for key, values in grouped.items()]
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


class Noticing:
    """Notes the size that a signed-in customer looked for, for the next time; what they said goes before it."""

    def __init__(self, inner: Toolset, profiles: Profiles) -> None:
        """Take the toolset and where profiles are kept."""
        self._inner = inner
        self._profiles = profiles

    def tools(self) -> Sequence[Tool[ToolArgs]]:
        """Return the inner tools."""
        return self._inner.tools()

    async def call(self, name: str, args: Mapping[str, JsonValue], context: ToolContext) -> ToolResult:
        """Call, and note a size that is new."""
        result = await self._inner.call(name, args, context)
        asked = result.output.get("asked") if name == "search_products" else None
        customer = context.session.identity.customer_id
        if customer and isinstance(asked, dict) and asked:
            await self._note(customer, f"size.{asked['garment']}", str(asked["size"]), context)
        return result

    async def _note(self, customer: CustomerId, key: str, value: str, context: ToolContext) -> None:
        known = next((entry for entry in context.profile.entries if entry.key == key), None)
        if known and (known.value == value or RANKS[known.origin] > RANKS["search"]):
            return
        where = context.session.conversation_id
        entry = Remembered(key=key, value=value, origin="search", conversation_id=where, at=context.now)
        try:
            await self._profiles.remember(customer, [entry])
        except (InvalidInput, WorldError) as error:  # a search is not worth less for it
            logger.warning("a size that was looked for could not be noted: %s", type(error).__name__)
