"""Faults: what a gateway, or the network in front of it, does on a bad day (contract 9.1).

A fault is of a kind. Where in a call a kind acts decides in which module it stands:

- `calls.py`: before the call is carried out: late, refused, cut, hung;
- `lists.py`: payments change while the pages of a list are turned;
- `answers.py`: the answer says something else, or in another order;
- `bodies.py`: the answer is right and can hardly be read: too large, byte by byte, or lost.

To add a kind, write its function there with a line in that module's table, a line in the README
and, for the console, in `web/switches.py`. `registry.py` holds the faults that are on, `parsing.py`
makes one from what a control call or the console's form says.
"""
