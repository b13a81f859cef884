"""The rules for messages that hurt the shop's people, and for those of somebody in danger.

An insult is one only where it is said to somebody: whoever calls themselves stupid, or swears at a password, is not
abusive. Dying is danger only where it is meant: not of shame, of laughter or for a dress.
"""

from shopfloor.language.safety_rules import rule

INSULT = (
    r"(?:idiots?|morons?|imbeciles?|cretins?|ass ?holes?|arse ?holes?|bastards?|bitch(?:es)?|cunts?|dick ?heads?|"
    r"dipshits?|dumb ?ass(?:es)?|wankers?|twats?|scumbags?|retards?|mother ?fuckers?|fuckers?|fuckwits?|shit ?heads?|"
    r"pieces? of shit|whores?|sluts?|halfwits?)"
)
STRONG = (
    r"(?:(?:all|such|just|really|so|a|an|nothing but|bunch of|bloody|fucking|fuckin|damn|stupid|dumb|absolute|complete|"
    r"total|utter|useless|little|dirty|you) )"
)
INSULT_DE = (
    r"(?:idiot(?:en)?|vollidiot(?:en)?|arschloch|arschlocher|wichser|hurensohn|hurensohne|missgeburt(?:en)?|schlampen?|"
    r"fotzen?|depp(?:en)?|trottel|vollpfosten|drecksack|dreckschwein|spast(?:en|is?)?|schwachkopf|schwachkopfe|"
    r"dummkopf|miststuck|scheisskerl|penner|bastarde?)"
)
INSULT_ES = (
    r"(?:idiotas?|imbecil(?:es)?|estupid[oa]s?|gilipollas|cabron(?:es|a|as)?|hij[oa]s? de (?:la gran )?puta|hdp|"
    r"pendej[oa]s?|subnormal(?:es)?|capull[oa]s?|malparid[oa]s?|put[oa]s? mierdas?|pedazo de mierda|maricon(?:es)?)"
)
INSULT_FR = (
    r"(?:connards?|connasses?|cons?|conne|salopes?|salauds?|encules?|abrutie?s?|imbeciles?|idiote?s?|cretins?|batards?|"
    r"fils de pute|putes?|debiles?|ordures?|pourris)"
)
STAFF = r"(?:staff|team|driver|drivers|courier|employees?|agents?|support|people|workers?|colleagues?|boss|manager)"
WILL = (
    r"(?:i(?:'ll| will| am going to|'m going to|'m gonna| gonna| want to| swear i'?ll)|we(?:'ll| will| are going to)|"
    r"some(?:one|body) should)"
)
THEM = (
    rf"(?:you|u|you all|all of you|every one of you|your (?:\w+ )?{STAFF}|your (?:family|kids|children|wife)|(?:the|"
    rf"that|this) (?:driver|courier|delivery (?:guy|man)))"
)
MEANT = (
    r"(?= ?(?:$|[.,!?;:)]|(?:and|because|so|now|today|tonight|anymore|any more|right|already|i|but|please|if|when|"
    r"everything|soon)\b))(?! ?[.,]* (?:of|laughing|for)\b)"
)
"""What may follow where dying is meant."""
WANT = r"(?:want|wanna|wants|would like|'d like|wish i could|need|decided|trying|ready|plan|planning)"
GOING = r"(?:(?:want|wants|going|plan|planning|about) to|wanna|gonna|thinking (?:of|about))"
NOT = r"(?<!don't )(?<!dont )(?<!not )(?<!never )"

ABUSE = (
    rule(
        "an insult to the shop's people",
        "idiot, moron, imbecil, cretin, asshole, ass hole, arsehole, arse hole, bastard, bitch, cunt, dick, shit, "
        "dumb, wank, twat, scum, retard, fuck, whore, slut, halfwit, stupid, brain, arsch, wichser, hurens, "
        "missgeburt, schlampe, fotze, depp, trottel, pfosten, drecks, dreck, spast, schwach, dumm, mistst, scheiss, "
        "penner, blod, bescheuert, behindert, gilipollas, cabron, puta, hdp, pendej, subnormal, capull, malparid, "
        "mierda, maric, connard, connas, connes, conne , cons, es con, e con, salop, salaud, encul, abruti, batard, "
        "pute, debile, ordure, merde, pourri, de con",
        rf"\byou(?: guys| people| lot|r team)?(?: are|'re| r)? {STRONG}{{0,5}}{INSULT}\b|\byour (?:\w+ )?{STAFF} (?:is|"
        rf"are|was|were) {STRONG}{{0,4}}{INSULT}\b",
        rf"^{STRONG}{{0,4}}{INSULT}\W*$|[,.!?] {STRONG}{{0,3}}{INSULT}[.!? ]*$|\bbunch of {STRONG}{{0,2}}{INSULT}\b",
        r"\b(?:are you|you are|you're|u r) (?:(?:all|guys|people|really|so|too|fucking|just|completely|actually) "
        r"){0,3}(?:stupid|dumb|retarded|brain ?dead)\b(?! (?:proof|cheap|expensive))",
        rf"\b(?:du|ihr|sie|euch|dich) (?:(?:verdammte?r?|blode[rns]?|dumme[rns]?|scheiss|elende[rn]?|miese[rn]?) "
        rf"){{0,3}}{INSULT_DE}\b",
        rf"\b(?:bist du|du bist|seid ihr|ihr seid|sie sind) (?:(?:alle|so|echt|doch|nur|ein|eine|lauter|haufen|"
        rf"verdammte?|total|vollig|eigentlich|einfach|ja) ){{0,4}}(?:{INSULT_DE}|dumm|blod|bescheuert|behindert)\b",
        rf"^{INSULT_DE}\W*$|[,.!?] (?:ihr |du |sie )?{INSULT_DE}[.!? ]*$",
        rf"\b(?:eres|sois|son|es usted|panda de|pedazo de|vaya|sarta de|bola de|manada de) (?:(?:un|una|unos|unas|"
        rf"todos|muy|tan|todas|los|mas|puto|puta) ){{0,3}}{INSULT_ES}\b(?! que)",
        rf"^{INSULT_ES}\W*$|[,.!?] {INSULT_ES}[.!? ]*$",
        rf"\b(?:tu es|t'es|vous etes|etes vous|es tu|bande d'|bande de|espece d'|espece de|tas de|sales?|"
        rf"pauvres?) ?(?:(?:vraiment|tous|des|un|une|bien|tellement|que|gros|petits?|bande de) ){{0,3}}{INSULT_FR}\b",
        rf"^(?!con\b|merde|idiot)(?:{INSULT_FR})\W*$|[,.!?] (?!cons?\b|merde|ordure)(?:{INSULT_FR})[.!? ]*$",
    ),
    rule(
        "a curse at the shop's people",
        "fuck, f*, fck, piss, screw you,  hell, drop dead, kill yoursel, kys, shut , stfu, eat shit, suck my, fick, "
        "leck, verpiss, halt die, halte, maul, halt deine, verreck, holle, teufel, a la mierda, chingada, joda, jode, "
        "chinga, chinguen, cago en, muer, moriros, callate, foutre, voir, enculer, nique, ntm, gueule, crever, "
        "emmerde, enfer",
        r"\b(?:fuck|f\*+ck|fck|f\*\*\*) (?:off|you|u|ya|y'all|your (?:\w+ )?(?:shop|store|company|staff|team|service|"
        r"mother))\b(?!r)|\bpiss off\b",
        r"(?:^|[,.!?] |\b(?:so|and|then|well) )screw you(?: all| guys)?(?: ?[,.!]|$)",
        r"\b(?:go to|rot in|burn in|see you in) hell\b|\bdrop dead\b(?! (?:gorgeous|beautiful|fred))|\bgo kill "
        r"yoursel(?:f|ves)\b|(?:^|[,.!] |\bjust )(?:kill yoursel(?:f|ves)|kys)\b|\bkys$",
        r"(?:^|[,.!?] |\b(?:just|please|so) )(?:shut (?:the (?:fuck|hell) )?up(?! and take)|stfu|eat shit|suck my "
        r"\w+)\b",
        r"\b(?:fick|fickt|leck|leckt) (?:dich|euch|mich)\b|\bverpiss(?:t)? (?:dich|euch)\b|\bhalt(?:et)? (?:die|deine|"
        r"eure) (?:fresse|schnauze|klappe)\b|\bhalt(?:'s| das| dein|s) maul\b|\bverreck(?:t|e)?(?: doch|!|$)|"
        r"\b(?:fahr(?:t)?|geht?) (?:doch )?zur holle\b|\bzum teufel mit (?:euch|dir)\b",
        r"\b(?:vete|iros|vayanse|vayase|idos|anda) a la (?:mierda|chingada)\b|\bque (?:te|os|les|se) jodan?\b|"
        r"\b(?:jodete|jodeos|jodanse)\b|\bching(?:a|uen) (?:a )?(?:tu|su) madre\b|\bme cago en (?:tu|vuestra|su|"
        r"vosotros|ustedes)\b|\b(?:muerete|moriros|callate (?:la boca|ya))\b",
        r"\b(?:va te faire|allez vous faire|va vous faire) (?:foutre|voir|enculer)\b|\bnique (?:ta|ton|vos|ta race)\b|"
        r"\bntm\b|\b(?:ferme ta|ta|vos|fermez vos) gueules?\b|\bva crever\b|\bje (?:t'|vous )emmerde\b|\b(?:va|allez) "
        r"en enfer\b",
    ),
    rule(
        "a threat",
        "kill, hurt, shoot, stab, murder, strangle, burn, blow, beat, punch, bomb, where you, your back, to your, hope "
        "you, wish you, die, dich, euch, ich werde, ich weiss, voy a, vamos a, matare, donde viv, ojala, je vais, on "
        "va, je sais, j'espere",
        rf"\b{WILL} (?:\w+ )?(?:kill|hurt|stab|murder|strangle|punch|burn|shoot) {THEM}\b(?! (?:an?|the|over|some|with "
        rf"(?:questions|kindness)) )",
        rf"\b{WILL} (?:\w+ )?beat (?:you|your {STAFF}) (?:up|to death)\b|\bbeat the (?:shit|crap|hell) out of (?:you|"
        rf"your)\b",
        rf"\b{WILL} (?:\w+ )?(?:burn|blow) (?:down |up )?your (?:\w+ )?(?:shop|store|office|warehouse|house|"
        rf"building)\b|\bbomb (?:in )?your (?:shop|store|office|warehouse)\b",
        r"\bi (?:know|will find out|'ll find out) where you (?:all )?(?:live|work)\b|\b(?:better )?watch your back\b|"
        r"\b(?:come|coming) to your (?:shop|store|office|warehouse|house) with (?:a|my) (?:gun|knife|bat|hammer)\b",
        r"\b(?:hope|wish) you (?:all )?(?:die|burn|rot|choke|get cancer)\b|\byou (?:all )?(?:should|deserve to|must) "
        r"die\b",
        r"\bich (?:werde )?(?:bringe?|steche?|schlage?|knalle?|mache?) (?:dich|euch)(?: alle)? (?:um|ab|tot|kaputt|"
        r"nieder|fertig|kalt)\b",
        r"\bich werde (?:dich|euch|sie)(?: alle)? (?:umbringen|toten|abstechen|verprugeln|erschiessen|schlagen|"
        r"fertigmachen)\b|\bich weiss,? wo (?:du|ihr) (?:wohnst|wohnt|arbeite\w+)\b|\bich weiss,? wo sie wohnen\b",
        r"\b(?:te|os|los) (?:voy|vamos) a (?:matar|pegar|reventar|partir la cara)\b|\b(?:te|os) matare\b|\bse donde "
        r"(?:vives|vivis|viven)\b|\bojala (?:te mueras|os murais|se mueran)\b",
        r"\b(?:je vais|on va) (?:te|vous) (?:tuer|frapper|casser la (?:gueule|figure)|buter|defoncer|crever)\b|\bje "
        r"sais ou (?:tu habites|vous habitez|tu travailles|vous travaillez)\b|\bj'espere que (?:tu creves|vous creviez|"
        r"tu vas crever|vous allez crever)\b",
    ),
)

SELF_HARM = (
    rule(
        "wanting to die",
        "die, dead, to live, want live, living, reason to live, alive, exist, be here, never been born, never born, "
        "end it all, ending it all, my life, own life, sterben, tot, leben, morir, muert, vivir, viviendo, vida, "
        "mourir, en finir, mes jours, ma vie, vivre",
        rf"\b(?:i|he|she)(?:'m| am|'ve| have| just| really| only| do){{0,3}}(?: \w+)? {NOT}{WANT}(?: just| really)? "
        rf"(?:to )?(?:just )?die{MEANT}|{NOT}\bwanna die{MEANT}",
        r"\bi (?:just |really )?(?:want|wanna|wish)(?: to| i (?:was|were))? (?:be )?(?:dead|never born|never been "
        r"born)\b(?! (?:sea|stock|by))|\bwish i had never been born\b",
        rf"\b(?:i|he|she)(?: just| really)? (?:don't|dont|do not|doesn't|no longer|can't|cannot) (?:want|wanna|"
        rf"wants)(?: to)? (?:live|be alive|exist|go on living|be here)(?: any ?more)?{MEANT}(?! (?:with|without|near))",
        r"\b(?:no|any|see a|find a) (?:reason|point) (?:to live|in living|to go on living)\b|\b(?:life|living) (?:is "
        r"not|isn't|isnt) worth (?:living|it)\b(?! without)|\bcan't go on living\b|\bbetter off (?:dead\b|without me$|"
        r"if i (?:was|were) dead)",
        rf"\b{NOT}{GOING} (?:just )?(?:end it all|end my (?:own )?life|take my (?:own )?life)\b|\b(?:ending|taking) my "
        rf"(?:own )?life\b|\bend my life\b|\bfeel like ending it all\b|\b(?:i'd|i would) rather be dead{MEANT}",
        r"\bich (?:will|mochte|wollte|wunschte)(?: (?:einfach|nur|noch|am liebsten|lieber|mir|ich|,|jetzt|doch)){0,3} "
        r"(?:sterben|tot sein|ware tot|nicht mehr leben|nicht mehr da sein)\b",
        r"\b(?:mag|will|kann|mochte) (?:ich )?nicht mehr leben\b(?! ohne)|\bnicht mehr leben (?:will|mochte|kann)\b|"
        r"\bmein leben beenden\b|\bmir das leben nehmen\b|\bke?inen (?:grund|sinn) mehr (?:zu leben|im leben)\b|"
        r"\bwar(?:e|') ich (?:nur |doch )?tot\b|\bbesser,? wenn ich tot\b",
        r"\b(?:me quiero|quiero|prefiero|preferiria) (?:morir|morirme|estar muert[oa])\b(?! de)|\bno (?:quiero|tengo "
        r"ganas de) (?:seguir viviendo|vivir mas|vivir)\b(?! (?:en|con|sin|cerca))|\b(?:quitarme la|acabar con mi|"
        r"terminar con mi) vida\b|\bganas de morir(?:me)?\b(?! de)|\bojala estuvie(?:ra|se) muert[oa]\b|\bestaria "
        r"mejor muert[oa]\b",
        r"\bje (?:veux|voudrais|souhaite|prefere)(?: juste| simplement)? (?:mourir\b(?! de)|en finir\b(?! (?:avec "
        r"(?!la vie|ma vie)|au plus|vite|rapidement))|mettre fin a (?:mes jours|ma vie))|\benvie de mourir\b(?! de)|"
        r"\bmettre fin a (?:mes jours|ma vie)\b|\b(?:ne )?veux plus vivre\b(?! (?:avec|sans|dans|ici))|\bplus envie de "
        r"vivre\b|\bplus de raison de vivre\b",
    ),
    rule(
        "wanting to hurt oneself",
        "myself, kms, suicid, unalive, self harm, overdose, my wrists, jump, pills, himself, herself, themselves, mich "
        "um, bring mich, selbst, mich, matarme, me quiero, me voy a, ahorcarme, hacerme, cortarme, me tuer, me pendre, "
        "flinguer, me faire du, me foutre, veines",
        r"\b(?:kill|killing|unalive|hang|hanging) (?:myself|himself|herself|themselves)\b(?! (?:laughing|on|over))",
        rf"{NOT}\b{GOING} (?:just )?(?:hurt|hurting|harm|harming|cut|cutting)(?: myself| himself| herself| "
        rf"themselves){MEANT}",
        rf"\b(?:i keep|i started|i've been|i have been) (?:hurting|harming|cutting) myself{MEANT}(?! (?:when|if) )|\bi "
        rf"(?:still )?self harm\b|\burge to self harm\b|\bi(?:'m| am) self harming\b",
        r"\bi(?:'m| am| feel| have been|'ve been)(?: feeling| so| really| very)? suicidal\b|\bsuicidal (?:thoughts|"
        r"feelings|ideation)\b|\b(?:commit|committing|attempt|attempting|considering|contemplating|thinking (?:of|"
        r"about)) suicide\b|\bunalive myself\b|\bi (?:\w+ ){0,2}(?:wanna|want to|will|might|should) kms\b",
        rf"{NOT}\b{GOING} (?:overdose|slit my wrists|jump off (?:a|the) (?:bridge|roof|building)|take all (?:my|the) "
        rf"pills|jump in front of (?:a|the) train)\b",
        r"\b(?:ich )?(?:bringe?|bring') mich um\b(?! (?:den|die|das) )|\bmich (?:selbst )?(?:umbringen|umzubringen|"
        r"erhangen|toten)\b|\bich (?:will|mochte) mich (?:selbst )?(?:verletzen|ritzen|schneiden)\b|\bich ritze mich\b|"
        r"\b(?:selbstmord|suizid) (?:begehen|machen)\b|\b(?:selbstmord|suizid)gedanken\b|\b(?:bin|fuhle mich) "
        r"(?:suizidal|selbstmordgefahrdet)\b|\ban (?:selbstmord|suizid)\b",
        r"\b(?:quiero|voy a|pienso|pensando en|ganas de|intentar) (?:matarme|suicidarme|ahorcarme|hacerme dano|"
        r"cortarme las venas)\b|\bme (?:quiero|voy a) (?:matar|suicidar|ahorcar|cortar las venas)\b|\b(?:pensando en "
        r"el|pensamientos de) suicidio\b|\bpensamientos suicidas\b",
        r"\b(?:je (?:veux|vais|voudrais)|envie de|pense a|penser a) (?:me (?:tuer|suicider|pendre|flinguer|faire du "
        r"mal|foutre en l'air)|m'ouvrir les veines)\b|\b(?:idees|pensees) suicidaires\b|\bsuis suicidaire\b|\bpense au "
        r"suicide\b",
    ),
)
