"""An archive as ready graphs: every feature of every regular innings, a block of whole days at a time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from cricketgnn.deliveries.schema import MatchTables
from cricketgnn.features.blocks import BLOCK_DELIVERIES, blocks
from cricketgnn.features.career import Careers
from cricketgnn.features.effects import EFFECTS
from cricketgnn.features.identity import Numbering, texts
from cricketgnn.features.learner import RatingLearner
from cricketgnn.features.styles import NO_STYLES, Styles, StylesOf
from cricketgnn.graph.parts import joined
from cricketgnn.graph.store import GraphStore, lay_out


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
    for block in blocks(tables, numbering, block_deliveries):
        yield lay_out(
            block.plays,
            block.entities,
            careers.take_in(block),
            partial(learner.take_in_block, block),
            styles_of,
            person_ids,
            match_ids=match_ids,
            team_names=numbering.team,
            fingerprint=fingerprint,
        )
