"""Reading, a file for each subject: plain tuples of columns, in as many statements for fifty rows as for one."""
