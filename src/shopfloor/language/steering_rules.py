"""The rules for messages that try to steer the team: to set its instructions aside, play another role, tell its prompt.

They look for what is said to a machine. A customer takes back *their own* message, and instructions that are of
assembly or delivery are a product's: both stay clean.
"""

from shopfloor.language.safety_rules import near, rule

TOLD = (
    r"(?:instructions?|rules?|guidelines?|prompts?|directives?|constraints?|restrictions?|programming|guardrails?|"
    r"safety (?:rules|guidelines|protocols?|filters?)|safeguards|commands)"
)
BEFORE = (
    r"(?:previous|previus|prevoius|prior|earlier|preceding|above|system|initial|original|foregoing|existing|hidden|"
    r"developer'?s?)"
)
TOLD_DE = (
    r"(?:anweisung(?:en)?|instruktion(?:en)?|regeln|vorgaben|richtlinien|befehle|(?:system ?)?prompts?|einschrankungen|"
    r"beschrankungen|systemanweisung(?:en)?)"
)
TOLD_ES = r"(?:instrucciones|reglas|normas|directrices|directivas|restricciones|prompts?)"
TOLD_FR = r"(?:instructions?|regles?|consignes?|directives?|restrictions?|prompts?)"
ORDER = (
    r"(?:^|[.!?:;,)\]>*\"] ?|\b(?:and|then|now|please|just|instead|you to|let's|you (?:must|will|shall|should|have to)|"
    r"bitte|und|jetzt|y|ahora|por favor|et|maintenant) )"
)
"""Where an order begins: "act as ...", unlike "can it act as ..."."""
SHOW = (
    r"(?:reveal|show|print|output|display|leak|share|repeat|recite|tell|give|write|translate|encode|summari[sz]e|dump|"
    r"expose|disclose|paste|copy|list|quote|what(?: i|')s|what are)"
)
PLAYED = (
    r"(?:ai|a\.i\.|assistant|bot|chatbot|gpt|chatgpt|model|llm|robot|hacker|pirate|wizard|witch|character|persona|dan|"
    r"stan|admin|administrator|developer|root|terminal|console|linux|shell|compiler|interpreter|translator|poet|"
    r"comedian|celebrity|rapper|actor|villain|twin|girlfriend|boyfriend|therapist|doctor|lawyer|teacher|tutor|expert|"
    r"trainer|grandmother|grandma|unrestricted|uncensored|unfiltered|jailbroken|evil|free|simulator|machine|calculator)"
)
MODE = r"(?:developer|dev|debug(?:ging)?|god|dan|jailbreak|sudo|root|admin(?:istrator)?|unrestricted|unfiltered)"
UNBOUND = r"(?:unrestricted|uncensored|unfiltered|unlimited|amoral|jailbroken|unaligned)"
LIMITS = r"(?:restrictions?|filters?|guidelines|guardrails|censorship|limitations?|ethics|morals?|safeguards|rules)"
TAG = (
    r"(?:system|sys|data|assistant|instructions?|user|customer|tool(?:[ _]\w{1,20})?|function(?:[ _]\w{1,20})?|prompt|"
    r"context|admin|developer|messages?|conversation|evidence|documents?|override)"
)
BLOB = r"(?:[a-z0-9+/]{24,}={0,2}|base ?64|rot ?13|hex(?:adecimal)?|morse|caesar)"

INJECTION = (
    rule(
        "instructions set aside",
        "ignor, befolgst, disregard, stop following, stop obeying, forget, override, bypass, vergiss, vergess, "
        "missacht, umgeh, olvid, omit, caso omiso, no sigas, oubli, compte, abstraction",
        rf"\b(?:ignore|disregard|forget|override|bypass)(?: about| to follow)? (?:(?:all|any|every|each|of|the|these|"
        rf"those|and|following) )*(?:(?:your|{BEFORE}) )(?:(?:own|and|or|{BEFORE}) )*{TOLD}\b",
        rf"\b(?:ignore|disregard|forget|override|bypass) all (?:of )?(?:the |these |those |other )?{TOLD}\b(?! on| in| "
        rf"for)",
        rf"\b(?:ignore|disregard|forget|override) the {TOLD} (?:above|before this|given to you|you (?:have|were|got))",
        r"\b(?:ignore|disregard|forget) (?:all |everything |anything |all that |that |what )(?:that )?(?:you(?:'ve| "
        r"have| were| had)? (?:been |were )?(?:told|taught|given|learned|instructed|programmed)|you are an? (?:\w+ "
        r"){0,2}(?:assistant|bot|ai|chatbot|model))\b",
        r"\b(?:ignore|disregard|forget) (?:everything|all|anything|all text|the text) (?:above|prior|before)(?: "
        r"this)?(?: line| point)?,? (?:and|then|instead|from now) (?:\w+ )?(?:say|print|output|tell|reveal|write|act|"
        r"give|answer|respond|reply|do)\b",
        r"\b(?:ignore|disregard) the above,? (?:and|then|instead)\b",
        rf"\bstop (?:following|obeying) (?:all |any )?(?:of )?your {TOLD}\b",
        r"\boverride (?:the |your |all )?(?:safety|security|content) \w+",
        rf"\b(?:ignoriere?n?|vergiss|vergesst|vergessen sie|missachte?n?|umgehe?n?)(?: sie)? (?:(?:alle|aller|all|die|"
        rf"diese|und) )*(?:(?:deine|eure|ihre|vorherigen?|vorigen?|bisherigen?|obigen?|fruheren?|ursprunglichen?|"
        rf"vorangegangenen?) )+{TOLD_DE}\b",
        rf"\b(?:ignoriere?|vergiss)(?: bitte)? alle {TOLD_DE}\b|\bvergiss(?: alles)?,? was (?:du|man dir|dir)\b|\bab "
        rf"(?:jetzt|sofort) befolgst du\b",
        rf"\b(?:ignor(?:a|e|ad|en)|olvid(?:a|e|ad|en)(?:te de)?|omit(?:e|a)|caso omiso (?:de|a)|no sigas)(?: (?:todas|"
        rf"de|las|los|estas))* (?:tus|sus|vuestras) {TOLD_ES}\b",
        rf"\b(?:ignor(?:a|e|ad|en)|olvid(?:a|e|ad|en)|omit(?:e|a)|caso omiso (?:de|a)|no sigas)(?: (?:todas|de|las|"
        rf"los))* {TOLD_ES} (?:anteriores|previas|de arriba|originales|iniciales|del sistema)\b",
        r"\bolvida todo lo (?:que te|anterior y)\b",
        rf"\b(?:ignore[rz]?|oublie[rz]?|compte|abstraction)(?: (?:de|des))?(?: toutes| tous)? (?:tes|vos) {TOLD_FR}\b",
        rf"\b(?:ignore[rz]?|oublie[rz]?|compte|abstraction)(?: (?:de|des|toutes|tous|les))+ {TOLD_FR} "
        r"(?:precedente?s?|anterieure?s?|ci dessus|initiales|d'origine|du systeme|systeme)\b",
        r"\boublie tout ce (?:que l'on|qu'on|que) (?:t'a|tu)\b",
    ),
    rule(
        "new instructions",
        "your new, new instruction, new rule, new system, no longer, apply, neue, nuev, nouve",
        r"\b(?:here are|these are|follow) your new (?:instructions|rules|orders|guidelines)\b",
        r"(?:^|[.!?] )(?:your )?new (?:system )?(?:instructions?|rules?) ?:",
        r"\byour new (?:task|instructions?|role|rules?|goal|objective|persona|identity|prompt) (?:is|are)\b",
        rf"\byour {TOLD} no longer appl(?:y|ies)\b|\b(?:pretend|imagine|assume|as if) (?:that )?your {TOLD} (?:do not|"
        rf"don't) apply\b",
        r"\b(?:deine|hier sind ihre) neuen? (?:anweisung(?:en)?|aufgabe|rolle|regeln)\b",
        r"\btus? nuev[ao]s? (?:instrucciones|tarea|rol|reglas|papel)\b",
        r"\b(?:tes|voici vos) nouvelles (?:instructions|consignes|regles)\b|\bton nouveau role\b",
    ),
    rule(
        "another role",
        "you are, you're, from now on, act as, act like, pretend, imagin, role play, roleplay, role of, la rolle, le "
        "role, as if, as though, being a, du bist, bist du, tu so, tun sie so, stell dir, verhalt, agiere, antworte, "
        "spiel, eres, ahora, actua, comporta, responde, finge , simula , hazte, haz , tu es, maintenant, desormais, "
        "agis, comportez, fais, faites",
        rf"\byou are now (?:no longer|(?:(?:an?|my|the|your|in) )?(?:\w+ ){{0,2}}{PLAYED})\b",
        rf"\byou(?: are|'re) (?:now )?(?:an?|my) (?:\w+ ){{0,2}}{PLAYED} now\b",
        r"\byou(?: are|'re) (?:now )?an? (?:\w+ ){1,3}(?:now)?[,.;] ?(?:answer|respond|reply|speak|talk) (?:as|in|like|"
        r"only)\b",
        rf"\bfrom now on,? (?:you are|you're|you will be) (?:called |named |no longer |(?:an?|my) (?:\w+ "
        rf"){{0,2}}{PLAYED}|dan)\b",
        r"\bfrom now on,? (?:you (?:will |must |should )?)?(?:act|respond|reply|answer(?: me)?|speak|talk|behave|"
        r"pretend|obey) (?:as|like|in|only|without|with|to be)\b",
        rf"{ORDER}act (?:as|like) (?:(?:an?|my|the) (?:\w+ ){{0,2}}{PLAYED}\b|if you (?:are|were|have no|had no)\b)",
        rf"{ORDER}(?:pretend|imagine) (?:to be (?:an?|my|the) (?:\w+ ){{0,2}}{PLAYED}\b|(?:that )?you(?: are|'re| "
        rf"were) (?:an?|my|not|dan|no longer|free|the)\b|(?:that )?you have no\b)",
        r"\b(?:speak|respond|reply|answer|talk|act)(?: to me)? as (?:though|if) you (?:were|are)\b",
        rf"{ORDER}role ?play\b[,:]? (?:as|with|that|you|i)\b|\blet's role ?play\b|\byou will play the role of\b",
        r"\bstop being an? (?:assistant|bot|ai|chatbot)\b",
        r"\byou are (?:no longer|not) (?:bound|restricted|limited|governed|an ai|a bot)\b",
        r"\bdu bist (?:jetzt|nun|ab jetzt|ab sofort|von nun an) (?:ein|eine|einer|kein|keine|mein|meine|dan|der|im|"
        r"nicht mehr)\b|\bab (?:jetzt|sofort) bist du (?:ein|eine|kein|mein|dan|nicht mehr)",
        rf"{ORDER}(?:tu|tun sie) so,? als (?:ob du|ob sie ein|warst|seist|wurdest|hattest|waren sie)\b",
        r"\bstell dir vor,? du (?:bist|warst|hast|hattest)\b|\b(?:verhalte? dich|agiere|antworte) (?:wie ein|als) \w+",
        r"\bspiel(?:e|en sie)? (?:jetzt )?die rolle (?:von|des|der|eines|einer)\b",
        r"\b(?:ahora eres|eres ahora|(?:a partir de|desde) ahora,? (?:eres|seras|actua|responde)|de ahora en "
        r"adelante,? (?:eres|seras|actua|responde)) (?:un|una|mi|dan|el|la|como|solo|libre)\b",
        rf"{ORDER}(?:actua|comportate|responde) como (?:un|una|mi|si (?:fueras|no))\b|{ORDER}(?:finge|imagina|simula) "
        r"(?:ser|que (?:eres|no))\b|\bhaz(?:te pasar por| como si fueras| el papel de)\b",
        r"\btu es (?:maintenant|desormais|a present) (?:un|une|mon|ma|dan|le|la|libre|en mode)\b|\b(?:a partir de "
        r"maintenant|desormais),? tu (?:es|seras|agis|dois|reponds|repondras)\b",
        rf"{ORDER}(?:agis|comporte toi) (?:comme|en tant que) |{ORDER}(?:agissez|comportez vous) (?:comme|en tant que) "
        rf"une? {PLAYED}\b|{ORDER}(?:fais|faites) (?:comme si (?:tu|vous) (?:etais|etiez)|semblant d'etre)\b",
        rf"{ORDER}imagine que tu (?:es|n'as)\b|\b(?:joue|prends) le role (?:de|d'une?)\b",
    ),
    rule(
        "the prompt asked for",
        "prompt, instructions, instruction, instruktion, hidden, secret, initial, internal, original, system, words "
        "above, above, before this, anweisung, vorgaben, instrucciones, consignes, which rules, what rules",
        r"\b(?:your|the|full|entire|whole|hidden|initial|original|dein\w{0,2}|den|tu|el|ton|le|votre) "
        r"system ?prompt\b(?! (?:me|says?|asks?|asking|appears?|pop))",
        rf"\b{SHOW}\b(?: me| us| out| back)?(?: with)?(?: (?:all|of|verbatim|exactly))* (?:(?:the )?(?:text|words|"
        rf"content) of )?(?:your|the|its) (?:(?:full|entire|exact|own|whole) )*(?:(?:system|hidden|secret|initial|"
        rf"original|internal|developer|base|pre) )+(?:prompt|instructions?|message|rules|guidelines|text)\b",
        rf"\b{SHOW}\b(?: me)?(?: \w+)? your (?:(?:full|entire|exact|own) )*(?:prompt\b|instructions\b(?! for| on| "
        rf"about| to| re| how| regarding| of))",
        r"\b(?:what|which) (?:instructions|rules|prompt) (?:were|was|have|did) (?:you|been|they)\b(?! send| include| "
        r"put)",
        r"\b(?:repeat|print|output|recite|copy) (?:all |everything |the )*(?:words|text|everything|lines|sentences|"
        r"message)? ?(?:above|before this)\b|\bhere is my (?:system )?prompt\b|\byour hidden (?:rules|instructions|"
        r"prompt)\b",
        r"\b(?:zeige?|nenne?|verrate?|wiederhole?|offenbare?|schreibe?|drucke?|ubersetze?|gib|gebe?n?|was (?:sind|ist)|"
        r"wie (?:lautet|lauten))n?(?: sie)?(?: mir| uns)? (?:deine?n?|ihre?n?|die|den|das) (?:(?:vollstandige|genaue|"
        r"gesamte)[nr]? )?(?:system ?prompt|prompt|systemanweisung(?:en)?|systemnachricht|(?:versteckten|geheimen|"
        r"internen|ursprunglichen) (?:anweisungen|regeln|vorgaben|instruktionen))\b|\b(?:was sind|wie lauten|zeige?(?: "
        r"mir)?|verrate?(?: mir)?) deine (?:anweisungen|instruktionen|vorgaben)\b|\bwelche (?:anweisungen|"
        r"instruktionen) hast du\b",
        r"\b(?:muestra|revela|di|repite|imprime|ensena|da|escribe|traduce|cuales son|cual es|muestre|revele|"
        r"diga)(?:me)? (?:tus?|el|las|sus?) (?:prompt|mensaje del? sistema|instrucciones (?:del sistema|ocultas|"
        r"secretas|iniciales|internas|originales))\b|\b(?:cuales son|muestra(?:me)?|revela(?:me)?|repite) tus "
        r"instrucciones\b",
        r"\b(?:montre|revele|dis|repete|affiche|donne|ecris|imprime|traduis|divulgue|montrez|revelez|affichez|donnez|"
        r"quel est|quelles sont)(?: moi)? (?:ton|tes|le|les|votre|vos) (?:prompt|invite systeme|message (?:du "
        r")?systeme|instructions (?:du systeme|systeme|cachees|secretes|initiales|internes|d'origine))\b|\b(?:quelles "
        r"sont|montre(?: moi)?|revele(?: moi)?|repete) tes (?:instructions|consignes)\b",
    ),
    rule(
        "speaking as the system",
        "<, [, ##, role, system, admin, developer, begin, end of",
        rf"< ?/? ?{TAG}(?: (?:note|message|prompt|override|\w+ ?=)[^<>]{{0,80}})?/? ?>|<\|[^<>|]{{2,30}}\|>|"
        rf"<< ?/?sys ?>>",
        r"\[ ?/? ?(?:inst|(?:system|assistant|developer|admin(?:istrator)?|tool|end of) ?(?:note|message|prompt|"
        r"override|instructions?|update|notice|command|alert|result|output|data|input)?)(?: ?:[^\[\]]{0,200})?\]",
        r"## ?(?:system|instructions?|assistant|new instructions|response)\b",
        r"[\"']role[\"'] ?: ?[\"'](?:system|assistant|developer|tool)[\"']",
        r"\b(?:system|admin(?:istrator)?|developer) ?(?:note|message|prompt|override|instructions?|command|"
        r"notice)? ?: ?(?:you (?:are|must|will|should|may|can) (?!able|now able)|ignore|disregard|override|forget|from "
        r"now|the (?:assistant|customer|user) (?:is|has|may|must|can)|(?:approve|grant|enable|reveal|issue|refund) )",
        r"\b(?:beginning|begin|end) of (?:the )?(?:system|user|customer) (?:prompt|input|message|data)\b|\bbegin "
        r"system prompt\b",
    ),
    rule(
        "a mode without rules",
        " mode, modus, modo , uncensored, unrestricted, unfiltered, unlimited, amoral, unaligned, jailbr, do anything "
        "now, have no, without, ohne , sin , sans ",
        rf"(?<!how do i )(?<!how to )(?<!how can i )\b(?:you are(?: now)? in|enter|enable|activate|switch (?:in)?to|go "
        rf"into|turn on|start) (?:\w+ )?{MODE} mode\b(?! on | for | of | in )",
        rf"\b{MODE} mode (?:on|enabled|activated|engaged)\b(?! (?:my|the|this|a) )",
        rf"\b{UNBOUND} (?:ai|assistant|bot|chatbot|model|version of|mode)\b|\bjailbreak (?:yourself|mode|prompt)\b|"
        rf"\bdo anything now\b",
        rf"\b(?:pretend|imagine|as if|that|where|which|game) (?:\w+ )?you (?:now )?have no {LIMITS}\b",
        rf"\b(?:answer|respond|reply|speak|act|talk)(?: \w+)? without (?:any |your |all )*{LIMITS}\b",
        r"\b(?:aktiviere?n?|starte|schalte|wechsle|gehe?|du bist)(?: sie)?(?: jetzt| nun)?(?: (?:den|in den|in|im|"
        r"auf))? (?:entwickler|debug|admin|gott|jailbreak) ?modus\b(?! (?:auf|am|im|bei|vom) )",
        r"\b(?:antworte|handle|agiere|sprich)(?:n sie)?(?: mir| jetzt)? ohne (?:jegliche |alle |deine "
        r")?(?:einschrankungen|filter|regeln|zensur)\b",
        r"\b(?:activa|activar|entra en|estas en|cambia a|inicia)(?: el| ahora en)? modo (?:desarrollador|dios|"
        r"depuracion|administrador|dan|sin restricciones)\b(?! en )|\b(?:responde|actua|habla) sin (?:restricciones|"
        r"filtros|censura|reglas|limites)\b",
        r"\b(?:active|activez|passe en|passez en|entre en|tu es en)(?: le| maintenant en)? mode (?:developpeur|"
        r"debogage|debug|dieu|admin\w*|dan|sans restrictions?)\b(?! sur )|\b(?:reponds|agis|parle) sans (?:aucune? |"
        r"tes )?(?:restrictions?|filtres?|censure|regles)\b",
    ),
    rule(
        "orders in code",
        "decod, decrypt, decipher, base64, base 64, rot13, rot 13, entschlussel, dekodier, descifr, dechiffr",
        near(
            r"decode|decrypt|decipher|entschlussele?n?|dekodiere?n?|decodifica|descifra|dechiffre[rz]?", BLOB, within=6
        ),
        near(
            BLOB, r"decode|decoded|decrypt|entschlussele?n?|dekodiere?n?|decodifica|descifra|dechiffre[rz]?", within=6
        ),
        r"\b(?:decode|decrypt|decipher) (?:this|it|the following|that)\b[^.!?]{0,200}\b(?:and|then) (?:follow|execute|"
        r"run|obey|do) \w+",
        r"\b(?:answer|reply|respond|output|encode|instructions|prompt|message)\b[^.!?]{0,60} (?:in|as|to|into|with) "
        r"(?:base ?64|rot ?13)\b",
    ),
    rule(
        "claimed command of the team",
        "admin, developer, creator, programmer, maker, obey, command, openai, anthropic",
        near(
            r"i am|i'm|this is|as",
            r"(?:the|your|an?|my) (?:\w+ )?(?:developer|admin|administrator|creator|programmer|maker)",
            within=0,
        )
        + r"[^.!?]{0,40}\b(?:show|give|unlock|grant|reveal|enable|override|command|print|obey|access|disable|delete)\b",
        r"\byou (?:must|have to|will) obey (?:me|my|all|every)\b|\bi command you to\b",
        r"\b(?:this is|i am from|i'm from) (?:openai|anthropic)\b",
    ),
)
