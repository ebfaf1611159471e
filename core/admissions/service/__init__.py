"""The use cases of Joining Q: one function, one transaction each."""
