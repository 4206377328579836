"""Sentences about gradients, the article's and the literature's, and what the records say of them."""
