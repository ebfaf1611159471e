"""Where the demonstration's applicants live, what they are called, and how many there are of what."""

import random
from collections.abc import Mapping
from dataclasses import dataclass

from core.demo.community import FIRST, LAST

PLACES: Mapping[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "scotland": ("health board", (
        ("Kilmarnock", "Ayrshire"), ("Kirkcaldy", "Fife"), ("Motherwell", "Lanarkshire"), ("Inverness", "the Highlands"),
        ("Dundee", "Tayside"), ("Galashiels", "the Borders"), ("Kirkwall", "Orkney"), ("Aberdeen", "Grampian"),
        ("Paisley", "Renfrewshire"), ("Dumfries", "Galloway"), ("Livingston", "the Lothians"), ("Falkirk", "the Forth valley"),
        ("Stornoway", "the Western Isles"), ("Oban", "Argyll"),
    )),
    "uclpartners": ("trust", (
        ("Tottenham", "Haringey"), ("Edmonton", "Enfield"), ("Dalston", "Hackney"), ("Poplar", "Tower Hamlets"),
        ("Luton", "south Bedfordshire"), ("Watford", "Hertfordshire"), ("Kentish Town", "Camden"), ("Basildon", "Essex"),
        ("Finchley", "Barnet"), ("Ilford", "Redbridge"), ("Romford", "Havering"), ("Chelmsford", "mid Essex"),
    )),
    "west-midlands": ("trust", (
        ("Dudley", "the Black Country"), ("Coventry", "Warwickshire"), ("Telford", "Shropshire"), ("Burslem", "Staffordshire"),
        ("Worcester", "Worcestershire"), ("Smethwick", "the Black Country"), ("Hereford", "Herefordshire"),
        ("Bilston", "the Black Country"), ("Erdington", "Birmingham"), ("Rugby", "Warwickshire"), ("Oswestry", "Shropshire"),
        ("Tamworth", "Staffordshire"), ("Redditch", "Worcestershire"), ("Sparkbrook", "Birmingham"),
    )),
    "yorkshire-humber": ("trust", (
        ("Harehills", "West Yorkshire"), ("Hull", "the Humber"), ("Keighley", "West Yorkshire"), ("Sheffield", "South Yorkshire"),
        ("Scarborough", "North Yorkshire"), ("Doncaster", "South Yorkshire"), ("Halifax", "West Yorkshire"),
        ("Barnsley", "South Yorkshire"), ("Grimsby", "the Humber"), ("Skipton", "North Yorkshire"), ("Wakefield", "West Yorkshire"),
        ("Goole", "the Humber"),
    )),
    "north-west-coast": ("trust", (
        ("Lancaster", "Lancashire"), ("Blackpool", "Lancashire"), ("Preston", "Lancashire"), ("Bootle", "Merseyside"),
        ("Birkenhead", "the Wirral"), ("Chester", "Cheshire"), ("Kendal", "south Cumbria"), ("Huyton", "Merseyside"),
        ("St Helens", "Merseyside"), ("Warrington", "Cheshire"), ("Barrow", "south Cumbria"), ("Burnley", "Lancashire"),
        ("Southport", "Merseyside"), ("Crewe", "Cheshire"),
    )),
}  # fmt: skip
"""By area: what its health organisations are called, and towns with the part of the area they lie in."""

UNLIKE = (
    "Zoë O’Hara-Łukasik", "Siân Ó Briain", "نادية حسن (Nadia Hassan)", "María José Peña Núñez", "Nguyễn Thị Hoa",
    "Oluwaseun Adébáyò", "Jürgen Weiß", "Anaïs Françoise d’Aubigné", "Ελένη Παπαδοπούλου", "שרה לוי (Sarah Levy)",
    "Mhairi NicDhòmhnaill", "Ünal Şahin", "Agnieszka Wójcik-Żak", "Bronagh Ní Dhónaill", "王小明 (Wang Xiaoming)", "Jo",
)  # fmt: skip
"""Names that are not made of the usual letters, or of the usual two words."""


@dataclass(frozen=True, slots=True)
class Scene:
    """How many applications of what kind an area has, and how far it has come (`applying`, `assessing`, `held`, `released`).

    `submitted` counts all that were submitted and not taken back; `asked` of them are asked for more.
    """

    stage: str
    submitted: int
    drafts: int = 0
    ended: int = 0
    withdrawn: int = 1
    asked: int = 0
    assessors: int = 7


SCENES: Mapping[str, Scene] = {
    "scotland": Scene("applying", 26, drafts=33, asked=1),
    "uclpartners": Scene("applying", 25, drafts=14, asked=1),
    "west-midlands": Scene("assessing", 70, ended=4, assessors=10),
    "yorkshire-humber": Scene("held", 60, ended=3, assessors=8),
    "north-west-coast": Scene("released", 78, ended=3, assessors=9),
}


def settings(slug: str, count: int, chance: random.Random) -> list[dict[str, str]]:
    """Where each of `count` people lives, as facts of `writing`: every town about as often."""
    body, towns = PLACES[slug]
    order = [towns[number % len(towns)] for number in range(count)]
    chance.shuffle(order)
    return [{"place": place, "area": area, "body": body} for place, area in order]


def names(count: int, chance: random.Random) -> list[str]:
    """`count` different names, with a few of `UNLIKE` among them."""
    found = dict.fromkeys(chance.sample(UNLIKE, min(3, count)))
    while len(found) < count:
        found[f"{chance.choice(FIRST)} {chance.choice(LAST)}"] = None
    mixed = list(found)
    chance.shuffle(mixed)
    return mixed
