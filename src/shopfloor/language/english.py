"""The words of English that the readers of this folder know. Data only: another language is another file of this shape.

Everything is in the form that `text.normalise` gives: lower case, straight quotes.
"""


def word_set(listed: str) -> frozenset[str]:
    """Return the words of a list with blanks between them."""
    return frozenset(listed.split())


STOP_WORDS = word_set(
    """a about after again all also am an and any are aren't as at be because been before being both but by can can't
    could couldn't did didn't do does doesn't doing don't each few for from further get give go got had has hasn't
    have haven't having he he's her here hers herself hi him himself his how i i'd i'll i'm i've if in into is isn't
    it it's its itself just let let's me more most my myself of off on once only or other our ours ourselves out
    over own please same she she's should so some such than that that's the their theirs them themselves then there
    there's these they they're this those through to too under until up upon us very was wasn't we we'd we'll we're
    we've were weren't what what's when where where's which while who who's whom whose why will with won't would
    wouldn't you you'd you'll you're you've your yours yourself hello hey thanks thank ok okay yes yeah whats wheres
    hows thats theres doesnt dont isnt cant couldnt didnt hasnt havent arent wasnt wont im ive id ur u r pls plz"""
)
"""Words that say nothing about the matter; `no`, `not` and `without` do, so they are not here."""

ABBREVIATIONS = word_set(
    """e.g. i.e. cf. vs. approx. nr. st. ave. rd. blvd. dr. ln. apt. ste. mr. mrs. ms. prof. inc. ltd. co. dept. est.
    max. min. jan. feb. mar. apr. jun. jul. aug. sep. sept. oct. nov. dec."""
)
"""Words whose full stop ends no sentence."""
ABBREVIATIONS_AT_AN_END = word_set("etc. a.m. p.m. no.")
"""Words whose full stop ends a sentence only where a capital follows."""

NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12,
}  # fmt: skip
MANY = {"a pair": 1, "a couple": 2, "couple": 2, "half a dozen": 6, "a dozen": 12, "dozen": 12}
ORDINALS = {
    "first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5, "5th": 5,
    "sixth": 6, "6th": 6, "seventh": 7, "7th": 7, "eighth": 8, "8th": 8, "ninth": 9, "9th": 9, "tenth": 10,
    "10th": 10, "last": -1,
}  # fmt: skip

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
"""From Monday, as `date.weekday` counts."""
TIMES = word_set("""today tomorrow tonight yesterday soon monday tuesday wednesday thursday friday saturday sunday""")

CURRENCIES = {
    "$": "USD", "us$": "USD", "usd": "USD", "dollar": "USD", "dollars": "USD", "buck": "USD", "bucks": "USD",
    "€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR", "£": "GBP", "gbp": "GBP", "pound": "GBP",
    "pounds": "GBP", "quid": "GBP", "¥": "JPY", "jpy": "JPY", "yen": "JPY", "chf": "CHF", "cad": "CAD", "aud": "AUD",
}  # fmt: skip
UNITS = word_set(
    """% percent day days week weeks month months year years hour hours hr hrs minute minutes min mins am pm second
    seconds business working item items piece pieces pcs pair pairs product products order orders people person star
    stars inch inches in cm mm m ft feet lb lbs oz kg g mile miles km time times return returns email emails size
    sizes points o'clock"""
)
"""What follows a number that is no price."""

COLOURS = {
    "black": "black jet ebony onyx charcoal-black blck balck blakc",
    "white": "white ivory snow alabaster offwhite wite whtie",
    "grey": "grey gray charcoal slate graphite ash heather anthracite gunmetal granite zinc dove",
    "silver": "silver chrome pewter sliver",
    "gold": "gold golden brass",
    "red": "red crimson ruby scarlet burgundy maroon cherry cardinal vermilion wine oxblood brick garnet"
    " burgandy crimsom cranberry strawberry poppy tomato",
    "pink": "pink rose blush fuchsia magenta coral salmon raspberry peach nude bubblegum",
    "orange": "orange tangerine rust apricot terracotta pumpkin oragne clementine clay copper",
    "yellow": "yellow mustard lemon canary amber honey yelow yello marigold",
    "green": "green olive emerald forest sage lime moss jade hunter mint evergreen pine gren fern bottle"
    " eucalyptus celadon seafoam",
    "blue": "blue navy azure cobalt indigo teal turquoise denim royal aqua cyan sky sapphire midnight bleu navi"
    " cornflower bluebell ink chambray",
    "purple": "purple violet lavender plum lilac mauve aubergine purpel pruple berry mulberry periwinkle",
    "brown": "brown chocolate chestnut coffee tan walnut mahogany cognac espresso mocha brwon hazel acorn tobacco"
    " cinnamon tortoise havana wheat",
    "beige": "beige cream sand camel khaki taupe oatmeal stone natural biege ecru bone champagne",
    "multicolour": "multicolour multicolor multicoloured multicolored rainbow",
}
"""Basic colours and the names that stand for them, with the misspellings that are no other word."""
WEAK_COLOURS = word_set(
    """ash forest hunter wine cherry rose sky sand stone natural royal honey mint jet snow pine slate heather moss
    brick pumpkin lemon coffee sliver navi midnight denim cranberry strawberry poppy tomato raspberry peach nude
    bubblegum berry mulberry clementine clay copper marigold fern bottle eucalyptus cornflower bluebell ink chambray
    hazel acorn tobacco cinnamon tortoise havana wheat bone champagne granite zinc dove"""
)
"""Names that are things first, and colours where the text says so: `in wine`, `wine colour`."""

SIZES = {
    "xxs": "XXS", "xs": "XS", "s": "S", "m": "M", "l": "L", "xl": "XL", "xxl": "XXL", "xxxl": "XXXL", "2xl": "XXL",
    "3xl": "XXXL", "extra small": "XS", "x small": "XS", "small": "S", "medium": "M", "large": "L",
    "extra large": "XL", "x large": "XL", "double xl": "XXL", "extra extra large": "XXL", "xx large": "XXL",
    "one size": "One Size",
}  # fmt: skip
NOT_SIZED = word_set(
    """order purchase problem issue question amount group family quantity number gift discount refund delay part favor
    favour thing parcel package box print business businesses scale sum fee charge crowd change request tear hole stain
    scratch mark chance portion company shop team percentage hurry world"""
)
"""Nouns that `small`, `medium` and `large` describe without being a size."""
TOO = word_set("too very so bit runs run running little quite super really fits fit how pretty rather")
"""Words before `small` and `large` that make them a complaint."""

GENDERS = {
    "men": "men mens men's man's male gentlemen gentlemen's gents menswear",
    "women": "women womens women's woman woman's female ladies ladies' lady womenswear",
    "kids": "kids kid kids' kid's children childrens children's child child's boys boys' girls girls' toddler toddlers"
    " baby infant youth junior",
    "unisex": "unisex",
}
RELATIONS = {
    "men": "him husband boyfriend fiance dad father brother grandpa grandfather uncle man guy hubby",
    "women": "her wife girlfriend fiancee mom mum mother sister grandma grandmother aunt woman lady",
    "kids": "son daughter nephew niece grandson granddaughter boy girl",
}
"""Whom something is for: read only after `for` or where the person wants it."""

QUANTITY_NOUNS = word_set(
    """pair pairs piece pieces pcs item items unit units copies set sets pack packs more shirt shirts tee tees t-shirts
    tshirts hoodies sweaters jackets coats jeans trousers pants shorts dresses skirts socks shoes sneakers boots
    sandals loafers hats caps beanies scarves gloves belts bags backpacks"""
)
NOT_PROPERTIES = word_set(
    """no not a an the any thank thanks problem problems worries idea longer one way need more such matter doubt thing
    reason reply response answer answers clue help luck good really just sure yet only even too very so that this
    these those it my your our i you we they he she what how now all anymore enough at in on to for of from with and
    or but is was are be been have has had do does did can could would will should want working received arrived
    delivered happy satisfied interested able allowed sold order orders refund refunds email emails tracking update
    updates receipt invoice shipping money fair right wrong true correct cool okay ok yes please new change success
    info information access exceptions number numbers result results joke shipped sent come came get got find found
    see seen sale discount delivery returns return expensive cheap big small large paying having getting asking
    telling being going using buying knowing trying charged extra additional issue issues question questions hurry
    rush chance account code less later until because here there mine fixed responsible recieved cost"""
)
"""What follows `no` or `not` without being a property of a product."""
FREE_OF_NOTHING = word_set(
    """hands toll duty tax risk interest worry hassle stress care wrinkle trouble error free cost"""
)
"""What stands before `-free` without being something that a product lacks."""

YES = word_set(
    """yes yeah yep yup yea ya yess yas aye y ok okay okey k kk sure surely alright certainly absolutely definitely
    affirmative agreed confirm confirmed correct exactly indeed fine proceed 👍 ✅ 👌"""
)
YES_PHRASES = (
    "of course", "please do", "go ahead", "go for it", "do it", "do that", "do so", "sounds good", "sounds great",
    "that works", "works for me", "that's right", "thats right", "that's correct", "that is correct", "that's fine",
    "thats fine", "that is fine", "that's ok", "that is right", "by all means", "let's do it", "lets do it",
    "i agree", "i confirm", "please proceed", "please go ahead", "all right", "i'm sure",
    "i am sure", "make it so", "right", "please confirm", "very well", "looks good", "all good",
)  # fmt: skip
NO = word_set("no nope nah nay never n 👎 ❌")
NO_PHRASES = (
    "no thanks", "no thank you", "not now", "not yet", "not today", "not really", "not anymore", "don't", "dont",
    "do not", "please don't", "please do not", "never mind", "nevermind", "i changed my mind", "i've changed my mind",
    "rather not", "i'd rather not", "i don't", "i do not", "i don't want that", "i don't want to", "leave it",
    "keep it", "forget it", "forget about it", "no way", "absolutely not", "of course not", "certainly not",
    "definitely not", "i'm good", "im good",
)  # fmt: skip
POLITE = word_set(
    """please pls plz thanks thank thx ty you very much so many a lot kindly great perfect good awesome wonderful
    lovely nice sir madam mate for your help would be that that's cheers appreciated appreciate i it really the then
    now right away just asap soon today quickly and yes yeah ok okay sure"""
)
INTERJECTIONS = (
    YES
    | NO
    | word_set(
        """wait stop why hm hmm hmmm oh ah um uh ouch wow well so then great perfect good awesome cool nice lovely sorry
    sold actually please pls thanks thx ty lol haha hey hi hello"""
    )
)
"""What is called out, and asks for nothing beside what does."""
RESTATING = word_set(
    """do it this that them these those the my me i you we i'd i'll want would like wish to go ahead with let's can
    confirm proceed all of everything for order orders item items address return refund ticket email mail on in is
    am was right correct fine good indeed really so and whole entire up out card"""
)
"""Words with which a yes repeats the question without adding to it."""
ACTIONS = word_set(
    """cancel return refund send ship change update place submit request exchange start open create add remove notify
    book sign subscribe keep leave make buy get take use give put issue replace reorder erase"""
)
"""Verbs with which a yes may repeat the question; they must be the question's own where that is known."""
NEGATIONS = word_set("don't dont not never rather")
KEEPING = word_set("keep leave")
"""Actions that change nothing."""
NO_REST = NO | NEGATIONS | KEEPING | word_set("as it's its i'm im fine now changed mind")
"""Words with which a no may go on, beyond those of a yes."""

STOPS = (
    "stop", "stop it", "stop that", "stop this", "stop now", "stop talking", "stop please", "please stop",
    "wait stop", "no stop", "ok stop", "okay stop", "halt", "abort", "stop stop", "just stop", "be quiet", "shut up",
    "hold on stop", "stop writing", "stop there", "quit",
)  # fmt: skip
GREETINGS = word_set(
    """hi hello hey hiya heya howdy greetings yo hallo hullo good morning afternoon evening day there everyone team
    folks all dear how are you doing today going is it what's up sup to support shop nice meet"""
)
GREETING_STARTS = word_set("hi hello hey hiya heya howdy greetings yo hallo hullo sup dear what's")
GREETING_PHRASES = ("good morning", "good afternoon", "good evening", "good day", "how are you", "nice to meet you")
THANKS = word_set("thanks thank thx ty tysm cheers appreciated appreciate merci grateful")
THANKS_REST = word_set(
    """you ya u so very much many a lot lots again for your the help helping time that this it's its is was all it i
    i'm really great perfect awesome ok okay good cool nice wonderful brilliant excellent amazing super yes and
    everything support quick reply answer fast service kind kindly bunch ton million info information got helpful
    lovely to hear know fine no be of assistance"""
)
GOODBYES = word_set("bye goodbye byebye cya farewell ciao")
GOODBYE_PHRASES = (
    "see you", "see ya", "have a nice day", "have a good day", "have a great day", "have a good one", "good night",
    "that's all", "thats all", "that is all", "that will be all", "that'll be all", "that's it", "nothing else",
    "talk to you later", "take care", "i'm done", "that would be all",
)  # fmt: skip
GOODBYE_REST = THANKS_REST | THANKS | word_set("bye goodbye later soon then now from me day have you too see nope no")
ANGER = word_set(
    """ridiculous unacceptable worst disgusting pathetic scam scammers scammed fraudsters crooks thieves useless
    horrible terrible awful appalling outrageous shameful disgrace disgraceful incompetent idiot idiots idiotic
    stupid morons moron dumb liars liar bullshit crap shit shitty fuck fucking fucked damn wtf furious angry pissed
    infuriating outraged livid atrocious garbage rubbish lawyer"""
)
ANGRY_PHRASES = (
    "fed up", "sick of", "sick and tired", "what a joke", "is a joke", "what the hell", "waste of time",
    "waste of money", "never again", "never buying", "never shop", "rip off", "ripped off", "ripoff", "how dare you",
    "had enough", "last straw", "complete nonsense", "total nonsense", "screw you", "hate you", "hate this",
    "what nonsense",
)  # fmt: skip

STREET_TYPES = word_set(
    """street st str avenue ave av road rd lane ln drive dr boulevard blvd court ct place pl terrace ter way square sq
    highway hwy parkway pkwy circle cir trail trl close crescent cres row walk alley mews grove gardens hill quay
    wharf plaza esplanade loop path pike broadway"""
)
"""What a street's name ends in."""
STREET_STARTS = word_set("rue via calle avenida avenue boulevard chemin place piazza rua")
STREET_ENDINGS = ("strasse", "straße", "str.", "weg", "gasse", "allee", "platz", "laan", "straat", "gatan", "vej")
UNIT_TYPES = word_set("apt apartment unit suite ste flat floor fl room rm building bldg")
STATES = {
    "alabama": "AL", "alaska": "AK", "arizona": "AZ", "arkansas": "AR", "california": "CA", "colorado": "CO",
    "connecticut": "CT", "delaware": "DE", "district of columbia": "DC", "florida": "FL", "georgia": "GA",
    "hawaii": "HI", "idaho": "ID", "illinois": "IL", "indiana": "IN", "iowa": "IA", "kansas": "KS", "kentucky": "KY",
    "louisiana": "LA", "maine": "ME", "maryland": "MD", "massachusetts": "MA", "michigan": "MI", "minnesota": "MN",
    "mississippi": "MS", "missouri": "MO", "montana": "MT", "nebraska": "NE", "nevada": "NV", "new hampshire": "NH",
    "new jersey": "NJ", "new mexico": "NM", "new york": "NY", "north carolina": "NC", "north dakota": "ND",
    "ohio": "OH", "oklahoma": "OK", "oregon": "OR", "pennsylvania": "PA", "rhode island": "RI",
    "south carolina": "SC", "south dakota": "SD", "tennessee": "TN", "texas": "TX", "utah": "UT", "vermont": "VT",
    "virginia": "VA", "washington": "WA", "west virginia": "WV", "wisconsin": "WI", "wyoming": "WY",
}  # fmt: skip
PROVINCES = word_set("ON QC BC AB MB SK NS NB NL PE")
COUNTRIES = {
    "usa": "US", "us": "US", "u.s.": "US", "u.s.a.": "US", "united states": "US", "united states of america": "US",
    "america": "US", "uk": "GB", "u.k.": "GB", "united kingdom": "GB", "great britain": "GB", "england": "GB",
    "scotland": "GB", "wales": "GB", "northern ireland": "GB", "ireland": "IE", "canada": "CA", "mexico": "MX",
    "germany": "DE", "deutschland": "DE", "austria": "AT", "switzerland": "CH", "france": "FR", "italy": "IT",
    "spain": "ES", "portugal": "PT", "netherlands": "NL", "the netherlands": "NL", "belgium": "BE",
    "luxembourg": "LU", "denmark": "DK", "sweden": "SE", "norway": "NO", "finland": "FI", "poland": "PL",
    "czechia": "CZ", "czech republic": "CZ", "hungary": "HU", "greece": "GR", "australia": "AU", "new zealand": "NZ",
    "japan": "JP", "india": "IN", "brazil": "BR", "singapore": "SG",
}  # fmt: skip
