"""Sentences about gradients, the article's and the literature's, and what the records say of them.

``article``, ``literature``  the sentences, with criteria from ``rules``
``evidence``, ``observation``  what one run shows; ``inference`` for few seeds and dependent epochs
``judge``, ``write``  the verdicts, and their files
"""
