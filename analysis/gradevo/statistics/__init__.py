"""Numbers per step, per epoch and per tensor, computed from a run file in one pass.

``catalogue``  all of them; ``statistic`` says what one is, ``formulas`` how it is computed
``analyse``    the pass: ``blocks`` of gradients, ``sums``, ``layers``, directions (``fold``, ``subspace``)
``writer``     writes ``statistics.h5``; ``store`` reads it, ``spectrum`` and ``derived`` what follows
``ensembles``  the files of several seeds and experiments together
"""
