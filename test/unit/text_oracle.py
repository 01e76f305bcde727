"""Names of encodings and ISO dates, against Python's codecs and datetime."""

import codecs
import datetime
import encodings.aliases
import os
import random
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DRIVER = os.path.join(TOP, "build", "unit", "text_cli")

# PostgreSQL's encodings, by the Python codec that decodes the same bytes.
ENCODINGS = {
    "UTF8": ["utf-8", "utf-8-sig"],
    "ASCII": ["ascii"],
    "LATIN1": ["iso8859-1"], "LATIN2": ["iso8859-2"], "LATIN3": ["iso8859-3"],
    "LATIN4": ["iso8859-4"], "LATIN5": ["iso8859-9"], "LATIN6": ["iso8859-10"],
    "LATIN7": ["iso8859-13"], "LATIN8": ["iso8859-14"], "LATIN9": ["iso8859-15"],
    "LATIN10": ["iso8859-16"],
    "ISO_8859_5": ["iso8859-5"], "ISO_8859_6": ["iso8859-6"],
    "ISO_8859_7": ["iso8859-7"], "ISO_8859_8": ["iso8859-8"],
    "WIN866": ["cp866"], "WIN874": ["cp874"],
    **{"WIN%d" % n: ["cp%d" % n] for n in range(1250, 1259)},
    "KOI8R": ["koi8-r"], "KOI8U": ["koi8-u"],
    "EUC_JP": ["euc_jp"], "EUC_JIS_2004": ["euc_jis_2004"],
    "SJIS": ["shift_jis", "cp932"], "SHIFT_JIS_2004": ["shift_jis_2004"],
    "EUC_KR": ["euc_kr"], "UHC": ["cp949"], "JOHAB": ["johab"],
    "EUC_CN": ["gb2312"], "GBK": ["gbk"], "GB18030": ["gb18030"], "BIG5": ["big5", "cp950"],
}
ENCODING_OF = {codec: name for name, names in ENCODINGS.items() for codec in names}

# Python's tokenizer takes these by itself, with anything behind a hyphen.
SPECIAL = {"utf-8-unix": "UTF8", "latin-1-dos": "LATIN1", "iso-latin-1": "LATIN1",
           "iso-8859-1-unix": "LATIN1"}

EPOCH = datetime.datetime(2000, 1, 1)


def ask(lines):
    out = subprocess.run([DRIVER], input="".join(line + "\n" for line in lines), text=True,
                         capture_output=True, check=True).stdout
    return out.splitlines()


def expected_codec(name):
    if name in SPECIAL:
        return SPECIAL[name]
    try:
        return ENCODING_OF.get(codecs.lookup(name).name, "unknown")
    except LookupError:
        return "unknown"


def codec_names():
    names = set(SPECIAL) | {"utf-16", "no-such", "latin.1", "win-1252", "mbcs", "", "utf-80"}
    for alias, codec in encodings.aliases.aliases.items():
        for name in (alias, codec):
            # bytes-to-bytes codecs (rot13, zlib) are none for text
            names |= {name, name.replace("_", "-"), name.upper()}
    return sorted(names)


def microseconds(value):
    return (value - EPOCH) // datetime.timedelta(microseconds=1)


def expected_time(text):
    """Python's own reader of ISO 8601, for what it writes itself."""
    try:
        value = datetime.datetime.fromisoformat(text)
    except ValueError:
        return "no"
    local = microseconds(value.replace(tzinfo=None))
    if value.tzinfo is None:
        return "%d naive" % local
    return "%d %d" % (local, value.utcoffset() // datetime.timedelta(seconds=1))


def random_times(rng, count):
    span = datetime.datetime.max - datetime.datetime.min
    for _ in range(count):
        value = datetime.datetime.min + rng.random() * span
        if rng.random() < 0.3:
            value = value.replace(microsecond=0)
        if rng.random() < 0.5:
            minutes = rng.randrange(-1439, 1440)
            value = value.replace(tzinfo=datetime.timezone(datetime.timedelta(minutes=minutes)))
        text = str(value) if rng.random() < 0.5 else value.isoformat()
        if rng.random() < 0.3:
            # one character wrong; only digits, because Python takes other separators
            at = rng.randrange(0, 19)
            if text[at].isdigit():
                text = text[:at] + str(rng.randrange(10)) + text[at + 1:]
        yield text


FIXED = ["2026-01-31", "2026-01-31 12:00", "2024-02-29", "2023-02-29", "1900-02-29", "2000-02-29",
         "0001-01-01", "9999-12-31T23:59:59.999999", "0000-01-01", "now", "", "2026-13-01",
         "2026-01-32", "2026-01-31 12:60", "2026-01-31 12:00:60", "2026-01-31 ",
         "2026-01-31 12:00:00.", "2026-01-31 12:00:00+", "2026-1-31", "2026-01-31 12:00:00 UTC",
         "01/31/2026"]


def main():
    rng = random.Random(20260131)
    times = FIXED + list(random_times(rng, 20000))
    questions = [("codec " + name, expected_codec(name)) for name in codec_names()]
    questions += [("time " + text, expected_time(text)) for text in times]
    wrong = 0
    for (question, expected), got in zip(questions, ask([q for q, _ in questions]), strict=True):
        # A later Python may know more aliases than the table, which is 3.11's.
        if question.startswith("codec") and got == "unknown" and sys.version_info[:2] > (3, 11):
            continue
        if got != expected:
            wrong += 1
            print("%s: got %s, Python has %s" % (question, got, expected))
    print("%d codec names and %d times asked, %d wrong" % (len(codec_names()), len(times), wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
