"""A stand-in for the Iamport (PortOne) V1 gateway in its own process: for development and tests.

It shares no code with the product, so a misreading of the contract can't hide in both.
Section numbers in this package's comments are those of the gateway contract ("3.1" is what
each pay_method fills, "9#5" is row 5 of the table of gaps). README.md tells how to use it.
"""
