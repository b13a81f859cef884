"""The rules by which a person takes over from German, Spanish and French messages."""

import pytest
from planning.demo_planner import PLANNER, request_in, skills

from shopfloor.language.languages import Language
from shopfloor.language.lexicon import spelt
from shopfloor.language.text import words
from shopfloor.planning.escalation import ASKED_FOR, DOUBLE_CHARGE, LEGAL_OR_SAFETY
from shopfloor.planning.escalation_languages import escalation_in

FOUND: dict[str, dict[Language, list[str]]] = {
    ASKED_FOR: {
        "de": [
            "Ich möchte mit einem Mitarbeiter sprechen",
            "Gibt es bei euch auch echte Menschen?",
            "Bitte um Rückruf",
            "Ich rede nicht mit einem Roboter",
            "Ich will mich beschweren",
            "Berater bitte",
        ],
        "es": [
            "Quiero hablar con un agente",
            "Páseme con su supervisor",
            "¿Hay alguna persona de verdad?",
            "Llámenme por favor",
            "Quiero poner una queja",
            "no quiero hablar con un robot",
        ],
        "fr": [
            "Je veux parler à un conseiller",
            "Passez-moi votre responsable",
            "Y a-t-il une vraie personne ?",
            "Rappelez-moi s'il vous plaît",
            "Je souhaite faire une réclamation",
            "je ne veux pas d'un robot",
        ],
    },
    DOUBLE_CHARGE: {
        "de": ["Ihr habt zweimal abgebucht", "Mir wurde der Betrag doppelt berechnet", "Doppelabbuchung auf der Karte"],
        "es": ["Me habéis cobrado dos veces", "Tengo un cargo duplicado", "me cobraron doble"],
        "fr": ["J'ai été débitée deux fois", "il y a un double prélèvement", "vous avez facturé en double"],
    },
    LEGAL_OR_SAFETY: {
        "de": [
            "Mein Anwalt meldet sich bei euch",
            "Das ist Betrug",
            "Mein Konto wurde gehackt",
            "Diese Abbuchung habe ich nicht veranlasst",
            "Das Ladegerät ist explodiert",
            "Ich habe einen Stromschlag bekommen",
            "Ich gehe zur Verbraucherzentrale",
        ],
        "es": [
            "Voy a hablar con mi abogado",
            "Esto es una estafa",
            "Me han hackeado la cuenta",
            "No reconozco este cargo",
            "Me dio una reacción alérgica",
            "El cargador explotó",
            "Iré a la oficina del consumidor",
        ],
        "fr": [
            "Mon avocat va vous écrire",
            "C'est une arnaque",
            "Mon compte a été piraté",
            "Je ne reconnais pas ce prélèvement",
            "J'ai fait une réaction allergique",
            "La batterie a pris feu",
            "Je vais saisir la justice",
        ],
    },
}
NOT_FOUND: dict[Language, list[str]] = {
    "de": [
        "Kann ich in zwei Raten bezahlen?",
        "Ich habe zwei Paar bestellt",
        "Wie erreiche ich euch telefonisch?",
        "Ist die Creme für Allergiker geeignet?",
        "Ich habe noch nie so schöne Schuhe gehabt",
        "Wann wird der Betrag erstattet?",
    ],
    "es": [
        "¿Se puede pagar en dos plazos?",
        "Quiero dos pares de calcetines",
        "¿Es adecuado para personas alérgicas?",
        "¿Cuándo me devolvéis el dinero?",
        "He pedido dos camisetas",
    ],
    "fr": [
        "Peut-on payer en plusieurs fois ?",
        "Puis-je régler en deux fois ?",
        "J'en veux deux",
        "Est-ce que ça convient aux personnes allergiques ?",
        "Quand serai-je remboursé ?",
    ],
}


def plain(text: str) -> str:
    return " ".join(spelt(word) for word in words(text.replace("'", " ")))


@pytest.mark.parametrize(
    ("scenario", "language", "says"),
    [
        (scenario, language, says)
        for scenario, by_language in FOUND.items()
        for language, texts in by_language.items()
        for says in texts
    ],
)
def test_a_rule_tells_when_a_person_takes_over(scenario: str, language: Language, says: str) -> None:
    rule = escalation_in(language, plain(says))
    assert rule is not None
    assert rule.scenario == scenario


@pytest.mark.parametrize(("language", "says"), [(one, text) for one, texts in NOT_FOUND.items() for text in texts])
def test_what_only_sounds_like_it_falls_under_no_rule(language: Language, says: str) -> None:
    assert escalation_in(language, plain(says)) is None


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("de", "Jetzt reicht es, ich schalte die Verbraucherzentrale ein"),
        ("es", "Os voy a llevar al juzgado"),
        ("fr", "Vous aurez bientôt des nouvelles de mon avocate"),
    ],
)
async def test_the_planner_keeps_to_the_rules(language: Language, says: str) -> None:
    assert skills(await PLANNER.plan(await request_in(language, says))) == ["human_transfer/legal_or_safety"]


@pytest.mark.parametrize("letters", ["a" * 8_000, "zwei " * 1_600, "ich will nicht mit " * 400])
@pytest.mark.parametrize("language", ["de", "es", "fr"])
def test_long_texts_are_read_quickly(language: Language, letters: str) -> None:
    escalation_in(language, letters)
