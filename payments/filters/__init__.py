"""What payments and discrepancies can be narrowed by, for every door: list, run, export.

`payments` and `discrepancies` declare the filters on what `base` and `fields` give them, `search`
reads the search box of payments, `payment_query` puts filter and search together, and `labels` says
it to a person. How filters look on a screen is the admin's business.
"""
