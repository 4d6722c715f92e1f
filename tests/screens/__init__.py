"""Every screen of two commits, served from one database with the clock stopped, side by side.

`python -m tests.screens.compare --base REV` shows that a refactoring changes nothing that anybody
sees: the pages of every URL for every role in both languages, lists with their filters, forms sent
well and badly, files, JSON, partial pages, refusals, mails, names of log events. Only CSRF tokens,
nonces and the names of assets may differ (`normal`).

To add a screen: nothing. URLs come from the resolver, their arguments from rows of the database
(`plan`), its forms from its own HTML (`forms`). An argument that is no row's key gets its values in
`plan.VALUES`; a filter that no link leads to, a line in `queries`; a body or a form that only one
row takes, a line in `cases`; a state that no row is in yet, a story in `book` (through the doors of
the product) or a row in `rows` and `runs`; somebody else who looks, a line in `viewers.VIEWERS`.

The product is reached by names that stay: URL names, models, commands, settings. So one commit's
copy of this package records any other commit.
"""
