"""Reports: summaries of models, figures, and self-contained HTML pages."""

from tinygrad_cnn.report.figures import feature_maps, filter_rows, filters, line_plot, training_curves
from tinygrad_cnn.report.layers import Row, Summary, summary
from tinygrad_cnn.report.page import Section, write_page

__all__ = [
    "Row", "Section", "Summary", "feature_maps", "filter_rows", "filters", "line_plot", "summary", "training_curves",
    "write_page",
]  # fmt: skip
