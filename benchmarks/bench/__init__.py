"""`make bench`: every page and sum of the product beside a stock twin, on books of several sizes.

`books` fills the databases, `cases` names what is measured, `pages` measures it in turn; `export`,
`inserts` and `staff` measure what is no page; `report` writes it all into RESULTS.md, with `goals`
beside the figures. The command line is in `__main__`.
"""
