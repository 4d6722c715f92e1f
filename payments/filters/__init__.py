"""What payments can be narrowed by, for every door: the list, runs, the export, the command line.

`payments` declares the filters, `search_words` reads the search box, `narrowing` puts both together
and `words` says it to a person. How they look on a screen is the admin's business.
"""
