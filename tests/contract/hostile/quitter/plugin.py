"""Ends the process that imports it, if it can."""

import sys

sys.exit("the quitter has left")
