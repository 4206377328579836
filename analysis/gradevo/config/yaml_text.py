"""YAML in which a key that is given twice is a mistake, as is one that is no word or whole number."""

import io
import re
import stat
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, ScalarEvent
from ruamel.yaml.scalarbool import ScalarBoolean

from gradevo.errors import GradevoError

# More than any configuration needs, and read in a moment.
BYTES, VALUES, DEPTH = 10_000_000, 100_000, 100


def read_yaml(path: Path) -> Any:
    """Read a YAML file (version 1.2) into Python's own types.

    Returns:
        What the file holds, None if nothing. A `<<` brings another mapping's keys; those beside it win. Whole
        numbers as keys, such as those of classes, are texts.

    Raises:
        GradevoError: If there is no such file, it is no YAML, or a key is neither or given twice; one line,
            with the path and the line's number. So are depths, sizes and texts that no configuration needs.
    """
    try:
        # The library's safe loader does not look for doubled keys in a mapping with `<<`; this one does.
        text = _text(path)
        _check(text, path)
        content = YAML(typ="rt", pure=True).load(text)
    except OSError as error:
        raise GradevoError(f"{path}: expected a configuration file, found none ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise _mistake(path, None, "not UTF-8 text") from error
    except MarkedYAMLError as error:
        problem = str(error.problem)
        if doubled := re.match('found duplicate (?:merge )?key "(.*?)"', problem):
            problem = f"the key {doubled[1]!r} is given twice; remove one of them"
        raise _mistake(path, error.problem_mark and error.problem_mark.line, problem) from error
    except YAMLError as error:
        raise _mistake(path, None, str(error).partition("\n")[0]) from error
    except (ValueError, KeyError) as error:
        raise _mistake(path, _line_of_value(text), f"no such number, date or word: {error}") from error
    return _plain(content, path)


def _text(path: Path) -> str:
    if not stat.S_ISREG(path.stat().st_mode) and not path.is_dir():  # a pipe may have nobody who writes
        raise _mistake(path, None, "a pipe or a device; expected a regular file")
    with path.open("rb") as file:  # which may be a device without an end
        data = file.read(BYTES + 1)
    if len(data) > BYTES:
        raise _mistake(path, None, f"more than {BYTES:,} bytes; is this the right file?")
    return data.decode("utf-8")


def _check(text: str, path: Path) -> None:
    """Look at what the file would become before it does: a few aliases of aliases are millions of values."""
    sizes: dict[str, int] = {}
    above: list[tuple[str | None, int]] = []  # anchor and size of what is begun
    count = 0
    for event in YAML(typ="rt", pure=True).parse(text):
        line = event.start_mark.line
        if isinstance(event, CollectionStartEvent):
            above.append((event.anchor, count))
            count = 1
            if len(above) > DEPTH:
                raise _mistake(path, line, f"more than {DEPTH} levels; write it flatter")
        elif isinstance(event, CollectionEndEvent):
            anchor, before = above.pop()
            if anchor:
                sizes[anchor] = count
            count += before
        elif isinstance(event, AliasEvent):
            if event.anchor in (anchor for anchor, _ in above):
                raise _mistake(path, line, f"{event.anchor!r} contains itself; remove this alias")
            count += sizes.get(event.anchor, 1)
        elif isinstance(event, ScalarEvent):
            count += 1
            if any("\ud800" <= character <= "\udfff" for character in event.value):
                raise _mistake(path, line, f"half a surrogate pair in {event.value!a}; write the character")
        if count > VALUES:
            raise _mistake(
                path, line, f"more than {VALUES:,} values, with those that aliases repeat; use fewer"
            )


def _line_of_value(text: str) -> int | None:
    """Return the line of the first value that cannot be made, counted from 0."""
    for event in YAML(typ="rt", pure=True).parse(text):
        if isinstance(event, ScalarEvent) and event.style is None:
            try:
                YAML(typ="rt", pure=True).load(f"{f'!<{event.tag}> ' if event.tag else ''}{event.value}")
            except (ValueError, KeyError):
                return int(event.start_mark.line)
            except YAMLError:
                continue
    return None


def to_yaml(data: Any) -> str:
    """Plain data as YAML of lines of at most 100 characters, keys in their order.

    >>> print(to_yaml({"seed": 13, "metrics": ["accuracy"]}))
    seed: 13
    metrics:
    - accuracy
    """
    yaml: Any = YAML(typ="safe", pure=True)
    yaml.default_flow_style, yaml.width, yaml.sort_base_mapping_type_on_output = False, 100, False
    text = io.StringIO()
    yaml.dump(data, text)
    return text.getvalue().rstrip("\n")


def _plain(value: Any, path: Path) -> Any:
    """Python's own types in place of the library's, which know their layout."""
    if isinstance(value, CommentedMap):
        for key in value:
            if not isinstance(key, str | int) or isinstance(key, bool):
                line = value.lc.data.get(key, [value.lc.line])[0]
                found = list(key) if isinstance(key, tuple) else key
                raise _mistake(path, line, f"expected a word as a key, found {found!r}")
        return {str(key): _plain(item, path) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, path) for item in value]
    if isinstance(value, bool | ScalarBoolean):
        return bool(value)
    kind = next((kind for kind in (str, int, float) if isinstance(value, kind)), None)
    return value if kind is None else kind(value)


def _mistake(path: Path, line: int | None, problem: str) -> GradevoError:
    where = "" if line is None else f", line {line + 1}"
    return GradevoError(f"{path}{where}: expected YAML, found a mistake: {problem}")
