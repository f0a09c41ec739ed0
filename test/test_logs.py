"""The loggers of the package, and what a configuration's debug, logger_file and logger_format do to them."""

from __future__ import annotations

import copy
import logging
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from codat_python_sdk import ApiClient, ApiTypeError, ApiValueError, Configuration
from codat_python_sdk.logs import DEBUG, get_logger


@pytest.fixture(autouse=True)
def _restored_loggers() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in ("codat_python_sdk", "urllib3")]
    before = [(logger.level, list(logger.handlers)) for logger in loggers]
    yield
    for logger, (level, handlers) in zip(loggers, before, strict=True):
        for handler in set(logger.handlers) - set(handlers):
            handler.close()
        logger.level, logger.handlers = level, handlers


def test_get_logger__is_the_one_of_the_standard_library() -> None:
    """Levels, handlers and filters that a program sets on a module's logger apply."""
    logger = get_logger("codat_python_sdk.delivery")
    assert logger is logging.getLogger("codat_python_sdk.delivery")
    assert DEBUG == logging.DEBUG


def test_logging__is_untouched_by_default() -> None:
    """Making configurations adds no handler and sets no level."""
    loggers = Configuration().logger
    assert set(loggers) == {"package_logger", "urllib3_logger"}
    before = [(logger.level, list(logger.handlers)) for logger in loggers.values()]
    ApiClient(Configuration())
    assert [(logger.level, list(logger.handlers)) for logger in loggers.values()] == before


def test_debug__sets_the_level_of_both_loggers() -> None:
    """debug=True means DEBUG, False means WARNING, and it can be read back."""
    made = Configuration()
    for debug, level in ((True, logging.DEBUG), (False, logging.WARNING)):
        made.debug = debug
        assert made.debug is debug
        assert {logger.level for logger in made.logger.values()} == {level}


def test_logger_file__gets_the_lines_in_the_format(tmp_path: Path) -> None:
    """Lines go to the file in logger_format, also after the format or the file changed; None ends it."""
    made = Configuration()
    made.logger_format = "FMT %(message)s"
    made.logger_file = str(tmp_path / "one.log")
    made.logger["package_logger"].warning("first")
    made.logger_format = "NEW %(message)s"
    made.logger["urllib3_logger"].warning("second")
    made.logger_file = tmp_path / "two.log"
    assert made.logger_file == str(tmp_path / "two.log")
    made.logger["package_logger"].warning("third")
    made.logger_file = None
    made.logger["package_logger"].warning("fourth")
    assert (tmp_path / "one.log").read_text(encoding="utf-8") == "FMT first\nNEW second\n"
    assert (tmp_path / "two.log").read_text(encoding="utf-8") == "NEW third\n"
    assert made.logger_formatter.format(logging.LogRecord("n", 10, "p", 1, "hello", (), None)) == "NEW hello"


@pytest.mark.parametrize("name", ["missing/sdk.log", ".", "x\0y", "x" * 300], ids=["folder", "is one", "NUL", "long"])
def test_logger_file__that_cannot_be_written(tmp_path: Path, name: str) -> None:
    """It is an ApiValueError that names the setting, when it is set; lines still go to the file before."""
    made = Configuration()
    made.logger_file = tmp_path / "before.log"
    with pytest.raises(ApiValueError, match=r"^logger_file cannot be written to: "):
        made.logger_file = f"{tmp_path}/{name}"
    assert made.logger_file == str(tmp_path / "before.log")
    made.logger["package_logger"].warning("once")
    assert (tmp_path / "before.log").read_text(encoding="utf-8").count("once") == 1
    with pytest.raises(ApiTypeError, match="logger_file"):
        made.logger_file = 5  # type: ignore[assignment]


def test_logger_file__that_cannot_be_written_in_another_process(tmp_path: Path) -> None:
    """A configuration whose file cannot be opened where it is unpickled is an ApiValueError that names the setting."""
    made = Configuration()
    folder = tmp_path / "logs"
    folder.mkdir()
    made.logger_file = folder / "sdk.log"
    data = pickle.dumps(ApiClient(made))
    made.logger_file = None
    (folder / "sdk.log").unlink()
    folder.rmdir()
    with pytest.raises(ApiValueError, match="logger_file"):
        pickle.loads(data)


def test_logger_file__that_is_lost_later(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """When the file was closed, and can no longer be opened, a line is lost; whoever logs it gets no exception."""
    made = Configuration()
    folder = tmp_path / "logs"
    folder.mkdir()
    made.logger_file = folder / "sdk.log"
    for handler in made.logger["package_logger"].handlers:
        handler.close()
    (folder / "sdk.log").unlink()
    folder.rmdir()
    made.logger["package_logger"].warning("lost")
    assert "FileNotFoundError" in capsys.readouterr().err


def test_logger_file__set_twice(tmp_path: Path) -> None:
    """Setting the same file again neither loses nor doubles lines."""
    made = Configuration()
    for _ in range(2):
        made.logger_file = tmp_path / "sdk.log"
    made.logger["package_logger"].warning("once")
    assert (tmp_path / "sdk.log").read_text(encoding="utf-8").count("once") == 1


@pytest.mark.parametrize("text", ["%(asctime", "no field", 5])
def test_logger_format__that_is_none(tmp_path: Path, text: Any) -> None:
    """It is an ApiValueError that names the setting, and the format before stays."""
    made = Configuration()
    made.logger_file = tmp_path / "sdk.log"
    before = made.logger_format
    with pytest.raises(ApiValueError, match="logger_format"):
        made.logger_format = text
    assert made.logger_format == before


def test_logger_file__is_written_once_by_copies(tmp_path: Path) -> None:
    """A deep copy in the same process does not double the lines; a copy in another one opens the file itself."""
    made = Configuration()
    made.logger_file = str(tmp_path / "sdk.log")
    made.debug = True
    copied = pickle.loads(pickle.dumps(copy.deepcopy(made)))
    copied.logger["package_logger"].warning("once")
    assert (tmp_path / "sdk.log").read_text(encoding="utf-8").count("once") == 1
    data = pickle.dumps(made)
    made.logger_file, made.debug = None, False
    other = pickle.loads(data)
    assert other.debug and other.logger["package_logger"].level == logging.DEBUG
    other.logger["package_logger"].warning("again")
    assert (tmp_path / "sdk.log").read_text(encoding="utf-8").count("again") == 1
    other.logger_file = None


def test_logger_file__of_several_configurations(tmp_path: Path) -> None:
    """A file that two configurations name has each line once, in the format that was set last."""
    path = tmp_path / "sdk.log"
    one, other = Configuration(), Configuration()
    try:
        one.debug, one.logger_file = True, path
        other.logger_format = "last %(message)s"
        other.logger_file = path
        logging.getLogger("codat_python_sdk.delivery").info("a line")
        assert path.read_text(encoding="utf-8") == "last a line\n"
    finally:
        one.debug, one.logger_file, other.logger_file = False, None, None


def test_logger_file__empty_is_none() -> None:
    """As in 2021, a file that is set to an empty text is none."""
    configuration = Configuration()
    configuration.logger_file = ""
    assert configuration.logger_file is None
