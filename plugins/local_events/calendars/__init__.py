"""Events as other programs read them: calendars, feeds, structured data, links. Plain Python: no Flask, no database."""
