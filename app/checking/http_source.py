"""The measurements of another archrank, page by page, over its API."""

import re
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import quote, urlencode, urljoin, urlsplit

from pydantic import ValidationError

from app.contract.evidence.measurements import MeasurementPage, MeasurementView
from app.contract.evidence.targets import TargetPage
from app.errors import CannotCompare
from catalog.entities.configurations import Artefact, Environment, Target
from catalog.entities.measurements import Failure, Measurement, MetricValue, Outcome, Success, Withdrawal
from catalog.entities.networks import Workload
from catalog.settings import PushSettings
from catalog.words.complaints import complaint
from catalog.words.doubts import FailureReason
from catalog.words.metrics import Metric
from catalog.words.vocabulary import Provenance

Fetch = Callable[[str], tuple[str, str | None]]
"""The body at an address, and the address of the next page."""
_PAGE = 200
_TIMEOUT_S = 30.0
# No page of 200 measurements without samples comes near it.
_MOST_BYTES = 64 * 2**20
_NEXT = re.compile(r'<([^>]*)>\s*;\s*rel="?next"?')


def fetch(address: str) -> tuple[str, str | None]:
    """Ask the address once.

    Raises:
        CannotCompare: no answer, or one that is no success.
    """
    headers = {"Accept": "application/json"}
    key = PushSettings().key
    if key:
        headers["Authorization"] = f"Bearer {key}"
    try:
        request = urllib.request.Request(address, headers=headers)  # noqa: S310 - http or https, by the caller
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310
            body = answer.read(_MOST_BYTES + 1)
            if len(body) > _MOST_BYTES:
                raise CannotCompare(f"{address} answers with more than 64 MiB.", "Check the address.")
            link = _NEXT.search(answer.headers.get("Link") or "")
            return body.decode("utf-8"), urljoin(address, link[1]) if link else None
    except HTTPError as error:
        is_closed = error.code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
        raise CannotCompare(
            f"{address} answers with {error.code} {error.reason}.",
            _closed(key) if is_closed else "Check the address.",
        ) from error
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise CannotCompare(
            f"{address} does not answer: {reason}.", "Check the address and the network."
        ) from error


def _closed(key: str | None) -> str:
    """What to do about a server that answers only to a key."""
    if key:
        return "The key in ARCHRANK_KEY may not read there: it is wrong, revoked or expired."
    return "Set ARCHRANK_KEY to a key that `archrank keys create NAME` printed on the server."


def measurements_at(address: str, targets: Sequence[str], fetch_: Fetch = fetch) -> list[Measurement]:
    """What the archrank at the address has measured, the older first. With `targets`, only theirs.

    Raises:
        CannotCompare: it does not answer, or not as an archrank does.
    """
    base = address.rstrip("/").removesuffix("/v1/measurements").removesuffix("/v1")
    described = {one.id: one for one in _pages(f"{base}/v1/targets", TargetPage, fetch_)}
    found: list[Measurement] = []
    for name in targets or sorted(described):
        if name not in described:
            continue
        view = described[name]
        target = Target(view.id, view.kind, view.label, view.identity)
        query = urlencode({"target": name, "limit": _PAGE}, quote_via=quote)
        views = _pages(f"{base}/v1/measurements?{query}", MeasurementPage, fetch_)
        found += [_measurement(one, target) for one in views if one.provenance is Provenance.MEASURED][::-1]
    return found


def _pages(address: str, form: type, fetch_: Fetch) -> list:  # type: ignore[type-arg]
    items: list[object] = []
    seen: set[str] = set()
    following: str | None = address
    while following is not None:
        if following in seen or urlsplit(following).netloc != urlsplit(address).netloc:
            raise CannotCompare(f"The pages of {address} lead nowhere.", "Check the address.")
        seen.add(following)
        body, after = fetch_(following)
        try:
            items += form.model_validate_json(body).items  # type: ignore[attr-defined]
        except ValidationError as error:
            raise CannotCompare(
                f"{following} does not answer as an archrank does: {complaint(error.errors()[0])}.",
                "Check the address, and that both are of about the same version.",
            ) from error
        following = after
    return items


def _measurement(view: MeasurementView, target: Target) -> Measurement:
    workload = Workload(view.architecture, view.num_classes, view.input_size, view.form, view.in_chans)
    artefact = view.artefact
    return Measurement(
        workload=workload,
        configuration=view.configuration,
        target=target,
        environment=Environment(**view.environment.model_dump()),
        provenance=view.provenance,
        protocol=view.protocol,
        protocol_version=view.protocol_version,
        measured_at=view.measured_at,
        source=view.source,
        outcome=_outcome(view),
        artefact=Artefact(workload, **artefact.model_dump()) if artefact else None,
        withdrawn=Withdrawal(**view.withdrawn.model_dump()) if view.withdrawn else None,
    )


def _outcome(view: MeasurementView) -> Outcome:
    if view.reason is not None:
        return Failure(FailureReason(view.reason), view.detail)
    return Success(values=_values(view), doubts=tuple(view.doubts), interval_target_met=view.precision_met)


def _values(view: MeasurementView) -> tuple[MetricValue, ...]:
    absent: Mapping[Metric, str] = view.absent
    numbers = [
        MetricValue(
            metric,
            one.value,
            one.low,
            one.high,
            one.level,
            processes=one.processes,
            degrees_of_freedom=one.degrees_of_freedom,
        )
        for metric, one in view.metrics.items()
        if metric is not Metric.SIZE_MB  # it is the artefact's
    ]
    return (*numbers, *(MetricValue(metric, None, absent_reason=why) for metric, why in absent.items()))
