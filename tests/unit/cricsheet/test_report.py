"""How much may be refused before a source is refused."""

from __future__ import annotations

import pytest

from cricketgnn.cricsheet import IngestReport, Rejected
from cricketgnn.errors import DataError, MatchRejected


def _report(ok: int, rejected: int) -> IngestReport:
    refused = tuple(Rejected(f"{number}.json", "$.meta", "gone") for number in range(rejected))
    return IngestReport(matches=ok + rejected, ok=ok, rejected=refused)


@pytest.mark.parametrize(
    ("ok", "rejected", "limit", "passes"),
    [(100, 0, 0.0, True), (95, 5, 0.05, True), (94, 6, 0.05, False), (1, 9, 0.9, True), (0, 3, 1.0, False)],
)
def test_the_share_refused_decides(ok: int, rejected: int, limit: float, passes: bool) -> None:
    report = _report(ok, rejected)
    assert report.exceeds(limit) is not passes
    if passes:
        report.require(strict=False, max_rejected=limit)
    else:
        with pytest.raises(
            DataError, match=rf"{rejected} of {ok + rejected} matches refused .*first 0\.json"
        ):
            report.require(strict=False, max_rejected=limit)


def test_strict_refuses_for_the_first() -> None:
    _report(3, 0).require(strict=True, max_rejected=0.0)
    with pytest.raises(MatchRejected, match=r"^0\.json: \$\.meta: gone$"):
        _report(99, 1).require(strict=True, max_rejected=0.5)


@pytest.mark.parametrize("limit", [-0.1, 1.1, float("nan")])
def test_a_limit_that_is_no_share_is_refused(limit: float) -> None:
    with pytest.raises(DataError, match="between 0 and 1"):
        _report(1, 0).require(strict=False, max_rejected=limit)
