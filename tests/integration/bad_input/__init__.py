"""Every form and every address of the application, fed with what nobody should send.

Nothing here is a list of pages: the routes come from the application's URL map, the forms from its own pages.
"""
