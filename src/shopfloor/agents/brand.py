"""What every agent of the shop keeps to: name, voice, refusals, guidelines, hours, when a person takes over."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from shopfloor.agents.choices import holds
from shopfloor.agents.languages import OTHERS, OtherLanguage, PlainTranslation, shortened, text_problems
from shopfloor.agents.playbook import GIVEN, Data, Expression, Line, Name, TemplateText, Text
from shopfloor.agents.templates import check_template
from shopfloor.identity.identity import Identity
from shopfloor.kernel.cron import check_cron
from shopfloor.kernel.errors import FieldProblem, InvalidInput
from shopfloor.kernel.fields import wrong_fields
from shopfloor.kernel.ids import AgentId, CustomerId
from shopfloor.language.languages import Language
from shopfloor.language.writing import set_in
from shopfloor.outreach.rules import OutreachRules
from shopfloor.shop.return_policy import ReturnPolicy

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError) as error:  # what the library raises for a name that it does not know
        raise ValueError(f"there is no time zone called {name!r}") from error
    return name


class OpeningHours(Data):
    """When staff answer on one day."""

    opens: time
    closes: time
    """Midnight, 00:00, is the end of the day."""

    @model_validator(mode="after")
    def _opens_first(self) -> Self:
        if time() < self.closes <= self.opens:
            raise ValueError("it closes before it opens: a day ends at 00:00 at the latest")
        return self

    def holds(self, at: time) -> bool:
        """Whether it is open at a time of day."""
        return self.opens <= at and (at < self.closes or self.closes == time())


TOLD = ("greeting", "refusal", "not_understood", "trouble", "thanks")
"""Settings that are said as they are written."""
Customers = Literal["everyone", "guests", "signed_in"]
Word = Annotated[str, Field(pattern=r"^[^\W\d_]([^\W\d_]|[ '-])*$", max_length=60)]


class Guideline(Data):
    """When something holds, do something: a rule for models, and with `say` a fixed text."""

    id: Name
    when: Line
    do: Line
    agents: Annotated[tuple[AgentId, ...], Field(max_length=60)] = ()
    """For whom; empty for all."""
    customers: Customers | Annotated[tuple[CustomerId, ...], Field(max_length=1_000)] = "everyone"
    """With whom; or the ids of some signed-in customers."""
    condition: Expression = "true"
    """When the text is said, over what every playbook is given, and `agent`, the id of who speaks."""
    say: TemplateText = ""
    """What is said once in a turn; empty for a rule that only models read."""
    place: Literal["before", "after"] = "after"
    """Before the agent's first words; or after its last, once its task is done."""

    def concerns(self, agent: AgentId, identity: Identity) -> bool:
        """Whether an agent keeps to it with a customer."""
        if self.agents and agent not in self.agents:
            return False
        if isinstance(self.customers, tuple):
            return identity.customer_id in self.customers
        return self.customers == "everyone" or (self.customers == "signed_in") == identity.is_signed_in


class Refusal(Data):
    """How the shop refuses what is about one topic."""

    id: Name
    phrases: Annotated[tuple[Line, ...], Field(min_length=1, max_length=100)]
    """Words in a row, whatever their endings, by which a request is about it."""
    message: Text


TransferField = Literal["email", "order_number", "name", "phone", "product", "details"]


class TransferScenario(Data):
    """When a person takes over, what they are told, and what the customer hears."""

    id: str
    when: str
    phrases: tuple[Annotated[str, Field(pattern=r"\w")], ...] = ()
    """Words in a row, whatever their endings, with which a message is passed on whatever else it asks for."""
    agent: AgentId = AgentId("human_transfer")
    """Who passes it on."""
    subject: str = ""
    """What a ticket's subject begins with."""
    fields: tuple[TransferField, ...]
    """What is asked for the ticket, unless it is known; an e-mail address always is."""
    message: str
    out_of_hours_message: str


Days = Annotated[int, Field(le=36_500)]


class RetentionRules(Data):
    """For how many days something is kept once it no longer moves; None for as long as the installation lasts."""

    conversations_days: Annotated[Days, Field(ge=1)] | None = None
    """Then the personal part of a conversation's events is erased; the events stay."""
    staff_actions_days: Annotated[Days, Field(ge=1)] | None = None
    """Then the personal part of what the staff did themselves is erased; that it was done stays."""
    outreaches_days: Annotated[Days, Field(ge=8)] | None = None
    """Then outreaches are removed with their messages in the outbox: not before the week that frequency caps count."""
    model_calls_days: Annotated[Days, Field(ge=1)] | None = None
    """Then calls are removed from the model ledger."""


class ScheduleRules(Data):
    """When what the calendar calls for is done, as cron expressions in the shop's time zone."""

    retention: Annotated[str, AfterValidator(check_cron)] = "0 * * * *"
    """When what is kept no longer is erased and removed."""
    knowledge: Annotated[str, AfterValidator(check_cron)] = "30 3 * * *"
    """When the sites, files and folders that the team's knowledge comes from are looked at again."""


class Brand(Data):
    """A shop's global settings for its agents."""

    shop_name: Line
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")]
    """Where the shop is at home: what a question means that names no country."""
    zone: Annotated[str, AfterValidator(_known_zone)]
    """IANA time zone that days and opening hours are meant in."""
    voice: Text
    """For models: how every agent speaks."""
    wording: Annotated[dict[Word, Word], Field(max_length=100)] = Field(default_factory=dict[str, str])
    """The shop's own words, by those that they stand for, both in the singular: `parcel: package`."""
    greeting: Text
    refusal: Text
    """For what is not the shop's business."""
    refusals: Annotated[tuple[Refusal, ...], Field(max_length=50)] = ()
    """In place of it, for some topics."""
    not_understood: Text
    trouble: Text
    """When something of ours does not work."""
    thanks: Text
    support_email: Line
    hours: dict[Weekday, OpeningHours]
    """Days that are missing are closed."""
    closed: Annotated[dict[date, Line], Field(max_length=400)] = Field(default_factory=dict[date, str])
    """Holidays, each with its name."""
    guidelines: Annotated[tuple[Guideline, ...], Field(max_length=100)] = ()
    transfer_scenarios: tuple[TransferScenario, ...] = ()
    outreach: OutreachRules = OutreachRules()
    returns: ReturnPolicy = ReturnPolicy()
    retention: RetentionRules = RetentionRules()
    schedules: ScheduleRules = ScheduleRules()
    irreversible_limit_minor: Annotated[int, Field(ge=0)]
    """Up to this amount an action that cannot be undone needs no merchant's approval."""
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    languages: dict[OtherLanguage, PlainTranslation] = Field(default_factory=dict[OtherLanguage, PlainTranslation])

    @model_validator(mode="after")
    def _has_each_id_once(self) -> Self:
        found: list[FieldProblem] = []
        for field, ids in (
            ("guidelines", [g.id for g in self.guidelines]),
            ("refusals", [r.id for r in self.refusals]),
        ):
            twice = sorted({one for one in ids if ids.count(one) > 1})
            found += [FieldProblem(field, f"two have the id {one}: choose another for one of them") for one in twice]
        if found:
            raise wrong_fields(found)
        return self

    def language_problems(self) -> list[FieldProblem]:
        """Return what is wrong with its translations; stored settings with such ones are still good in English."""
        known = self.texts()
        found: list[FieldProblem] = []
        for language, translation in self.languages.items():
            found += text_problems(f"languages.{language}", translation.texts, known, None)
            found += self._says_problems(language, translation)
        return found

    def _says_problems(self, language: str, translation: PlainTranslation) -> list[FieldProblem]:
        """Return what is wrong with the translations of what guidelines say, which are templates."""
        says = [one.say for one in self.guidelines if one.say in translation.texts]
        found: list[FieldProblem] = []
        for source in says:
            field = f"languages.{language}.texts.{shortened(source)}"
            try:
                check_template(translation.texts[source])
            except InvalidInput as error:
                found.append(FieldProblem(field, str(error)))
                continue
            text = {source: translation.texts[source]}
            found += text_problems(f"languages.{language}", text, says, {*GIVEN, "agent"})
        return found

    def texts(self) -> dict[str, None]:
        """Return what the customer may read of it, as it is written, each once."""
        returns = self.returns
        found = [self.greeting, self.refusal, self.not_understood, self.trouble, self.thanks]
        found += [one.message for one in self.refusals]
        found += [one.say for one in self.guidelines]
        found += [text for one in self.transfer_scenarios for text in (one.message, one.out_of_hours_message)]
        found += [returns.condition, returns.refunded_in, *returns.conditions.values(), *returns.excluded.values()]
        found += returns.instructions.values()
        return {text: None for text in found if text}

    def said(self, language: Language) -> Mapping[str, str]:
        """Return its texts in a language, by the English ones; those that are missing are said in English."""
        translation = self.languages.get(language) if language in OTHERS else None
        texts = translation.texts if translation else {}
        return {source: set_in(language, text) for source, text in texts.items()}

    def in_language(self, language: Language) -> Self:
        """Return the settings as customers read them in a language."""
        said = self.said(language)
        if not said:
            return self

        def put(text: str) -> str:
            return said.get(text, text)

        scenarios = [
            one.model_copy(update={"message": put(one.message), "out_of_hours_message": put(one.out_of_hours_message)})
            for one in self.transfer_scenarios
        ]
        return self.model_copy(
            update={
                **{name: put(getattr(self, name)) for name in TOLD},
                "refusals": tuple(one.model_copy(update={"message": put(one.message)}) for one in self.refusals),
                "transfer_scenarios": tuple(scenarios),
            }
        )

    def is_open(self, at: datetime) -> bool:
        """Whether staff answer at an instant."""
        local = at.astimezone(ZoneInfo(self.zone))
        hours = self.hours.get(WEEKDAYS[local.weekday()])
        return hours is not None and local.date() not in self.closed and hours.holds(local.time())

    def opens_next(self, at: datetime) -> datetime | None:
        """Return when staff answer again after an instant; None where they do not within a month."""
        local = at.astimezone(ZoneInfo(self.zone))
        for day in (local.date() + timedelta(days=days) for days in range(31)):
            hours = self.hours.get(WEEKDAYS[day.weekday()])
            opening = datetime.combine(day, hours.opens, ZoneInfo(self.zone)) if hours else None
            if opening and day not in self.closed and opening > at:
                return opening
        return None

    def refusal_for(self, request: str) -> str:
        """Return how a request is refused that is not the shop's business."""
        topic = next((one for one in self.refusals if holds(one.phrases, request)), None)
        return topic.message if topic else self.refusal
