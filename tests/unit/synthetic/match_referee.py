"""A referee who knows the laws and the file, not the simulator: replays a document and notes every breach."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

Document = dict[str, Any]

NOT_OUT = {"retired hurt", "retired not out"}
FREE_HIT_KINDS = {"run out", "obstructing the field", "hit the ball twice", "retired out"}
NEWCOMER = None


def deliveries(innings: Document) -> Iterator[tuple[int, int, Document]]:
    for over in innings["overs"]:
        for ball, delivery in enumerate(over["deliveries"]):
            yield over["over"], ball, delivery


def extra(delivery: Document, what: str) -> int:
    amount: int = delivery.get("extras", {}).get(what, 0)
    return amount


def is_legal(delivery: Document) -> bool:
    return not extra(delivery, "wides") and not extra(delivery, "noballs")


def dismissed(delivery: Document) -> list[str]:
    return [w["player_out"] for w in delivery.get("wickets", []) if w["kind"] not in NOT_OUT]


def runs_of(innings: Document) -> int:
    awarded = sum(innings.get("penalty_runs", {}).values())
    return awarded + sum(delivery["runs"]["total"] for _, _, delivery in deliveries(innings))


def wickets_of(innings: Document) -> int:
    return sum(len(dismissed(delivery)) for _, _, delivery in deliveries(innings))


def breaches(document: Document) -> Iterator[str]:
    """Replay a match; every breach of the laws, in words."""
    info = document["info"]
    ordinary = [innings for innings in document["innings"] if not innings.get("super_over")]
    for position, innings in enumerate(document["innings"]):
        for found in (
            *_arithmetic(innings),
            *_ends(innings, info),
            *_overs(innings, info),
            *_bowlers(innings, info),
            *_free_hits(innings),
        ):
            yield f"innings {position}: {found}"
    for innings, target in _with_targets(ordinary):
        if not _rain(info):
            yield from _length(innings, target, info)
    if len(ordinary) == 2:
        yield from _chase(ordinary, info)
    yield from _result(ordinary, [x for x in document["innings"] if x.get("super_over")], info)


def _rain(info: Document) -> bool:
    outcome = info["outcome"]
    return "method" in outcome or outcome.get("result") == "no result"


def _arithmetic(innings: Document) -> Iterator[str]:
    for over, ball, delivery in deliveries(innings):
        runs = delivery["runs"]
        if runs["total"] != runs["batter"] + runs["extras"]:
            yield f"{over}.{ball}: total"
        if runs["extras"] != sum(delivery.get("extras", {}).values()):
            yield f"{over}.{ball}: extras"
        if extra(delivery, "wides") and (runs["batter"] or extra(delivery, "byes")):
            yield f"{over}.{ball}: runs off a wide that are no wides"


def _ends(innings: Document, info: Document) -> Iterator[str]:
    """Who must be on strike, ball by ball; nobody bats after being out."""
    side = set(info["players"][innings["team"]])
    absent, out, at_rest = set(innings.get("absent_hurt", [])), set(), set()
    striker = non_striker = NEWCOMER
    seen: set[str] = set()
    last_over = 0
    for over, ball, delivery in deliveries(innings):
        if over != last_over and (info["balls_per_over"] != 5 or last_over % 2 == 1):
            striker, non_striker = non_striker, striker
        last_over = over
        for expected, got in ((striker, delivery["batter"]), (non_striker, delivery["non_striker"])):
            if expected is NEWCOMER:
                if got in out | absent or got not in side or (got in seen and got not in at_rest):
                    yield f"{over}.{ball}: {got} may not come in"
                at_rest.discard(got)
            elif expected != got:
                yield f"{over}.{ball}: {got} stands where {expected} should"
        striker, non_striker = delivery["batter"], delivery["non_striker"]
        seen |= {striker, non_striker}
        ran = delivery["runs"]["batter"] + extra(delivery, "byes") + extra(delivery, "legbyes")
        if (ran + max(extra(delivery, "wides") - 1, 0)) % 2:
            striker, non_striker = non_striker, striker
        for wicket in delivery.get("wickets", []):
            leaver = wicket["player_out"]
            if leaver not in (striker, non_striker):
                yield f"{over}.{ball}: {leaver} is out without being in"
            (at_rest if wicket["kind"] in NOT_OUT else out).add(leaver)
            striker = NEWCOMER if leaver == striker else striker
            non_striker = NEWCOMER if leaver == non_striker else non_striker


def _overs(innings: Document, info: Document) -> Iterator[str]:
    numbers = [over["over"] for over in innings["overs"]]
    if numbers != list(range(len(numbers))):
        yield f"overs are numbered {numbers}"
    miscounted = innings.get("miscounted_overs", {})
    for over in innings["overs"]:
        legal = sum(is_legal(delivery) for delivery in over["deliveries"])
        due = miscounted.get(str(over["over"]), {}).get("balls", info["balls_per_over"])
        last = over["over"] == numbers[-1]
        if legal > due or (legal < due and not last):
            yield f"over {over['over']} has {legal} legal balls, {due} were due"


def _with_targets(ordinary: list[Document]) -> Iterator[tuple[Document, int | None]]:
    for position, innings in enumerate(ordinary):
        made = runs_of(ordinary[0]) + 1 if position else None
        yield innings, innings.get("target", {}).get("runs", made)


def _length(innings: Document, target: int | None, info: Document) -> Iterator[str]:
    """Without rain an innings lasts its overs, unless all are out or the runs are made."""
    overs, noted = innings["overs"], innings.get("miscounted_overs", {})
    due = noted.get(str(info["overs"] - 1), {}).get("balls", info["balls_per_over"])
    legal = sum(is_legal(delivery) for delivery in overs[-1]["deliveries"])
    complete = len(overs) == info["overs"] and legal == due
    reached = target is not None and runs_of(innings) >= target
    if not complete and not reached and not _all_out(innings):
        yield f"the innings of {innings['team']} stops for no reason in over {overs[-1]['over']}"
    if len(overs) > info["overs"]:
        yield f"{len(overs)} overs of {info['overs']}"


def _all_out(innings: Document) -> bool:
    resting: set[str] = set()
    for _, _, delivery in deliveries(innings):
        resting -= {delivery["batter"], delivery["non_striker"]}
        resting |= {w["player_out"] for w in delivery.get("wickets", []) if w["kind"] in NOT_OUT}
    return 11 - len(innings.get("absent_hurt", [])) - wickets_of(innings) - len(resting) <= 1


def _bowlers(innings: Document, info: Document) -> Iterator[str]:
    overs: Counter[str] = Counter()
    bowled = [list(dict.fromkeys(d["bowler"] for d in over["deliveries"])) for over in innings["overs"]]
    for over, bowlers in zip(innings["overs"], bowled, strict=True):
        overs.update(bowlers)
        for (before, after), change in zip(pairwise(bowlers), _changes(over), strict=True):
            if (change["out"], change["in"]) != (before, after):
                yield f"over {over['over']}: {after} bowls for {before} but {change} is noted"
    most = 1 if innings.get("super_over") else -(-info["overs"] // 5)
    yield from (f"{who} bowls {count} overs" for who, count in overs.items() if count > most)
    running = 3 if info["balls_per_over"] == 5 else 2
    for first in range(len(bowled) - running + 1):
        if tired := set.intersection(*map(set, bowled[first : first + running])):
            yield f"{tired} bowl {running} overs running from over {first}"


def _changes(over: Document) -> list[Document]:
    noted = [d["replacements"]["role"] for d in over["deliveries"] if "role" in d.get("replacements", {})]
    return [change for changes in noted for change in changes]


def _free_hits(innings: Document) -> Iterator[str]:
    free = False
    for over, ball, delivery in deliveries(innings):
        no_ball = bool(extra(delivery, "noballs"))
        for wicket in delivery.get("wickets", []):
            if (free or no_ball) and wicket["kind"] not in FREE_HIT_KINDS | NOT_OUT:
                yield f"{over}.{ball}: {wicket['kind']} on a free hit or no-ball"
            if (
                extra(delivery, "wides")
                and wicket["kind"] not in {"stumped", "run out", "retired out"} | NOT_OUT
            ):
                yield f"{over}.{ball}: {wicket['kind']} off a wide"
        free = no_ball or (free and bool(extra(delivery, "wides")))


def _chase(ordinary: list[Document], info: Document) -> Iterator[str]:
    first, second = ordinary
    target = second.get("target", {"runs": runs_of(first) + 1})["runs"]
    if "method" not in info["outcome"] and target != runs_of(first) + 1:
        yield f"target {target} after {runs_of(first)} runs, without rain"
    score = second.get("penalty_runs", {}).get("pre", 0)
    for over, ball, delivery in deliveries(second):
        if score >= target:
            yield f"{over}.{ball}: the chase goes on at {score}, target {target}"
        score += delivery["runs"]["total"]


def _result(ordinary: list[Document], super_overs: list[Document], info: Document) -> Iterator[str]:
    outcome = info["outcome"]
    if outcome.get("result") == "no result":
        return
    first, second = ordinary
    target = second.get("target", {"runs": runs_of(first) + 1})["runs"]
    runs = runs_of(second)
    by = outcome.get("by", {})
    if "wickets" in by:
        sound = runs >= target and by["wickets"] == 10 - wickets_of(second)
        sound &= outcome["winner"] == second["team"]
    elif "method" in outcome:
        sound = outcome.get("result") == "tie" or outcome["winner"] in info["teams"]
    elif "runs" in by:
        sound = by["runs"] == target - 1 - runs and outcome["winner"] == first["team"]
    else:
        sound = outcome["result"] == "tie" and runs == target - 1
    if not sound:
        yield f"outcome {outcome} after {runs_of(first)} and {runs}, target {target}"
    if "eliminator" in outcome:
        last = super_overs[-2:]
        ahead = max(last, key=runs_of)
        if runs_of(last[0]) == runs_of(last[1]) or ahead["team"] != outcome["eliminator"]:
            yield f"outcome {outcome} after super overs {[runs_of(x) for x in super_overs]}"
