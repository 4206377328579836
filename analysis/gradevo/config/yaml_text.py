"""YAML in which a key that is given twice is a mistake, as is one that is no word or whole number."""

import io
import re
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.scalarbool import ScalarBoolean

from gradevo.errors import GradevoError


def read_yaml(path: Path) -> Any:
    """Read a YAML file (version 1.2) into Python's own types.

    Returns:
        What the file holds, None if nothing. A `<<` brings another mapping's keys; those beside it win. Whole
        numbers as keys, such as those of classes, are texts.

    Raises:
        GradevoError: If there is no such file, it is no YAML, or a key is neither or given twice; one line,
            with the path and the line's number.
    """
    try:
        # The library's safe loader does not look for doubled keys in a mapping with `<<`; this one does.
        content = YAML(typ="rt", pure=True).load(path.read_text(encoding="utf-8"))
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
    return _plain(content, path)


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
