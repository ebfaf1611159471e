"""What can be done: each use case is one function and one transaction that begins with its conditional write."""
