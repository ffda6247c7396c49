"""Played matches as Cricsheet documents: field for field what a real file has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from cricketgnn.synthetic.events import DEPARTURES, STAYS
from cricketgnn.synthetic.innings import SUBSTITUTE, UNCHANGED
from cricketgnn.synthetic.matchplay import Block, PlayedInnings
from cricketgnn.synthetic.scenario import NEVER, NO_TARGET
from cricketgnn.synthetic.sides import LAST
from cricketgnn.synthetic.wire_info import WireOddities, draw_wire_oddities, info

Document = dict[str, Any]


@dataclass(frozen=True)
class SyntheticMatch:
    """One match ready to be written.

    Attributes:
        match_id: stem of the file.
        document: the whole JSON document.
    """

    match_id: str
    document: Document


def documents(rng: np.random.Generator, block: Block, oddities: float) -> Iterator[SyntheticMatch]:
    """Write every match of a block as a document, in the order of the fixtures."""
    printed = {season: block.sides.world.people.printed_names(season) for season in _seasons(block)}
    odd = draw_wire_oddities(rng, len(block.fixtures), oddities)
    rows = [{int(match): row for row, match in enumerate(part.matches)} for part in block.innings]
    columns = [_columns(part) for part in block.innings]
    for match, fixture in enumerate(block.fixtures):
        names = printed[fixture.season]
        sides = [[names[person] if person >= 0 else "" for person in side] for side in fixture.sides.tolist()]
        innings: list[Document] = []
        points: dict[str, int] = {}
        for part, rows_of, columns_of in zip(block.innings, rows, columns, strict=True):
            if match in rows_of:
                writer = _InningsWriter(block, part, rows_of[match], match, sides, odd)
                innings.append(writer.write(columns_of, points))
        yield SyntheticMatch(
            fixture.match_id,
            {
                "meta": {
                    "data_version": "1.1.0",
                    "created": fixture.day.isoformat(),
                    "revision": int(odd.revision[match]),
                },
                "info": info(block, match, sides, names, odd, points),
                "innings": innings,
            },
        )


def _seasons(block: Block) -> set[int]:
    return {fixture.season for fixture in block.fixtures}


_LOG_COLUMNS: Final = (
    *("over", "striker", "non_striker", "bowler", "replaced", "bat", "wides", "no_balls", "byes"),
    *("leg_byes", "penalty", "non_boundary", "departure", "leaver", "fielder", "second_fielder"),
)


def _columns(part: PlayedInnings) -> list[tuple[Any, ...]]:
    """Give the deliveries as rows of plain numbers, in the order of ``_LOG_COLUMNS``."""
    return list(zip(*(getattr(part.log, name).tolist() for name in _LOG_COLUMNS), strict=True))


@dataclass
class _InningsWriter:
    """One innings of one match on its way to a document."""

    block: Block
    part: PlayedInnings
    row: int
    match: int
    sides: list[list[str]]
    odd: WireOddities

    def write(self, columns: list[tuple[Any, ...]], points: dict[str, int]) -> Document:
        """Write the innings; add what each player did to ``points``, for the player of the match."""
        side, row = int(self.part.side[self.row]), self.row
        rows = columns[int(self.part.bounds[row]) : int(self.part.bounds[row + 1])]
        batting, bowling = self.sides[side], self.sides[1 - side]
        overs: list[Document] = []
        for record in rows:
            if not overs or overs[-1]["over"] != record[0]:
                overs.append({"over": record[0], "deliveries": []})
            overs[-1]["deliveries"].append(_delivery(record, batting, bowling, points))
        fixture = self.block.fixtures[self.match]
        team = fixture.teams[fixture.bats_first if side == 0 else 1 - fixture.bats_first]
        document: Document = {"team": team, "overs": overs}
        if self.part.super_over:
            document["super_over"] = True
            return document
        self._add_sides(document, side, batting)
        self._add_rules(document, side, rows)
        self._add_twelfth(overs, side)
        return document

    def _add_sides(self, document: Document, side: int, batting: list[str]) -> None:
        """Add the batter who could not bat and penalty runs of no delivery."""
        weather, sides = self.block.weather, self.block.sides
        if weather.absent[self.match, side]:
            document["absent_hurt"] = [batting[int(sides.order[self.match, side, -1])]]
        runs = {
            "pre": int(weather.penalty_before[self.match, side]),
            "post": int(weather.penalty_after[self.match, side]),
        }
        if any(runs.values()):
            document["penalty_runs"] = {when: value for when, value in runs.items() if value}

    def _add_rules(self, document: Document, side: int, rows: list[tuple[Any, ...]]) -> None:
        """Add target, power play and overs of a wrong length."""
        per_over = int(self.block.sides.balls_per_over[self.match])
        length = int(self.part.started_overs[self.row])
        document["powerplays"] = [_power_play(rows, length, per_over)]
        target = int(self.part.target[self.row])
        rain = bool(self.block.by_rain_rule[self.match])
        if target != NO_TARGET and (rain or not self.odd.no_target[self.match]):
            whole, spare = int(self.part.overs[self.row]), int(self.part.spare_balls[self.row])
            overs: float | int = whole + spare / 10 if spare else whole
            document["target"] = {"overs": overs, "runs": target}
        weather = self.block.weather
        over = int(weather.miscounted_over[self.match, side])
        balls = sum(1 for record in rows if record[0] == over and not record[6] and not record[7])
        if over != NEVER and balls == int(weather.miscounted_balls[self.match, side]):
            document["miscounted_overs"] = {
                str(over): {"balls": balls, "umpire": self.block.sides.world.people.officials[0][0]}
            }

    def _add_twelfth(self, overs: list[Document], side: int) -> None:
        """Add the twelfth players who come in during (or at the start of) the second innings."""
        sides, fixture = self.block.sides, self.block.fixtures[self.match]
        if side == 0:
            return
        came_in = [(0, int(sides.enters_over[self.match]))]
        if fixture.impact:
            came_in.append((1, 0))
        for which, over_number in came_in:
            if over_number == NEVER:
                continue
            over = next((over for over in overs if over["over"] == over_number), None)
            if over is None:
                continue
            change = {
                "in": self.sides[which][LAST],
                "out": self.sides[which][int(sides.leaves[self.match, which])],
                "reason": "impact_player" if fixture.impact else "concussion_substitute",
                "team": fixture.teams[fixture.bats_first if which == 0 else 1 - fixture.bats_first],
            }
            changes = over["deliveries"][0].setdefault("replacements", {})
            changes.setdefault("match", []).append(change)


def _power_play(rows: list[tuple[Any, ...]], length: int, per_over: int) -> Document:
    """Give the fielding restrictions: the first three tenths of the overs, wides counted in the last."""
    last = max(round(0.3 * length) if per_over == 6 else length // 4, 1) - 1
    bowled = sum(1 for record in rows if record[0] == last)
    return {"from": 0.1, "to": last + min(max(bowled, per_over), 9) / 10, "type": "mandatory"}


def _delivery(
    record: tuple[Any, ...], batting: list[str], bowling: list[str], points: dict[str, int]
) -> Document:
    """Write one delivery."""
    _, striker, non_striker, bowler, replaced, bat, wides, no_balls, byes, leg_byes, penalty = record[:11]
    non_boundary, departure = record[11:13]
    extras = wides + no_balls + byes + leg_byes + penalty
    runs: Document = {"batter": bat, "extras": extras, "total": bat + extras}
    document: Document = {"batter": batting[striker], "bowler": bowling[bowler]}
    if extras:
        amounts = {"wides": wides, "noballs": no_balls, "byes": byes, "legbyes": leg_byes, "penalty": penalty}
        document["extras"] = {what: amount for what, amount in amounts.items() if amount}
    if non_boundary:
        runs["non_boundary"] = True
    document["non_striker"] = batting[non_striker]
    document["runs"] = runs
    if bat:
        points[batting[striker]] = points.get(batting[striker], 0) + bat
    if departure != STAYS:
        document["wickets"] = [_wicket(record, batting, bowling)]
        points[bowling[bowler]] = points.get(bowling[bowler], 0) + 20
    if replaced != UNCHANGED:
        # The cause changes nothing in the game, so no draw is spent on it.
        high = (striker + bowler) % 4 == 0
        reason = "excluded - high full pitched balls" if high else "injury"
        change = {"in": bowling[bowler], "out": bowling[replaced], "reason": reason, "role": "bowler"}
        document["replacements"] = {"role": [change]}
    return document


def _wicket(record: tuple[Any, ...], batting: list[str], bowling: list[str]) -> Document:
    """Write one batter leaving the crease."""
    departure, leaver, fielder, second = record[12:16]
    wicket: Document = {"player_out": batting[leaver], "kind": DEPARTURES[departure]}
    fielders: list[Document] = []
    for place in (fielder, second):
        if place == SUBSTITUTE:
            fielders.append({"substitute": True})
        elif place >= 0:
            fielders.append({"name": bowling[place]})
    if fielders:
        wicket["fielders"] = fielders
    return wicket
