"""From a dataset's name to arrays, split and labelled."""
