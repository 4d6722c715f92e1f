"""What `make check` needs besides the linters that others write. Not part of the product."""
