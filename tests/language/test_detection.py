from importlib import resources

import pytest
import yaml
from demo_app import contents
from hypothesis import given, settings
from hypothesis import strategies as st

from shopfloor.agents.registry import shipped_cards
from shopfloor.language.detection import detect
from shopfloor.language.languages import LANGUAGES, Language

MESSAGES: dict[Language, list[str]] = {
    "de": [
        "Wo ist meine Bestellung #123?",
        "wo bleibt mein paket, das sollte schon gestern da sein",
        "wann kommt bestellung 4711 an",
        "Wurde meine Bestellung schon verschickt?",
        "Ich warte seit zwei Wochen auf meine Lieferung",
        "laut DHL wurde das paket zugestellt, aber ich habe nichts bekommen",
        "was habe ich eigentlich bestellt?",
        "ich brauche eine rechnung für bestellung #141",
        "Wie viel habe ich für die letzte Bestellung bezahlt",
        "Bitte stornieren Sie meine Bestellung #141",
        "ich möchte meine bestellung stornieren",
        "kann ich die bestellung noch stornieren",
        "hab aus versehen zweimal bestellt, bitte eine davon stornieren",
        "Ich muss die Lieferadresse für Bestellung 141 ändern",
        "ich bin umgezogen, bitte schickt die bestellung an Lindenstraße 12, 10115 Berlin",
        "habe die falsche hausnummer angegeben",
        "Ich möchte die Schuhe zurückgeben",
        "die jacke passt nicht, ich will sie umtauschen",
        "falsche größe bekommen und möchte zurückschicken",
        "Die Tasse ist kaputt angekommen",
        "kann ich bestellung 141 noch zurückschicken?",
        "Wo bleibt meine Rückerstattung?",
        "wann kriege ich mein geld zurück für 141",
        "ich habe die sachen vor drei wochen zurückgeschickt und immer noch kein geld",
        "ich brauche ein retourenlabel",
        "wo finde ich das rücksendeetikett für bestellung 141",
        "bitte meine retoure stornieren, ich behalte die schuhe doch",
        "habt ihr rote sneaker in herrengröße 43",
        "ich suche eine wasserdichte winterjacke für damen",
        "Ich brauche ein Geschenk für meine Frau, unter 50 Euro",
    ],
    "es": [
        "¿Dónde está mi pedido #123?",
        "donde esta mi paquete, tenia que llegar ayer",
        "cuando llega el pedido 4711",
        "¿Ya han enviado mi pedido?",
        "llevo dos semanas esperando mi pedido",
        "aparece como entregado pero no he recibido nada",
        "qué pedí la última vez?",
        "necesito la factura del pedido #141",
        "Cuánto pagué por mi último pedido",
        "Por favor cancelen mi pedido #141",
        "quiero cancelar mi pedido",
        "todavía puedo cancelar el pedido?",
        "hice el pedido dos veces por error, cancela uno por favor",
        "Tengo que cambiar la dirección de entrega del pedido 141",
        "puse mal el número de la calle en mi dirección",
        "Quiero devolver los zapatos",
        "la chaqueta no me queda bien, quiero cambiarla",
        "me llegó la talla equivocada y quiero devolverla",
        "La taza llegó rota",
        "todavía puedo devolver el pedido 141?",
        "¿Dónde está mi reembolso?",
        "cuándo me devuelven el dinero del pedido 141",
        "devolví los zapatos hace tres semanas y sigo sin recibir el dinero",
        "necesito una etiqueta de devolución",
        "quiero cancelar mi devolución, me quedo con los zapatos",
        "tenéis zapatillas rojas de hombre en talla 43?",
        "busco una chaqueta de invierno impermeable para mujer",
        "necesito un regalo para mi mujer por menos de 50 euros",
        "enséñame vestidos negros",
        "hay chubasqueros verdes para niños?",
    ],
    "fr": [
        "Où est ma commande #123 ?",
        "ou est mon colis, il devait arriver hier",
        "quand arrive la commande 4711",
        "Ma commande a-t-elle été expédiée ?",
        "j'attends ma commande depuis deux semaines",
        "marqué comme livré mais je n'ai rien reçu",
        "qu'est-ce que j'ai commandé la dernière fois ?",
        "j'ai besoin de la facture de la commande #141",
        "Combien ai-je payé pour ma dernière commande",
        "Merci d'annuler ma commande #141",
        "je veux annuler ma commande",
        "est-ce que je peux encore annuler la commande ?",
        "j'ai commandé deux fois par erreur, annulez une commande svp",
        "Je dois changer l'adresse de livraison de la commande 141",
        "je me suis trompé de numéro de rue dans mon adresse",
        "Je voudrais retourner les chaussures",
        "la veste ne me va pas, je veux l'échanger",
        "j'ai reçu la mauvaise taille et je veux la renvoyer",
        "La tasse est arrivée cassée",
        "puis-je encore renvoyer la commande 141 ?",
        "Où en est mon remboursement ?",
        "quand est-ce que je serai remboursé pour la 141",
        "j'ai renvoyé les chaussures il y a trois semaines et toujours pas de remboursement",
        "j'ai besoin d'une étiquette de retour",
        "je voudrais annuler mon retour, je garde les chaussures",
        "vous avez des baskets rouges pour homme en taille 43 ?",
        "je cherche une veste d'hiver imperméable pour femme",
        "il me faut un cadeau pour ma femme à moins de 50 euros",
        "montrez-moi des robes noires",
        "y a-t-il des vestes de pluie vertes pour enfants ?",
    ],
    "en": [
        "where is my order",
        "I live in München, when does my parcel come?",
        "can I get the Schlafsack in blue",
        "do you ship to Frankfurt am Main",
        "is the Café au Lait mug in stock",
        "where is my order for the Piña Colada towel",
        "do you have the Gemütlich blanket",
        "I am from Côte d'Ivoire, do you ship there?",
        "I want to return the Jalapeño socks",
        "yes please",
        "cancel my order #141",
        "do you have any red sneakers in men's size 9?",
        "what is the difference between them",
        "I'll take the second one",
    ],
}
OTHERS = {
    "nl": [
        "waar is mijn pakket",
        "ik wil mijn bestelling annuleren",
        "hebben jullie rode schoenen in maat 43?",
        "kan ik dit nog terugsturen",
        "wanneer komt mijn bestelling aan",
        "goedemorgen",
        "ik heb een vraag",
        "ik wil graag met een medewerker spreken",
        "hoe lang duurt de levering",
        "dank je wel",
        "mijn geld is nog niet terug",
    ],
    "it": [
        "dove è il mio ordine",
        "vorrei annullare l'ordine",
        "avete scarpe rosse in taglia 43?",
        "quando arriva il mio pacco",
        "non ho ricevuto niente",
        "posso restituire le scarpe?",
        "buongiorno",
        "grazie mille",
        "quanto costa la spedizione",
        "voglio parlare con una persona",
    ],
    "pt": [
        "onde está o meu pedido",
        "quero cancelar a minha encomenda",
        "vocês têm tênis vermelhos tamanho 43?",
        "quando chega meu pacote",
        "não recebi nada",
        "posso devolver os sapatos?",
        "bom dia",
        "muito obrigado",
        "quanto custa o frete",
        "quero falar com uma pessoa",
    ],
    "sv": [
        "var är mitt paket",
        "jag vill avbeställa min order",
        "har ni röda skor i storlek 43?",
        "när kommer mitt paket",
        "jag har inte fått något",
        "kan jag returnera skorna?",
        "hej",
        "tack så mycket",
        "vad kostar frakten",
        "jag vill prata med en människa",
    ],
    "da": [
        "hvor er min pakke",
        "jeg vil gerne annullere min ordre",
        "har I røde sko i størrelse 43?",
        "hvornår kommer min pakke",
        "jeg har ikke fået noget",
        "kan jeg returnere skoene?",
        "tak for hjælpen",
    ],
    "no": [
        "hvor er pakken min",
        "jeg vil avbestille ordren min",
        "har dere røde sko i størrelse 43?",
        "når kommer pakken",
        "jeg har ikke fått noe",
        "takk for hjelpen",
    ],
    "fi": [
        "missä pakettini on",
        "haluan peruuttaa tilauksen",
        "onko teillä punaisia kenkiä koossa 43?",
        "milloin tilaukseni tulee",
        "en ole saanut mitään",
        "kiitos",
    ],
    "pl": [
        "gdzie jest moja paczka",
        "chcę anulować zamówienie",
        "czy macie czerwone buty w rozmiarze 43?",
        "kiedy przyjdzie moje zamówienie",
        "nie dostałem nic",
        "dzień dobry",
        "dziękuję",
        "gdzie jest moje zamowienie",
    ],
    "cs": [
        "kde je můj balík",
        "chci zrušit objednávku",
        "máte červené boty velikost 43?",
        "kdy přijde moje objednávka",
        "dobrý den",
        "děkuji",
    ],
    "sk": [
        "kde je môj balík",
        "chcem zrušiť objednávku",
        "máte červené topánky?",
        "ďakujem",
    ],
    "hu": [
        "hol van a csomagom",
        "szeretném lemondani a rendelésemet",
        "mikor érkezik meg a csomag",
        "köszönöm",
        "jó napot",
    ],
    "ro": [
        "unde este comanda mea",
        "vreau să anulez comanda",
        "aveți pantofi roșii mărimea 43?",
        "când ajunge coletul",
        "mulțumesc",
    ],
    "tr": [
        "siparişim nerede",
        "siparişimi iptal etmek istiyorum",
        "kırmızı ayakkabı var mı",
        "paketim ne zaman gelecek",
        "teşekkürler",
        "merhaba",
    ],
    "hr": [
        "gdje je moj paket",
        "želim otkazati narudžbu",
        "imate li crvene cipele",
        "hvala",
    ],
    "sl": [
        "kje je moj paket",
        "želim preklicati naročilo",
        "hvala lepa",
    ],
    "et": [
        "kus mu pakk on",
        "tahan tellimuse tühistada",
        "aitäh",
    ],
    "lv": [
        "kur ir mans pasūtījums",
        "vēlos atcelt pasūtījumu",
        "paldies",
    ],
    "lt": [
        "kur yra mano užsakymas",
        "noriu atšaukti užsakymą",
        "ačiū",
    ],
    "id": [
        "di mana pesanan saya",
        "saya mau membatalkan pesanan",
        "terima kasih",
    ],
    "vi": [
        "đơn hàng của tôi ở đâu",
        "tôi muốn hủy đơn hàng",
        "cảm ơn",
    ],
    "tl": [
        "nasaan ang order ko",
        "gusto kong i-cancel ang order ko",
        "salamat po",
    ],
    "sw": [
        "agizo langu liko wapi",
        "asante sana",
    ],
    "ca": [
        "on és la meva comanda",
        "vull cancel·lar la comanda",
        "gràcies",
    ],
    "gl": [
        "onde está o meu pedido",
        "grazas",
    ],
    "eu": [
        "non dago nire eskaera",
        "eskerrik asko",
    ],
    "is": [
        "hvar er pöntunin mín",
        "takk fyrir",
    ],
    "sq": [
        "ku është porosia ime",
        "faleminderit",
    ],
    "af": [
        "waar is my bestelling",
        "ek wil my bestelling kanselleer",
        "dankie",
    ],
    "ru": [
        "где мой заказ",
        "спасибо",
    ],
    "ar": [
        "أين طلبي",
    ],
    "zh": [
        "我的订单在哪里",
    ],
    "el": [
        "πού είναι η παραγγελία μου",
    ],
    "he": [
        "איפה ההזמנה שלי",
    ],
    "ja": [
        "注文はどこですか",
        "注文 #123 はどこですか",
    ],
    "ko": [
        "내 주문은 어디에 있나요",
    ],
    "hi": [
        "मेरा ऑर्डर कहाँ है",
    ],
    "uk": [
        "де моє замовлення",
    ],
    "th": [
        "คำสั่งซื้อของฉันอยู่ที่ไหน",
    ],
}
SHORT: list[tuple[str, Language, Language]] = [
    ("wo ist mein paket", "en", "de"),
    ("donde esta mi pedido", "en", "es"),
    ("ou est ma commande", "en", "fr"),
    ("ja", "en", "de"),
    ("si por favor", "en", "es"),
    ("oui", "en", "fr"),
    ("non merci", "en", "fr"),
    ("nein", "en", "de"),
    ("sí", "en", "es"),
    ("gracias", "en", "es"),
    ("hola", "en", "es"),
    ("bonjour", "en", "fr"),
    ("hallo", "en", "de"),
    ("guten tag", "en", "de"),
    ("danke", "en", "de"),
    ("merci", "de", "fr"),
    ("ja bitte", "en", "de"),
    ("yes please", "de", "en"),
    ("yes", "de", "en"),
    ("yes", "fr", "en"),
    ("no", "es", "es"),
    ("no", "en", "en"),
    ("no", "fr", "fr"),
    ("ok", "de", "de"),
    ("ok", "fr", "fr"),
    ("123", "de", "de"),
    ("#141", "es", "es"),
    ("Ruby Runner 43", "de", "de"),
    ("Ruby Runner 43", "en", "en"),
    ("max.mueller@gmx.de", "en", "en"),
    ("max.mueller@gmx.de", "fr", "fr"),
    ("Lindenstraße 12, 10115 Berlin", "en", "en"),
    ("where is my parcel, I live in München", "en", "en"),
    ("do you ship to Frankfurt am Main", "en", "en"),
    ("is the Café au Lait mug in stock", "en", "en"),
    ("where is my order for the Piña Colada towel", "en", "en"),
    ("can I get the Schlafsack in blue", "en", "en"),
    ("I want to return the Jalapeño socks", "de", "en"),
    ("hello, meine bestellung ist nicht angekommen", "en", "de"),
    ("Wo ist my order, ich warte schon lange", "en", "de"),
    ("do you have the Gemütlich blanket", "en", "en"),
    ("XL", "de", "de"),
    ("rot", "de", "de"),
    ("stornieren", "en", "de"),
    ("bestellung stornieren", "en", "de"),
    ("cancelar pedido", "en", "es"),
    ("annuler commande", "en", "fr"),
    ("remboursement svp", "en", "fr"),
    ("43", "en", "en"),
    ("lol", "de", "de"),
    ("👍", "de", "de"),
    ("", "de", "de"),
    ("señor", "en", "en"),
    ("quiero cancelar", "en", "es"),
    ("je veux annuler", "en", "fr"),
    ("cuanto cuesta", "en", "es"),
    ("c'est combien", "en", "fr"),
    ("j'attends toujours", "en", "fr"),
    ("Warenkorb", "en", "de"),
    ("Rückgaberecht?", "en", "de"),
    ("devoluciones", "en", "es"),
    ("livraison", "en", "fr"),
    ("stop", "de", "de"),
    ("hi", "de", "de"),
    ("hi", "en", "en"),
    ("I am from Côte d'Ivoire, do you ship there?", "en", "en"),
    ("men's sneakers in EU 42", "en", "en"),
]


@pytest.mark.parametrize(("language", "text"), [(one, text) for one, texts in MESSAGES.items() for text in texts])
def test_a_message_is_in_its_language_whatever_was_spoken_before(language: Language, text: str):
    assert {detect(text, before) for before in LANGUAGES} == {language}


@pytest.mark.parametrize("text", [text for texts in OTHERS.values() for text in texts])
def test_a_message_in_a_language_of_others_is_in_none_of_ours(text: str):
    assert {detect(text, before) for before in LANGUAGES} == {None}


@pytest.mark.parametrize(("text", "before", "language"), SHORT)
def test_short_messages_are_told_apart_and_neutral_ones_keep_the_language(
    text: str, before: Language, language: Language
):
    assert detect(text, before) == language


def test_every_english_example_of_the_cards_is_english():
    examples = [example for card in shipped_cards() for skill in card.skills for example in skill.examples]
    examples += [str(name) for card in shipped_cards() for name in (card.description, card.instructions)]
    assert len(examples) > 300
    written = [example.replace("{order}", "#118") for example in examples]
    assert [example for example in written if detect(example, "en") != "en"] == []


def test_a_products_name_alone_keeps_the_language():
    titles = {product.title for product in contents().products}
    wrong = [
        (title, before)
        for title in titles
        for before in LANGUAGES
        if detect(title, before) != before or detect(title.lower(), before) != before
    ]
    assert len(wrong) <= 10, wrong


def test_of_two_languages_the_one_with_more_words_counts():
    assert detect("hello, meine Bestellung ist nicht angekommen", "en") == "de"
    assert detect("gracias, where is my order and when will it come", "es") == "en"
    assert detect("merci, ich hätte gern die rote Hose in Größe 40", "fr") == "de"


def test_no_word_stands_in_a_language_of_others_twice():
    file = resources.files("shopfloor.language") / "shipped" / "others.yaml"
    listed = yaml.safe_load(file.read_text("utf-8"))
    assert len(listed) >= 25
    assert not set(listed) & set(LANGUAGES)
    assert all(isinstance(language, str) for language in listed)


@settings(deadline=None)  # the first message reads the data
@given(st.text(max_size=400), st.sampled_from(LANGUAGES))
def test_any_text_has_a_language_or_surely_another(text: str, before: Language):
    assert detect(text, before) in {*LANGUAGES, None}


@settings(deadline=None)  # the first message reads the data
@given(st.text(alphabet="0123456789 .,;:#-+()/@€$%\n👍", max_size=60), st.sampled_from(LANGUAGES))
def test_numbers_and_signs_keep_the_language(text: str, before: Language):
    assert detect(text, before) == before
