"""What the Makefile's commands need besides what others have written. Not part of the product."""
