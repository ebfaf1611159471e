"""One person's data: what every room and every plugin holds about somebody, exported and erased through one registry."""
