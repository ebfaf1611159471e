"""A folder that the control of the race puts on PYTHONPATH: Python runs its `sitecustomize` in every process it starts."""
