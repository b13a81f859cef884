"""A small German catalogue."""

from shelf import product

GERMAN = (
    product(
        "Laufschuh Kiefer",
        category=("Schuhe", "Laufschuhe"),
        colours=("rot", "blau"),
        sizes=("41",),
        description="Ein leichter Schuh für lange Strecken, und mit einer Sohle, die auch auf nassem Boden hält.",
        price=79_00,
    ),
    product(
        "Wanderschuh Fels",
        category=("Schuhe", "Wanderschuhe"),
        colours=("braun",),
        sizes=("41",),
        description="Ein Schuh aus Leder, der auch bei Regen nicht nass wird. Er ist für Touren in den Bergen.",
        price=129_00,
    ),
    product(
        "Jacke Nordsee",
        category=("Jacken", "Regenjacken"),
        colours=("gelb",),
        sizes=("M",),
        gender="women",
        description="Eine wasserdichte Jacke mit Kapuze, die man für den Weg in das Büro und an der See hat.",
        price=99_00,
    ),
    product(
        "Jacke Harz",
        category=("Jacken", "Winterjacken"),
        colours=("schwarz",),
        sizes=("M",),
        gender="women",
        description="Eine warme Jacke ohne Kapuze, für die kalten Tage und für den Winter in den Bergen.",
        price=189_00,
    ),
    product(
        "Mütze Schaf",
        category=("Mützen",),
        colours=("grün",),
        sizes=(None,),
        gender=None,
        description="Eine Mütze aus Wolle, die nicht kratzt und auch unter einem Helm nicht zu dick ist.",
        price=19_00,
    ),
)
