"""Training while every batch's gradient goes to a run file; a folder for each framework."""
