"""The house style: page, colours, axes, panels, and how figures become files."""
