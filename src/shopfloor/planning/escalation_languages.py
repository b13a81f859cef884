"""When a message in German, Spanish or French goes to a person: the rules of `escalation` for those languages.

Read on words in lower case without accents and marks, umlauts as two letters. What a message's gloss falls under
counts as well.
"""

from collections.abc import Mapping
from functools import lru_cache

from shopfloor.language.languages import Language
from shopfloor.planning.escalation import ASKED_FOR, DOUBLE_CHARGE, LEGAL_OR_SAFETY, Rule, near, rule

GERMAN_PEOPLE = (
    r"mensch(?:en)?|person|mitarbeiter\w*|berater\w*|kollegen?|kollegin|vorgesetzten?|chefs?|chefin|"
    r"ansprechpartner\w*|jemand\w*|"
    r"kundenservice|kundendienst|support|kundenbetreuung|leitung|geschaeftsleitung|filialleit\w+|teamleit\w+|"
    r"verkaeufer\w*"
)
SPANISH_PEOPLE = (
    r"personas?|humanos?|agentes?|asesor\w*|operador\w*|supervisor\w*|encargad[oa]|jef[ea]|gerente|empleados?|"
    r"representantes?|"
    r"alguien|responsable|ejecutiv[oa]|atencion al cliente|vendedor\w*"
)
FRENCH_PEOPLE = (
    r"personne|humaine?|etre humain|conseill(?:er|ere)s?|agents?|operat(?:eur|rice)|responsable|superieur|"
    r"directeur|quelqu un|"
    r"interlocut(?:eur|rice)|representant|employee?|service client|vendeu(?:r|se)|collegue"
)
GERMAN_MONEY = r"betrag|geld|summe|zahlung|rechnung|preis|kaufpreis|\d+ euro"
GERMAN_TAKEN = (
    r"abgebucht|abgezogen|eingezogen|belastet|berechnet|bezahlt|gezahlt|abgegangen|abbuchung\w*|gebucht|kassiert"
)
SPANISH_TAKEN = r"cobr\w+|cargad\w+|cargos?|descont\w+|pag(?:ado|ue|aron)|debit\w+|pasad\w+|movimientos?"
FRENCH_TAKEN = r"debit\w*|preleve\w*|prelevements?|factur\w+|paye\w*|paiements?|encaiss\w+|compte\w*|retir\w+"

RULES: Mapping[Language, tuple[Rule, ...]] = {
    "de": (
        rule(
            "lawyers and courts",
            LEGAL_OR_SAFETY,
            r"\b(?:rechts)?anw(?:alt|aelt)\w*\b",
            r"\b(?:ver)?klagen?\b|\b(?:vor|ans?|zum) gericht\b|\bgerichtlich\w*\b|\brechtliche?n? schritte?\b|"
            r"\brechtsweg\b",
            r"\bverbraucher(?:zentrale|schutz)\w*\b|\bschlichtungsstelle\b|\bschadens?ersatz\b|\bmahnbescheid\b",
            r"\bstrafanzeige\b|"
            + near(r"anzeige|anzeigen", r"erstatte\w*|polizei|stellen?", within=3)
            + r"|\bpolizei\b",
        ),
        rule(
            "fraud and misuse",
            LEGAL_OR_SAFETY,
            r"\b(?:betrug\w*|betrueger\w*|betrogen|abzock\w*|abgezockt|phishing\w*|identitaetsdiebstahl|"
            r"hochstapler\w*)\b",
            near(
                r"konto|kundenkonto|karte|kreditkarte|daten|profil|account|name[n]?",
                r"gehackt|geklaut|gestohlen|missbraucht|geknackt",
            ),
            near(r"gehackt|geklaut|gestohlen|missbraucht", r"konto|karte|kreditkarte|daten|profil"),
            near(
                r"jemand|fremder?|irgendwer|unbekannter?",
                r"bestellt|eingekauft|eingeloggt|gekauft|zugriff|benutzt",
                within=8,
            ),
        ),
        rule(
            "payments that the customer did not make",
            LEGAL_OR_SAFETY,
            near(
                r"abbuchung\w*|buchung\w*|zahlung\w*|belastung\w*|lastschrift\w*|abgebucht|rechnung|mahnung",
                r"nicht veranlasst|nie veranlasst|nicht von mir|nicht ich|nie bestellt|nicht bestellt|"
                r"nicht autorisiert|unbekannt|nicht zuordnen|nicht erkenne",
                within=12,
            ),
            near(
                r"unbekannte?|fremde|unberechtigte|dubiose|komische",
                r"abbuchung\w*|buchung\w*|zahlung\w*|lastschrift\w*",
                within=2,
            ),
            r"\b(?:noch )?(?:nie|niemals)\b(?: \w+){0,4} (?:bei|von) (?:euch|ihnen|"
            r"dir)\b(?: \w+){0,3} (?:gekauft|bestellt|eingekauft)",
            near(r"inkasso\w*|mahnung", r"nie|nicht", within=8),
            r"\bich war das (?:nicht|gar nicht)\b|\bdas war nicht ich\b|\bwar ich nicht\b",
        ),
        rule(
            "injuries and dangers",
            LEGAL_OR_SAFETY,
            r"\b(?:verletz\w+|stromschlag\w*|explodiert\w*|krankenhaus|notaufnahme|notarzt|vergift\w+|verbrannt|"
            r"verbrennung\w*|blutet\w*|geblutet|"
            r"allergische\w*|ausschlag|lebensgefaehrlich\w*|feuer gefangen|angefangen zu brennen|in flammen|"
            r"erstick\w+|verschluckt)\b",
            near(r"ist|sind|war|waren|richtig|echt|total|brand", r"gefaehrlich", within=2),
            near(
                r"kind|sohn|tochter|baby|hund|ich|mich",
                r"geschnitten|gebrannt|gequetscht|gestuerzt|"
                r"genaeht",
                within=8,
            ),
        ),
        rule(
            "charged more than once",
            DOUBLE_CHARGE,
            near(
                r"doppelt|zweimal|2 ?mal|2x|zwei mal|dreimal|mehrfach|mehrmals|"
                r"zum zweiten mal",
                GERMAN_TAKEN,
                within=6,
            ),
            near(GERMAN_TAKEN, r"doppelt|zweimal|2x|zwei mal|mehrfach", within=6),
            near(GERMAN_MONEY, r"doppelt|zweimal|2x|zwei mal", within=6),
            r"\bdoppel(?:t?e[nr]?)? ?(?:abbuchung|zahlung|buchung|belastung|lastschrift)\w*\b|\bdoppelabbuchung\b",
            near(
                r"zwei|2|mehrere",
                r"(?:identische|gleiche|selbe)?n? ?(?:abbuchungen|buchungen|lastschriften|belastungen)",
                within=2,
            ),
        ),
        rule(
            "a person asked for",
            ASKED_FOR,
            near(
                r"sprechen|reden|spreche|telefonieren|unterhalten|schreiben|verbinden?|verbindet|durchstellen|"
                r"weiterleiten|wenden",
                GERMAN_PEOPLE,
                within=7,
            ),
            near(
                GERMAN_PEOPLE,
                r"sprechen|reden|telefonieren|verbinden|verbunden|durchstellen|weitergeleitet|chatten",
                within=7,
            ),
            near(
                r"echten?|echter|richtigen?|richtiger|lebenden?|wirklichen?|menschlichen?",
                r"mensch(?:en)?|person|mitarbeiter\w*|berater\w*|ansprechpartner\w*",
                within=1,
            ),
            near(
                r"will|brauche?n?|moechte|gebt|geben sie|hol\w*|gibt es|haette",
                r"mensch(?:en)?|mitarbeiter\w*|vorgesetzten?|ansprechpartner\w*|chef|teamleiter\w*",
                within=4,
            ),
            r"^(?:bitte )?(?:einen? )?(?:mensch(?:en)?|mitarbeiter\w*|berater\w*|ansprechpartner\w*)(?: bitte|"
            r" jetzt)?$",
            r"\b(?:rueckruf|rufen sie mich|ruft mich|ruf mich|zurueckrufen|rueckrufen)\b|\b(?:mich|"
            r"uns) (?:bitte )?(?:mal |jemand )?an(?:zu)?rufen\b",
            near(
                r"keinen?|kein|nicht|mit einem|mit einer|mit", r"bot|roboter|maschine|computer|ki|automaten", within=3
            ),
            r"\b(?:bloeder?|dummer?|daemlicher?|nutzloser?) (?:bot|roboter|maschine|chatbot)\b",
        ),
        rule(
            "complaints",
            ASKED_FOR,
            r"\bbeschwer(?:den?|en?|t)\b|\bbeschwerdestelle\b|\bunmoeglicher service\b",
            near(
                r"schlechteste\w*|miese\w*|unverschaemte\w*|unfreundliche\w*|katastrophale\w*|unterirdische\w*",
                r"service|kundenservice|kundendienst|mitarbeiter\w*|support|laden|bedienung",
                within=2,
            ),
        ),
    ),
    "es": (
        rule(
            "lawyers and courts",
            LEGAL_OR_SAFETY,
            r"\babogad[oa]s?\b|\b(?:demandar\w*|demanda judicial|denunci\w+|querella|juzgados?|tribunal\w*|"
            r"policia|guardia civil)\b",
            r"\b(?:acciones|medidas|via) (?:legal\w*|judicial\w*)\b|\bpor la via legal\b|\b(?:la|los|les|"
            r"voy a) demand(?:o|are|aremos)\b",
            r"\b(?:oficina|defensa|proteccion|organizacion) (?:del|de los|al) consumidor\w*\b|\b(?:omic|facua|"
            r"profeco|ocu|indecopi|sernac|consumo)\b",
        ),
        rule(
            "fraud and misuse",
            LEGAL_OR_SAFETY,
            r"\b(?:fraud\w*|estaf\w+|timo|timado\w*|phishing|suplantaci\w+|hackead\w+|hackear\w+|hackeo)\b",
            near(r"cuenta|tarjeta|datos|perfil|identidad", r"robad\w+|robaron|pirate\w+|usad\w+|clonad\w+"),
            near(r"robado|robaron|pirateado|clonado|clonaron", r"cuenta|tarjeta|datos|perfil"),
            near(
                r"alguien|un desconocido|otra persona",
                r"(?:comprado|compro|pedido|pidio|entrado|entro|accedi\w+|usado|uso|usando)",
                within=4,
            ),
        ),
        rule(
            "payments that the customer did not make",
            LEGAL_OR_SAFETY,
            near(
                r"cargos?|cobros?|pagos?|compra|movimientos?|transaccion|cobrado|factura",
                r"no (?:\w+ )?(?:reconozco|he hecho|hice|autorice|he autorizado)|nunca (?:\w+ )?(?:hice|"
                r"autorice|compre|he hecho)|que yo no|no es mi[oa]|desconocid\w+",
                within=10,
            ),
            near(r"no reconozco|desconozco", r"cargo|cobro|pago|compra|movimiento", within=4),
            r"\b(?:nunca|jamas) (?:les |os |he |les he |os he )?(?:compre|comprado|pedi|pedido)\b",
        ),
        rule(
            "injuries and dangers",
            LEGAL_OR_SAFETY,
            r"\b(?:reaccion alergica|alergia en la piel|sarpullido|urticaria|quemadur\w+|explot\w+|incendi\w+|"
            r"hospital|urgencias|intoxic\w+|descarga electrica|"
            r"calambrazo|sangr(?:e|ando|aba|o)|peligros[oa]s?|asfixi\w+|atragant\w+|lesion\w*|herid[ao]s?|"
            r"ardiendo|se prendio|prendio fuego)\b",
            near(
                r"me|se|mi hij[oa]|mi bebe|nos",
                r"(?:quem[oe]\w*|cort(?:o|e|ado)|hizo dano|hecho dano|lastim\w+|abri|cai|cayo|golpe[oe])",
                within=4,
            ),
        ),
        rule(
            "charged more than once",
            DOUBLE_CHARGE,
            near(
                SPANISH_TAKEN,
                r"dos veces|2 veces|doble|duplicad\w+|por duplicado|varias veces|repetid\w+|tres veces",
                within=8,
            ),
            near(
                r"dos veces|2 veces|doble|duplicad\w+|dos|2|segundo",
                r"cobr\w+|cargos?|pagos?|descont\w+|movimientos? iguales|movimientos? identicos",
                within=4,
            ),
        ),
        rule(
            "a person asked for",
            ASKED_FOR,
            near(
                r"hablar|hable|comunic\w+|contact\w+|pas[ae]\w*|ponga\w*|pongan\w*|ponme|ponedme|atienda\w*|"
                r"transfier\w+|conect\w+|chatear|tratar",
                SPANISH_PEOPLE,
                within=6,
            ),
            near(
                r"quiero|necesito|dame|denme|hay|exijo|prefiero",
                r"(?:un[ao]?|algun[ao]?|el|la|al) (?:\w+ )?(?:persona|humano|agente|asesor\w*|operador\w*|"
                r"supervisor\w*|encargad[oa]|gerente|jef[ea]|representante)",
                within=4,
            ),
            near(r"persona|humano|agente|asesor|alguien", r"real|de verdad|de carne y hueso", within=1),
            r"^(?:un[ao]? )?(?:persona|humano|agente|asesor\w*|operador\w*|supervisor\w*|gerente)(?: por favor|"
            r" ya| ahora| humano)?$",
            r"\b(?:llamenme|llamadme|llamame|me (?:pueden|podeis|puede|podrian) llamar|que me llamen|"
            r"devuelv\w+ la llamada)\b",
            near(r"no|con un[ao]?|de|harta?|este|esta", r"bot|robot|maquina|contestador|chatbot", within=5),
        ),
        rule(
            "complaints",
            ASKED_FOR,
            r"\b(?:quejas?|quejarme|quejarnos|me quejo|reclamacion(?:es)? (?:formal|oficial)|"
            r"hojas? de reclamacion\w*|libro de reclamaciones)\b",
            near(r"poner|presentar|interponer|hacer|formular|tramitar|pongo", r"queja|reclamacion|reclamo", within=3),
            near(
                r"peor|pesim[oa]|malisim[oa]|horrible|vergonzos[oa]|nefast[oa]",
                r"servicio|atencion|trato|empresa|tienda",
                within=2,
            ),
        ),
    ),
    "fr": (
        rule(
            "lawyers and courts",
            LEGAL_OR_SAFETY,
            r"\bavocate?s?\b|\b(?:tribunal|tribunaux|justice|juridique\w*|judiciaire\w*|mediateur|dgccrf|"
            r"gendarmerie|police|assignation)\b",
            r"\bmise en demeure\b|\b(?:repression des fraudes|ufc|60 millions|droits? d(?:es?|u) consommateurs?|"
            r"association de consommateurs|signal conso)\b",
            near(r"porte\w*|depose\w*|deposer", r"plainte", within=2)
            + r"(?! (?:aupres|au) (?:de )?(?:votre|vos|service))",
        ),
        rule(
            "fraud and misuse",
            LEGAL_OR_SAFETY,
            r"\b(?:fraud\w+|arnaqu\w+|escroc\w*|escroquerie\w*|hameconnage|phishing|usurp\w+|pirat\w+|hack\w+)\b",
            near(r"carte|compte|donnees|coordonnees|identite", r"volee?s?|piratee?s?|utilisee?s? par|clonee?"),
            near(r"vole|volee|utilise", r"carte|compte bancaire|donnees bancaires|identite", within=4),
            near(
                r"quelqu un|un inconnu|une autre personne",
                r"(?:commande|achete|connecte|utilise|acces|"
                r"paye)",
                within=6,
            ),
        ),
        rule(
            "payments that the customer did not make",
            LEGAL_OR_SAFETY,
            near(
                r"prelevements?|debit|paiement|operation|achat|facture|debite|preleve",
                r"(?:ne )?(?:reconnais|connais) pas|jamais (?:autorise|fait|passe|commande)|pas (?:autorise|"
                r"fait|de moi)|inconnue?",
                within=10,
            ),
            near(r"ne reconnais pas|reconnais pas", r"prelevement|debit|paiement|operation|achat", within=4),
            r"\bjamais rien (?:commande|achete)\b|\bje n ai (?:jamais|rien) (?:rien )?(?:commande|"
            r"achete)\b(?! encore)",
        ),
        rule(
            "injuries and dangers",
            LEGAL_OR_SAFETY,
            r"\b(?:reaction allergique|allergie sur|plaques rouges|eruption cutanee|brulures?|explose\w*|"
            r"incendie|a pris feu|prend feu|hopital|urgences|intoxi\w+|"
            r"decharge electrique|electrocut\w+|saign\w+|dangereu(?:x|se)s?|etouff\w+|blesse\w*|blessures?)\b",
            near(
                r"m|me|s|se|mon fils|ma fille|mon enfant",
                r"(?:brule|coupe|coupee|brulee|fait mal|failli|avale|coince)",
                within=6,
            ),
        ),
        rule(
            "charged more than once",
            DOUBLE_CHARGE,
            near(
                FRENCH_TAKEN,
                r"(?<!en )(?:deux|2|plusieurs|trois) fois|en double|doublon|double|seconde fois|deuxieme fois",
                within=7,
            ),
            near(
                r"(?<!en )(?:deux|2) fois|double|deux|2|second|doublon",
                r"debit\w*|prelevements?|preleve\w*|paiements?|factur\w+|paye\w*|operations? identiques",
                within=4,
            ),
        ),
        rule(
            "a person asked for",
            ASKED_FOR,
            near(
                r"parl\w+|discut\w+|pass\w+|joindre|contacter|mett\w+|mets|relation|echanger avec|adresser|"
                r"transfer\w+|appel\w+|avoir",
                FRENCH_PEOPLE,
                within=6,
            ),
            near(
                r"veux|voudrais|souhaite|exige|besoin d|y a t il|donn\w+|aimerais",
                r"(?:une?|un vrai|une vraie|votre|quelqu) ?(?:\w+ )?(?:personne|humain|conseill(?:er|ere)|agent|"
                r"operateur|responsable|superieur|interlocuteur|vendeur|directeur)",
                within=4,
            ),
            near(
                r"vraie?|reel(?:le)?",
                r"personne|humain|conseill(?:er|ere)|agent|interlocuteur|etre humain|vendeur",
                within=1,
            ),
            r"^(?:une? )?(?:humain|conseill(?:er|ere)|personne|agent|operateur|responsable)(?: svp|"
            r" s il vous plait| vite)?$",
            r"\b(?:rappelez moi|appelez moi|me (?:r )?appeler|me rappeler|etre rappelee?)\b(?! de)",
            near(
                r"pas|marre|avec une?|contre|ton|votre|ce|assez",
                r"robot|bot|machine|chatbot|repondeur|"
                r"ia",
                within=4,
            ),
        ),
        rule(
            "complaints",
            ASKED_FOR,
            r"\b(?:me plaindre|reclamation|porter reclamation)\b|"
            + near(r"depos\w+|faire|formuler|adresser|enregistrer", r"plainte|reclamation", within=2),
            near(
                r"pire|horrible|honteux|deplorable|lamentable|catastrophique|inadmissible",
                r"service|accueil|entreprise|site|experience",
                within=2,
            ),
        ),
    ),
}
"""By language, in the order in which they are asked."""


@lru_cache(maxsize=4_096)
def escalation_in(language: Language, words: str) -> Rule | None:
    """Return the first rule of a language that a text, given by its plain words, falls under, or None."""
    return next((rule for rule in RULES.get(language, ()) if rule.pattern.search(words)), None)
