"""What is drawn: figures, films and graphs."""
