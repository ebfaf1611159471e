"""Every address: a folder of its own, so that another test process runs it, with a world of its own."""
