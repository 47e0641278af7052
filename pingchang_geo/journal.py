"""The process's log: one line an event, as text or as JSON, the same for our own code and for the libraries.

Whatever is written names a user at most. Addresses of readers, query strings and tokens never enter: events have a
closed list of fields, and the text of the libraries is cleaned on its way out.
"""

from __future__ import annotations

import logging
import re
import sys
import time
from typing import IO, Any, Final, Literal

from pythonjsonlogger.json import JsonFormatter

Form = Literal["text", "json"]

#: What an event may say about itself, in the order it is written.
FIELDS: Final = (
    *("user", "request_id", "method", "route", "status", "ms"),
    *("action", "layer", "version", "rows", "seconds", "seq", "count", "bytes", "check", "file", "port"),
)
#: Where our own events are logged.
_EVENTS: Final = "pingchang_geo.events"
#: Loggers of the server that bring handlers of their own.
_SERVER: Final = ("streamlit", "uvicorn", "websockets", "asyncio")
#: Loggers that tell addresses with their query on every call.
_TALKATIVE: Final = ("httpx", "httpcore", "authlib", "uvicorn.access", "watchdog", "fontTools", "PIL", "matplotlib")
_QUERY: Final = re.compile(r"\?[^\s\"'<>]+")
_TOKEN: Final = re.compile(
    r"(?i)(/account/invite/|bearer\s+|pingchang_session=|\b(?:token|code|state|password)=)[^\s\"';&]+"
)
_PEER: Final = re.compile(
    r"\(?['\"]?(?:\d{1,3}(?:\.\d{1,3}){3}|\[?[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}\]?)['\"]?(?:, |:)\d+\)?"
)
_LONGEST: Final = 8_000


def cleaned(text: str) -> str:
    """``text`` without query strings, tokens and addresses of readers, on at most 8,000 characters."""
    text = _TOKEN.sub(r"\1…", text)
    text = _QUERY.sub("?…", text)
    return _PEER.sub("…", text)[:_LONGEST]


class _Json(JsonFormatter):
    """``{"time":…,"level":…,"event":…,…}`` on one line."""

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        del message_dict  # only our own fields count: what libraries attach may hold anything
        log_data["time"] = _moment(record)
        log_data["level"] = record.levelname.lower()
        log_data["event"] = getattr(record, "event", "log")
        log_data.update({name: value for name in FIELDS if (value := getattr(record, name, None)) is not None})
        if record.name != _EVENTS:
            log_data["logger"] = record.name
        if record.message:
            log_data["message"] = cleaned(record.message)
        if record.exc_info and record.exc_info[0] is not None:
            log_data["exception"] = cleaned(str(self.formatException(record.exc_info)))


class _Text(logging.Formatter):
    """``time level event key=value … message``, for the eye; control characters cannot begin a line of their own."""

    def format(self, record: logging.LogRecord) -> str:
        told = " ".join(
            f"{name}={_plain(value)}" for name in FIELDS if (value := getattr(record, name, None)) is not None
        )
        message = _plain(cleaned(record.getMessage()))
        event = getattr(record, "event", record.name)
        line = " ".join(part for part in (_moment(record), record.levelname, event, told, message) if part)
        if record.exc_info and record.exc_info[0] is not None:
            line += "\n" + cleaned(self.formatException(record.exc_info))
        return line


def _moment(record: logging.LogRecord) -> str:
    seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
    return f"{seconds}.{int(record.msecs):03d}Z"


def _plain(value: object) -> str:
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(value))


def formatter(form: Form) -> logging.Formatter:
    """The formatter of a log form."""
    return _Json(json_ensure_ascii=False) if form == "json" else _Text()


def configure(form: Form, stream: IO[str] | None = None) -> None:
    """Send every log of the process to ``stream`` (standard error) in one form; may be called again.

    The handlers that Streamlit and uvicorn attach to their own loggers go, so that nothing is said twice or in
    another form. Called once more when the server has loaded all its parts (see :func:`adopt`).
    """
    handler = logging.StreamHandler(stream if stream is not None else sys.stderr)
    handler.setFormatter(formatter(form))
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.captureWarnings(True)
    logging.getLogger("pingchang_geo").setLevel(logging.INFO)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    adopt()


def form() -> Form:
    """The form in force; text before anything was configured."""
    return "json" if any(isinstance(h.formatter, _Json) for h in logging.getLogger().handlers) else "text"


def adopt() -> None:
    """Bring the loggers of the server into our form: those there are, by their names."""
    for name, known in list(logging.Logger.manager.loggerDict.items()):
        if isinstance(known, logging.Logger) and name.partition(".")[0] in _SERVER:
            for handler in list(known.handlers):
                known.removeHandler(handler)
            known.propagate = True
            if _unwanted not in known.filters:
                known.addFilter(_unwanted)


def _unwanted(record: logging.LogRecord) -> bool:
    """False for the lines that come with every connection: how many there are is among the metrics."""
    return not (record.levelno < logging.WARNING and str(record.msg).startswith(("connection ", "%s - ")))


def event(name: str, message: str = "", *, level: int = logging.INFO, **fields: object) -> None:
    """Log one event.

    Args:
        name: what happened, one English word or two joined by an underscore.
        message: in Chinese, for the eye.
        level: of :mod:`logging`.
        fields: from :data:`FIELDS`; nothing else is known to be free of personal data.

    Raises:
        ValueError: a field is not in the list.
    """
    unknown = set(fields) - set(FIELDS)
    if unknown:
        raise ValueError(f"no such log field: {', '.join(sorted(unknown))}")
    logging.getLogger(_EVENTS).log(level, message, extra={"event": name, **fields})
