"""Interactive charts of experiments, which work offline in any browser and with the keyboard.

::

    charts = experiment_charts(ensemble)
    page = f'''<script src="assets/bokeh-….min.js" defer></script>   (bokeh_scripts() names and holds them,
               <script src="assets/charts.js" defer></script>         in this order)
               <style>{charts_style()}</style>
               {charts.html} {charts.script}'''

`Charts.html` is the slider and all sections; `Charts.place` and `Charts.divs` are the same in pieces. A page
holds one group of charts of an experiment and one comparison at most. Colours come from the page's custom
properties ``--ink``, ``--paper``, ``--muted``, ``--line`` and ``--accent``, read again when the colour scheme
changes (or by ``gradevo.repaint()``).

What a browser test can hold on to:

* ``html[data-gradevo-charts="ready"]``: everything is drawn.
* ``section.gradevo-chart[data-explorer="epochs"]`` (loss, metric, epochs, steps, layers; comparison) with
  ``data-statistic="l2_norm"``, ``data-shown="total conv1d/kernel"``, ``data-scale="linear"`` or ``"log"``.
* In it: ``select`` (values are the statistics' names), ``input[data-log]``,
  ``input[data-series="conv1d/kernel"]``, ``button[data-check="all"]`` and ``"none"``, ``[data-formula]``,
  ``[data-plot]`` (the chart, with an ``aria-label``), ``[role="status"]``, ``details table``.
* ``input[data-place="experiment"]``: the slider; ``button[data-reset="experiment"]``.
* ``gradevo.charts["epochs"].values()``: series -> numbers that are drawn now, NaN in gaps.
"""
