"""The demonstration's applications: a full cycle of Joining Q, in areas that stand at different points of it.

`stories/` holds the writing, `writing.py` turns it into answers. `cycle.fill` puts everything into one partner's window.
"""
