"""Writes `common_passwords.txt`: passwords of twelve characters and more that many people would think of.

Run `python core/people/data/make_common_passwords.py` after a change; a test compares the file with these rules.

The list is made here, by rule, and copied from no collection of leaked passwords. Published top lists show that the
common ones of this length are a well-known short word filled up with digits, a year or signs, a word or keyboard run
repeated, or a phrase such as `iloveyou`. The words below are those that every such list names, and words of this site.
"""

from itertools import product
from pathlib import Path

FILE = Path(__file__).parent / "common_passwords.txt"
MIN_LENGTH = 12
YEARS = [str(year) for year in (*range(1980, 2010, 5), *range(2010, 2031))]
TAILS = [
    "1", "12", "123", "1234", "12345", "123456", "1234567", "12345678", "123456789", "1234567890", "!", "!!", "!1", "1!",
    "123!", "123!!", "1234!", "12345!", "321", "007", "69", "99", "00", "000", "111", "1111", "abc", "abc123", "?", "@123", "#1",
]  # fmt: skip
WORDS = [
    "password", "passwort", "passphrase", "welcome", "welcomehome", "letmein", "letmeinnow", "changeme", "changemenow",
    "iloveyou", "iloveyousomuch", "qwerty", "qwertyuiop", "administrator", "admin", "football", "baseball", "basketball",
    "princess", "sunshine", "superman", "batman", "starwars", "pokemon", "monkey", "dragon", "shadow", "master", "michael",
    "jordan", "charlie", "jessica", "ashley", "computer", "internet", "whatever", "freedom", "trustno", "butterfly",
    "chocolate", "flower", "summer", "winter", "spring", "autumn", "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december", "monday", "tuesday", "wednesday", "thursday",
    "friday", "saturday", "sunday", "liverpool", "liverpoolfc", "arsenal", "chelsea", "everton", "celtic", "rangers",
    "manchester", "manchesterunited", "manutd", "tottenham", "newcastle", "london", "england", "scotland", "wales",
    "cymru", "ireland", "northernireland", "yorkshire", "hospital", "health", "healthcare", "healthfoundation", "nhs",
    "nhsengland", "nhsscotland", "nhswales", "improvement", "improvementacademy", "quality", "qualityimprovement",
    "community", "qcommunity", "member", "partner", "secret", "mysecret", "mypassword", "mypasswordis", "nopassword",
    "newpassword", "default", "temporary", "temppassword", "login", "access", "access14", "testing", "guest", "hello",
    "helloworld", "goodmorning", "goodluck", "blessed", "jesus", "jesuschrist", "godisgood", "family", "myfamily",
]  # fmt: skip
ROWS = [
    "1234567890", "0987654321", "qwertyuiop", "poiuytrewq", "asdfghjkl", "zxcvbnm", "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0", "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "qazwsxedcrfvtgbyhnujmikolp", "zaq1xsw2cde3vfr4bgt5nhy6",
    "qwertyuiopasdfghjklzxcvbnm", "abcdefghijklmnopqrstuvwxyz", "zyxwvutsrqponmlkjihgfedcba", "qweasdzxc", "qwe123asd456",
    "a1b2c3d4e5f6g7h8i9j0", "123qweasdzxc", "112233445566778899", "147258369", "159753", "123321", "100200300",
]  # fmt: skip
PHRASES = [
    "correcthorsebatterystaple", "thisismypassword", "iamthegreatest", "youshallnotpass", "maytheforcebewithyou",
    "thequickbrownfox", "tobeornottobe", "letmeinplease", "opensesame", "onceuponatime", "happybirthday", "merrychristmas",
    "threerandomwords", "improvetogether", "bettertogether", "safeeffectivetimely", "neverstoplearning", "plandostudyact",
    "pdsapdsapdsa", "modelforimprovement", "keepcalmandcarryon", "godsavethequeen", "godsavetheking", "manchestercity",
    "youllneverwalkalone", "ilovemyfamily", "ilovemykids", "iloveyouforever", "ilovechocolate", "nopasswordneeded",
]  # fmt: skip


def passwords() -> list[str]:
    """Every password of the list, in lower case, sorted: all of twelve characters or more."""
    found: set[str] = set(PHRASES)
    for word, tail in product(WORDS, [*TAILS, *YEARS]):
        found.add(word + tail)
    for unit in (*WORDS, *ROWS):
        found |= {unit * times for times in (1, 2, 3)}
    for row in ROWS:
        whole = row * 3
        found |= {whole[:length] for length in range(MIN_LENGTH, 21)}
    return sorted(password for password in found if len(password) >= MIN_LENGTH)


def content() -> str:
    """The file as it must be."""
    head = "# Made by make_common_passwords.py from the rules in it; no collection was copied. One a line, in lower case.\n"
    return head + "\n".join(passwords()) + "\n"


if __name__ == "__main__":
    FILE.write_text(content(), "utf-8")
