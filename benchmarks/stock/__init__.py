"""The stock twin: the same payments in a table and an admin as Django's tutorial makes them.

For measuring beside it. Only `stock.settings` installs it: no part of the product knows of it.
"""

# Of Django's templates, which the product's own do not take the place of.
ENGINE = "stock"
