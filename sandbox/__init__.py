"""A stand-in for the Iamport (PortOne) V1 gateway in its own process: for development and tests.

It shares no code with the product, so a misreading of the contract can't hide in both.
"Contract 3.1" in a comment names that part of docs/gateway-contract.md, "contract 9#5" the fifth of
its open questions. README.md tells how to use it.
"""
