"""A page that follows trainings while they are recorded: ``gradevo watch`` and ``gradevo.watch``.

`follow` reads what a record has gained and `growing` holds it, small enough for a page; `folder` finds the
records; `charts`, `depth` and `graph` say what the page shows, in the report's charts; `server` answers.
"""
