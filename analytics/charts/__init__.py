"""Charts as SVG, drawn by the server: no script, no style of its own, and every number also as text.

Why none of the libraries: pygal (LGPL) writes scripts and style elements into its files, which our pages' policy does
not run, and matplotlib brings a hundred megabytes for two simple forms.
"""

from analytics.charts.drawing import draw
from analytics.charts.model import BARS, LINES, Chart, Point, Series

__all__ = ["BARS", "LINES", "Chart", "Point", "Series", "draw"]
