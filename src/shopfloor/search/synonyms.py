"""What customers call the things of a shop, in English. Data only; everything in lower case."""

from shopfloor.language.english import word_set

CATEGORY_NAMES = {
    "sneakers": ("trainers", "kicks", "tennis shoes", "gym shoes", "sneaks"),
    "running shoes": ("running trainers", "running sneakers", "jogging shoes", "shoes for running"),
    "dress shoes": ("formal shoes", "office shoes"),
    "t-shirts": ("tee", "tees", "t shirt", "tshirt", "tee shirt"),
    "hoodies": ("hoody", "hooded sweatshirt", "hooded sweater"),
    "sweaters": ("jumper", "jumpers", "knitwear"),
    "jackets": ("coat", "coats", "outerwear"),
    "raincoats": ("rain jacket", "rain coat", "rain jackets", "waterproof coat"),
    "jeans": ("denims", "denim pants"),
    "trousers": ("pants", "slacks"),
    "activewear": ("sportswear", "gym wear", "gym clothes", "workout clothes"),
    "dresses": ("frock",),
    "socks": ("stockings",),
    "underwear": ("undies", "lingerie"),
    "hats": ("headwear",),
    "scarves": ("scarf", "shawl"),
    "sunglasses": ("shades", "sun glasses"),
    "watches": ("wristwatch", "timepiece"),
    "backpacks": ("rucksack", "rucksacks", "back pack", "knapsack"),
    "totes": ("tote bag", "handbag", "handbags"),
    "wallets": ("billfold",),
    "blankets": ("throw", "throws"),
    "mugs": ("cup", "cups", "coffee cup"),
    "bottles": ("water bottle", "drinking bottle"),
    "shoes": ("footwear",),
    "clothing": ("clothes", "apparel"),
}
"""Other names of categories, which a catalogue may or may not have."""
KINDS = {
    "boots": ("booties", "wellies", "wellingtons"),
    "dress shoes": ("oxfords", "brogues", "heels", "high heels", "pumps"),
    "sandals": ("flip flops", "flipflops", "slides", "espadrilles"),
    "shirts": ("blouse", "blouses", "button down", "button up"),
    "hoodies": ("sweatshirt", "sweatshirts"),
    "sweaters": ("pullover", "pullovers", "cardigan", "cardigans", "turtleneck"),
    "jackets": ("parka", "parkas", "anorak", "windbreaker", "puffer", "blazer", "bomber"),
    "raincoats": ("poncho", "slicker"),
    "trousers": ("chinos", "khakis"),
    "activewear": ("leggings", "sports bra", "joggers", "sweatpants"),
    "dresses": ("gown", "gowns"),
    "underwear": ("boxers", "briefs", "bras", "panties", "long johns"),
    "hats": ("cap", "caps", "beanie", "beanies"),
    "gloves": ("mittens", "mitts"),
    "backpacks": ("daypack", "school bag"),
    "totes": ("shopper", "shopping bag", "beach bag"),
    "wallets": ("purse", "purses", "card holder"),
    "bottles": ("flask", "flasks", "thermos", "tumbler"),
    "lamps": ("lantern", "lanterns", "headlamp", "headlamps", "torch", "flashlight", "flashlights"),
}
"""Narrower things than the category they belong to: a beanie is a hat, but not every hat a beanie."""
NO_CATEGORY = frozenset({"short", "home", "light"})
"""Words that are a category's name in another number or elsewhere something else: `short sleeves`, `my home`."""

ASKING = word_set(
    """looking look searching search want wanted need needs needed show find recommend recommendation suggest
    suggestion buy purchase purchasing order get something anything thing things item items product products nice
    good great best better cool perfect sell selling stock stocked available availability pair pairs like love
    option options choice offer carry store shop online price prices priced cost costs cheap cheaper cheapest
    affordable expensive budget less max maximum minimum dollar dollars buck bucks usd euro euros pound pounds
    around least between within size sizes sized fit fits colour colours color colors today tomorrow way hi hello
    one ones kind type style styles see new maybe help interested wear wearing present birthday person someone
    somebody back notify tell know might possibly prefer preferably right now still got us eu uk using used use
    range currently free real really ship shipping number two three"""
)
"""Words of a request that describe no product."""

KNOWLEDGE_NAMES = (
    "parcel package shipment box",
    "deliver delivery ship shipping shipped send dispatch post arrive",
    "refund reimburse reimbursement moneyback",
    "cost price fee charge pay much expensive",
    "return returning sendback",
    "exchange swap",
    "cancel cancellation",
    "change edit modify update amend",
    "code coupon promo promotion discount",
    "faulty broken broke defective damaged defect tear torn ripped",
    "wash clean launder laundry care cleaning washing",
    "contact reach person human agent representative support",
    "worn wore wear",
    "measure measurement measuring",
    "combine stack together",
    "hours open opening close closing",
    "data privacy",
    "lost missing disappeared stolen",
    "password login signin",
    "bill invoice receipt",
    "card visa mastercard credit debit",
    "declined rejected failed fail refused",
    "late delayed delay",
    "eu europe european germany france italy spain netherlands belgium austria ireland poland sweden denmark finland",
    "uk britain england scotland wales",
    "usa america american americans",
    "size sizing fit measurement",
    "country countries abroad international internationally overseas",
    "customs duty duties import",
    "installment installments instalments klarna afterpay",
    "pickup collect collection",
    "email newsletter mailing unsubscribe",
    "delete erase remove close",
    "expire expiry valid expiration",
)
"""Words that mean the same in a question about the shop, a group to a line."""
KNOWLEDGE_PHRASES = {
    "send me": "give me", "how late": "hours", "until when": "hours", "how long": "duration",
    "when do i get": "duration", "when will i get": "duration", "how much": "cost", "money back": "refund",
    "personal data": "data", "personal information": "data",
    "do you take": "do you accept", "gift voucher": "gift card", "gift vouchers": "gift cards",
    "gift certificate": "gift card", "store credit": "gift card", "promo code": "promocode",
    "discount code": "promocode", "discount codes": "promocode", "coupon code": "promocode", "pick up": "pickup",
    "pre-order": "preorder", "pre-orders": "preorder", "pre order": "preorder", "sign in": "login",
    "log in": "login", "apple pay": "applepay", "google pay": "googlepay", "opening hours": "hours",
    "united states of america": "usa", "united states": "usa", "the us": "usa", "us size": "usa size",
    "us sizes": "usa sizes", "us men's": "usa men's", "us women's": "usa women's",
    "in stock": "stock", "stock price": "shareprice", "share price": "shareprice", "pay pal": "paypal",
    "e-mail": "email",
}  # fmt: skip
"""Phrases that stand for a word."""
SMALL_TALK = word_set(
    """tell much many long want know need would like use used way does possible thing really find say said two three
    certain amount item happen happens receive received policy policies rule rules anymore again still already not
    number time times mean means today tomorrow tonight now currently
    within month stuff things take takes comes come like ever going gonna wanna please kindly nearly almost maybe
    perhaps usually usual actually basically normally normal somehow gives gave ago instead offer
    offers offering provide"""
)
"""Words of a question that its answer need not hold."""
