"""The customer's pages and the JSON endpoints that they call."""
