"""Which measured cases a budget is about, and how each keeps it."""

from collections.abc import Sequence

from app.checking.policy import BudgetRule
from app.gate.budgets import check
from app.gate.history import CaseKey, key_of
from app.gate.outcome import JudgedBudget
from catalog import host
from catalog.entities.measurements import Measurement
from catalog.entities.naming import label_of
from catalog.words.spelling import close_matches


def judged_budgets(
    rules: Sequence[BudgetRule], measurements: Sequence[Measurement], target: str
) -> tuple[JudgedBudget, ...]:
    """How each budget is kept by the newest measurement of each case that it is about. A budget that names no
    target is about `target`. One that is about no case is not kept."""
    newest: dict[CaseKey, Measurement] = {key_of(one): one for one in measurements}
    return tuple(_judged(rule, list(newest.values()), target) for rule in rules)


def _judged(rule: BudgetRule, newest: Sequence[Measurement], target: str) -> JudgedBudget:
    cases = [one for one in newest if _is_about(rule, one, target)]
    if not cases:
        return JudgedBudget(rule.name, (), rule.confidence, _why_none(rule, newest, target))
    return JudgedBudget(rule.name, tuple(check(cases, rule.limits, rule.confidence)), rule.confidence)


def _target_of(rule: BudgetRule, target: str) -> str:
    return host.local_target().id if rule.target == host.LOCAL else rule.target or target


def _why_none(rule: BudgetRule, newest: Sequence[Measurement], target: str) -> str:
    """Why a budget is about no case, as sentences."""
    wanted = _target_of(rule, target)
    of_target = [one for one in newest if one.target.id == wanted]
    if not of_target:
        measured = sorted({one.target.id for one in newest})
        return f"Nothing was measured on {wanted}. Measured were {', '.join(measured)}."
    same = [one for one in of_target if one.workload.architecture == rule.architecture]
    if not same:
        near = close_matches(rule.architecture, sorted({one.workload.architecture for one in of_target}))
        hint = f" Did you mean {', '.join(near)}?" if near else ""
        return f"{rule.architecture} was not measured.{hint}"
    forms = sorted({f"{one.workload.input_size} px, {label_of(one.configuration)}" for one in same})
    return f"{rule.architecture} was not measured in this way. It was measured with {'; '.join(forms)}."


def _is_about(rule: BudgetRule, one: Measurement, target: str) -> bool:
    wanted = _target_of(rule, target)
    workload = one.workload
    return (
        one.target.id == wanted
        and workload.architecture == rule.architecture
        and rule.input_size in (None, workload.input_size)
        and rule.num_classes in (None, workload.num_classes)
        and all(getattr(one.configuration, name) in values for name, values in rule.allowed.items())
    )
