"""The package's loggers, and what a configuration's ``debug`` and ``logger_file`` do to them.

``logging`` is imported with the first of them: it and what it imports are an eighth of the instructions of importing a
client.
"""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

from codat_python_sdk.exceptions import ApiValueError

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterable

DEBUG = 10  #: ``logging.DEBUG``


@cache  # of a few modules; a call asks for its logger
def get_logger(name: str) -> logging.Logger:
    """The logger of a module."""
    import logging

    return logging.getLogger(name)


def configured_loggers() -> dict[str, logging.Logger]:
    """The loggers that a configuration changes, under their names of 2021."""
    return {"package_logger": get_logger("codat_python_sdk"), "urllib3_logger": get_logger("urllib3")}


def set_debug(debug: bool) -> None:
    """Set the loggers to DEBUG, or to WARNING."""
    for logger in configured_loggers().values():
        logger.setLevel("DEBUG" if debug else "WARNING")


def formatter(text: str) -> logging.Formatter:
    """A formatter that makes this text of each record.

    Raises:
        ApiValueError: It is no format.
    """
    import logging

    try:
        return logging.Formatter(text)
    except (TypeError, ValueError) as error:
        raise ApiValueError(f"logger_format cannot be used: {error}") from None


def file_handlers(path: str | None) -> list[logging.FileHandler]:
    """The handlers that write to a file; none for None."""
    if path is None:
        return []
    import logging

    full_path = os.path.abspath(path)  # noqa: PTH100  # as FileHandler has it
    handlers = configured_loggers()["package_logger"].handlers
    return [h for h in handlers if isinstance(h, logging.FileHandler) and h.baseFilename == full_path]


def add_file(path: str, text: str) -> None:
    """Have the loggers write to a file as well, in this format.

    Raises:
        ApiValueError: The file cannot be opened.
    """
    try:
        handler = _file_handler_class()(path, encoding="utf-8")
    except (OSError, ValueError) as error:
        raise ApiValueError(f"logger_file cannot be written to: {error}") from error
    handler.setFormatter(formatter(text))
    for logger in configured_loggers().values():
        logger.addHandler(handler)


@cache
def _file_handler_class() -> type[logging.FileHandler]:
    import logging

    class FileHandler(logging.FileHandler):
        """One that never makes a call fail.

        Closed by whoever sets logging up again, it opens the file at the next line. What goes wrong then is reported as
        the other errors of logging are.
        """

        def emit(self, record: logging.LogRecord) -> None:
            try:
                super().emit(record)
            except OSError:
                self.handleError(record)

    return FileHandler


def remove_handlers(handlers: Iterable[logging.FileHandler]) -> None:
    """Close the files that `add_file` added, and stop writing to them."""
    for handler in handlers:
        for logger in configured_loggers().values():
            logger.removeHandler(handler)
        handler.close()
