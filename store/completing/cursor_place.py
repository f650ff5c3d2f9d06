"""What may stand at the cursor of a filter or a reference that is still being typed: read as far as it goes, no mistakes raised."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

NAME, WHERE, KEY, KEY_VALUE = "name", "where", "key", "key value"
OPERATOR, OPENING, VALUE, SEPARATOR = "operator", "opening", "value", "separator"
CONNECTIVE, NOTHING = "connective", "nothing"

_NAME = re.compile(r"[A-Za-z][\w-]*")
_BARE = r"[^\s,:=()<>!~\"'@]"
_PLACE_VALUE = re.compile(rf"\"[^\"]*\"?|'[^']*'?|{_BARE}+")
_KEY = re.compile(r"[A-Za-z_][\w-]*")
_KEYS = re.compile(rf"[:,]\s*([A-Za-z_][\w-]*)=(\"[^\"]*\"|'[^']*'|{_BARE}+)")
_OPERATOR = re.compile(r"<=|>=|!=|<>|==|!~|=|<|>|~|\b(?:not\s+in|in|is\s+not|is)\b(?=[\s(\"']|$)", re.IGNORECASE)
_SIGN = re.compile(r"[<>=!~]*")
_WORD = re.compile(r"\"[^\"]*\"?|'[^']*'?|[^\s,()\"']+")
_NUMBER = re.compile(r"[-+]?[\d.][\d._]*(?:e[-+]?\d+)?[%a-z]?", re.IGNORECASE)
_CONNECTIVE = re.compile(r"(?:and|or)\b|&&?|\|\|?", re.IGNORECASE)
_SKIPPED = re.compile(r"(?:\s+|\(|not\b(?!-)|!(?=\s*\())*", re.IGNORECASE)
_REST: Final = {
    NAME: re.compile(r"[\w-]*"), KEY: re.compile(r"[\w-]*"), OPERATOR: re.compile(r"[<>=!~]*"),
    WHERE: re.compile(f"{_BARE}*"), KEY_VALUE: re.compile(f"{_BARE}*"), VALUE: re.compile(r"[^\s,()\"']*"),
}  # fmt: skip
"""What still belongs to the word that the cursor is in."""


@dataclass(slots=True)
class CursorPlace:
    """What is expected at the cursor, and what was read before it."""

    expects: str
    start: int
    """Of the word that the cursor is in or behind."""
    end: int
    typed: str = ""
    """The word up to the cursor, without its quotes."""
    quote: str = ""
    name: str = ""
    """Of the reference."""
    where: str = ""
    keys: tuple[tuple[str, str], ...] = ()
    """Beside the one at the cursor, also those behind it."""
    key: str = ""
    """Whose value is expected."""
    operator: str = ""
    values: tuple[str, ...] = ()
    """Those before, of a list."""
    is_number: bool = False
    """Whether the value before is a number, after which nothing else of it can follow."""
    depth: int = 0
    """Parentheses that are open."""
    earlier: tuple[str, ...] = ()
    """References of the comparisons before."""


def cursor_place(text: str, cursor: int, is_filter: bool) -> CursorPlace:
    """The place of the cursor in a filter, or in a single reference."""
    return _Reader(text, max(0, min(cursor, len(text))), is_filter).read()


class _Reader:
    def __init__(self, text: str, cursor: int, is_filter: bool) -> None:
        self.text, self.cursor, self.is_filter = text, cursor, is_filter
        self.before = text[:cursor]
        self.at = 0
        self._unquoted = ""
        self._references: tuple[str, ...] = ()
        self.place = CursorPlace(NOTHING, cursor, cursor)

    def read(self) -> CursorPlace:
        while (found := self._comparison()) is None:
            pass
        found.earlier = self._references
        return found

    def _is_over(self) -> bool:
        return self.at >= self.cursor

    def _skip(self) -> None:
        while self.at < self.cursor and self.before[self.at].isspace():
            self.at += 1

    def _found(self, expects: str, start: int, typed: str) -> CursorPlace:
        place = self.place
        place.expects, place.start, place.end = expects, start, self.cursor
        if expects in (WHERE, KEY_VALUE, VALUE) and typed[:1] in ("'", '"') and typed:
            place.quote, typed = typed[0], typed[1:].removesuffix(typed[0])
            closing = self.text.find(place.quote, max(self.cursor, start + 1))
            place.end = closing + 1 if closing >= 0 else self.cursor
        elif expects in _REST and (rest := _REST[expects].match(self.text, self.cursor)):
            place.end = self._end_of_words(rest.end()) if expects == VALUE and typed else rest.end()
        place.typed = typed
        if expects in (WHERE, KEY, KEY_VALUE):
            later = _KEYS.match(self.text, self._end_of_pair(expects, place.end))
            while later:
                place.keys += ((later[1], later[2].strip("\"'")),)
                later = _KEYS.match(self.text, later.end())
        return place

    def _end_of_words(self, end: int) -> int:
        """The end of a value of several words, whose first ends there."""
        while True:
            at = end + len(self.text[end:]) - len(self.text[end:].lstrip())
            word = _WORD.match(self.text, at)
            if word is None or _CONNECTIVE.match(self.text, at):
                return end
            end = word.end()

    def _end_of_pair(self, expects: str, end: int) -> int:
        """Behind the value of the key whose name is being edited."""
        own = re.compile(rf"=(?:{_PLACE_VALUE.pattern})").match(self.text, end) if expects == KEY else None
        return own.end() if own else end

    def _comparison(self) -> CursorPlace | None:
        """Read one comparison; the place of the cursor if it is in it."""
        self.place = CursorPlace(NOTHING, self.cursor, self.cursor, depth=self.place.depth)
        if self.is_filter:
            self._open()
        else:
            self._skip()
        if (found := self._reference()) or not self.is_filter:
            return found or self.place
        return self._operator() or self._values() or self._connective()

    def _open(self) -> None:
        found = _SKIPPED.match(self.before, self.at)
        assert found
        end = found.end()
        if end == self.cursor and found.group().lower().endswith("not"):
            end -= len("not")  # it may become a longer name
        self.place.depth += self.before.count("(", self.at, end)
        self.at = end

    def _reference(self) -> CursorPlace | None:
        place = self.place
        start = self.at
        name = _NAME.match(self.before, self.at)
        if name is None:
            return self._found(NAME, self.at, "") if self._is_over() else place
        self.at = name.end()
        if self._is_over():
            return self._found(NAME, name.start(), name.group())
        place.name = name.group()
        if self.before[self.at] != "@":
            return None
        self.at += 1
        if found := self._word_of(WHERE):
            return found
        place.where = self._unquoted
        separator = ":"
        while not self._is_over() and self.before[self.at] == separator:
            if (found := self._key()) is not None:
                return found
            separator = ","
        self._references += (self.before[start : self.at],)
        return None

    def _word_of(self, expects: str) -> CursorPlace | None:
        """Step over a value that needs no blanks; the place if the cursor is in it."""
        word = _PLACE_VALUE.match(self.before, self.at)
        if word is None:
            return self._found(expects, self.at, "") if self._is_over() else self.place
        is_open = word.group()[0] in "\"'" and (len(word.group()) == 1 or word.group()[-1] != word.group()[0])
        self._unquoted = word.group().strip("\"'")
        self.at = word.end()
        if self._is_over() or is_open:
            return self._found(expects, word.start(), word.group())
        return None

    def _key(self) -> CursorPlace | None:
        self.at += 1
        start = self.at
        found = _KEY.match(self.before, start)
        self.at = found.end() if found else start
        if self._is_over():
            return self._found(KEY, start, self.before[start:])
        if found is None or self.before[self.at] != "=":
            return self.place
        self.at += 1
        self.place.key = found.group()
        if place := self._word_of(KEY_VALUE):
            return place
        self.place.keys += ((self.place.key, self._unquoted),)
        return None

    def _operator(self) -> CursorPlace | None:
        end_of_reference = self.at
        self._skip()
        rest = self.before[self.at :]
        found = _OPERATOR.match(self.before, self.at)
        if found is None:
            is_begun = _SIGN.fullmatch(rest) or any(
                w.startswith(" ".join(rest.lower().split())) for w in ("not in", "in", "is not")
            )
            if is_begun and (rest or end_of_reference < self.cursor):
                return self._found(OPERATOR, self.at, rest)
            return self.place
        self.place.operator = {"is": "=", "is not": "!=", "==": "=", "<>": "!="}.get(
            " ".join(found.group().lower().split()), " ".join(found.group().lower().split())
        )
        self.at = found.end()
        return None

    def _values(self) -> CursorPlace | None:
        before = self.at
        self._skip()
        is_list = self.place.operator in ("in", "not in")
        if is_list:
            if self._is_over():
                return self._found(OPENING, before, "")
            if self.before[self.at] != "(":
                return self.place
            self.at += 1
            self.place.depth += 1
        while True:
            if found := self._value(is_list):
                return found
            self._skip()
            if not is_list:
                return None
            if self._is_over():
                return self._found(SEPARATOR, self.cursor, "")
            if self.before[self.at] == ")":
                self.at += 1
                self.place.depth -= 1
                return None
            if self.before[self.at] != ",":
                return self.place
            self.at += 1

    def _value(self, is_list: bool) -> CursorPlace | None:
        """A quoted text or words; the cursor directly behind a word is still in it."""
        self._skip()
        start, words, last = self.at, 0, ""
        while not self._is_over():
            connective = _CONNECTIVE.match(self.before, self.at)
            if words and connective and (connective.end() < self.cursor or not connective.group().isalpha()):
                break
            word = _WORD.match(self.before, self.at)
            if word is None:
                break
            words, last, self.at = words + 1, word.group(), word.end()
            is_quoted = last[0] in "\"'"
            is_whole = is_quoted and len(last) > 1 and last[-1] == last[0]
            if self._is_over() and not (is_whole and words == 1):
                return self._found(VALUE, start, self.before[start:])
            if words == 1 and (is_whole or _NUMBER.fullmatch(last)):
                self.place.is_number = not is_quoted
                self.place.values += (last.strip("\"'"),)
                return None
            self._skip()
        if self._is_over() and (not words or not last):
            return self._found(VALUE, start, "")
        if not words:
            return self.place
        text = self.before[start : self.at]
        if self._is_over():
            return self._found(VALUE, start, text)
        self.place.values += (text.strip(),)
        return None

    def _connective(self) -> CursorPlace | None:
        """Step over closing parentheses and `and`, `or`."""
        while True:
            self._skip()
            if (
                self._is_over()
                or "and".startswith(self.before[self.at :].lower())
                or "or".startswith(self.before[self.at :].lower())
            ):
                return self._found(CONNECTIVE, self.at, self.before[self.at :])
            if self.before[self.at] == ")":
                self.at += 1
                self.place.depth -= 1
                continue
            found = _CONNECTIVE.match(self.before, self.at)
            if found is None:
                return self.place
            self.at = found.end()
            return None
