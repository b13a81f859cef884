"""What a conversation's language changes, and what it leaves: the journal, the staff's tickets, who may do what."""

import pytest
from demo_app import MAYA, begin, demo_app, say

from shopfloor.conversation.notices import notice_in
from shopfloor.conversation.state import fold
from shopfloor.journal.events import ActionMoved, LanguageChanged, PlanMade, TaskStatus
from shopfloor.kernel.ids import ConversationId

pytestmark = pytest.mark.anyio
GERMAN = "Wo ist meine Bestellung #123?"


async def test_a_conversation_begins_in_english_and_notes_each_change_of_its_language_once() -> None:
    app = await demo_app()
    conversation = await begin(app, MAYA)
    for text in ("Where is my order #123?", GERMAN, "Wo ist meine Bestellung #141?", "141", "where is my order 107?"):
        await say(app, conversation, text)
    state = await app.chat.state(conversation)
    changes = [event.data.language for event in state.events if isinstance(event.data, LanguageChanged)]
    assert changes == ["de", "en"]
    assert state.language == "en"
    assert fold(state.events).language == "en"


async def test_a_journal_without_a_word_on_languages_is_in_english() -> None:
    app = await demo_app()
    conversation = await begin(app, MAYA)
    await say(app, conversation, "Where is my order #123?")
    events = (await app.chat.state(conversation)).events
    assert not any(isinstance(event.data, LanguageChanged) for event in events)
    assert fold(events).language == "en"


async def test_the_original_words_stay_in_the_journal_and_the_planner_reads_english() -> None:
    app = await demo_app()
    conversation = await begin(app, MAYA)
    await say(app, conversation, GERMAN)
    state = await app.chat.state(conversation)
    assert [message.content for message in state.messages if message.role == "user"] == [GERMAN]
    (plan,) = [event.data.plan for event in state.events if isinstance(event.data, PlanMade)]
    assert "where is my order" in str(plan).lower()
    (status, *_) = [event.data.text for event in state.events if isinstance(event.data, TaskStatus)]
    assert status == "Ich prüfe den Stand Ihrer Bestellung #123 ..."


async def test_a_ticket_holds_the_customers_own_words() -> None:
    app = await demo_app()
    conversation = await begin(app, MAYA)
    words = "Ich möchte mit einem Menschen sprechen, es geht um die Bestellung 118"
    said = await say(app, conversation, words)
    assert "Unser Team antwortet Ihnen per E-Mail" in said
    args = await last_action(app, conversation)
    assert args["subject"] == words
    assert f"Wanted: {words}" in str(args["summary"])
    assert "Language: de" in str(args["summary"])


async def test_what_happened_is_passed_on_as_the_customer_told_it() -> None:
    app = await demo_app()
    conversation = await begin(app, MAYA)
    await say(app, conversation, "Mein Anwalt wird sich bei Ihnen melden")
    told = "Der Stuhl ist unter mir zusammengebrochen."
    await say(app, conversation, told)
    assert f"Details: {told}" in str((await last_action(app, conversation))["summary"])


async def test_a_yes_holds_though_the_language_changes_after_the_question() -> None:
    app = await demo_app()
    conversation = await begin(app, MAYA)
    assert "Shall I cancel it?" in await say(app, conversation, "please cancel order 141")
    assert "ist storniert" in await say(app, conversation, "Ja, stornieren Sie die Bestellung bitte")


async def test_what_was_asked_and_what_was_done_is_journaled_in_english() -> None:
    app = await demo_app()
    conversation = await begin(app, MAYA)
    await say(app, conversation, "Bitte stornieren Sie die Bestellung 141")
    state = await app.chat.state(conversation)
    (action,) = [event.data for event in state.events if isinstance(event.data, ActionMoved)]
    assert action.summary.startswith("Cancel order #141, placed on 19 November 2026, over $119.71;")


async def test_no_sentence_of_a_conversation_in_german_is_kept_back() -> None:
    app = await demo_app()
    conversation = await begin(app, MAYA)
    for text in (GERMAN, "Wann bekomme ich mein Geld für Bestellung 107?", "Zeigen Sie mir meine Bestellung 118"):
        await say(app, conversation, text)
    assert [event for event in (await app.chat.state(conversation)).events if event.data.TYPE == "GROUNDING"] == []


async def test_a_matter_that_was_passed_on_unread_reaches_the_staff_as_it_was_written() -> None:
    app = await demo_app()
    conversation = await begin(app, MAYA)
    words = "Gdzie jest moje zamówienie 123? Czekam od tygodnia."
    said = await say(app, conversation, words)
    assert "Przekazuję wiadomość" in said
    assert "passing your message on" in said
    args = await last_action(app, conversation)
    assert args["subject"] == words
    assert "does not read" in str(args["summary"])


async def test_what_texts_tell_customers_to_say_is_understood() -> None:
    app = await demo_app()
    for opening, said in (
        (GERMAN, {"mit einem Menschen sprechen": "talk_to_a_person", "zeig meinen Warenkorb": "show_cart"}),
        (
            "¿Dónde está mi pedido 123?",
            {"hablar con una persona": "talk_to_a_person", "mostrar mi carrito": "show_cart"},
        ),
        ("Où est ma commande 123 ?", {"parler à une personne": "talk_to_a_person", "montre mon panier": "show_cart"}),
    ):
        conversation = await begin(app, MAYA)
        await say(app, conversation, opening)
        for text, skill in said.items():
            await say(app, conversation, text)
            plan = (await app.chat.state(conversation)).plan
            assert plan
            assert [task.skill for task in plan.tasks] == [skill], text


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("Onde está o meu pedido?", "Lamento"),
        ("Waar is mijn bestelling?", "Het spijt"),
        ("Где мой заказ?", "К сожалению"),
        ("Де моє замовлення?", "На жаль"),
        ("我的订单在哪里？", "很抱歉"),
        ("注文はどこですか", "申し訳"),
        ("Siparişim nerede?", "Üzgünüm"),
        ("أين طلبي", "عذر"),
    ],
)
def test_the_notice_is_in_the_language_where_that_can_be_told(text: str, begins: str) -> None:
    own, english = notice_in(text).split("\n")
    assert own.startswith(begins)
    assert english.startswith("I am sorry")


def test_the_notice_is_in_english_alone_where_it_cannot() -> None:
    assert notice_in("qwx zzz").startswith("I am sorry")


async def last_action(app, conversation: ConversationId):  # type: ignore[no-untyped-def]
    events = (await app.chat.state(conversation)).events
    return [event.data for event in events if isinstance(event.data, ActionMoved)][-1].args
