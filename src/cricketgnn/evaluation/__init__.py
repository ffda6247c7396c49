"""Scoring forecasts: pure functions of predictions and labels, nothing about models or files."""

from cricketgnn.evaluation.bootstrap import MatchBootstrap, Score
from cricketgnn.evaluation.calibration import ReliabilityInfo, reliability
from cricketgnn.evaluation.comparison import PairedComparison, paired_bootstrap, paired_bootstraps
from cricketgnn.evaluation.decision_rule import (
    ARGMAX,
    DecisionRule,
    cross_fitted_macro_f1,
    fit_decision_rule,
)
from cricketgnn.evaluation.metrics import METRICS, Direction, Metric
from cricketgnn.evaluation.predictions import Predictions
from cricketgnn.evaluation.recalibration import (
    UNSCALED,
    VectorScaling,
    cross_scaled,
    fit_vector_scaling,
)
from cricketgnn.evaluation.references import reached_share
from cricketgnn.evaluation.repeated import Lead, RepeatedScore, RepeatedScores, lead, repeated_scores
from cricketgnn.evaluation.report import ClassScores, Evaluation, evaluate
from cricketgnn.evaluation.slices import SliceScores, by_slice

__all__ = [
    "ARGMAX",
    "METRICS",
    "UNSCALED",
    "ClassScores",
    "DecisionRule",
    "Direction",
    "Evaluation",
    "Lead",
    "MatchBootstrap",
    "Metric",
    "PairedComparison",
    "Predictions",
    "ReliabilityInfo",
    "RepeatedScore",
    "RepeatedScores",
    "Score",
    "SliceScores",
    "VectorScaling",
    "by_slice",
    "cross_fitted_macro_f1",
    "cross_scaled",
    "evaluate",
    "fit_decision_rule",
    "fit_vector_scaling",
    "lead",
    "paired_bootstrap",
    "paired_bootstraps",
    "reached_share",
    "reliability",
    "repeated_scores",
]
