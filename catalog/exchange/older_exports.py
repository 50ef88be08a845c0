"""Records of older exports, in the form that this archrank writes.

Version 1 had a text for a checkpoint's training data, which nothing filled. Until version 3 a measurement was
one flat record of numbers and failure. Threads that were not stated were 0. The protocol's version and the
speed table were in texts alone. Until version 4 a number did not know the degrees of freedom of its interval,
and a sample had no blocks. Nothing takes their place. Until version 5 no measurement was withdrawn. Until
version 6 every workload was of colour images, which is the default, and a fault of the host could be a
failure.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from catalog.border.host_faults import was_host_fault, withdrawal
from catalog.entities.measurements import Failure, Measurement
from catalog.exchange.records import Document
from catalog.words.doubts import FailureReason
from catalog.words.vocabulary import Provenance, Status

_WITH_TEXT_FOR_TRAINING_DATA = (1,)
_WITH_FLAT_MEASUREMENTS = (1, 2, 3)
_SUCCESS_FIELDS: Mapping[str, str] = {
    "values": "values",
    "doubts": "doubts",
    "samples": "samples",
    "set_aside": "set_aside",
    "precision_met": "interval_target_met",
}
_FAILURE_FIELDS = ("reason", "detail")
# "2: 5 to 15 processes until ...". At most nine digits: what is longer is no version, and no column holds it.
_PROTOCOL = re.compile(r"(?P<version>[0-9]{1,9})(:.*)?", re.DOTALL)
_SPEED_TABLE_SOURCE = re.compile(r"timm results/(?P<table>.+) @ git blob .*", re.DOTALL)


def in_this_form(kind: str, document: Document, version: int) -> Document:
    """The record of this kind that an export of `version` holds as `document`.

    What is malformed stays malformed, and is reported when the record is validated.
    """
    if kind == "checkpoint" and version in _WITH_TEXT_FOR_TRAINING_DATA:
        return {name: value for name, value in document.items() if name != "training_data"}
    if kind == "measurement" and version in _WITH_FLAT_MEASUREMENTS:
        return _measurement(document)
    return document


def without_host_fault(measurement: Measurement) -> Measurement:
    """The measurement, withdrawn where an older version stored a fault of its host as a failure."""
    failure = measurement.outcome
    if measurement.withdrawn is not None or not isinstance(failure, Failure):
        return measurement
    has_artefact = measurement.artefact is not None
    if not was_host_fault(measurement.provenance, failure.reason, failure.detail, has_artefact=has_artefact):
        return measurement
    return replace(measurement, withdrawn=withdrawal(measurement.measured_at))


def _measurement(flat: Document) -> Document:
    outcome_fields = {"status", *_SUCCESS_FIELDS, *_FAILURE_FIELDS}
    return {
        **{name: value for name, value in flat.items() if name not in outcome_fields},
        **_protocol_version(flat),
        **_published_table(flat),
        **_configuration(flat),
        "outcome": _failure(flat) if flat.get("status") == Status.FAILED else _success(flat),
    }


def _success(flat: Document) -> Document:
    numbers = {name: flat[old] for old, name in _SUCCESS_FIELDS.items() if old in flat}
    return {"status": flat.get("status"), **numbers}


def _failure(flat: Document) -> Document:
    """A failure without a reason, which the old form allowed, has the most general one."""
    # Numbers of a failure stay, so that they are refused.
    numbers = {"values": flat["values"]} if flat.get("values") else {}
    if flat.get("reason") is None:
        detail = flat.get("detail") or "no reason was recorded"
        return {"status": Status.FAILED, "reason": FailureReason.RUNTIME_ERROR, "detail": detail, **numbers}
    return {
        "status": Status.FAILED,
        **numbers,
        **{name: flat[name] for name in _FAILURE_FIELDS if name in flat},
    }


def _protocol_version(flat: Document) -> Document:
    match = _PROTOCOL.fullmatch(str(flat.get("protocol")))
    if match is None or flat.get("provenance") != Provenance.MEASURED:
        return {}
    return {"protocol_version": int(match["version"])}


def _published_table(flat: Document) -> Document:
    match = _SPEED_TABLE_SOURCE.fullmatch(str(flat.get("source")))
    if match is None or flat.get("provenance") != Provenance.PUBLISHED:
        return {}
    return {"published_table": match["table"]}


def _configuration(flat: Document) -> Document:
    configuration = flat.get("configuration")
    if not isinstance(configuration, Mapping) or configuration.get("threads") != 0:
        return {}
    return {"configuration": {**configuration, "threads": None}}
