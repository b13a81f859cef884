"""A small catalogue for the tests of search."""

from shopfloor.kernel.ids import ProductId, Sku
from shopfloor.kernel.money import Money
from shopfloor.shop.models import Gender, Product, Variant


def product(
    title: str,
    *,
    category: tuple[str, ...] = ("Shoes", "Sneakers"),
    colours: tuple[str | None, ...] = ("black",),
    sizes: tuple[str | None, ...] = ("9",),
    price: int = 50_00,
    gender: Gender | None = "men",
    sold_out: tuple[str, ...] = (),
    tags: tuple[str, ...] = (),
    best_for: str = "",
    description: str = "",
    brand: str = "Tarnmoor",
    rating: float | None = None,
) -> Product:
    """Return a product whose variants have ten pieces each, but for those sold out, written `red/9`."""
    name = title.lower().replace(" ", "-")
    variants = tuple(
        Variant(
            sku=Sku(f"{name}-{colour}-{size}"),
            colour=colour,
            size=size,
            price=Money("USD", price),
            stock=0 if f"{colour}/{size}" in sold_out else 10,
        )
        for colour in colours
        for size in sizes
    )
    return Product(
        id=ProductId(name),
        title=title,
        brand=brand,
        category=category,
        gender=gender,
        description=description,
        best_for=best_for,
        tags=tags,
        rating=rating,
        review_count=0 if rating is None else 100,
        variants=variants,
    )


CLOTHING = ("Clothing", "Hoodies")
SHELF = (
    product("Comet Flyer", colours=("red", "black"), sizes=("8", "9"), price=79_00, tags=("running", "breathable")),
    product("Ember Glide", colours=("crimson",), sizes=("9", "10"), price=99_00, rating=4.9),
    product("Vesta Court", colours=("red", "white"), sizes=("9",), sold_out=("red/9",), price=60_00),
    product("Lumen Slip", colours=("scarlet",), sizes=("9",), gender="women", description="Goes on without laces."),
    product(
        "Moss Walker", category=("Shoes", "Boots"), tags=("waterproof", "hiking"), description="Leather, with laces."
    ),
    product("Fjord Trekker", category=("Shoes", "Boots"), tags=("waterproof",), gender="unisex", brand="Silt & Sons"),
    product("Quiet Hoodie", category=CLOTHING, colours=("black", "navy"), sizes=("M", "XL"), sold_out=("black/XL",)),
    product("Loud Hoodie", category=CLOTHING, colours=("black",), sizes=("M", "L"), price=35_00),
    product("Parcel Tee", category=("Clothing", "T-Shirts"), colours=("white",), sizes=("S", "M"), gender=None),
)
