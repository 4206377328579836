"""What to run: YAML in, frozen and validated ``Experiment``s out."""
