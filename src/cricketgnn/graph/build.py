"""An archive as ready graphs: every feature of every regular innings, a block of whole days at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from cricketgnn.deliveries.schema import MatchTables
from cricketgnn.features.blocks import BLOCK_DELIVERIES, Block, blocks
from cricketgnn.features.career import Careers
from cricketgnn.features.effects import EFFECTS, effect_entities
from cricketgnn.features.grouped import AsOfCounts, Ints
from cricketgnn.features.identity import Numbering, texts
from cricketgnn.features.learner import RatingLearner
from cricketgnn.features.ratings import Rated
from cricketgnn.features.styles import NO_STYLES, Styles, StylesOf
from cricketgnn.graph.parts import joined
from cricketgnn.graph.store import GraphStore, OwnFeatures, lay_out, look_up


class _Prepared(NamedTuple):
    """A block, and all about it that asks for no ratings."""

    block: Block
    own: OwnFeatures
    taking_part: Mapping[str, Ints]
    counts: Mapping[str, AsOfCounts]


def build_store(
    tables: MatchTables,
    fingerprint: str,
    styles: Styles = NO_STYLES,
    block_deliveries: int = BLOCK_DELIVERIES,
) -> GraphStore:
    """Compute every feature of every regular innings, each from what was known before its day.

    Args:
        tables: the matches.
        fingerprint: of the matches, the features and the styles.
        styles: of batting and bowling.
        block_deliveries: how many deliveries are worked on at a time; the result is the same for any number.
    """
    return joined(store_parts(tables, fingerprint, styles, block_deliveries))


def store_parts(
    tables: MatchTables,
    fingerprint: str,
    styles: Styles = NO_STYLES,
    block_deliveries: int = BLOCK_DELIVERIES,
) -> Iterator[GraphStore]:
    """Give the store of :func:`build_store` in parts, in the order of the innings, one at least."""
    numbering = Numbering.of(tables)
    match_ids, person_ids = texts(tables.matches["match_id"]), texts(tables.people["person_id"])
    styles_of = StylesOf.people(person_ids, styles)
    careers, learner = Careers(), RatingLearner(EFFECTS)

    def prepare(block: Block) -> _Prepared:
        plays = block.plays
        own = OwnFeatures.of(plays, styles_of)
        taking_part = effect_entities(plays, own.state, own.figures, block.entities)
        return _Prepared(block, own, taking_part, careers.take_in(block))

    def finish(prepared: _Prepared, rated: Rated) -> GraphStore:
        plays, entities, own = prepared.block.plays, prepared.block.entities, prepared.own
        known = look_up(prepared.counts, rated.ratings, plays, own.players, entities)
        return lay_out(
            plays, own, rated.expected, known, entities,
            match_ids=match_ids, person_ids=person_ids, team_names=numbering.team, fingerprint=fingerprint,
        )  # fmt: skip

    # NumPy lets two threads compute at once: while this one learns from a block, the other prepares the next
    # and finishes the last. It does so in order: careers grow from block to block.
    with ThreadPoolExecutor(1) as beside:
        begun = (beside.submit(prepare, block) for block in blocks(tables, numbering, block_deliveries))
        part: Future[GraphStore] | None = None
        for waiting in _one_ahead(begun):
            prepared = waiting.result()
            rated = learner.take_in_block(prepared.block, prepared.taking_part)
            if part is not None:
                yield part.result()
            part = beside.submit(finish, prepared, rated)
        if part is not None:
            yield part.result()


def _one_ahead(begun: Iterator[Future[_Prepared]]) -> Iterator[Future[_Prepared]]:
    """Give each when the next has begun, too."""
    one = next(begun)
    for following in begun:
        yield one
        one = following
    yield one
